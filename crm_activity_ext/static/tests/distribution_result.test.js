import {Deferred, advanceTime, animationFrame} from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import {expect, test} from "@odoo/hoot";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

class Kind extends models.Model {
    name = fields.Char();
    _records = [
        {id: 1, name: "Call"},
        {id: 2, name: "Letter"},
    ];
}

class Dialog extends models.Model {
    activity_type_id = fields.Many2one({relation: "kind"});
    campaign_id = fields.Many2one({relation: "kind"});
    user_id = fields.Many2one({relation: "kind"});
    user_policy = fields.Char();
    target_model = fields.Char();
    target_ids = fields.Json();
    name = fields.Char();
    date = fields.Datetime();
    max_per_day = fields.Integer();
}

defineMailModels();
defineModels([Dialog, Kind]);

const MADE = "[name=make_count]";

async function mountDialog(answer) {
    const asked = [];
    onRpc("dialog", "get_expected_result", async ({args: [ids, values]}) => {
        asked.push([ids, values.activity_type_id, values.target_ids]);
        expect(values.date).toBe("2026-10-23 08:00:00");
        return [{make_count: 3, left_out_count: 0, left_out: "", ...(await answer(values))}];
    });
    await mountView({
        type: "form",
        resModel: "dialog",
        context: {
            default_target_ids: [5, 6, 7],
            default_activity_type_id: 1,
            default_date: "2026-10-23 08:00:00",
        },
        arch: `
            <form>
                <field name="name"/>
                <field name="target_ids" invisible="1"/>
                <field name="target_model" invisible="1"/>
                <field name="activity_type_id"/>
                <field name="campaign_id" invisible="1"/>
                <field name="user_policy" invisible="1"/>
                <field name="user_id" invisible="1"/>
                <field name="date" invisible="1"/>
                <field name="max_per_day"/>
                <widget name="crm_activity_distribution_result"/>
            </form>`,
    });
    return asked;
}

async function choose(name) {
    await contains("[name=activity_type_id] input").edit(name, {confirm: false});
    await advanceTime(300);
    await contains(`.o-autocomplete--dropdown-item:contains(${name})`).click();
}

test("the dialog is there before anybody knows how many it makes", async () => {
    const known = new Deferred();
    const asked = await mountDialog(() => known);
    expect(MADE).toHaveText("…");
    await advanceTime(200);
    expect(asked).toEqual([[[], 1, [5, 6, 7]]]);
    expect(".alert[aria-busy=true]").toHaveCount(1);
    known.resolve({make_count: 2, left_out_count: 1, left_out: "<ul><li>Archived</li></ul>"});
    await animationFrame();
    expect(MADE).toHaveText("2");
    expect("[name=left_out_count]").toHaveText("1");
    expect("[name=left_out] li").toHaveText("Archived");
});

test("it asks again for another type, and not for another subject", async () => {
    const asked = await mountDialog(({activity_type_id: id}) => ({make_count: id}));
    await advanceTime(200);
    await contains("[name=name] input").edit("Spring");
    await advanceTime(200);
    expect(asked).toHaveLength(1);
    await choose("Letter");
    await advanceTime(200);
    await animationFrame();
    expect(asked).toHaveLength(2);
    expect(MADE).toHaveText("2");
});

test("it tells from when to when they are spread, once somebody says how many a day", async () => {
    const asked = await mountDialog(({max_per_day: number}) => ({
        spread_summary: number && `3 activities, ${number} a day`,
    }));
    await advanceTime(200);
    await animationFrame();
    expect("[name=spread_summary]").toHaveCount(0);
    await contains("[name=max_per_day] input").edit("2");
    await advanceTime(200);
    await animationFrame();
    expect(asked).toHaveLength(2);
    expect("[name=spread_summary]").toHaveText("3 activities, 2 a day");
});

test("an answer about a type that is no longer chosen is not shown", async () => {
    const slow = new Deferred();
    await mountDialog(async ({activity_type_id: id}) => {
        if (id === 1) {
            await slow;
        }
        return {make_count: id};
    });
    await advanceTime(200);
    await choose("Letter");
    await advanceTime(200);
    await animationFrame();
    slow.resolve();
    await animationFrame();
    expect(MADE).toHaveText("2");
});
