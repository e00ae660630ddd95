import {openCustomer} from "./steps";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const row = (kind) => `.o_data_row:has(td[name=kind]:contains(${kind}))`;

const sees = (kind) => ({content: `it lists the ${kind}`, trigger: row(kind)});

const openHistory = [
    {content: "History", trigger: "button[name=action_view_crm_history]", run: "click"},
    {content: "it is open", trigger: ".o_breadcrumb .active:contains('History of')"},
];

const newActivity = (subject) => [
    {
        content: "a new activity",
        trigger: ".o_control_panel button[name=action_new_activity]",
        run: "click",
    },
    {
        content: "choose the type",
        trigger: ".modal .o_selection_badge:contains('Visit')",
        run: "click",
    },
    {
        content: "write the subject",
        trigger: ".modal .o_field_widget[name=name] :is(input, textarea)",
        run: `edit ${subject}`,
    },
    {content: "save", trigger: ".modal-footer button:contains('Save')", run: "click"},
    {
        content: "the list shows it at once, on top",
        trigger: `.o_data_row:first-child:contains(${subject})`,
    },
];

/** The web client writes a page into the browser's history a moment after it has shown it. */
const travel = (direction) => async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    window.history[direction]();
};

registry.category("web_tour.tours").add("crm_activity_history", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        ...openHistory,
        ...["Incoming Call", "Quotation", "Order", "Delivery", "Invoice"].map(sees),
        {content: "a quotation is alive", trigger: `${row("Quotation")}:not(.text-muted)`},
        {
            content: "open the invoice, without accounting rights",
            trigger: `${row("Invoice")} td[name=name]`,
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "its page is there; back, as the browser does",
            trigger: "#invoice_content",
            run: travel("back"),
            expectUnloadPage: true,
        },
        sees("Invoice"),
        {content: "open the filters", trigger: ".o_searchview_dropdown_toggler", run: "click"},
        {
            content: "only deliveries",
            trigger: ".o_filter_menu .dropdown-item:contains('Deliveries')",
            run: "click",
        },
        {
            content: "nothing else is there",
            trigger: `.o_list_view:not(:has(${row("Order")})) ${row("Delivery")} td[name=name]`,
            run: "click",
        },
        {
            content: "the delivery is open",
            trigger: ".o_form_view .o_statusbar_status .o_arrow_button_current:contains('Done')",
        },
        {
            content: "back to the history",
            trigger: ".o_back_button:contains('History of')",
            run: "click",
        },
        {
            content: "all kinds again",
            trigger: ".o_facet_value:contains('Deliveries') + .o_facet_remove, .o_facet_remove",
            run: "click",
        },
        sees("Invoice"),
        ...newActivity("Show the new chairs"),
        {
            content: "group by kind",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "group by kind",
            trigger: ".o_group_by_menu .dropdown-item:contains('Type')",
            run: "click",
        },
        {
            content: "invoices have a total, and activities none",
            trigger:
                ".o_group_header:contains('Invoice'):contains('100.00') ~ .o_group_header:contains('Order')",
        },
        {
            content: "the last twelve months",
            trigger: "button[name=action_view_last_months]",
            run: "click",
        },
        {
            content: "as a graph",
            trigger: ".o_graph_view:has(.o_facet_value:contains('Last 12 Months')) canvas",
        },
    ],
});

const goBack = {
    content: "back, as the browser does",
    trigger: ".o_form_view .o_breadcrumb",
    run: travel("back"),
};

