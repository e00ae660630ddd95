import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_activity_phone_outbox", {
    url: "/odoo/crm-outbox",
    steps: () => [
        {
            content: "a card, with its status",
            trigger: ".o_kanban_record:contains('Our offer') .badge:contains('Failed')",
        },
        {
            content: "and why",
            trigger: ".o_kanban_record:contains('Our offer') .text-danger",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_phone_matrix", {
    steps: () => [
        {
            content: "a card, with a number for each type",
            trigger: ".o_kanban_record:contains('Oak & Sons'):has(i[aria-label='Visit'] + span)",
        },
        {
            content: "and one that was not contacted",
            trigger: ".o_kanban_record:contains('Pine Ltd'):contains('No activities')",
        },
        {
            content: "a new activity",
            trigger: ".o_kanban_record:contains('Pine Ltd') button[name=action_new_crm_activity]",
            run: "click",
        },
        {content: "is asked for", trigger: ".modal .o_field_widget[name=activity_type_id]"},
    ],
});
