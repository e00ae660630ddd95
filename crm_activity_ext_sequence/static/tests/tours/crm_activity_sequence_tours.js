import {openActions, openCrm, openCustomer} from "@crm_activity_ext_crm/../tests/tours/steps";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const confirm = (label) => ({
    content: `confirm: ${label}`,
    trigger: `.modal-footer button.btn-primary:contains(${label})`,
    run: "click",
});

const startProposal = (count) => [
    openActions,
    {
        content: "start a sequence",
        trigger: ".o-dropdown--menu .o_menu_item:contains('Start Sequence')",
        run: "click",
    },
    {
        content: "choose one",
        trigger: ".modal .o_field_widget[name=sequence_id] input",
        run: "edit Proposal",
    },
    {
        content: "this one",
        trigger: ".o-autocomplete--dropdown-item:contains('Proposal')",
        run: "click",
    },
    {
        content: "the days are shown",
        trigger: ".modal .o_field_widget[name=steps_preview]:contains('Has it arrived?')",
    },
    {
        content: "it says for how many",
        trigger: `.modal [name=make_count]:contains('${count}')`,
    },
    {
        content: "start it",
        trigger: ".modal-footer button[name=action_distribute]",
        run: "click",
    },
    {
        content: "it says so",
        trigger: `body:not(:has(.modal)) .o_notification:contains('Sequence started: ${count}.')`,
    },
];

registry.category("web_tour.tours").add("crm_activity_sequence_start_and_stop", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        {
            content: "the customer is open",
            trigger: ".o_form_view button[name=action_view_crm_history]",
        },
        ...startProposal(1),
        {
            content: "the customer tells",
            trigger: ".o_field_widget[name=crm_sequence_progress]:contains('Step 1 of 4')",
        },
        ...openCrm("crm.crm_menu_sales"),
        {
            content: "open what runs",
            trigger:
                "[data-menu-xmlid='crm_activity_ext_sequence.crm_activity_sequence_menu_running']",
            run: "click",
        },
        {
            content: "open this one",
            trigger: ".o_data_row td[name=target_name]:contains('Oak & Sons')",
            run: "click",
        },
        {
            content: "pause it",
            trigger: ".o_form_view button[name=action_pause]",
            run: "click",
        },
        {
            content: "it is paused",
            trigger: ".o_field_widget[name=progress]:contains('Paused')",
        },
        {
            content: "resume it",
            trigger: ".o_form_view button[name=action_resume]",
            run: "click",
        },
        {
            content: "it goes on",
            trigger: ".o_field_widget[name=progress]:contains('Step 1 of 4')",
        },
        {
            content: "stop it",
            trigger: ".o_form_view button[name=action_stop]",
            run: "click",
        },
        confirm("Stop"),
        {
            content: "it has stopped",
            trigger: ".o_field_widget[name=progress]:contains('Stopped by hand')",
        },
    ],
});

const select = (name) => ({
    content: `select ${name}`,
    trigger: `.o_data_row:contains(${name}) .o_list_record_selector input`,
    run: "click",
});

registry.category("web_tour.tours").add("crm_activity_sequence_start_from_list", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("contacts.menu_contacts", "open Contacts"),
        {content: "as a list", trigger: ".o_switch_view.o_list", run: "click"},
        select("Olga Oak"),
        ...startProposal(1),
        {
            content: "open who was selected",
            trigger: ".o_data_row:contains('Olga Oak') td[name=complete_name]",
            run: "click",
        },
        {content: "the form is there", trigger: ".o_form_view .o_field_widget[name=name]"},
        {
            content: "one line tells how far it has come",
            trigger: ".o_field_widget[name=crm_sequence_progress]:contains('Step 1 of 4')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_sequence_answered", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Olga Oak"),
        {
            content: "nothing runs any more",
            trigger:
                ".o_form_view:has(button[name=action_view_crm_history]):not(:has([name=crm_sequence_progress]:visible))",
        },
        ...openCrm("crm.crm_menu_config"),
        {
            content: "open the sequences",
            trigger: "[data-menu-xmlid='crm_activity_ext_sequence.crm_activity_sequence_menu']",
            run: "click",
        },
        {
            content: "this one",
            trigger: ".o_data_row td[name=name]:contains('Proposal')",
            run: "click",
        },
        {
            content: "the first step was sent and answered",
            trigger:
                ".o_data_row:contains('Our proposal'):has(td[name=done_count]:contains(1)) td[name=answered_count]:contains(1)",
        },
        {
            content: "the others were stopped before",
            trigger: ".o_data_row:contains('Any questions?') td[name=stopped_count]:contains(1)",
        },
        {
            content: "who was in it",
            trigger: "button[name=action_view_enrollments]",
            run: "click",
        },
        {
            content: "also those that have ended",
            trigger: ".o_facet_remove",
            run: "click",
        },
        {
            content: "it says why",
            trigger:
                ".o_data_row:contains('Olga Oak') td[name=progress]:contains('Stopped after 1 of 4 steps: Answered')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_sequence_start_from_matrix", {
    url: "/odoo",
    steps: () => [
        ...openCrm("crm_activity_ext_crm.utm_campaign_menu"),
        select("Harvest"),
        {
            content: "Customers",
            trigger: ".o_control_panel button[name=action_view_crm_customers]",
            run: "click",
        },
        {content: "the matrix is there", trigger: "thead th.o_crm_campaign_matrix_count"},
        select("Grower 1"),
        select("Grower 2"),
        ...startProposal(2),
        {
            content: "the matrix has the steps",
            trigger:
                ".o_data_row:contains('Grower 2') .o_crm_campaign_matrix_count button:contains(2)",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_sequence_make", {
    url: "/odoo",
    steps: () => [
        ...openCrm("crm.crm_menu_config"),
        {
            content: "open the sequences",
            trigger: "[data-menu-xmlid='crm_activity_ext_sequence.crm_activity_sequence_menu']",
            run: "click",
        },
        {content: "a new one", trigger: ".o_list_button_add", run: "click"},
        {
            content: "its name",
            trigger: ".o_field_widget[name=name] input",
            run: "edit After the Fair",
        },
        {
            content: "a step",
            trigger: ".o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "a call",
            trigger: ".modal .o_field_widget[name=activity_type_id] input",
            run: "edit Call",
        },
        {
            content: "of this type",
            trigger: ".o-autocomplete--dropdown-item:contains('Call')",
            run: "click",
        },
        {
            content: "two days later",
            trigger: ".modal .o_field_widget[name=delay_days] input",
            run: "edit 2",
        },
        {
            content: "about what",
            trigger: ".modal .o_field_widget[name=name] input",
            run: "edit Thank you",
        },
        {
            content: "that is all",
            trigger: ".modal-footer button.o_form_button_save:contains('Save & Close')",
            run: "click",
        },
        {
            content: "it is there",
            trigger: ".o_data_row td[name=name]:contains('Thank you')",
        },
        {content: "save", trigger: ".o_form_button_save:visible", run: "click"},
        {content: "saved", trigger: ".o_form_saved"},
    ],
});
