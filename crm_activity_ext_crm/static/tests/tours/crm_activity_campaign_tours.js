import {openActions, openCrm} from "./steps";
import {registry} from "@web/core/registry";

const row = (name) => `.o_data_row:has(td[name=complete_name]:contains(${name}))`;
const numbers = (name) => `${row(name)} .o_crm_campaign_matrix_count`;

registry.category("web_tour.tours").add("crm_activity_campaign_matrix", {
    url: "/odoo",
    steps: () => [
        ...openCrm("crm_activity_ext_crm.utm_campaign_menu"),
        {
            content: "the figures come",
            trigger:
                ".o_data_row:contains(Harvest):has(td[name=audience_customer_count]:contains(6)) td[name=audience_reached_share]:contains('16 %')",
        },
        {
            content: "open the campaign",
            trigger: ".o_data_row td[name=title]:contains(Harvest)",
            run: "click",
        },
        {
            content: "see how far it has come",
            trigger: ".o_crm_campaign_progress:contains('1 of 6 reached')",
        },
        {
            content: "and how many it is for",
            trigger: "button[name=action_view_crm_customers] .o_stat_value:contains(6)",
        },
        {
            content: "back to the list",
            trigger: ".o_back_button a",
            run: "click",
        },
        {
            content: "select it",
            trigger: ".o_data_row:contains(Harvest) .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Customers",
            trigger: ".o_control_panel button[name=action_view_crm_customers]",
            run: "click",
        },
        {
            content: "the icons of the types are above",
            trigger: "thead th.o_crm_campaign_matrix_count .fa-map-marker[data-tooltip=Visit]",
        },
        {content: "a customer has one visit", trigger: `${numbers("Grower 1")}:contains(1)`},
        {
            content: "a click opens nothing and selects nothing",
            trigger: `${row("Grower 1")} td[name=city]`,
            run: "click",
        },
        {content: "the list is still there", trigger: "body:not(:has(.modal, .o_form_view))"},
        {
            content: "a double click, also on the name, asks for an activity",
            trigger: `${row("Grower 1")} td[name=complete_name] span`,
            run: "dblclick",
        },
        {content: "for this customer", trigger: ".modal-title:contains('Grower 1')"},
        {
            content: "in this campaign",
            trigger: ".modal .o_field_widget[name=campaign_id] input:value(Harvest)",
        },
        {
            content: "a visit",
            trigger: ".modal .o_selection_badge:contains(Visit)",
            run: "click",
        },
        {
            content: "its subject",
            trigger:
                ".modal .o_field_widget[name=name] input, .modal .o_field_widget[name=name] textarea",
            run: "edit Bring the samples",
        },
        {content: "save", trigger: ".modal-footer .btn-primary", run: "click"},
        {content: "now it has two", trigger: `${numbers("Grower 1")} button:contains(2)`},
        {
            content: "which is said aloud",
            trigger: ".o_list_renderer [role=status]:contains('Grower 1: 2 activities')",
        },
        {
            content: "and the focus is where it was",
            trigger: `${row("Grower 1")}:has(td[name=complete_name] :focus)`,
        },
        {
            content: "open them",
            trigger: `${numbers("Grower 1")} button[aria-label="Visit: 2"]`,
            run: "click",
        },
        {
            content: "see both",
            trigger:
                ".o_list_view:has(.o_data_row:contains('First visit')) .o_data_row:contains('Bring the samples')",
        },
        {
            content: "back",
            trigger: ".o_breadcrumb .breadcrumb-item:last a, .breadcrumb-item.o_back_button a",
            run: "click",
        },
        {
            content: "the filters",
            trigger: ".o_crm_campaign_matrix",
        },
        {
            content: "open them",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "Not Reached Yet",
            trigger: ".o_filter_menu .o_menu_item:contains('Not Reached Yet')",
            run: "click",
        },
        {content: "close the menu", trigger: ".o_searchview_dropdown_toggler", run: "click"},
        {content: "the reached one is gone", trigger: `body:not(:has(${row("Grower 0")}))`},
        ...[2, 3, 4].map((number) => ({
            content: `select number ${number}`,
            trigger: `${row(`Grower ${number}`)} .o_list_record_selector input`,
            run: "click",
        })),
        openActions,
        {
            content: "Add Activities",
            trigger: ".o-dropdown--menu .o-dropdown-item:contains(Add Activities)",
            run: "click",
        },
        {content: "for three", trigger: ".modal-title:contains('3')"},
        {
            content: "a call",
            trigger: ".modal .o_selection_badge:contains(Call):not(:contains(Incoming))",
            run: "click",
        },
        {
            content: "its subject",
            trigger:
                ".modal .o_field_widget[name=name] input, .modal .o_field_widget[name=name] textarea",
            run: "edit Ask for the order",
        },
        {
            content: "create them",
            trigger: ".modal-footer button[name=action_distribute]",
            run: "click",
        },
        {content: "the matrix has them", trigger: `${numbers("Grower 3")} button:contains(1)`},
        {
            content: "the three are still selected, for the next step",
            trigger: ".o_selection_box:contains(3)",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_campaign_matrix_reloaded", {
    steps: () => [
        {content: "its numbers are there", trigger: `${numbers("Grower 0")} button:contains(1)`},
        {content: "only its customers", trigger: ".o_pager_limit:contains(6)"},
        {content: "the campaign is above", trigger: ".o_breadcrumb a:contains(Harvest)"},
    ],
});

registry.category("web_tour.tours").add("crm_activity_campaign_add", {
    steps: () => [
        {
            content: "select a customer",
            trigger: ".o_data_row:contains('Grower 0') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "and another",
            trigger: ".o_data_row:contains('Grower 1') .o_list_record_selector input",
            run: "click",
        },
        openActions,
        {
            content: "Add to Campaign",
            trigger: ".o-dropdown--menu .o-dropdown-item:contains(Add to Campaign)",
            run: "click",
        },
        {
            content: "the name of a new campaign",
            trigger: ".modal .o_field_widget[name=campaign_id] input",
            run: "edit Grape Tasting",
        },
        {
            content: "create it",
            trigger: ".o-autocomplete--dropdown-item:contains('Create')",
            run: "click",
        },
        {
            content: "add them",
            trigger: ".modal-footer button[name=action_add]",
            run: "click",
        },
        {
            content: "it says how many, and to which campaign",
            trigger: ".o_notification:contains('2 added to'):has(a:contains('Grape Tasting'))",
        },
        {content: "the dialog is closed", trigger: "body:not(:has(.modal))"},
    ],
});

registry.category("web_tour.tours").add("crm_activity_campaign_remove", {
    steps: () => [
        {
            content: "it was made for them alone",
            trigger: ".o_field_widget[name=audience_mode] input[data-value=list]:checked",
        },
        {
            content: "the customers",
            trigger: "button[name=action_view_crm_customers]:contains(2)",
            run: "click",
        },
        {
            content: "select one",
            trigger: `${row("Grower 0")} .o_list_record_selector input`,
            run: "click",
        },
        {
            content: "Remove from Campaign",
            trigger: ".o_control_panel button[name=action_remove_from_crm_campaign]",
            run: "click",
        },
        {content: "yes", trigger: ".modal-footer .btn-primary:contains(Remove)", run: "click"},
        {content: "it is gone", trigger: `body:not(:has(${row("Grower 0")}))`},
        {content: "the other is not", trigger: row("Grower 1")},
        {
            content: "back to the campaign",
            trigger: ".o_breadcrumb a:contains('Grape Tasting')",
            run: "click",
        },
        // Odoo shows the form as it was until it has been read again.
        {
            content: "one customer is left",
            trigger: "button[name=action_view_crm_customers]:contains(1)",
        },
        {
            content: "freeze it",
            trigger: ".o_field_widget[name=audience_mode] input[data-value=frozen]",
            run: "click",
        },
        {content: "save", trigger: ".o_form_button_save", run: "click"},
        {
            content: "it says since when",
            trigger:
                ".o_form_view:contains('Audience as of') .o_field_widget[name=audience_frozen_date]",
        },
    ],
});
