import {Deferred, animationFrame} from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    makeServerError,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import {expect, test} from "@odoo/hoot";
import {queryAllAttributes, queryAllTexts} from "@odoo/hoot-dom";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

class UtmCampaign extends models.Model {
    _name = "utm.campaign";

    title = fields.Char();
    audience_domain = fields.Char();
    audience_mode = fields.Char();
    audience_customer_count = fields.Integer({string: "Customers", readonly: true});
    audience_contact_count = fields.Integer({string: "Contacts", readonly: true});
    audience_reached_share = fields.Float({string: "Reached", readonly: true});

    _records = [
        {id: 1, title: "Harvest", audience_domain: "[]", audience_mode: "live"},
        {id: 2, title: "Autumn", audience_domain: "[]", audience_mode: "live"},
        {id: 3, title: "Winter", audience_domain: "[]", audience_mode: "live"},
    ];
}

defineMailModels();
defineModels([UtmCampaign]);

const LIST = `
    <list js_class="crm_campaign_list" multi_edit="1">
        <field name="title"/>
        <field name="audience_customer_count" widget="crm_campaign_figure"/>
        <field name="audience_contact_count" widget="crm_campaign_figure" optional="hide"/>
        <field name="audience_reached_share" widget="crm_campaign_figure" optional="show"/>
    </list>`;
const FORM = `
    <form>
        <field name="title"/>
        <field name="audience_mode" invisible="1"/>
        <field name="audience_domain"/>
        <widget name="crm_campaign_figure" string="Customers"
            options="{'name': 'audience_customer_count'}"/>
        <widget name="crm_campaign_figure" string="Contacts"
            options="{'name': 'audience_contact_count'}"/>
        <widget name="crm_campaign_problem"/>
    </form>`;
const CUSTOMERS = ".o_data_row td[name=audience_customer_count]";
const REACHED = ".o_data_row td[name=audience_reached_share]";

const figures = (id, count, more) => ({
    id,
    audience_customer_count: count,
    audience_contact_count: 3 * count,
    audience_reached_share: 99.9,
    audience_error: false,
    ...more,
});

/** What the server is asked for, and what it answers. */
function answerBy(answer) {
    const asked = [];
    onRpc("utm.campaign", "get_crm_figures", ({args}) => {
        asked.push(args);
        return answer(...args);
    });
    return asked;
}

async function mount(type, arch, more) {
    await mountView({type, resModel: "utm.campaign", arch, ...more});
    await animationFrame();
}

test("a list reads no figures, and asks for those of all its rows once it is there", async () => {
    const counted = new Deferred();
    const asked = answerBy(async (ids) => {
        await counted;
        return ids.map((id) => figures(id, 1000 * id));
    });
    onRpc("web_search_read", ({kwargs}) => {
        expect.step(Object.keys(kwargs.specification).join());
    });
    await mount("list", LIST);
    expect.verifySteps(["title"]);
    expect(queryAllTexts(CUSTOMERS)).toEqual(["…", "…", "…"]);
    expect(`${CUSTOMERS} [aria-busy=true]`).toHaveCount(3);
    counted.resolve();
    await animationFrame();
    expect(queryAllTexts(CUSTOMERS)).toEqual(["1,000", "2,000", "3,000"]);
    expect(queryAllTexts(REACHED)).toEqual(["99 %", "99 %", "99 %"]);
    // Nobody counts for a column that is hidden.
    expect(asked).toEqual([
        [
            [1, 2, 3],
            ["audience_error", "audience_customer_count", "audience_reached_share"],
        ],
    ]);
});

test("a column that is shown later asks for its own", async () => {
    const asked = answerBy((ids) => ids.map((id) => figures(id, id)));
    await mount("list", LIST);
    await contains(".o_optional_columns_dropdown_toggle").click();
    await contains(".o-dropdown-item input[name=audience_contact_count]").click();
    await animationFrame();
    expect(asked.slice(1)).toEqual([
        [
            [1, 2, 3],
            ["audience_error", "audience_contact_count"],
        ],
    ]);
    expect(queryAllTexts(".o_data_row td[name=audience_contact_count]")).toEqual(["3", "6", "9"]);
});

test("the others get theirs where the column that asked for all is hidden meanwhile", async () => {
    const counted = new Deferred();
    answerBy(async (ids) => {
        await counted;
        return ids.map((id) => figures(id, id));
    });
    await mount("list", LIST);
    await contains(".o_optional_columns_dropdown_toggle").click();
    await contains(".o-dropdown-item input[name=audience_reached_share]").click();
    expect(REACHED).toHaveCount(0);
    counted.resolve();
    await animationFrame();
    expect(queryAllTexts(CUSTOMERS)).toEqual(["1", "2", "3"]);
});

