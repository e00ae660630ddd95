import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const statusIs = (status) => ({
    content: `it is ${status}`,
    trigger: `.o_statusbar_status .o_arrow_button_current:contains(${status})`,
});

const openFirst = (subject) => ({
    content: `open ${subject}`,
    trigger: `.o_data_row td:contains(${subject})`,
    run: "click",
});

const chooseIn = (fieldName, text) => [
    {
        content: `look for ${text}`,
        trigger: `.o_field_widget[name=${fieldName}] input`,
        run: `edit ${text}`,
    },
    {
        content: `choose ${text}`,
        trigger: `.o-autocomplete--dropdown-item:contains(${text})`,
        run: "click",
    },
];

registry.category("web_tour.tours").add("crm_activity_email_from_template", {
    url: "/odoo/crm-activities/new",
    steps: () => [
        {
            content: "an outgoing email",
            trigger: ".o_selection_badge:contains('Email'):not(:contains('Incoming'))",
            run: "click",
        },
        statusIs("Draft"),
        ...chooseIn("contact_id", "Olga Oak"),
        ...chooseIn("mail_template_id", "Greeting"),
        {
            content: "the text of the template is there, for Olga",
            trigger: ".o_field_widget[name=body] .odoo-editor-editable:contains('Dear Olga Oak')",
        },
        {
            content: "edit the subject",
            trigger: ".o_field_widget[name=name] textarea",
            run: "edit Come and see us, Olga",
        },
        ...stepUtils.saveForm(),
        {content: "send it", trigger: "button[name=action_send]", run: "click"},
        statusIs("Pending"),
        {
            content: "the text is final",
            trigger: ".o_field_widget[name=name].o_readonly_modifier",
        },
        {
            content: "look into the outbox",
            trigger: "[data-menu-xmlid='crm_activity_ext_crm.crm_activity_menu_outbox']",
            run: "click",
        },
        {
            content: "there it waits",
            trigger: ".o_data_row:contains('Come and see us, Olga'):contains('Pending')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_email_failed", {
    url: "/odoo/crm-outbox",
    steps: () => [
        {
            content: "the reason is in the list",
            trigger: ".o_data_row:contains('has no email address')",
        },
        openFirst("Our offer"),
        statusIs("Failed"),
        {
            content: "the reason is on top of the form",
            trigger: ".alert-danger:contains('has no email address')",
        },
        {content: "go to the contact", trigger: "button[name=action_open_contact]", run: "click"},
        {
            content: "correct the address",
            trigger: ".o_field_widget[name=email] input",
            run: "edit olga.right@example.com",
        },
        ...stepUtils.saveForm(),
        {
            content: "back to the activity",
            trigger: ".o_breadcrumb .o_back_button:contains('Our offer')",
            run: "click",
        },
        {content: "retry", trigger: "button[name=action_retry]", run: "click"},
        statusIs("Pending"),
    ],
});

registry.category("web_tour.tours").add("crm_activity_email_done", {
    url: "/odoo/crm-outbox",
    steps: () => [
        {
            content: "nothing waits any more",
            trigger: ".o_facet_remove",
            run: "click",
        },
        {
            content: "it was sent",
            trigger: ".o_data_row:contains('Done') td[name=name]",
            run: "click",
        },
        statusIs("Done"),
    ],
});
