import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("crm_activity_history_without_crm", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("contacts.menu_contacts", "open Contacts"),
        {
            content: "open the customer",
            trigger: ".o_kanban_record:contains('Oak & Sons'), td:contains('Oak & Sons')",
            run: "click",
        },
        {
            content: "History",
            trigger: "button[name=action_view_crm_history]",
            run: "click",
        },
        {
            content: "the old activities are there, and no way to make new ones",
            trigger:
                ".o_control_panel:not(:has(button[name=action_new_activity])):has(button[name=action_view_last_months])",
        },
        {
            content: "open one",
            trigger: ".o_data_row:contains('A failed call') td[name=name]",
            run: "click",
        },
        {
            content: "it is open",
            trigger: ".o_form_view .o_field_widget[name=name]",
        },
    ],
});
