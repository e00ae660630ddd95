import {openAllActivities} from "./steps";
import {registry} from "@web/core/registry";

const search = (words) => [
    {content: "type", trigger: ".o_searchview_input", run: `edit ${words}`},
    {
        content: "and Enter",
        trigger: ".o_searchview_autocomplete .dropdown-item:first-child",
        async run({press}) {
            await press("Enter");
        },
    },
];

registry.category("web_tour.tours").add("crm_activity_search", {
    url: "/odoo",
    steps: () => [
        ...openAllActivities,
        {
            content: "it opens with filters",
            trigger: ".o_action:has(.o_searchview_facet) .o_list_table:contains('Ask Olga')",
        },
        ...search("olga"),
        {
            content: "the contact's activity is there, and nobody else's",
            trigger: ".o_list_table:contains('Ask Olga'):not(:contains('Ask the others'))",
        },
        {
            content: "search for somebody else",
            trigger: ".o_searchview_facet:contains('olga') .o_facet_remove",
            run: "click",
        },
        ...search("nobody of this name"),
        {
            content: "nothing is found, and that is what it says",
            trigger: ".o_nocontent_help:contains('No activity matches your search')",
        },
        {content: "clear it", trigger: ".o_nocontent_help button", run: "click"},
        {
            content: "all are there, the newest first",
            trigger:
                ".o_list_view:not(:has(.o_searchview_facet)) .o_data_row:first-child:contains('Ask the others')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_call", {
    url: "/odoo",
    steps: () => [
        ...openAllActivities,
        {content: "the list is there", trigger: ".o_list_view td:contains('Ask Olga')"},
        {
            content: "the card has the number to call",
            trigger: ".o_switch_view.o_kanban",
            run: "click",
        },
        {
            content: "a link that a telephone understands",
            trigger: ".o_kanban_record:contains('Ask Olga') a[href='tel:600112233']",
        },
        {
            content: "open it",
            trigger: ".o_kanban_record span:contains('Ask Olga')",
            run: "click",
        },
        {
            content: "the form has it as well, and the address",
            trigger: ".o_form_view:has(a[href='tel:600112233']) a[href='mailto:olga@example.com']",
        },
    ],
});
