import {advanceTime, animationFrame} from "@odoo/hoot-mock";
import {contains, defineModels, fields, models, mountView} from "@web/../tests/web_test_helpers";
import {edit, keyDown, press, queryAllTexts, queryFirst} from "@odoo/hoot-dom";
import {expect, test} from "@odoo/hoot";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

class Kind extends models.Model {
    name = fields.Char();
    icon = fields.Char();

    _records = [
        {id: 1, name: "Call", icon: "fa-phone"},
        {id: 2, name: "Email", icon: "fa-envelope"},
        {id: 3, name: "Visit", icon: "fa-map-marker"},
        {id: 4, name: "Video", icon: "fa-video-camera"},
    ];
}

class Note extends models.Model {
    kind_id = fields.Many2one({string: "Type", relation: "kind"});
    name = fields.Char();

    _records = [{id: 1, kind_id: 1, name: "Old"}];
    _onChanges = {
        kind_id(note) {
            note.name = "Call";
        },
    };
}

defineMailModels();
defineModels([Kind, Note]);

function mountForm(more) {
    return mountView({
        type: "form",
        resModel: "note",
        arch: `
            <form>
                <field name="kind_id" widget="crm_activity_type_badges" iconField="icon"/>
                <field name="name" widget="crm_activity_subject"/>
            </form>`,
        ...more,
    });
}

const stops = () => queryAllTexts(".o_selection_badge[tabindex='0']");

test("the types are a named group of radio buttons with one stop of the tab key", async () => {
    await mountForm();
    expect("[role=radiogroup]").toHaveAttribute("aria-label", "Type");
    expect(stops()).toEqual(["Call"]);
    await contains(".o_selection_badge:contains(Visit)").click();
    expect(stops()).toEqual(["Visit"]);
    expect("[role=radio][aria-checked=true]").toHaveText("Visit");
});

test("arrows, Home and End move the focus among the types and choose", async () => {
    await mountForm();
    queryFirst(".o_selection_badge[tabindex='0']").focus();
    for (const [key, name] of [
        ["ArrowRight", "Email"],
        ["ArrowDown", "Visit"],
        ["ArrowLeft", "Email"],
        ["ArrowUp", "Call"],
        ["ArrowLeft", "Video"],
        ["ArrowRight", "Call"],
        ["End", "Video"],
        ["Home", "Call"],
    ]) {
        await press(key);
        await animationFrame();
        expect(`.o_selection_badge:contains(${name})`).toBeFocused();
        expect(".o_selection_badge.active").toHaveText(name);
    }
});

test("the first letters of a type choose it", async () => {
    await mountForm();
    queryFirst(".o_selection_badge[tabindex='0']").focus();
    await press("e");
    await animationFrame();
    expect(".o_selection_badge.active").toHaveText("Email");
    await advanceTime(1000);
    await press("v");
    await press("i");
    await press("d");
    await animationFrame();
    expect(".o_selection_badge.active").toHaveText("Video");
    await advanceTime(1000);
    await press("v");
    await press("v");
    await animationFrame();
    expect(".o_selection_badge.active").toHaveText("Video");
    await advanceTime(1000);
    await keyDown(["Control", "c"]);
    await animationFrame();
    expect(".o_selection_badge.active").toHaveText("Video");
});

test("a proposed subject is selected in a new record; what was typed is not", async () => {
    const selected = () => {
        const {selectionStart, selectionEnd, value} = queryFirst("[name=name] textarea");
        return value.slice(selectionStart, selectionEnd);
    };
    await mountForm();
    await contains(".o_selection_badge:contains(Call)").click();
    expect("[name=name] textarea").toHaveValue("Call");
    await contains("[name=name] textarea").click();
    expect(selected()).toBe("Call");
    await edit("Asked about oak");
    expect("[name=name] textarea").toHaveValue("Asked about oak");
    queryFirst(".o_selection_badge").focus();
    queryFirst("[name=name] textarea").focus();
    expect(selected()).toBe("");
});

test("the subject of a saved record is not selected", async () => {
    await mountForm({resId: 1});
    queryFirst("[name=name] textarea").focus();
    const {selectionStart, selectionEnd} = queryFirst("[name=name] textarea");
    expect(selectionEnd - selectionStart).toBe(0);
});
