import {
    BadgeSelectionWithIconsField,
    badgeSelectionWithIconsField,
} from "@mail/views/fields/badge_selection_icons/badge_selection_icons_field";
import {onMounted, useRef} from "@odoo/owl";
import {registry} from "@web/core/registry";

/** Which badge the keys go to, from which one of how many. */
const MOVES = {
    ArrowLeft: (index) => index - 1,
    ArrowUp: (index) => index - 1,
    ArrowRight: (index) => index + 1,
    ArrowDown: (index) => index + 1,
    Home: () => 0,
    End: () => -1,
};
/** Letters typed within this time are one word. */
const TYPING_PAUSE = 700;

/**
 * Odoo's badges with icons as a group of radio buttons: one stop of the tab key, arrows move and
 * choose, the first letters of a name choose it. They also show a type that is no longer
 * offered, where it is in use.
 */
export class ActivityTypeBadgesField extends BadgeSelectionWithIconsField {
    static template = "crm_activity_ext.ActivityTypeBadgesField";

    setup() {
        super.setup();
        this.root = useRef("root");
        this.typed = {text: "", at: 0};
        // On a phone the line begins with the chosen one.
        onMounted(() => this.show(this.root.el?.querySelector(".active")));
    }

    /** @param {HTMLElement} [badge] one that may be scrolled away */
    show(badge) {
        badge?.scrollIntoView({block: "nearest", inline: "nearest"});
    }

    get label() {
        return this.props.record.fields[this.props.name].string;
    }

    get options() {
        const options = super.options;
        const current = this.props.record.data[this.props.name];
        if (!current || options.some(([id]) => id === current.id)) {
            return options;
        }
        return [...options, [current.id, current.display_name, "fa-archive"]];
    }

    /** @returns {Number} the badge that the tab key stops at: the chosen one, else the first */
    get stop() {
        return Math.max(
            this.options.findIndex(([id]) => id === this.value),
            0
        );
    }

    onKeydown(ev, index) {
        const next = this.getNext(ev, index);
        if (next === undefined) {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        this.onChange(this.options.at(next)[0]);
        const badge = [...this.root.el.children].at(next);
        badge.focus();
        this.show(badge);
    }

    /** @returns {Number | undefined} the badge that a key chooses; -1 is the last */
    getNext({key, altKey, ctrlKey, metaKey}, index) {
        if (altKey || ctrlKey || metaKey) {
            return undefined;
        }
        if (key in MOVES) {
            return MOVES[key](index) % this.options.length;
        }
        if (key === "Enter" || key === " ") {
            return index;
        }
        return key.length === 1 ? this.findTyped(key, index) : undefined;
    }

    /** @returns {Number | undefined} the next badge whose name begins with what is being typed */
    findTyped(letter, index) {
        const isWord = Date.now() - this.typed.at < TYPING_PAUSE;
        const text = ((isWord ? this.typed.text : "") + letter).toLocaleLowerCase();
        this.typed = {text, at: Date.now()};
        // One letter, also again and again, goes on to the next name; a word may mean this one.
        const isLetter = new Set(text).size === 1;
        const start = isLetter ? index + 1 : index;
        const wanted = isLetter ? text[0] : text;
        const names = this.options.map(([, name]) => name.toLocaleLowerCase());
        return names
            .map((_name, offset) => (start + offset) % names.length)
            .find((i) => names[i].startsWith(wanted));
    }
}

registry.category("fields").add("crm_activity_type_badges", {
    ...badgeSelectionWithIconsField,
    component: ActivityTypeBadgesField,
});
