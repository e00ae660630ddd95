import {defineModels, fields, models, mountView} from "@web/../tests/web_test_helpers";
import {expect, test} from "@odoo/hoot";
import {queryAllTexts, queryFirst} from "@odoo/hoot-dom";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

class Row extends models.Model {
    kind = fields.Selection({
        selection: [
            ["activity", "Activity"],
            ["order", "Order"],
        ],
    });
    type_name = fields.Char();
    icon = fields.Char();
    date = fields.Datetime();
    name = fields.Char();
    text = fields.Char();

    _records = [
        {
            id: 1,
            kind: "activity",
            type_name: "Visit",
            icon: "fa-map-marker",
            date: "2026-11-18 10:30:00",
            name: "Show the samples",
            text: "He liked the oak best",
        },
        // Midnight, where the tests are: an hour east of UTC.
        {id: 2, kind: "order", icon: "fa-tag", date: "2026-11-17 23:00:00", name: "S00042"},
    ];
}

defineMailModels();
defineModels([Row]);

test("type, subject with the first line of the text, and the time, where there is one", async () => {
    await mountView({
        type: "list",
        resModel: "row",
        arch: `
            <list js_class="crm_history_list">
                <field name="kind" widget="crm_history_kind"/>
                <field name="date" widget="crm_history_date"/>
                <field name="name" widget="crm_history_name"/>
            </list>`,
    });
    expect(queryAllTexts(".o_data_row td[name=kind]")).toEqual(["Visit", "Order"]);
    expect(".o_data_row:eq(0) td[name=kind] .fa-map-marker").toHaveCount(1);
    const [withTime, withoutTime] = queryAllTexts(".o_data_row td[name=date]");
    expect(withTime).toMatch(/11:30/);
    expect(withoutTime).not.toMatch(/:/);
    expect(queryFirst(".o_data_row td[name=name]").textContent).toMatch(
        /Show the samples.*He liked the oak best/
    );
});
