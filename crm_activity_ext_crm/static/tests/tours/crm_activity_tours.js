import {openActions, openAllActivities, openCustomer, saveDone} from "./steps";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const chooseType = (name) => ({
    content: `choose the type ${name}`,
    trigger: `.o_field_widget[name=activity_type_id] .o_selection_badge:contains(${name})`,
    run: "click",
});

const typeChosen = (name) => ({
    content: `the type ${name} is chosen`,
    trigger: `.o_field_widget[name=activity_type_id] .o_selection_badge.active:contains(${name})`,
});

const writeSubject = (subject) => ({
    content: "write the subject",
    trigger:
        ".o_form_view:has([name=activity_type_id]) .o_field_widget[name=name] :is(input, textarea)",
    run: `edit ${subject}`,
});

const openActivities = [
    ...openAllActivities,
    {
        content: "it opens on my to-dos",
        trigger: ".o_facet_value:contains('To Do')",
    },
];

const runOption = (name) => [
    openActions,
    {
        content: `choose ${name}`,
        trigger: `.o-dropdown-item:contains(${name})`,
        run: "click",
    },
];

registry.category("web_tour.tours").add("crm_activity_new", {
    url: "/odoo",
    steps: () => [
        ...openActivities,
        {content: "New", trigger: ".o_list_button_add", run: "click"},
        {
            content: "saving without type and subject is refused",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {content: "the subject is marked", trigger: ".o_field_invalid[name=name]"},
        {content: "the type is marked", trigger: ".o_field_invalid[name=activity_type_id]"},
        chooseType("Visit"),
        typeChosen("Visit"),
        writeSubject("Show the samples"),
        ...stepUtils.saveForm(),
        {
            content: "it is pending",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Pending')",
        },
        {content: "do it", trigger: "button[name=action_mark_done]", run: "click"},
        saveDone,
        {
            content: "it is done",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Done')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_new_by_keyboard", {
    url: "/odoo/crm-activities/new",
    steps: () => [
        {
            content: "choose the type with the keyboard",
            trigger: ".o_selection_badge:contains('Visit')",
            async run({anchor, press}) {
                anchor.focus();
                await press("Enter");
            },
        },
        typeChosen("Visit"),
        writeSubject("Only keys"),
        ...stepUtils.saveForm(),
    ],
});

registry.category("web_tour.tours").add("crm_activity_from_customer", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        {
            content: "the smart button counts none",
            trigger: "button[name=action_view_crm_activities] .o_stat_value:contains('0')",
        },
        {
            content: "a new activity",
            trigger: "button[name=action_new_crm_activity]",
            run: "click",
        },
        {
            content: "the customer is not asked for",
            trigger: ".modal .o_form_view:not(:has(.o_field_widget[name=partner_id]))",
        },
        {
            content: "but to whom one talked",
            trigger: ".modal .o_field_widget[name=contact_id] input",
            run: "edit Olga",
        },
        {
            content: "choose Olga",
            trigger: ".o-autocomplete--dropdown-item:contains('Olga Oak')",
            run: "click",
        },
        chooseType("Incoming Call"),
        writeSubject("Asked for a catalogue"),
        {
            content: "save",
            trigger: ".modal-footer button:contains('Save')",
            run: "click",
        },
        {
            content: "the smart button counts one",
            trigger: "button[name=action_view_crm_activities] .o_stat_value:contains('1')",
            run: "click",
        },
        {
            content: "it is there",
            trigger: ".o_data_row:contains('Asked for a catalogue'):contains('Oak & Sons')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_from_contacts_list", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("contacts.menu_contacts", "open Contacts"),
        {content: "as a list", trigger: ".o_switch_view.o_list", run: "click"},
        ...["Olga Oak", "Oscar Oak", "Paul Pine"].map((name) => ({
            content: `select ${name}`,
            trigger: `.o_data_row:contains(${name}) .o_list_record_selector input`,
            run: "click",
        })),
        {
            content: "a new activity",
            trigger: ".o_control_panel button[name=action_new_crm_activity]",
            run: "click",
        },
        {
            content: "it says for how many",
            trigger: ".modal-title:contains('3')",
        },
        chooseType("Visit"),
        writeSubject("Invitation to the fair"),
        {
            content: "create them",
            trigger: ".modal-footer button[name=action_distribute]",
            run: "click",
        },
        {
            content: "it says how many were made",
            trigger: ".o_notification:contains('3')",
        },
        {
            content: "the dialog is closed",
            trigger: "body:not(:has(.modal))",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_options", {
    url: "/odoo",
    steps: () => [
        ...openActivities,
        {
            content: "open the activity",
            trigger: ".o_data_row td:contains('Show the samples')",
            run: "click",
        },
        {content: "the form is there", trigger: ".o_form_view .o_statusbar_status"},
        ...runOption("Replicate"),
        {
            content: "the copy is open",
            trigger: ".o_breadcrumb .o_back_button:contains('Show the samples')",
        },
        {
            content: "the copy is pending",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Pending')",
        },
        ...runOption("Go to customer"),
        {
            content: "the customer is open",
            trigger: ".o_form_view .o_field_widget[name=company_type]",
        },
        {
            content: "with two activities now",
            trigger: "button[name=action_view_crm_activities] .o_stat_value:contains('2')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_replicate_without_contact", {
    url: "/odoo",
    steps: () => [
        ...openActivities,
        {
            content: "open the activity",
            trigger: ".o_data_row td:contains('Show the samples')",
            run: "click",
        },
        {content: "the form is there", trigger: ".o_form_view .o_statusbar_status"},
        ...runOption("Replicate"),
        {
            content: "a notice says what is missing",
            trigger: ".o_notification:contains('Olga Oak is no longer a contact of')",
        },
        {
            content: "the copy is open",
            trigger: ".o_breadcrumb .o_back_button:contains('Show the samples')",
        },
        {
            content: "its chatter says so, too",
            trigger: ".o-mail-Message:contains('is no longer a contact of Oak & Sons')",
        },
    ],
});
