import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    toggleMenuItem,
    toggleSearchBarMenu,
} from "@web/../tests/web_test_helpers";
import {expect, test} from "@odoo/hoot";
import {queryAllTexts, queryFirst, queryRect} from "@odoo/hoot-dom";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {markup} from "@odoo/owl";

class Customer extends models.Model {
    name = fields.Char();

    _records = [
        {id: 1, name: "Oak"},
        {id: 2, name: "Pine"},
    ];
}

class CrmActivity extends models.Model {
    _name = "crm.activity";

    name = fields.Char({string: "Subject"});
    date = fields.Datetime();
    activity_type_id = fields.Many2one({string: "Type", relation: "customer"});
    partner_id = fields.Many2one({string: "Customer", relation: "customer"});
    city = fields.Char();
    score = fields.Integer();
    state = fields.Selection({
        string: "Status",
        selection: [
            ["pending", "Pending"],
            ["cancelled", "Cancelled since nobody was there"],
        ],
    });

    _records = [
        {id: 1, name: "a", date: "2026-01-01 10:00:00", partner_id: 1, state: "pending"},
        {id: 2, name: "b", date: "2026-03-01 10:00:00", partner_id: 1, state: "pending"},
        {id: 3, name: "c", date: "2026-02-01 10:00:00", partner_id: 1, state: "pending"},
    ];
}

defineMailModels();
defineModels([CrmActivity, Customer]);

const SEARCH = `
    <search>
        <filter name="pending" string="Pending" domain="[('state', '=', 'pending')]"
            context="{'crm_activity_oldest_first': True}"/>
        <filter name="none" string="None" domain="[('name', '=', 'nothing')]"/>
    </search>`;

const headers = () => queryAllTexts("thead th[data-name] span").filter(Boolean);
const subjects = () => queryAllTexts(".o_data_row td[name=name]");

const mountList = (columns, more = {}) =>
    mountView({
        type: "list",
        resModel: "crm.activity",
        arch: `<list js_class="crm_activity_list" default_order="date desc, id desc">
            <field name="name"/>${columns}
        </list>`,
        searchViewArch: SEARCH,
        ...more,
    });

test("a column that is empty on the whole page gives way, and comes back on request", async () => {
    await mountList(`<field name="city" optional="show"/><field name="score" optional="show"/>`);
    expect(headers()).toEqual(["Subject", "Score"]);
    await contains(".o_optional_columns_dropdown_toggle").click();
    expect(".o-dropdown--menu input[name=city]").not.toBeChecked();
    await contains(".o-dropdown--menu input[name=city]").click();
    expect(headers()).toEqual(["Subject", "City", "Score"]);
    expect(".o-dropdown--menu input[name=city]").toBeChecked();
});

test("a column with something on the page stays", async () => {
    CrmActivity._records[1].city = "Vigo";
    await mountList(`<field name="city" optional="show"/>`);
    expect(headers()).toEqual(["Subject", "City"]);
});

test("a column that is not optional stays, empty or not", async () => {
    await mountList(`<field name="city"/>`);
    expect(headers()).toEqual(["Subject", "City"]);
});

test("one customer in all rows is not said in each, where the list wants it so", async () => {
    await mountList(`<field name="partner_id" optional="show" options="{'give_way_if_same': 1}"/>`);
    expect(headers()).toEqual(["Subject"]);
});

test("two customers are told apart", async () => {
    CrmActivity._records[1].partner_id = 2;
    await mountList(`<field name="partner_id" optional="show" options="{'give_way_if_same': 1}"/>`);
    expect(headers()).toEqual(["Subject", "Customer"]);
});

test("a column that must not be cut is as wide as its longest label, and its longest text", async () => {
    Customer._records[0].name = "A call from somebody who wanted to know more";
    CrmActivity._records[1].activity_type_id = 1;
    await mountList(
        `<field name="activity_type_id" options="{'fit_text': 1}"/>
        <field name="state" options="{'fit_text': 1}"/>`
    );
    const cell = queryFirst(".o_data_row td[name=activity_type_id]:contains('A call')");
    expect(cell.scrollWidth).toBeLessThan(cell.clientWidth + 1);
    expect(queryRect("th[data-name=state]").width).toBeGreaterThan(200);
});

test("the newest comes first, and of what is to be done the oldest", async () => {
    await mountList(`<field name="date"/>`);
    expect(subjects()).toEqual(["b", "c", "a"]);
    await toggleSearchBarMenu();
    await toggleMenuItem("Pending");
    expect(subjects()).toEqual(["a", "c", "b"]);
    await toggleMenuItem("Pending");
    expect(subjects()).toEqual(["b", "c", "a"]);
});

test("what somebody sorts by stays, whatever is filtered", async () => {
    await mountList(`<field name="date"/>`);
    await contains("th[data-name=name]").click();
    await toggleSearchBarMenu();
    await toggleMenuItem("Pending");
    expect(subjects()).toEqual(["a", "b", "c"]);
});

test("a search that finds nothing says so, and clears itself", async () => {
    await mountList("", {noContentHelp: markup("<p>No activities yet</p>")});
    await toggleSearchBarMenu();
    await toggleMenuItem("None");
    await animationFrame();
    expect(".o_nocontent_help").toHaveText(/No activity matches your search/);
    await contains(".o_nocontent_help button").click();
    expect(subjects()).toEqual(["b", "c", "a"]);
});

test("where there is nothing at all, that is said, whatever is searched", async () => {
    CrmActivity._records = [];
    await mountList("", {noContentHelp: markup("<p>No activities yet</p>")});
    expect(".o_nocontent_help").toHaveText("No activities yet");
    await toggleSearchBarMenu();
    await toggleMenuItem("None");
    expect(".o_nocontent_help").toHaveText("No activities yet");
});
