import {openAllActivities, saveDone} from "./steps";
import {registry} from "@web/core/registry";

const {DateTime} = luxon;

const openCalendar = [
    ...openAllActivities,
    {content: "the list is there", trigger: ".o_list_view td:contains('Ask Olga')"},
    {content: "as a calendar", trigger: ".o_switch_view.o_calendar", run: "click"},
];

const chip = (text) => `.fc-event:contains(${text})`;

registry.category("web_tour.tours").add("crm_activity_calendar_new", {
    url: "/odoo",
    steps: () => [
        ...openCalendar,
        {content: "a chip tells the time", trigger: `${chip("Ask Olga")} .fc-time`},
        {content: "and the customer", trigger: `${chip("Ask Olga")}:contains('Oak & Sons')`},
        {
            content: "a click on another day",
            trigger: `.fc-daygrid-day[data-date='${DateTime.local().set({day: 10}).toISODate()}'] .fc-daygrid-day-number`,
            run: "click",
        },
        {content: "asks for an activity", trigger: ".modal-title:contains('New Activity')"},
        {
            content: "a visit",
            trigger: ".modal .o_selection_badge:contains('Visit')",
            run: "click",
        },
        {
            content: "takes an hour",
            trigger: ".modal .o_field_widget[name=duration] input:value('01:00')",
        },
        {
            content: "a call",
            trigger: ".modal .o_selection_badge:contains('Call'):not(:contains('Incoming'))",
            run: "click",
        },
        {
            content: "a quarter",
            trigger: ".modal .o_field_widget[name=duration] input:value('00:15')",
        },
        {
            content: "write the subject",
            trigger: ".modal .o_field_widget[name=name] :is(input, textarea)",
            run: "edit Planned by a click",
        },
        {
            content: "save",
            trigger: ".modal-footer button:contains('Save'):first",
            run: "click",
        },
        {content: "it is there", trigger: chip("Planned by a click")},
    ],
});

registry.category("web_tour.tours").add("crm_activity_calendar_done", {
    url: "/odoo",
    steps: () => [
        ...openCalendar,
        {content: "open it", trigger: chip("Ask Olga"), run: "click"},
        {
            content: "whom to call",
            trigger: ".o_cw_popover a[href='tel:600112233']",
        },
        {
            content: "another day is asked for",
            trigger: ".o_cw_popover .card-footer button:contains('Reschedule')",
            run: "click",
        },
        {content: "in a dialog", trigger: ".modal .btn-close", run: "click"},
        {content: "that is closed", trigger: "body:not(:has(.modal))"},
        {content: "open it again", trigger: chip("Ask Olga"), run: "click"},
        {
            content: "it is done",
            trigger: ".o_cw_popover .card-footer button:contains('Done')",
            run: "click",
        },
        saveDone,
        {
            content: "and pending activities are fewer",
            trigger: `.o_calendar_view:not(:has(${chip("Ask Olga")}))`,
        },
    ],
});
