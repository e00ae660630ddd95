import {
    MockServer,
    contains,
    defineModels,
    fields,
    getService,
    makeMockEnv,
    mockService,
    models,
    mountView,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import {expect, test} from "@odoo/hoot";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {queryAllTexts} from "@odoo/hoot-dom";

class Activity extends models.Model {
    _name = "crm.activity";

    name = fields.Char();
    state = fields.Selection({
        selection: [
            ["draft", "Draft"],
            ["pending", "Pending"],
            ["done", "Done"],
        ],
    });
    status_choices = fields.Json();
    has_delivered_channel = fields.Boolean();
    is_deletable = fields.Boolean();

    _records = [
        {
            id: 1,
            name: "Our offer",
            state: "draft",
            status_choices: ["done"],
            has_delivered_channel: true,
        },
        {id: 2, name: "A call", state: "pending", status_choices: ["draft", "done"]},
        {id: 3, name: "Sent", state: "done", status_choices: false, has_delivered_channel: true},
    ];
}

defineMailModels();
defineModels([Activity]);

const STATUSBAR = `
    <form js_class="crm_activity_form">
        <header>
            <field name="state" widget="crm_activity_statusbar" options="{'clickable': '1'}"/>
        </header>
        <field name="has_delivered_channel" invisible="1"/>
        <field name="is_deletable" invisible="1"/>
        <field name="name"/>
        <button special="save" context="{'crm_activity_state': 'pending'}" string="Send"/>
    </form>`;

const mountForm = (resId) =>
    mountView({type: "form", resModel: "crm.activity", arch: STATUSBAR, resId});
const off = () => queryAllTexts(".o_arrow_button:disabled:visible").sort();
const notice = {
    count: 1,
    title: "Send 1 email?",
    message: "Now: 1",
    label: "Send",
    preview: {type: "ir.actions.act_window", name: "Preview"},
};

test("statuses that cannot be chosen are off", async () => {
    await mountForm(1);
    expect(off()).toEqual(["Draft", "Pending"]);
});

test("where none can be chosen all are off", async () => {
    await mountForm(3);
    expect(off()).toEqual(["Done", "Draft", "Pending"]);
});

test("a status that is refused leaves the bar as it was", async () => {
    expect.errors(1);
    onRpc("web_save", () => {
        throw new Error("refused");
    });
    await mountForm(2);
    await contains(".o_arrow_button[data-value=draft]").click();
    await animationFrame();
    expect(".o_arrow_button_current").toHaveText("Pending");
    expect.verifyErrors(["refused"]);
});

test("done asks what came of it, once the rest is saved", async () => {
    onRpc("web_save", ({args}) => expect.step(["save", args[1]]));
    onRpc("action_mark_done", ({args}) => {
        expect.step(["ask", args[0]]);
        return {tag: "dialog"};
    });
    mockService("action", {
        doAction(action) {
            expect.step(action.tag);
        },
    });
    await mountForm(2);
    await contains("[name=name] input").edit("A long call", {confirm: false});
    await contains(".o_arrow_button[data-value=done]").click();
    await animationFrame();
    expect.verifySteps([["save", {name: "A long call"}], ["ask", [2]], "dialog"]);
});

test("a button of a dialog saves a status with the rest", async () => {
    onRpc("web_save", ({args}) => expect.step(args[1]));
    await mountForm(1);
    await contains("[name=name] input").edit("Our better offer");
    await contains("button:contains(Send)").click();
    expect.verifySteps([{name: "Our better offer", state: "pending"}]);
});

test("what is refused leaves the status of a dialog as it was", async () => {
    expect.errors(1);
    onRpc("web_save", () => {
        throw new Error("no text");
    });
    await mountForm(1);
    await contains("button:contains(Send)").click();
    await animationFrame();
    expect(".o_arrow_button_current").toHaveText("Draft");
    expect.verifyErrors(["no text"]);
});

test("a draft of a message that is saved says so, and can be sent from there", async () => {
    onRpc("action_send", ({args}) => {
        expect.step(["send", args[0]]);
        return {tag: "says so"};
    });
    mockService("action", {
        doAction(action, {onClose} = {}) {
            expect.step(action.tag || action);
            onClose?.();
        },
    });
    await mountForm(1);
    await contains("[name=name] input").edit("Our better offer");
    await contains(".o_form_button_save").click();
    expect(".o_notification_content").toHaveText("Saved as draft.");
    await contains(".o_notification button:contains(Send)").click();
    await animationFrame();
    expect.verifySteps([["send", [1]], "says so", "soft_reload"]);
    expect(".o_notification").toHaveCount(0);
});

test("a saved call says nothing", async () => {
    await mountForm(2);
    await contains("[name=name] input").edit("Another call");
    await contains(".o_form_button_save").click();
    expect(".o_notification").toHaveCount(0);
});

const mountKanban = () =>
    mountView({
        type: "kanban",
        resModel: "crm.activity",
        groupBy: ["state"],
        arch: `
            <kanban js_class="crm_activity_kanban">
                <templates><t t-name="card"><field name="name"/></t></templates>
            </kanban>`,
    });
const drag = (subject, column) =>
    contains(`.o_kanban_record:contains(${subject})`).dragAndDrop(
        `.o_kanban_group:contains(${column})`
    );
const cardsIn = (column) =>
    queryAllTexts(`.o_kanban_group:contains(${column}) .o_kanban_record:not(.o_kanban_ghost)`);

test("a message that is dragged to Pending is sent when somebody says so", async () => {
    onRpc("get_sending_notice", ({args}) => {
        expect.step(["asked", args[0]]);
        return notice;
    });
    onRpc("web_save", ({args}) => expect.step(args[1]));
    await mountKanban();
    await drag("Our offer", "Pending");
    expect(".modal-title").toHaveText("Send 1 email?");
    await contains(".modal-footer button:contains(Cancel)").click();
    expect(cardsIn("Draft")).toEqual(["Our offer"]);
    expect.verifySteps([["asked", [1]]]);
    await drag("Our offer", "Pending");
    await contains(".modal-footer button:contains(Send)").click();
    await animationFrame();
    expect(cardsIn("Pending").sort()).toEqual(["A call", "Our offer"]);
    expect.verifySteps([["asked", [1]], {state: "pending"}]);
});

test("a preview of what is dragged to Pending sends nothing", async () => {
    onRpc("get_sending_notice", () => notice);
    onRpc("web_save", () => expect.step("saved"));
    mockService("action", {doAction: ({name}) => expect.step(name)});
    await mountKanban();
    await drag("Our offer", "Pending");
    await contains(".modal-footer button:contains(Preview)").click();
    await animationFrame();
    expect(cardsIn("Draft")).toEqual(["Our offer"]);
    expect.verifySteps(["Preview"]);
});

test("what sends nothing is dragged without a question", async () => {
    onRpc("get_sending_notice", () => ({...notice, count: 0}));
    await mountKanban();
    await drag("Sent", "Pending");
    await animationFrame();
    expect(".modal").toHaveCount(0);
    expect(cardsIn("Pending").length).toBe(2);
});

test("an activity is read again when its message has left, but not while it is edited", async () => {
    let report = null;
    await makeMockEnv();
    patchWithCleanup(getService("bus_service"), {
        subscribe(type, callback) {
            if (type === "crm.activity/status") {
                report = callback;
            }
            return super.subscribe(...arguments);
        },
    });
    const statusBecomes = (state) => {
        MockServer.env["crm.activity"].write([1], {state});
        return report({ids: [1]});
    };
    await mountForm(1);
    await statusBecomes("pending");
    await animationFrame();
    expect(".o_arrow_button_current").toHaveText("Pending");
    await contains("[name=name] input").edit("Being edited", {confirm: false});
    await statusBecomes("done");
    await animationFrame();
    expect("[name=name] input").toHaveValue("Being edited");
    expect(".o_arrow_button_current").toHaveText("Pending");
});
