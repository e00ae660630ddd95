import {CharField, charField} from "@web/views/fields/char/char_field";
import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";

/** The subject of a document, and in the room that is left the first line of its text. */
export class HistoryNameField extends Component {
    static template = "crm_activity_ext.HistoryNameField";
    static props = CharField.props;

    get name() {
        return this.props.record.data[this.props.name];
    }

    get text() {
        return this.props.record.data.text;
    }
}

registry.category("fields").add("crm_history_name", {
    ...charField,
    component: HistoryNameField,
    fieldDependencies: [{name: "text", type: "char"}],
    listViewWidth: [320],
});
