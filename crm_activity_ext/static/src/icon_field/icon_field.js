import {Component} from "@odoo/owl";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {ICONS} from "./icons";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

// As many as icon_field.scss has columns.
const COLUMNS = 8;

/** An icon, chosen among those in icons.js; another one, set elsewhere, stays and is shown. */
export class IconField extends Component {
    static template = "crm_activity_ext.IconField";
    static components = {Dropdown, DropdownItem};
    static props = standardFieldProps;

    get icon() {
        return this.props.record.data[this.props.name] || "";
    }

    get icons() {
        return ICONS.map(([name, label]) => ({
            name,
            label,
            attributes: {
                role: "menuitemradio",
                "aria-checked": String(name === this.icon),
                "aria-label": label,
                "data-icon": name,
                title: label,
            },
        }));
    }

    get label() {
        return this.icons.find(({name}) => name === this.icon)?.label || _t("Another icon");
    }

    /** The arrow keys go where they point. */
    get navigationOptions() {
        const go = (step) => (navigator) => {
            const {activeItemIndex, items} = navigator;
            items[Math.min(Math.max(activeItemIndex + step, 0), items.length - 1)]?.setActive();
        };
        return {
            hotkeys: {
                arrowright: go(1),
                arrowleft: go(-1),
                arrowdown: go(COLUMNS),
                arrowup: go(-COLUMNS),
            },
        };
    }

    choose(name) {
        return this.props.record.update({[this.props.name]: name});
    }
}

registry.category("fields").add("crm_activity_icon", {
    component: IconField,
    displayName: _t("Icon"),
    supportedTypes: ["char"],
});
