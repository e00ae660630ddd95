import {SelectionField, selectionField} from "@web/views/fields/selection/selection_field";
import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";

/** What a document is, with its icon in front: its type, where it says more than its kind. */
export class HistoryKindField extends Component {
    static template = "crm_activity_ext.HistoryKindField";
    static components = {SelectionField};
    static props = SelectionField.props;
    static defaultProps = SelectionField.defaultProps;

    get icon() {
        return this.props.record.data.icon || "fa-file-o";
    }

    get type() {
        return this.props.record.data.type_name;
    }
}

registry.category("fields").add("crm_history_kind", {
    ...selectionField,
    component: HistoryKindField,
    fieldDependencies: [
        {name: "icon", type: "char"},
        {name: "type_name", type: "char"},
    ],
});
