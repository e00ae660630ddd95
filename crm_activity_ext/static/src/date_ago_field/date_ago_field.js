import {formatDate, formatDateTime} from "@web/core/l10n/dates";
import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** The day of a date, and how long ago it was. */
export class DateAgoField extends Component {
    static template = "crm_activity_ext.DateAgoField";
    static props = {...standardFieldProps};

    get date() {
        return this.props.record.data[this.props.name];
    }

    get day() {
        return formatDate(this.date);
    }

    get title() {
        return formatDateTime(this.date);
    }

    get ago() {
        const today = luxon.DateTime.local().startOf("day");
        return this.date.startOf("day").toRelativeCalendar({base: today});
    }
}

registry.category("fields").add("crm_date_ago", {
    component: DateAgoField,
    displayName: _t("Date with relative time"),
    supportedTypes: ["datetime"],
    listViewWidth: [165, 190],
});