test("what an answer lacks is asked for again, and what there is shows at once", async () => {
    const counted = new Deferred();
    const asked = answerBy(async ([id, ...others]) => {
        if (!others.length) {
            await counted;
        }
        return [figures(id, id)];
    });
    await mount("list", LIST);
    await animationFrame();
    expect(queryAllTexts(CUSTOMERS)).toEqual(["1", "2", "…"]);
    counted.resolve();
    await animationFrame();
    expect(queryAllTexts(CUSTOMERS)).toEqual(["1", "2", "3"]);
    expect(asked.map(([ids]) => ids)).toEqual([[1, 2, 3], [2, 3], [3]]);
});

test("an audience that cannot be read has no number, and says why", async () => {
    answerBy((ids) =>
        ids.map((id) => figures(id, 0, id === 2 ? {audience_error: "It takes too long"} : {}))
    );
    await mount("list", LIST);
    expect(queryAllTexts(CUSTOMERS)).toEqual(["0", "—", "0"]);
    expect(queryAllAttributes(`${CUSTOMERS} span[title]`, "title")).toEqual(["It takes too long"]);
});

test("a campaign that is gone is not asked for for ever", async () => {
    const asked = answerBy((ids) => ids.filter((id) => id !== 2).map((id) => figures(id, id)));
    await mount("list", LIST);
    await animationFrame();
    expect(queryAllTexts(CUSTOMERS)).toEqual(["1", "—", "3"]);
    expect(asked).toHaveLength(2);
});

test("an error of the server shows where the number would be", async () => {
    answerBy(() => {
        throw makeServerError({message: "You are not allowed to"});
    });
    await mount("list", LIST);
    expect(queryAllTexts(CUSTOMERS)).toEqual(["—", "—", "—"]);
    expect(`${CUSTOMERS} span[title='You are not allowed to']`).toHaveCount(3);
});

test("a form asks for all of its figures at once, for the rule that it shows", async () => {
    const asked = answerBy(([id], _names, {audience_domain}) => [
        figures(id, audience_domain === "[]" ? 7 : 2),
    ]);
    onRpc("web_read", ({kwargs}) => {
        expect.step(Object.keys(kwargs.specification).join());
    });
    await mount("form", FORM, {resId: 1});
    expect.verifySteps(["title,audience_mode,audience_domain,display_name"]);
    expect(queryAllTexts(".o_stat_value")).toEqual(["7", "21"]);
    expect(queryAllTexts(".o_stat_text")).toEqual(["Customers", "Contacts"]);
    await contains("[name=title] input").edit("Late Harvest");
    expect(asked).toHaveLength(1);
    await contains("[name=audience_domain] input").edit("[('id', '=', 2)]");
    await animationFrame();
    expect(queryAllTexts(".o_stat_value")).toEqual(["2", "6"]);
    expect(asked.map(([ids, , rule]) => [ids, rule.audience_domain])).toEqual([
        [[1], "[]"],
        [[1], "[('id', '=', 2)]"],
    ]);
});

test("a new campaign has figures as well", async () => {
    const asked = answerBy(() => [figures(false, 7)]);
    await mount("form", FORM);
    expect(asked).toHaveLength(1);
    expect(asked[0][0]).toEqual([]);
    expect(queryAllTexts(".o_stat_value")).toEqual(["7", "21"]);
});

test("an answer about a rule that has changed meanwhile is not shown", async () => {
    const slow = new Deferred();
    answerBy(async ([id], _names, {audience_domain}) => {
        if (audience_domain === "[]") {
            await slow;
            return [figures(id, 7)];
        }
        return [figures(id, 2)];
    });
    await mount("form", FORM, {resId: 1});
    await contains("[name=audience_domain] input").edit("[('id', '=', 2)]");
    await animationFrame();
    slow.resolve();
    await animationFrame();
    expect(queryAllTexts(".o_stat_value")).toEqual(["2", "6"]);
});

test("an error about a rule that has changed meanwhile is not shown", async () => {
    const slow = new Deferred();
    answerBy(async ([id], _names, {audience_domain}) => {
        if (audience_domain === "[]") {
            await slow;
            throw makeServerError({message: "It takes too long"});
        }
        return [figures(id, 2)];
    });
    await mount("form", FORM, {resId: 1});
    await contains("[name=audience_domain] input").edit("[('id', '=', 2)]");
    await animationFrame();
    slow.resolve();
    await animationFrame();
    expect(queryAllTexts(".o_stat_value")).toEqual(["2", "6"]);
});

test("a form says why its audience cannot be read", async () => {
    answerBy(([id]) => [figures(id, 0, {audience_error: "Define it again"})]);
    await mount("form", FORM, {resId: 1});
    expect(".alert-warning[role=alert]").toHaveText("Define it again");
    expect(queryAllTexts(".o_stat_value")).toEqual(["—", "—"]);
});
