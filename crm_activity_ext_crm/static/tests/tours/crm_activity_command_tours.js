import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const ENTRY = ".o_command:contains('New Activity')";

// In Discuss, the palette looks for conversations.
const openContacts = [
    ...stepUtils.goToAppSteps("contacts.menu_contacts", "open Contacts"),
    {content: "Contacts are open", trigger: ".o_breadcrumb:contains(Contacts)"},
];

const openPalette = {
    content: "open the command palette",
    trigger: "body:not(:has(.modal))",
    run: "press control+k",
};

registry.category("web_tour.tours").add("crm_activity_new_by_command", {
    url: "/odoo",
    steps: () => [
        ...openContacts,
        openPalette,
        {content: "choose New Activity", trigger: ENTRY, run: "click"},
        {
            content: "it asks for whom",
            trigger: ".modal .o_field_widget[name=partner_id]",
        },
        {
            content: "leave it",
            trigger: ".modal-footer button:contains(Discard)",
            run: "click",
        },
        {
            content: "again, by its own keys",
            trigger: "body:not(:has(.modal))",
            run: "press alt+shift+n",
        },
        {
            content: "a visit",
            trigger: ".modal .o_selection_badge:contains(Visit)",
            run: "click",
        },
        {content: "save", trigger: ".modal-footer .btn-primary", run: "click"},
        {content: "it is saved", trigger: "body:not(:has(.modal))"},
    ],
});

registry.category("web_tour.tours").add("crm_activity_no_new_by_command", {
    url: "/odoo",
    steps: () => [
        ...openContacts,
        openPalette,
        {
            content: "it offers other commands only",
            trigger: `.o_command_palette:has(.o_command):not(:has(${ENTRY}))`,
        },
    ],
});