registry.category("web_tour.tours").add("crm_activity_history_back", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        ...openHistory,
        {
            content: "open a row",
            trigger: ".o_data_row:contains('Ask the company') td[name=name]",
            run: "click",
        },
        goBack,
        {
            content: "the same history, with its buttons and nobody else's rows",
            trigger:
                ".o_action:has(.o_breadcrumb .active:contains('History of Oak')):has(button[name=action_new_activity]) .o_list_table:contains('Ask the company'):not(:contains('Ask the others'))",
            run: travel("forward"),
        },
        {content: "forward to the row again", ...goBack},
        {
            content: "the last twelve months",
            trigger: "button[name=action_view_last_months]",
            run: "click",
        },
        {
            content: "are a graph; back from there",
            trigger: ".o_graph_view canvas",
            run: travel("back"),
        },
        {
            content: "the list again",
            trigger: ".o_list_table:contains('Ask Olga'):not(:contains('Ask the others'))",
            run: travel("forward"),
        },
        {
            content: "and forward to the graph",
            trigger: ".o_graph_view:has(.o_facet_value:contains('Last 12 Months')) canvas",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_history_of_several", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("contacts.menu_contacts", "open Contacts"),
        {content: "as a list", trigger: ".o_switch_view.o_list", run: "click"},
        ...["Olga Oak", "Oscar Oak"].map((name) => ({
            content: `select ${name}`,
            trigger: `.o_data_row:contains('${name}') .o_list_record_selector input`,
            run: "click",
        })),
        {
            content: "their history",
            trigger: ".o_control_panel button[name=action_view_crm_history]",
            run: "click",
        },
        {
            content: "open a row",
            trigger: ".o_data_row:contains('Ask Olga') td[name=name]",
            run: "click",
        },
        goBack,
        {
            content: "the history of both, and nobody else's",
            trigger:
                ".o_action:has(button[name=action_new_activity]) .o_list_table:contains('Ask Olga'):contains('Ask Oscar'):not(:contains('Ask the'))",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_history_of_a_contact", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("contacts.menu_contacts", "open Contacts"),
        {content: "as a list", trigger: ".o_switch_view.o_list", run: "click"},
        {
            content: "select the contact",
            trigger: ".o_data_row:contains('Olga Oak') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "its history",
            trigger: ".o_control_panel button[name=action_view_crm_history]",
            run: "click",
        },
        {
            content: "its own activity, and not the company's",
            trigger: ".o_list_table:contains('Ask Olga'):not(:contains('Ask the company'))",
        },
        {
            content: "one click to the whole company",
            trigger: "button[name=action_view_customer_history]",
            run: "click",
        },
        {
            content: "the company's activities as well",
            trigger: ".o_list_table:contains('Ask Olga'):contains('Ask the company')",
        },
        {
            content: "there is no further way up",
            trigger: ".o_control_panel:not(:has(button[name=action_view_customer_history]))",
        },
        ...newActivity("Call on both"),
    ],
});

registry.category("web_tour.tours").add("crm_activity_history_of_a_lead", {
    url: "/odoo/crm",
    steps: () => [
        {
            content: "open the opportunity",
            trigger: ".o_kanban_record:contains('Oak line')",
            run: "click",
        },
        ...openHistory,
        {
            content: "the opportunity is there, and what was done for its customer",
            trigger: ".o_list_table:contains('Oak line'):contains('Ask the company')",
        },
        ...newActivity("Send the oak samples"),
        {
            content: "open a row",
            trigger: ".o_data_row:contains('Ask the company') td[name=name]",
            run: "click",
        },
        goBack,
        {
            content: "the same history",
            trigger:
                ".o_list_table:contains('Oak line'):contains('Ask the company'):not(:contains('Ask the others'))",
        },
    ],
});

const filterBy = (name) => [
    {content: "open the filters", trigger: ".o_searchview_dropdown_toggler", run: "click"},
    {
        content: `choose ${name}`,
        trigger: `.o_filter_menu .dropdown-item:contains('${name}')`,
        run: "click",
    },
    {content: "close the filters", trigger: ".o_searchview_dropdown_toggler", run: "click"},
];

registry.category("web_tour.tours").add("crm_activity_history_emails", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        ...openHistory,
        ...["Incoming Email", "Outgoing Email", "Quotation"].map(sees),
        ...filterBy("Hide Emails"),
        {
            content: "there are none any more",
            trigger: `.o_list_view:not(:has(${row("Email")})) ${row("Quotation")}`,
        },
        ...openCustomer("Oak & Sons"),
        ...openHistory,
        {
            content: "they are still hidden",
            trigger: `.o_list_view:has(.o_facet_value:contains('Hide Emails')):not(:has(${row("Email")})) ${row("Quotation")}`,
        },
        ...filterBy("Emails"),
        {
            content: "emails alone, and nothing hides them",
            trigger: `.o_list_view:not(:has(.o_facet_value:contains('Hide Emails'))):not(:has(${row("Quotation")}))`,
        },
        {content: "open it", trigger: `${row("Outgoing Email")} td[name=name]`, run: "click"},
        {
            content: "the document is open, and the message stands out",
            trigger:
                ".o_form_view .o-mail-Message.o-highlighted:contains('The offer you asked for')",
        },
    ],
});
