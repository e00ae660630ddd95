import {openAllActivities} from "./steps";
import {registry} from "@web/core/registry";

// A received SMS is its own subject, of up to 1,600 characters.
const START = "They would like";

const fail = (message) => {
    throw new Error(message);
};

/** Fail if an element shows more lines than it may, or all of its text. */
const checkLines = (element, most) => {
    const {lineHeight, fontSize} = getComputedStyle(element);
    const line = parseFloat(lineHeight) || 1.5 * parseFloat(fontSize);
    const shown = Math.round(element.clientHeight / line);
    if (!(shown >= 1 && shown <= most)) {
        fail(`a long subject has ${shown} lines, ${most} are the most`);
    }
    if (!(element.scrollHeight > element.clientHeight + line)) {
        fail("the subject is not long");
    }
};

const lookAtCard = {
    content: "a card shows the first three lines, and all the rest of it",
    trigger: `.o_kanban_record:contains('${START}')`,
    run() {
        checkLines(this.anchor.querySelector(".o_crm_card_subject"), 3);
        const height = this.anchor.getBoundingClientRect().height;
        if (height > window.innerHeight / 2) {
            fail(`a card with a long subject is ${height} pixels high`);
        }
    },
};

const lookAtForm = {
    content: "the form shows the first lines, which scroll, and has room for the rest",
    trigger: ".o_form_view .o_field_crm_activity_subject textarea",
    run() {
        checkLines(this.anchor, 5);
        if (getComputedStyle(this.anchor).overflowY !== "auto") {
            fail("a long subject does not scroll");
        }
        const next = document.querySelector(".o_form_view .o_field_widget[name=partner_id]");
        if (next.getBoundingClientRect().top > window.innerHeight) {
            fail("a long subject has pushed the customer off the screen");
        }
    },
};

const openCard = {
    content: "open it",
    trigger: `.o_kanban_record:contains('${START}') .o_crm_card_subject`,
    run: "click",
};

registry.category("web_tour.tours").add("crm_activity_long_subject", {
    url: "/odoo",
    steps: () => [
        ...openAllActivities,
        {content: "the list is there", trigger: `.o_list_view td:contains('${START}')`},
        {content: "as cards", trigger: ".o_switch_view.o_kanban", run: "click"},
        lookAtCard,
        openCard,
        lookAtForm,
    ],
});

registry.category("web_tour.tours").add("crm_activity_phone_long_subject", {
    url: "/odoo/crm-activities",
    steps: () => [lookAtCard, openCard, lookAtForm],
});
