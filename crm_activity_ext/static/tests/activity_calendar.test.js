import {
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
    serverState,
} from "@web/../tests/web_test_helpers";
import {expect, test} from "@odoo/hoot";
import {queryAllTexts, queryFirst} from "@odoo/hoot-dom";
import {ActivityCalendarModel} from "@crm_activity_ext/activity_calendar/activity_calendar_model";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {mockDate} from "@odoo/hoot-mock";

const {DateTime} = luxon;

// Ten past noon: the tests are an hour east of UTC.
const NOON = "2026-11-18 11:10:00";

/** A model that knows these activities of the user's, and nothing else. */
const getModel = (scale, ...activities) => {
    const model = Object.create(ActivityCalendarModel.prototype);
    const type = {type: "datetime"};
    model.meta = {
        scale,
        context: {},
        fields: {date: type, duration: {type: "float"}},
        fieldMapping: {date_start: "date", date_delay: "duration"},
    };
    const records = activities.map(
        ([time, hours, state = "pending", userId = serverState.userId]) => ({
            start: DateTime.fromSQL(time),
            end: DateTime.fromSQL(time).plus({hours}),
            rawRecord: {user_id: [userId, ""], state, duration: hours},
        })
    );
    model.data = {records: Object.fromEntries(records.map((record, i) => [i + 1, record]))};
    return model;
};

const click = (model, day) => {
    const raw = model.buildRawRecord({start: DateTime.fromISO(day), isAllDay: true});
    return [luxon.DateTime.fromSQL(raw.date, {zone: "utc"}).toLocal().toFormat("dd HH:mm"), raw];
};

test("a click on a day plans in the morning, and leaves the length to the type", () => {
    mockDate(NOON);
    const model = getModel("month");
    const [time, raw] = click(model, "2026-11-20");
    expect(time).toBe("20 09:00");
    expect(raw.duration).toBe(undefined);
    expect(model.makeContextDefaults(raw).crm_activity_propose_duration).toBe(true);
});

test("a click on today plans at the next half hour", () => {
    mockDate(NOON);
    expect(click(getModel("month"), "2026-11-18")[0]).toBe("18 12:30");
});

test("what the user has on that day is not in the way", () => {
    mockDate(NOON);
    const busy = [
        ["2026-11-20 09:00:00", 1],
        ["2026-11-20 10:15:00", 0.5],
    ];
    expect(click(getModel("month", ...busy), "2026-11-20")[0]).toBe("20 11:00");
});

test("what is done, cancelled or a colleague's takes no time", () => {
    mockDate(NOON);
    const others = [
        ["2026-11-20 09:00:00", 1, "done"],
        ["2026-11-20 09:00:00", 1, "cancelled"],
        ["2026-11-20 09:00:00", 1, "pending", 999],
    ];
    expect(click(getModel("month", ...others), "2026-11-20")[0]).toBe("20 09:00");
});

test("a day without free time begins as any other", () => {
    mockDate(NOON);
    const model = getModel("month", ["2026-11-20 00:00:00", 24]);
    expect(click(model, "2026-11-20")[0]).toBe("20 09:00");
});

test("what is dragged keeps its length", () => {
    const model = getModel("week");
    const start = DateTime.fromISO("2026-11-20T10:00");
    const raw = model.buildRawRecord({start, end: start.plus({hours: 2})});
    expect(raw.duration).toBe(2);
    expect(model.makeContextDefaults(raw).crm_activity_propose_duration).toBe(undefined);
});

test("days that are dragged over stay days", () => {
    const model = getModel("week");
    const start = DateTime.fromISO("2026-11-20");
    const raw = model.buildRawRecord({start, end: start.plus({days: 1}), isAllDay: true});
    expect(raw.duration).toBe(36);
});

test("what is moved gets no length that nobody gave it", () => {
    const model = getModel("week", ["2026-11-20 09:00:00", 0]);
    const start = DateTime.fromISO("2026-11-21T10:00");
    const raw = model.buildRawRecord({id: 1, start, end: start.plus({minutes: 30})}, {moved: true});
    expect(raw.duration).toBe(undefined);
});

test("only what ends in the range or later is asked for", () => {
    const model = getModel("month");
    const start = DateTime.fromISO("2026-11-01");
    const range = {start, end: start.endOf("month")};
    expect(model.computeRangeDomain({range})).toEqual([
        ["date", "<=", "2026-11-30 22:59:59"],
        ["date_end_search", ">=", "2026-10-31 23:00:00"],
    ]);
});

class CrmActivity extends models.Model {
    _name = "crm.activity";

    name = fields.Char();
    date = fields.Datetime();
    date_end_search = fields.Datetime();
    duration = fields.Float();
    user_id = fields.Many2one({relation: "res.users"});
    partner_id = fields.Many2one({relation: "res.partner"});
    state = fields.Selection({
        selection: [
            ["pending", "Pending"],
            ["done", "Done"],
        ],
    });
    has_delivered_channel = fields.Boolean();
}

defineMailModels();
defineModels([CrmActivity]);

test("a chip has the time and the customer, and shows what is done", async () => {
    mockDate(NOON);
    onRpc("has_group", () => true);
    CrmActivity._records = [
        {
            id: 1,
            name: "Show the samples",
            date: "2026-11-20 10:00:00",
            date_end_search: "2026-11-20 10:00:00",
            user_id: serverState.userId,
            partner_id: serverState.partnerId,
            state: "done",
        },
    ];
    await mountView({
        type: "calendar",
        resModel: "crm.activity",
        arch: `
            <calendar js_class="crm_activity_calendar" date_start="date" date_delay="duration"
                mode="month" quick_create="0" event_open_popup="1">
                <field name="partner_id"/><field name="user_id"/><field name="state"/>
            </calendar>`,
    });
    const [text] = queryAllTexts(".fc-event");
    expect(text).toInclude("Show the samples");
    expect(text).toInclude("Mitchell Admin");
    expect(queryFirst(".fc-event .fc-time")).not.toBe(null);
    expect(".fc-event .fa-check").toHaveCount(1);
});
