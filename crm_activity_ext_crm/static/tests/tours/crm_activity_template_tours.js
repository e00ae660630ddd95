import {openCustomer, withinGoal} from "./steps";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const EMAIL = ".modal .o_selection_badge:contains('Email'):not(:contains('Incoming'))";

const chooseEmailFromTemplate = [
    {content: "an email", trigger: EMAIL, run: "click"},
    {
        content: "from a template of the type",
        trigger: ".modal .o_field_crm_activity_templates button:contains('Invitation')",
        run: "click",
    },
];

registry.category("web_tour.tours").add("crm_activity_send_from_template", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        ...withinGoal("send an email from a template", [
            {
                content: "a new activity",
                trigger: "button[name=action_new_crm_activity]",
                run: "click",
            },
            ...chooseEmailFromTemplate,
            {
                content: "the template's text is there",
                trigger: ".modal .o_field_widget[name=body]:contains('Dear Oak & Sons')",
            },
            {content: "send", trigger: ".modal-footer button:contains(Send)", run: "click"},
            {content: "it is on its way", trigger: "body:not(:has(.modal))"},
        ]),
    ],
});

registry.category("web_tour.tours").add("crm_activity_send_to_many", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("contacts.menu_contacts", "open Contacts"),
        {content: "as a list", trigger: ".o_switch_view.o_list", run: "click"},
        {content: "the list is there", trigger: ".o_list_view .o_data_row"},
        {content: "look for them", trigger: ".o_searchview_input", run: "edit Fairgoer"},
        {content: "the search is offered", trigger: ".o_searchview_autocomplete"},
        {content: "find them", trigger: ".o_searchview_input", run: "press Enter"},
        {
            content: "there are two",
            trigger: ".o_list_view:has(.o_data_row:eq(1)):not(:has(.o_data_row:eq(2)))",
        },
        ...withinGoal("add and send to many", [
            {
                content: "select all",
                trigger: "thead .o_list_record_selector input",
                run: "click",
            },
            {
                content: "new activities",
                trigger: ".o_control_panel button[name=action_new_crm_activity]",
                run: "click",
            },
            ...chooseEmailFromTemplate,
            {
                content: "create and send",
                trigger: ".modal-footer button[name=action_distribute_and_send]",
                run: "click",
            },
            {content: "it says how many", trigger: ".o_notification:contains('2')"},
        ]),
    ],
});
