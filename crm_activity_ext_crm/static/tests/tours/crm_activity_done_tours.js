import {openActions, openAllActivities, openCustomer, saveDone} from "./steps";
import {registry} from "@web/core/registry";

// What came of it, and what comes next, by the keys alone.

const key = (name, trigger) => ({
    content: `press ${name}`,
    trigger,
    async run({press}) {
        await press(name);
    },
});

const FOCUSED = ".modal .o_field_widget[name=outcome_id] .o_selection_badge:focus";

const chosen = (outcome) => ({
    content: `${outcome} is chosen`,
    trigger: `.modal .o_selection_badge.active:contains(${outcome})`,
});

const says = (text) => ({
    content: `it says ${text}`,
    trigger: `.o_notification:contains(${text})`,
});

registry.category("web_tour.tours").add("crm_activity_done_by_keys", {
    url: "/odoo",
    steps: () => [
        ...openAllActivities,
        {
            content: "done, in its row",
            trigger: ".o_data_row:contains('Ask for the order') button[name=action_mark_done]",
            run: "click",
        },
        key("2", FOCUSED),
        chosen("No Answer"),
        {
            content: "the next call is proposed",
            trigger: ".modal .o_field_widget[name=next_type_id] input:value(Call)",
        },
        key("Enter", FOCUSED),
        says("Activity marked done. Next activity planned."),
        {
            content: "the next one is in the list",
            trigger: ".o_data_row:contains('Ask for the order'):contains('Pending')",
        },
        {
            content: "take it back",
            trigger: ".o_notification:contains('Activity marked done.') button:contains('Undo')",
            run: "click",
        },
        says("Undone."),
    ],
});

/** A click or a key opens the dialog with the focus on the outcome; two more keys, and it is logged. */
const logAnsweredCall = (open) => [
    open,
    key("1", FOCUSED),
    chosen("Answered"),
    key("Enter", FOCUSED),
    says("Activity logged."),
];

const logCallByKey = (where) =>
    key("alt+shift+l", `${where}:has(button[name^=action_log_]:enabled)`);

const select = (name) => ({
    content: `select ${name}`,
    trigger: `.o_data_row:contains(${name}) .o_list_record_selector input`,
    run: "click",
});

registry.category("web_tour.tours").add("crm_activity_log_call_by_keys", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        logCallByKey(".o_form_view"),
        key("1", FOCUSED),
        chosen("Answered"),
        {
            content: "what is typed is no choice",
            trigger: ".modal .o_field_widget[name=note] input",
            run: "edit Wants 2 of them",
        },
        chosen("Answered"),
        key("Enter", ".modal .o_field_widget[name=note] input"),
        says("Activity logged. No next step for Oak & Sons."),
        {
            content: "the smart button counts it",
            trigger: "button[name=action_view_crm_activities] .o_stat_value:contains('1')",
        },
    ],
});

// Customers, contacts, leads: each in its form.
registry.category("web_tour.tours").add("crm_activity_log_call_from_form", {
    steps: () => logAnsweredCall(logCallByKey(".o_form_view")),
});

registry.category("web_tour.tours").add("crm_activity_log_call_from_list", {
    steps: () => [select("Oak"), ...logAnsweredCall(logCallByKey(".o_list_view"))],
});

registry.category("web_tour.tours").add("crm_activity_log_call_from_activities", {
    steps: () => [
        select("Show the samples"),
        openActions,
        ...logAnsweredCall({
            content: "log a call",
            trigger: ".o-dropdown--menu .o-dropdown-item:contains('Log a Call')",
            run: "click",
        }),
    ],
});

registry.category("web_tour.tours").add("crm_activity_log_call_from_matrix", {
    steps: () =>
        logAnsweredCall({
            content: "log a call, in its row",
            trigger: ".o_data_row:contains('Oak & Sons') button[name=action_log_crm_activity]",
            run: "click",
        }),
});

registry.category("web_tour.tours").add("crm_activity_log_visit_from_history", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        {content: "History", trigger: "button[name=action_view_crm_history]", run: "click"},
        logCallByKey(".o_list_view"),
        {content: "the outcomes of a call are there at once", trigger: FOCUSED},
        {
            content: "it was a visit",
            trigger: ".modal [name=activity_type_id] .o_selection_badge:contains('Visit')",
            run: "click",
        },
        {
            content: "with the outcomes of one",
            trigger: ".modal [name=outcome_id] .o_selection_badge:contains('Held')",
            run: "click",
        },
        saveDone,
        {
            content: "it is in the history, with what came of it",
            trigger: ".o_data_row:contains('Visit'):contains('Held')",
        },
    ],
});
