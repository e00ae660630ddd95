import {CalendarModel} from "@web/views/calendar/calendar_model";
import {serializeDateTime} from "@web/core/l10n/dates";
import {user} from "@web/core/user";

const {DateTime} = luxon;

/** A day without anything else begins at this hour. */
const FIRST_HOUR = 9;
const HALF_HOUR = {minutes: 30};
/** What has no duration is drawn as long as one can read it. */
const SHOWN_HOURS = 0.5;
const OPEN_STATES = ["draft", "pending"];

/** A click plans at a time that is free, for as long as the type usually takes. */
export class ActivityCalendarModel extends CalendarModel {
    /** Without an end Odoo asks for all there ever was before. @override */
    computeRangeDomain(data) {
        return [
            ...super.computeRangeDomain(data),
            ["date_end_search", ">=", serializeDateTime(data.range.start)],
        ];
    }

    /** @override */
    buildRawRecord(partialRecord, options = {}) {
        const isClick = !partialRecord.id && !partialRecord.end;
        const record = {...partialRecord};
        if (isClick && record.isAllDay) {
            Object.assign(record, {isAllDay: false, start: this.getFreeTime(record.start)});
        }
        const rawRecord = super.buildRawRecord(record, options);
        if (isClick || options.moved) {
            // Nobody has said how long: the type does, and what is moved stays as long as it was.
            delete rawRecord[this.fieldMapping.date_delay];
        }
        return rawRecord;
    }

    /** @override */
    makeContextDefaults(rawRecord) {
        const context = super.makeContextDefaults(rawRecord);
        if (rawRecord[this.fieldMapping.date_delay] === undefined) {
            context.crm_activity_propose_duration = true;
        }
        return context;
    }

    /**
     * @param {DateTime} day
     * @returns {DateTime} the first half hour of the day, from now on, in which the user has nothing
     */
    getFreeTime(day) {
        const isBusy = (start) =>
            Object.values(this.records).some(
                ({rawRecord, ...other}) =>
                    rawRecord.user_id[0] === user.userId &&
                    OPEN_STATES.includes(rawRecord.state) &&
                    other.start < start.plus(HALF_HOUR) &&
                    other.end > start
            );
        const first = this.getFirstTime(day);
        for (let time = first; time.hasSame(first, "day"); time = time.plus(HALF_HOUR)) {
            if (!isBusy(time)) {
                return time;
            }
        }
        return first;
    }

    /** @returns {DateTime} when the day begins; today, the next half hour */
    getFirstTime(day) {
        const now = DateTime.local();
        const begin = day.set({hour: FIRST_HOUR, minute: 0, second: 0, millisecond: 0});
        if (!now.hasSame(day, "day") || now <= begin) {
            return begin;
        }
        return now.startOf("hour").plus({minutes: Math.ceil(now.minute / 30) * 30});
    }

    /** @override */
    normalizeRecord(rawRecord) {
        const {date_delay: field} = this.fieldMapping;
        const {partner_id: customer, lead_id: lead, state} = rawRecord;
        return {
            ...super.normalizeRecord({...rawRecord, [field]: rawRecord[field] || SHOWN_HOURS}),
            rawRecord,
            // Leads are there where CRM is.
            who: (customer || lead || [])[1],
            isDone: state === "done",
            isStriked: state === "cancelled",
        };
    }
}
