import {registry} from "@web/core/registry";

const openBell = {
    content: "open the bell",
    trigger: ".o_menu_systray button:has(i[aria-label='Activities'])",
    run: "click",
};

registry.category("web_tour.tours").add("crm_activity_bell", {
    url: "/odoo",
    steps: () => [
        openBell,
        {
            content: "reminders and CRM activities are two things",
            trigger: ".o-mail-ActivityGroup:contains('CRM Activities')",
        },
        {
            content: "no link says that it shows all",
            trigger: "body:not(:has(span:contains('View all activities')))",
        },
        {
            content: "the one shows CRM activities",
            trigger: ".o-mail-ActivityMenu button:contains('View all CRM activities')",
            run: "click",
        },
        {content: "there they are", trigger: ".o_data_row:contains('Show the samples')"},
        openBell,
        {
            content: "the other one shows reminders",
            trigger: ".o-mail-ActivityMenu button:contains('View all reminders')",
            run: "click",
        },
        {
            content: "there they are",
            trigger: ".o_last_breadcrumb_item:contains('My Activities')",
        },
        {content: "with the reminder", trigger: ".o_view_controller :contains('Ring back')"},
    ],
});
