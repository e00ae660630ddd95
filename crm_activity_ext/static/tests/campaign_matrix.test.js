import {
    MockServer,
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import {advanceTime, animationFrame} from "@odoo/hoot-mock";
import {
    click,
    dblclick,
    middleClick,
    press,
    queryAllAttributes,
    queryAllTexts,
    queryFirst,
} from "@odoo/hoot-dom";
import {expect, test} from "@odoo/hoot";
import {CampaignMatrixCount} from "@crm_activity_ext/campaign_matrix/campaign_matrix_count";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

const CALL = {id: 2, name: "Call", icon: "fa-phone"};
const VISIT = {id: 5, name: "Visit", icon: "fa-map-marker"};
const FIELD = {name: "crm_campaign_activity_counts", record: {}};

class Target extends models.Model {
    name = fields.Char();
    city = fields.Char();
    phone = fields.Char();
    crm_campaign_activity_counts = fields.Json({string: "Activities by Type"});

    _records = [
        {
            id: 1,
            name: "Oak",
            city: "Vigo",
            phone: "+34 1",
            crm_campaign_activity_counts: {2: 3, 5: 1, 9: 1},
        },
        {id: 2, name: "Pine", city: "Lugo", crm_campaign_activity_counts: {2: 12}},
        {id: 3, name: "Ash", city: "Vigo", crm_campaign_activity_counts: false},
    ];
}

class UtmCampaign extends models.Model {
    _name = "utm.campaign";
}

defineMailModels();
defineModels([Target, UtmCampaign]);

async function mountMatrix({types = [CALL, VISIT], context = {crm_campaign_id: 7}, ...more} = {}) {
    const campaignsAsked = [];
    onRpc("utm.campaign", "get_crm_activity_types", ({args}) => {
        campaignsAsked.push(...args[0]);
        return types;
    });
    await mountView({
        type: "list",
        resModel: "target",
        context,
        arch: `
            <list js_class="crm_campaign_matrix">
                <field name="name" options="{'open_record': true}"/>
                <field name="city"/>
                <field name="crm_campaign_activity_counts"/>
                <button name="action_new_crm_activity" type="object" icon="fa-plus"/>
            </list>`,
        ...more,
    });
    return campaignsAsked;
}

/** The texts of the cells with numbers, row by row. */
function shownCounts() {
    const texts = queryAllTexts(".o_data_row .o_crm_campaign_matrix_count");
    const width = queryAllTexts("thead .o_crm_campaign_matrix_count").length;
    const rows = [];
    for (let i = 0; i < texts.length; i += width) {
        rows.push(texts.slice(i, i + width).join("|"));
    }
    return rows;
}

function mockActions() {
    const asked = [];
    mockService("action", {
        doAction: (action) => asked.push(action),
        doActionButton: (action) => asked.push(action),
    });
    return asked;
}

test("a column for each type, its icon above, numbers below, and totals", async () => {
    expect(await mountMatrix()).toEqual([7]);
    expect(
        queryAllAttributes("thead .o_crm_campaign_matrix_count [data-tooltip]", "data-tooltip")
    ).toEqual(["Call", "Visit", "Total"]);
    expect("thead .o_crm_campaign_matrix_count .fa-phone").toHaveCount(1);
    expect("thead .o_crm_campaign_matrix_count .fa-map-marker").toHaveCount(1);
    // The total counts a type that has no column as well.
    expect(shownCounts()).toEqual(["3|1|5", "12||12", "||"]);
    expect(queryAllTexts("tfoot .o_list_number")).toEqual(["15", "1", "17"]);
});

test("the totals are those of the selection, where there is one", async () => {
    await mountMatrix();
    await contains(".o_data_row:eq(0) .o_list_record_selector input").click();
    expect(queryAllTexts("tfoot .o_list_number")).toEqual(["3", "1", "5"]);
});

test("many types, each one a column", async () => {
    const types = [...Array(25).keys()].map((i) => ({
        id: i + 1,
        name: `Type ${i}`,
        icon: "fa-tasks",
    }));
    await mountMatrix({types});
    expect("thead .o_crm_campaign_matrix_count").toHaveCount(26);
    expect(".o_data_row:eq(0) .o_crm_campaign_matrix_count").toHaveCount(26);
});

test("without a campaign there is only the total, and nothing is asked", async () => {
    expect(await mountMatrix({context: {}})).toEqual([]);
    expect("thead .o_crm_campaign_matrix_count").toHaveCount(1);
});

test("grouped: groups have the numbers of all their rows, and fold with them", async () => {
    onRpc("crm.activity", "formatted_read_group", ({args, kwargs}) => {
        const [domain, groupBy] = [kwargs.domain || args[0], kwargs.groupby || args[1]];
        expect.step(JSON.stringify([domain, groupBy]));
        const type = ({id, name}) => [id, name];
        return [
            {"partner_id.city": "Vigo", activity_type_id: type(CALL), __count: 30},
            {"partner_id.city": "Vigo", activity_type_id: type(VISIT), __count: 1},
            {"partner_id.city": "Lugo", activity_type_id: type(CALL), __count: 12},
        ];
    });
    const context = {crm_campaign_id: 7, crm_campaign_field: "partner_id"};
    await mountMatrix({groupBy: ["city"], context, domain: [["id", ">", 0]]});
    expect.verifySteps([
        JSON.stringify([
            [
                ["campaign_id", "=", 7],
                ["partner_id", "any", [["id", ">", 0]]],
            ],
            ["partner_id.city", "activity_type_id"],
        ]),
    ]);
    const shown = (city) => queryAllTexts(`.o_group_header:contains(${city}) .o_list_number`);
    expect(shown("Vigo")).toEqual(["30", "1", "31"]);
    expect(shown("Lugo")).toEqual(["12", "", "12"]);
    expect(queryAllTexts("tfoot .o_list_number")).toEqual(["42", "1", "43"]);
    await contains(".o_group_header:contains(Vigo)").click();
    expect(shown("Vigo")).toEqual(["30", "1", "31"]);
    expect(shownCounts()).toEqual(["3|1|5", "||"]);
    // A new activity changes the numbers of its group as well.
    mockActions();
    await contains(".o_data_row:eq(0) [name=city]").dblclick();
    expect.verifySteps([]);
});

test("what is selected stays selected when the rows are read again", async () => {
    mockService("action", {
        doActionButton: async (action) => {
            expect.step(action.name);
            await action.onClose();
        },
    });
    await mountMatrix({
        arch: `
            <list js_class="crm_campaign_matrix">
                <header><button name="distribute" type="object" string="Many"/></header>
                <field name="name" options="{'open_record': true}"/>
                <field name="crm_campaign_activity_counts"/>
            </list>`,
    });
    await contains(".o_data_row:eq(0) .o_list_record_selector input").click();
    await contains(".o_data_row:eq(2) .o_list_record_selector input").click();
    await contains("button:contains(Many)").click();
    expect.verifySteps(["distribute"]);
    expect(queryAllTexts(".o_data_row_selected td[name=name]")).toEqual(["Oak", "Ash"]);
});

test("a click on a row does nothing, neither alone nor with a selection", async () => {
    const asked = mockActions();
    await mountMatrix({selectRecord: () => expect.step("opened")});
    await contains(".o_data_row:eq(1) [name=city]").click();
    expect(".o_data_row_selected").toHaveCount(0);
    await contains(".o_data_row:eq(0) .o_list_record_selector input").click();
    await contains(".o_data_row:eq(1) [name=city]").click();
    expect(".o_data_row_selected").toHaveCount(1);
    expect.verifySteps([]);
    expect(asked).toEqual([]);
});

test("the icon beside the name opens the record, with Ctrl in another window", async () => {
    await mountMatrix({
        selectRecord: (id, {newWindow}) => expect.step(`${id} ${newWindow ? "new" : "here"}`),
    });
    await contains(".o_data_row:eq(1) [name=name] a").click();
    expect(".o_data_row:eq(1) [name=name] a").toHaveAttribute("aria-label", "Open Pine");
    expect(".o_data_row:eq(1) [name=name] a").toHaveAttribute("href", "/odoo/target/2");
    await contains(".o_data_row:eq(1) [name=city]").click({ctrlKey: true});
    await middleClick(".o_data_row:eq(0) [name=name] a");
    await animationFrame();
    expect.verifySteps(["2 here", "2 new", "1 new"]);
});

test("a double click asks for an activity, and only that row is read again", async () => {
    const asked = mockActions();
    await mountMatrix();
    onRpc("target", "web_read", ({args}) => expect.step(`read ${args[0]}`));
    await dblclick(".o_data_row:eq(2) [name=city]");
    await animationFrame();
    expect(asked).toHaveLength(1);
    expect(asked[0].name).toBe("action_new_crm_activity");
    expect(asked[0].resIds).toEqual([3]);
    expect(asked[0].context.crm_campaign_id).toBe(7);
    expect(asked[0].context.default_activity_type_id).toBe(undefined);
    MockServer.env.target.write([3], {crm_campaign_activity_counts: {5: 1}});
    await asked[0].onClose();
    await animationFrame();
    expect.verifySteps(["read 3"]);
    expect(shownCounts()).toEqual(["3|1|5", "12||12", "|1|1"]);
});

test("the plus does as a double click does, and nothing else changes", async () => {
    const asked = mockActions();
    await mountMatrix({limit: 2});
    await contains(".o_pager_next").click();
    await contains(".o_data_row:eq(0) .o_list_record_selector input").click();
    onRpc("target", "web_read", ({args}) => expect.step(`read ${args[0]}`));
    onRpc("target", "web_search_read", () => expect.step("read all"));
    await contains(".o_data_row:eq(0) button .fa-plus").click();
    expect(asked.map((action) => action.name)).toEqual(["action_new_crm_activity"]);
    expect(asked[0].resIds).toEqual([3]);
    await asked[0].onClose();
    await animationFrame();
    expect.verifySteps(["read 3"]);
    expect(".o_data_row_selected").toHaveCount(1);
    expect(".o_pager_value").toHaveText("3-3");
});

test("a double click on the cell of a type asks for that type", async () => {
    const asked = mockActions();
    await mountMatrix();
    await dblclick(".o_data_row:eq(1) .o_crm_campaign_matrix_count:eq(1)");
    expect(asked[0].context.default_activity_type_id).toBe(VISIT.id);
    await dblclick(".o_data_row:eq(2) .o_crm_campaign_matrix_count:eq(2)");
    expect(asked[1].context.default_activity_type_id).toBe(undefined);
});

test("a double click on the name, too, asks for an activity", async () => {
    const asked = mockActions();
    await mountMatrix();
    await dblclick(".o_data_row:eq(0) [name=name] span");
    expect(asked.map((action) => action.resIds)).toEqual([[1]]);
});

test("a phone number is dialled by one click; a double click asks for an activity", async () => {
    const asked = mockActions();
    await mountMatrix({
        arch: `
            <list js_class="crm_campaign_matrix">
                <field name="name" options="{'open_record': true}"/>
                <field name="phone" widget="phone"/>
            </list>`,
    });
    const number = queryFirst(".o_data_row:eq(0) [name=phone] a");
    number.addEventListener("click", (ev) => {
        ev.preventDefault();
        expect.step("dial");
    });
    await dblclick(number);
    await advanceTime(1000);
    expect.verifySteps([]);
    expect(asked.map((action) => action.resIds)).toEqual([[1]]);
    await click(number);
    expect.verifySteps([]);
    await advanceTime(1000);
    expect.verifySteps(["dial"]);
    expect(asked).toHaveLength(1);
});

test("what was added is announced, and the focus is back where it was asked for", async () => {
    const asked = mockActions();
    await mountMatrix();
    expect("[role=status]").toHaveText("");
    await contains(".o_data_row:eq(2) button .fa-plus").click();
    queryFirst(".o_data_row:eq(0) [name=name] a").focus();
    MockServer.env.target.write([3], {crm_campaign_activity_counts: {5: 1}});
    await asked[0].onClose();
    await animationFrame();
    expect("[role=status]").toHaveText("Ash: 1 activity");
    expect(".o_data_row:eq(2) .o_list_button button").toBeFocused();
    await dblclick(".o_data_row:eq(1) .o_crm_campaign_matrix_count:eq(1)");
    MockServer.env.target.write([2], {crm_campaign_activity_counts: {2: 12, 5: 1}});
    await asked[1].onClose();
    await animationFrame();
    expect("[role=status]").toHaveText("Pine: 13 activities");
    expect(".o_data_row:eq(1) .o_crm_campaign_matrix_count:eq(1)").toBeFocused();
});

test("on paper the types have names", async () => {
    await mountMatrix();
    const names = [...document.querySelectorAll("thead .o_crm_campaign_matrix_type")];
    expect(names.map((name) => name.textContent)).toEqual(["Call", "Visit"]);
    expect(names[0]).toHaveClass("d-print-inline");
});

test("a double click on a number or the icon of the record asks for no activity", async () => {
    const asked = mockActions();
    onRpc("target", "action_view_crm_campaign_activities", () => ({type: "the list"}));
    await mountMatrix({selectRecord: () => null});
    await dblclick(".o_data_row:eq(0) .o_crm_campaign_matrix_count button:eq(0)");
    await dblclick(".o_data_row:eq(0) [name=name] a");
    await animationFrame();
    expect(asked.filter((action) => action.name === "action_new_crm_activity")).toEqual([]);
});

test("a number opens the activities it counts, the total all of the row", async () => {
    const asked = mockActions();
    onRpc("target", "action_view_crm_campaign_activities", ({args, kwargs}) => {
        expect.step([args[0][0], kwargs.activity_type_id, kwargs.context.crm_campaign_id]);
        return {type: "the list"};
    });
    await mountMatrix();
    await contains(".o_data_row:eq(0) .o_crm_campaign_matrix_count button:eq(1)").click();
    await contains(".o_data_row:eq(0) .o_crm_campaign_matrix_count button:eq(2)").click();
    expect.verifySteps([
        [1, VISIT.id, 7],
        [1, false, 7],
    ]);
    expect(asked).toEqual([{type: "the list"}, {type: "the list"}]);
});

test("by keyboard: arrows reach the numbers, Enter opens them or asks for an activity", async () => {
    const asked = mockActions();
    onRpc("target", "action_view_crm_campaign_activities", () => ({type: "the list"}));
    await mountMatrix();
    const cell = queryFirst(".o_data_row:eq(1) [name=city]");
    cell.focus();
    await press("Enter");
    await animationFrame();
    expect(asked.map((action) => action.name)).toEqual(["action_new_crm_activity"]);
    await press("ArrowRight");
    expect(".o_data_row:eq(1) .o_crm_campaign_matrix_count button:eq(0)").toBeFocused();
    await press("Enter");
    await animationFrame();
    expect(asked.at(-1)).toEqual({type: "the list"});
    await press("ArrowRight");
    expect(".o_data_row:eq(1) .o_crm_campaign_matrix_count:eq(1)").toBeFocused();
    await press("Enter");
    await animationFrame();
    expect(asked.at(-1).context.default_activity_type_id).toBe(VISIT.id);
});

test("the count of a cell: a button with a description, or nothing", async () => {
    await mountWithCleanup(CampaignMatrixCount, {
        props: {...FIELD, count: 4, label: "Call", open: () => expect.step("open")},
    });
    expect("button").toHaveText("4");
    expect("button").toHaveAttribute("aria-label", "Call: 4");
    expect("button").not.toHaveClass("fw-bold");
    await click("button");
    expect.verifySteps(["open"]);
});

test("the count of an empty cell", async () => {
    await mountWithCleanup(CampaignMatrixCount, {
        props: {...FIELD, count: 0, label: "Call", open: () => null},
    });
    expect("button").toHaveCount(0);
});
