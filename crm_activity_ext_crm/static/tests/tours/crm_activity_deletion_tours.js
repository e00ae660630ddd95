import {openActions, openCustomer} from "./steps";
import {registry} from "@web/core/registry";

const chooseAction = (name) => [
    openActions,
    {
        content: `choose ${name}`,
        trigger: `.o-dropdown--menu .dropdown-item:contains(${name})`,
        run: "click",
    },
];

const seeQuestion = (text) => ({
    content: "the question tells what goes along",
    trigger: `.modal .modal-body:contains("${text}")`,
});

const confirmDeletion = [
    {content: "delete", trigger: ".modal-footer button:contains(Delete)", run: "click"},
    {content: "the question is gone", trigger: "body:not(:has(.modal))"},
];

registry.category("web_tour.tours").add("crm_activity_deletion_of_customer", {
    steps: () => [
        ...openCustomer("Pine Ltd"),
        {content: "the form is there", trigger: ".o_form_view"},
        ...chooseAction("Delete"),
        seeQuestion("This will also delete 2 CRM activities that never took place"),
        seeQuestion("Are you sure?"),
        ...confirmDeletion,
        {content: "back in the list", trigger: ".o_kanban_view, .o_list_view"},
    ],
});

registry.category("web_tour.tours").add("crm_activity_deletion_from_list", {
    url: "/odoo/contacts?view_type=list",
    steps: () => [
        {
            content: "select the customer",
            trigger:
                ".o_data_row:contains('Pine Ltd'):not(:contains('Paul')) .o_list_record_selector input",
            run: "click",
        },
        ...chooseAction("Delete"),
        seeQuestion("This will also delete 2 CRM activities that never took place"),
        ...confirmDeletion,
        {
            content: "it is gone",
            trigger:
                ".o_list_view:not(:has(.o_data_row td[name=complete_name]:contains(/^Pine Ltd$/)))",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_deletion_offered", {
    steps: () => [
        {
            content: "a draft",
            trigger: ".o_field_widget[name=state] .o_arrow_button_current:contains(Draft)",
        },
        openActions,
        {content: "can be deleted", trigger: ".o-dropdown--menu .dropdown-item:contains(Delete)"},
        openActions,
        {content: "send it", trigger: "button[name=action_send]", run: "click"},
        {
            content: "pending",
            trigger: ".o_field_widget[name=state] .o_arrow_button_current:contains(Pending)",
        },
        openActions,
        {
            content: "cannot be deleted any more",
            trigger:
                ".o-dropdown--menu:has(.dropdown-item:contains(Replicate)):not(:has(.dropdown-item:contains(Delete)))",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_anonymize", {
    steps: () => [
        ...openCustomer("Pine Ltd"),
        {content: "the form is there", trigger: ".o_form_view"},
        ...chooseAction("Anonymize CRM Activities"),
        {
            content: "what stays",
            trigger: ".modal li:contains('Anonymized: 1'):contains('figures remain correct')",
        },
        {
            content: "what goes",
            trigger: ".modal li:contains('Deleted: 2'):contains('never took place')",
        },
        {content: "for ever", trigger: ".modal .alert:contains('cannot be undone')"},
        {
            content: "anonymize",
            trigger: ".modal button[name=action_anonymize]",
            run: "click",
        },
        {
            content: "how many there were",
            trigger: ".o_notification:contains('Activities anonymized: 1. Activities deleted: 2.')",
        },
        {content: "the dialog is gone", trigger: "body:not(:has(.modal))"},
    ],
});
