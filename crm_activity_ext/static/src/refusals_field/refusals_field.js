import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** A mark for who does not want to be contacted, with the words by what. */
export class RefusalsField extends Component {
    static template = "crm_activity_ext.RefusalsField";
    static props = {...standardFieldProps};

    get refusals() {
        return this.props.record.data[this.props.name];
    }

    get title() {
        return _t("Does not want: %s", this.refusals);
    }
}

registry.category("fields").add("crm_refusals", {
    component: RefusalsField,
    displayName: _t("Mark for what is not wanted"),
    supportedTypes: ["char"],
    listViewWidth: 24,
});
