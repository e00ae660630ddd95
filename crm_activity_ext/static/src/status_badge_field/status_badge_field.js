import {BadgeField, badgeField} from "@web/views/fields/badge/badge_field";
import {Component} from "@odoo/owl";
import {SelectionField} from "@web/views/fields/selection/selection_field";
import {registry} from "@web/core/registry";

/** A badge to read and a drop-down to edit: the status of many rows at once. */
export class StatusBadgeField extends Component {
    static template = "crm_activity_ext.StatusBadgeField";
    static components = {BadgeField, SelectionField};
    static props = BadgeField.props;
    static defaultProps = BadgeField.defaultProps;

    get selectionProps() {
        // eslint-disable-next-line no-unused-vars
        const {decorations, colorField, ...props} = this.props;
        return {...props, required: true};
    }
}

registry.category("fields").add("crm_activity_status", {
    ...badgeField,
    component: StatusBadgeField,
    supportedTypes: ["selection"],
});
