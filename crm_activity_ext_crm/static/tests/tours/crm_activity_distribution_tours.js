import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const visitors = [...Array(20).keys()].map((i) => `Fair visitor ${String(i).padStart(2, "0")}`);

registry.category("web_tour.tours").add("crm_activity_distribution", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("contacts.menu_contacts", "open Contacts"),
        {content: "as a list", trigger: ".o_switch_view.o_list", run: "click"},
        ...visitors.map((name) => ({
            content: `select ${name}`,
            trigger: `.o_data_row:contains(${name}) .o_list_record_selector input`,
            run: "click",
        })),
        {
            content: "a new activity",
            trigger: ".o_control_panel button[name=action_new_crm_activity]",
            run: "click",
        },
        {content: "for all of them", trigger: ".modal-title:contains('20')"},
        {
            content: "an outgoing email",
            trigger:
                ".modal .o_field_widget[name=activity_type_id] .o_selection_badge:contains(Email):not(:contains(Incoming))",
            run: "click",
        },
        {
            content: "choose a template",
            trigger: ".modal .o_field_widget[name=mail_template_id] input",
            run: "edit Fair follow-up",
        },
        {
            content: "the one",
            trigger: ".o-autocomplete--dropdown-item a:contains('Fair follow-up')",
            run: "click",
        },
        {
            content: "it shows how it turns out for the first of them",
            trigger: ".modal .o_field_widget[name=preview]:contains('Thank you, Fair visitor 00')",
        },
        {
            content: "it says how many will be made",
            trigger: ".modal span[name=make_count]:contains('18')",
        },
        {
            content: "one has opted out",
            trigger: ".modal div[name=left_out] li:contains('Opted out')",
        },
        {
            content: "two share an address",
            trigger: ".modal div[name=left_out] li:contains('Duplicate address')",
        },
        {
            content: "create them",
            trigger: ".modal-footer button[name=action_distribute]",
            run: "click",
        },
        {
            content: "it says what was made, and links to it",
            trigger: ".o_notification:contains('18 activities created, 2 skipped') a",
        },
        {content: "the dialog is closed", trigger: "body:not(:has(.modal))"},
    ],
});

registry.category("web_tour.tours").add("crm_activity_distribution_result", {
    steps: () => [
        {
            content: "it is done",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Done')",
        },
        {content: "to the end", trigger: ".o_field_widget[name=progress]:contains('100')"},
        {
            content: "open what was left out",
            trigger: "button[name=action_view_left_out]:contains('2')",
            run: "click",
        },
        {
            content: "with the reason",
            trigger: ".o_data_row:contains('is blacklisted')",
        },
        {content: "back", trigger: ".o_back_button", run: "click"},
        {
            content: "open what was made",
            trigger: "button[name=action_view_activities]:contains('18')",
            run: "click",
        },
        {
            content: "with the template's subject",
            trigger: ".o_data_row:contains('Thank you, Fair visitor 00')",
        },
        {content: "all of them", trigger: ".o_pager_limit:contains('18')"},
    ],
});
