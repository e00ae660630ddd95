import {openActions, openCrm} from "./steps";
import {inputFiles} from "@web/../tests/utils";
import {registry} from "@web/core/registry";

const row = (name) => `.o_data_row:has(td[name=complete_name]:contains(${name}))`;
const badge = (name) => `.modal .o_selection_badge:contains(${name}):not(:contains(Incoming))`;

// On the form of a customer, who says on the phone that they want no more calls.
registry.category("web_tour.tours").add("crm_activity_consent_note", {
    steps: () => [
        {
            content: "where a salesperson notes such things",
            trigger: ".o_notebook .nav-link[name=sales_purchases]",
            run: "click",
        },
        {
            content: "does not want calls",
            trigger: ".o_field_widget[name=crm_refuses_call] input",
            run: "click",
        },
        {
            content: "since today",
            trigger: ".o_field_widget[name=crm_refuses_call_since]",
        },
        {
            content: "why",
            trigger: ".o_field_widget[name=crm_refusal_reason] input",
            run: "edit Said so on the phone",
        },
        {content: "save", trigger: ".o_form_button_save", run: "click"},
        {content: "it is saved", trigger: ".o_form_saved"},
        {
            content: "a new activity",
            trigger: "button[name=action_new_crm_activity]",
            run: "click",
        },
        {content: "a call", trigger: badge("Call"), run: "click"},
        {
            content: "the red line says since when it is not wanted",
            trigger: ".modal .alert-danger:contains('Grower 1 does not want calls (since')",
        },
        {content: "a visit", trigger: badge("Visit"), run: "click"},
        {
            content: "is another matter",
            trigger: ".modal:not(:has(.alert-danger)) .o_form_view",
        },
        {content: "discard", trigger: ".modal-header .btn-close", run: "click"},
        {content: "that is all", trigger: "body:not(:has(.modal))"},
    ],
});

// In the lists of a campaign, and when many are called.
registry.category("web_tour.tours").add("crm_activity_consent_campaign", {
    steps: () => [
        ...openCrm("crm_activity_ext_crm.utm_campaign_menu"),
        {
            content: "select the campaign",
            trigger: ".o_data_row:contains(Harvest) .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Customers",
            trigger: ".o_control_panel button[name=action_view_crm_customers]",
            run: "click",
        },
        {
            content: "a mark for who does not want calls",
            trigger: `${row("Grower 1")} .fa-ban[aria-label*=Calls]`,
        },
        {content: "and none for others", trigger: `${row("Grower 2")}:not(:has(.fa-ban))`},
        {
            content: "open the filters",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "May Be Called",
            trigger: ".o_filter_menu .o_menu_item:contains('May Be Called')",
            run: "click",
        },
        {content: "close the menu", trigger: ".o_searchview_dropdown_toggler", run: "click"},
        {
            content: "who does not want calls is gone, the others are there",
            trigger: `.o_list_view:not(:has(${row("Grower 1")})) ${row("Grower 2")}`,
        },
        {content: "everybody again", trigger: ".o_facet_remove", run: "click"},
        {content: "they are there", trigger: row("Grower 1")},
        {
            content: "all of them",
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        openActions,
        {
            content: "Add Activities",
            trigger: ".o-dropdown--menu .o-dropdown-item:contains(Add Activities)",
            run: "click",
        },
        {content: "calls", trigger: badge("Call"), run: "click"},
        {
            content: "who is left out, and why",
            trigger: ".modal div[name=left_out] li:contains('Opted out'):contains('Grower 1')",
        },
        {
            content: "its subject",
            trigger:
                ".modal .o_field_widget[name=name] input, .modal .o_field_widget[name=name] textarea",
            run: "edit Ask for the order",
        },
        {
            content: "add them",
            trigger: ".modal-footer button[name=action_distribute]:not(:disabled)",
            run: "click",
        },
        {content: "done", trigger: "body:not(:has(.modal)) .o_notification"},
    ],
});

// A list is imported, and taken back.
registry.category("web_tour.tours").add("crm_activity_consent_list", {
    steps: () => [
        ...openCrm("crm.crm_menu_config"),
        {
            content: "the lists",
            trigger: "[data-menu-xmlid='crm_activity_ext_crm.crm_activity_menu_opt_out_list']",
            run: "click",
        },
        {
            content: "import one",
            trigger: ".o_control_panel button:contains(Import):not(.dropdown-toggle)",
            run: "click",
        },
        {
            content: "choose the file",
            trigger: ".modal .o_field_widget[name=file]",
            async run() {
                const file = new File(["Email\nGROWER2@example.com\n"], "robinson.csv", {
                    type: "text/csv",
                });
                await inputFiles(".modal .o_field_widget[name=file] .o_input_file", [file]);
            },
        },
        {
            content: "who was found",
            trigger: ".modal .alert-info:contains('Grower 2')",
        },
        {
            content: "note it",
            trigger: ".modal-footer button[name=action_apply]",
            run: "click",
        },
        {
            content: "what was done is there",
            trigger: "body:not(:has(.modal)) .o_data_row:contains('robinson.csv')",
        },
        {
            content: "it was the wrong file",
            trigger: ".o_data_row:contains('robinson.csv') button[name=action_undo]",
            run: "click",
        },
        {
            content: "really",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "it is undone, and cannot be once more",
            trigger:
                ".o_data_row:contains('robinson.csv'):not(:has(button[name=action_undo]:visible))",
        },
    ],
});
