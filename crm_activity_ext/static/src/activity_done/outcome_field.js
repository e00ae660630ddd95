import {useExternalListener, useRef} from "@odoo/owl";
import {ActivityTypeBadgesField} from "../activity_type_badges_field/activity_type_badges_field";
import {badgeSelectionField} from "@web/views/fields/badge_selection/badge_selection_field";
import {getFieldDomain} from "@web/model/relational_model/utils";
import {registry} from "@web/core/registry";
import {useSpecialData} from "@web/views/fields/relational_utils";

const TYPED_INTO = "input:not([type=checkbox]), textarea, select, [contenteditable=true]";
const NUMBERED = 9;

/** Outcomes as badges: the keys 1 to 9 choose one, wherever nothing is typed into. */
export class OutcomeField extends ActivityTypeBadgesField {
    static template = "crm_activity_ext.OutcomeField";
    static props = badgeSelectionField.component.props;

    setup() {
        this.type = "many2one";
        this.root = useRef("root");
        this.typed = {text: "", at: 0};
        this.specialData = useSpecialData((orm, props) => {
            const domain = getFieldDomain(props.record, props.name, props.domain);
            return orm.searchRead("crm.activity.outcome", domain, ["display_name", "color"]);
        });
        useExternalListener(window, "keydown", (ev) => this.onAnyKeydown(ev));
    }

    get options() {
        const options = this.specialData.data.map(({id, display_name, color}) => [
            id,
            display_name,
            color,
        ]);
        const current = this.props.record.data[this.props.name];
        if (!current || options.some(([id]) => id === current.id)) {
            return options;
        }
        return [...options, [current.id, current.display_name, 0]];
    }

    /** @returns {String} the key that chooses the badge, if there is one */
    getKey(index) {
        return index < NUMBERED ? String(index + 1) : "";
    }

    /** Enter is for the whole dialog; what is chosen already it does not choose again. */
    getNext(ev, index) {
        return ev.key === "Enter" ? undefined : super.getNext(ev, index);
    }

    /** A second click takes it back: nothing has to come of an activity. */
    toggle(id) {
        this.onChange(id === this.value ? false : id);
    }

    onAnyKeydown(ev) {
        const isElsewhere = this.props.readonly || !this.root.el || ev.target.closest?.(TYPED_INTO);
        if (isElsewhere || ev.altKey || ev.ctrlKey || ev.metaKey) {
            return;
        }
        const index = this.options.findIndex((_option, place) => this.getKey(place) === ev.key);
        if (index >= 0) {
            ev.preventDefault();
            this.onChange(this.options[index][0]);
            this.root.el.children[index].focus();
        }
    }
}

registry.category("fields").add("crm_activity_outcome", {
    ...badgeSelectionField,
    component: OutcomeField,
    supportedTypes: ["many2one"],
});
