import {openAllActivities, openCustomer, saveDone, withinGoal} from "./steps";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// What people do all day, and what takes it back.

const newForCustomer = [
    {
        content: "a new activity",
        trigger: "button[name=action_new_crm_activity]",
        run: "click",
    },
    {
        content: "a call",
        trigger: ".modal .o_selection_badge:contains('Call'):not(:contains('Incoming'))",
        run: "click",
    },
];

const saveDialog = [
    {content: "save", trigger: ".modal-footer button:contains(/^Save$/)", run: "click"},
    {content: "it is closed", trigger: "body:not(:has(.modal))"},
];

const says = (text) => ({
    content: `it says ${text}`,
    trigger: `.o_notification:contains(${text})`,
});

const answer = (button, text) => ({
    content: `${button}, where it says ${text}`,
    trigger: `.o_notification:contains(${text}) button:contains(${button})`,
    run: "click",
});

const inRow = (subject, button) => ({
    content: `${button} in the row of ${subject}`,
    trigger: `.o_data_row:contains(${subject}) button:contains(${button})`,
    run: "click",
});

const rowIs = (subject, status) => ({
    content: `${subject} is ${status}`,
    trigger: `.o_data_row:contains(${subject}) [name=state]:contains(${status})`,
});

registry.category("web_tour.tours").add("crm_activity_log_done_from_customer", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        ...withinGoal("log a done call from a customer", [
            ...newForCustomer,
            {
                content: "it is done already",
                trigger: ".modal-footer button:contains('Save as Done')",
                run: "click",
            },
        ]),
        says("Saved as done."),
        {
            content: "the smart button counts it",
            trigger: "button[name=action_view_crm_activities] .o_stat_value:contains('1')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_save_with_outcome", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        ...newForCustomer,
        {
            content: "no outcome of a visit",
            trigger: ".modal .o_field_crm_activity_outcome:not(:contains('Held'))",
        },
        {
            content: "nobody answered",
            trigger: ".modal .o_field_crm_activity_outcome span:contains('No Answer')",
            run: "click",
        },
        {
            content: "what has an outcome is done",
            trigger: ".modal-footer:not(:has(button:contains('Save as Done')))",
        },
        {
            content: "a second click takes it back",
            trigger: ".modal .o_field_crm_activity_outcome .active",
            run: "click",
        },
        {
            content: "now it may be a plan again",
            trigger: ".modal-footer button:contains('Save as Done')",
        },
        {
            content: "nobody answered after all",
            trigger: ".modal .o_field_crm_activity_outcome span:contains('No Answer')",
            run: "click",
        },
        {
            content: "without a subject",
            trigger: ".modal .o_field_widget[name=name] textarea",
            run: "clear",
        },
        {
            content: "save",
            trigger: ".modal-footer button.btn-primary:contains(/^Save$/)",
            run: "click",
        },
        {content: "is refused", trigger: ".modal .o_field_invalid[name=name]"},
        {
            content: "a subject",
            trigger:
                ".modal:has(.o_field_crm_activity_outcome .active:contains('No Answer')) " +
                ".o_field_widget[name=name] textarea",
            run: "edit Asked for prices",
        },
        {
            content: "done, with the outcome that was chosen",
            trigger: ".modal-footer button.btn-primary:contains(/^Save$/)",
            run: "click",
        },
        says("Saved as done."),
    ],
});

registry.category("web_tour.tours").add("crm_activity_save_form_with_outcome", {
    url: "/odoo/crm-activities/new",
    steps: () => [
        {
            content: "a call",
            trigger: ".o_selection_badge:contains('Call'):not(:contains('Incoming'))",
            run: "click",
        },
        {
            content: "this came of it",
            trigger: ".o_field_crm_activity_outcome span:contains('Answered')",
            run: "click",
        },
        {
            content: "the status says that it is done",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Done')",
        },
        {content: "save", trigger: ".o_form_button_save", run: "click"},
        says("Saved as done."),
        {content: "the next one can be planned", trigger: "button[name=action_plan_next]"},
    ],
});

registry.category("web_tour.tours").add("crm_activity_log_done_from_crm", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("crm.crm_menu_root", "open CRM"),
        ...withinGoal("log a done call from CRM", [
            {
                content: "open the activities",
                trigger: "[data-menu-xmlid='crm_activity_ext_crm.crm_activity_menu']",
                run: "click",
            },
            {content: "New", trigger: ".o_list_button_add", run: "click"},
            {
                content: "nothing is there yet to be cancelled",
                trigger: ".o_form_statusbar:not(:has(button[name=action_cancel]))",
            },
            {
                content: "a call",
                trigger: ".o_selection_badge:contains('Call'):not(:contains('Incoming'))",
                run: "click",
            },
            {
                content: "it is done already",
                trigger: ".o_form_statusbar button:contains('Save as Done')",
                run: "click",
            },
        ]),
        {
            content: "it is done",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Done')",
        },
        {content: "the next one can be planned", trigger: "button[name=action_plan_next]"},
    ],
});

