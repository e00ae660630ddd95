import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const CHOSEN = "mail_template_id";

/** Templates that one click loads into the activity, or takes out of it again. */
export class TemplatesField extends Component {
    static template = "crm_activity_ext.TemplatesField";
    static props = {...standardFieldProps};

    get templates() {
        const {data} = this.props.record;
        return data[this.props.name].records.map(({resId, data: {display_name: name}}) => ({
            id: resId,
            name,
            isChosen: resId === data[CHOSEN]?.id,
        }));
    }

    choose({id, name, isChosen}) {
        const value = isChosen ? false : {id, display_name: name};
        return this.props.record.update({[CHOSEN]: value});
    }
}

registry.category("fields").add("crm_activity_templates", {
    component: TemplatesField,
    displayName: _t("Suggested Templates"),
    supportedTypes: ["many2many"],
    relatedFields: [{name: "display_name", type: "char"}],
    isEmpty: (record, name) => !record.data[name].count,
});
