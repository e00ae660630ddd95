import {Component, xml} from "@odoo/owl";
import {formatDateTime} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** A date as part of a sentence, where the form has the field to edit it elsewhere. */
export class DateTextField extends Component {
    static template = xml`<span t-out="text" />`;
    static props = {...standardFieldProps};

    get text() {
        return formatDateTime(this.props.record.data[this.props.name], {showSeconds: false});
    }
}

registry.category("fields").add("crm_date_text", {
    component: DateTextField,
    supportedTypes: ["datetime"],
});