registry.category("web_tour.tours").add("crm_activity_plan_call", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        ...withinGoal("plan the next call", [
            ...newForCustomer,
            {
                content: "another day",
                trigger: ".modal .o_field_widget[name=date] :is(input, button)",
                run: "click",
            },
            {
                content: "in the new year",
                trigger: ".modal .o_field_widget[name=date] input",
                run: "edit 01/07/2050 10:00:00",
            },
            ...saveDialog,
        ]),
    ],
});

registry.category("web_tour.tours").add("crm_activity_follow_up", {
    url: "/odoo",
    steps: () => [
        ...openAllActivities,
        inRow("Show the samples", "Done"),
        saveDone,
        ...withinGoal("follow up after done", [
            answer("Plan Next", "Activity marked done."),
            {
                content: "for the same customer",
                trigger: ".modal .o_field_widget[name=partner_id] input:value(Oak & Sons)",
            },
            ...saveDialog,
        ]),
        {
            content: "it is planned",
            trigger: ".o_data_row:contains('Show the samples'):contains('Pending')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_see_history", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        ...withinGoal("see the history of a customer", [
            {
                content: "History",
                trigger: "button[name=action_view_crm_history]",
                run: "click",
            },
            {content: "it is there", trigger: ".o_data_row:contains('Show the samples')"},
        ]),
    ],
});

const selectAll = {
    content: "select all",
    trigger: "thead .o_list_record_selector input",
    run: "click",
};

const onSelection = (name) => ({
    content: name,
    trigger: `.o_control_panel button[name=${name}]`,
    run: "click",
});

registry.category("web_tour.tours").add("crm_activity_undo", {
    url: "/odoo",
    steps: () => [
        ...openAllActivities,
        {
            content: "whatever their status",
            trigger:
                ".o_facet_value:contains('To Do') + .o_facet_remove, .o_searchview_facet:contains('To Do') .o_facet_remove",
            run: "click",
        },
        {content: "three of them", trigger: "body:not(:has(.o_data_row:eq(3))) .o_data_row:eq(2)"},
        selectAll,
        onSelection("action_mark_done"),
        {
            content: "how many there are",
            trigger: ".modal-title:contains('Mark 3 Activities Done')",
        },
        saveDone,
        says("3 activities marked done."),
        rowIs("First", "Done"),
        rowIs("Third", "Done"),
        answer("Undo", "3 activities marked done."),
        says("Undone: 3 activities are as they were."),
        rowIs("First", "Pending"),
        rowIs("Third", "Pending"),
        selectAll,
        onSelection("action_cancel"),
        {content: "it asks", trigger: ".modal-title:contains('Cancel 3 activities?')"},
        {content: "not now", trigger: ".modal-footer button:contains('Keep')", run: "click"},
        rowIs("Second", "Pending"),
        onSelection("action_reschedule"),
        {
            content: "the day of the meeting",
            trigger: ".modal .o_field_widget[name=date] input",
            run: "edit 01/07/2050",
        },
        {
            content: "move them",
            trigger: ".modal-footer button[name=action_reschedule]",
            run: "click",
        },
        says("3 activities rescheduled to 01/07/2050."),
        inRow("Second", "Next Week"),
        says("Activity rescheduled to"),
        inRow("Third", "Cancel"),
        says("Activity cancelled."),
        rowIs("Third", "Cancelled"),
        {content: "open the first", trigger: ".o_data_row td:contains('First')", run: "click"},
        {
            content: "mark it done",
            trigger: ".o_form_statusbar button[name=action_mark_done]",
            run: "click",
        },
        saveDone,
        {content: "what comes next?", trigger: "button[name=action_plan_next]"},
        {
            content: "change the subject of what was done",
            trigger: ".o_field_widget[name=name] textarea",
            run: "edit First of all",
        },
        ...stepUtils.saveForm(),
        {
            content: "the chatter tells what it was",
            trigger: ".o-mail-Message:contains('First of all'):contains('Subject')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_former_text", {
    steps: () => [
        {
            content: "open the gear menu",
            trigger: ".o_cp_action_menus button:has(.fa-cog)",
            run: "click",
        },
        {
            content: "former versions",
            trigger: ".o-dropdown-item:contains('Version History')",
            run: "click",
        },
        {
            content: "the first one",
            trigger: ".html-history-loaded .revision-list a:last-child",
            run: "click",
        },
        {content: "with its text", trigger: ".history-container:contains('They want ten')"},
        {
            content: "bring it back",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "it is in the text",
            trigger: ".o_field_widget[name=body] .odoo-editor-editable:contains('They want ten')",
        },
        ...stepUtils.saveForm(),
    ],
});
