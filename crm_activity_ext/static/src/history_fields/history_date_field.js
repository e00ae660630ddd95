import {DateTimeField, dateTimeField} from "@web/views/fields/datetime/datetime_field";
import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";

/** When something was. Documents that have a day alone stand at its beginning: no time is told then. */
export class HistoryDateField extends Component {
    static template = "crm_activity_ext.HistoryDateField";
    static components = {DateTimeField};
    static props = DateTimeField.props;

    get dateProps() {
        const date = this.props.record.data[this.props.name];
        const hasTime = Boolean(date) && date.toMillis() !== date.startOf("day").toMillis();
        return {...this.props, showTime: hasTime};
    }
}

registry.category("fields").add("crm_history_date", {
    ...dateTimeField,
    component: HistoryDateField,
});
