import {
    BadgeSelectionWithIconsField,
    badgeSelectionWithIconsField,
} from "@mail/views/fields/badge_selection_icons/badge_selection_icons_field";
import {registry} from "@web/core/registry";

/**
 * Odoo's badges with icons, for the keyboard too, and showing a type that is no
 * longer offered where it is in use.
 */
export class ActivityTypeBadgesField extends BadgeSelectionWithIconsField {
    static template = "crm_activity_ext.ActivityTypeBadgesField";

    get options() {
        const options = super.options;
        const current = this.props.record.data[this.props.name];
        if (!current || options.some(([id]) => id === current.id)) {
            return options;
        }
        return [...options, [current.id, current.display_name, "fa-archive"]];
    }

    onKeydown(ev, typeId) {
        if (ev.key === "Enter" || ev.key === " ") {
            ev.preventDefault();
            ev.stopPropagation();
            this.onChange(typeId);
        }
    }
}

registry.category("fields").add("crm_activity_type_badges", {
    ...badgeSelectionWithIconsField,
    component: ActivityTypeBadgesField,
});
