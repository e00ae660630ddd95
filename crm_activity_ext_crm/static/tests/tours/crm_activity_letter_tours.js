import {openAllActivities} from "./steps";
import {registry} from "@web/core/registry";

const markDone = [
    {
        content: "printed: mark it done",
        trigger: ".o_notification:contains(still pending) button:contains(Mark Done)",
        run: "click",
    },
    {
        content: "the offer has gone",
        trigger: "body:not(:has(.o_notification:contains(still pending)))",
    },
];

registry.category("web_tour.tours").add("crm_activity_print", {
    url: "/odoo",
    steps: () => [
        ...openAllActivities,
        {
            content: "letters and a visit are pending",
            trigger: ".o_list_view:has(.o_data_row:eq(2))",
        },
        {
            content: "select all",
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "open the Print menu",
            trigger: ".o_cp_action_menus button:has(.fa-print)",
            run: "click",
        },
        {
            content: "print the letters",
            trigger: ".o-dropdown-item:contains(Letter)",
            run: "click",
        },
        ...markDone,
        {
            content: "the visit alone is pending",
            trigger: ".o_list_view:has(.o_data_row):not(:has(.o_data_row:eq(1)))",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_print_from_form", {
    steps: () => [
        {
            content: "print",
            trigger: ".o_form_statusbar button:contains(Print)",
            run: "click",
        },
        ...markDone,
        {
            content: "done, there is nothing to print any more",
            trigger: ".o_form_statusbar:not(:has(button:contains(Print))) button:contains(Reopen)",
        },
    ],
});
