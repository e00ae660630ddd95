import {Many2One, computeM2OProps} from "@web/views/fields/many2one/many2one";
import {Many2OneField, buildM2OFieldDescription} from "@web/views/fields/many2one/many2one_field";
import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";

/** An activity type with its icon in front. */
export class ActivityTypeField extends Component {
    static template = "crm_activity_ext.ActivityTypeField";
    static components = {Many2One};
    static props = {...Many2OneField.props};

    get m2oProps() {
        return {...computeM2OProps(this.props), canOpen: false};
    }

    get icon() {
        return this.props.record.data.activity_type_icon || "fa-tasks";
    }
}

registry.category("fields").add("crm_activity_type", {
    ...buildM2OFieldDescription(ActivityTypeField),
    fieldDependencies: [{name: "activity_type_icon", type: "char"}],
});
