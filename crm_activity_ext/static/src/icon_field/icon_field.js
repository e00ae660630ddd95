import {CharField, charField} from "@web/views/fields/char/char_field";
import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";

/** The name of a Font Awesome icon, shown as the icon; its name only to edit it. */
export class IconField extends Component {
    static template = "crm_activity_ext.IconField";
    static components = {CharField};
    static props = CharField.props;
    static defaultProps = CharField.defaultProps;

    get icon() {
        return this.props.record.data[this.props.name] || "";
    }
}

registry.category("fields").add("crm_activity_icon", {
    ...charField,
    component: IconField,
});
