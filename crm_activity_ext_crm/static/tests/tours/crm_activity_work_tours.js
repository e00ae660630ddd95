import {openActions, openCrm} from "./steps";
import {registry} from "@web/core/registry";

const COUNT = 60;

const press = (content, key, trigger) => ({
    content,
    trigger,
    async run(helpers) {
        await helpers.press(key);
    },
});

const isAt = (place, total = COUNT) => ({
    content: `at ${place} of ${total}`,
    trigger: `.o_work_place:contains(/^${place} of ${total}$/)`,
});

const isWith = (name) => ({content: `with ${name}`, trigger: `.o_work_who:contains('${name}')`});

const READY = ".o_work_through:has(.o_work_done:not([disabled]))";

const getRequests = () =>
    performance
        .getEntriesByType("resource")
        .filter(({name}) => name.includes("/web/dataset/call_kw/crm.activity"));

const countRequests = {
    content: "count requests from here on",
    trigger: "body",
    run() {
        performance.clearResourceTimings();
        performance.setResourceTimingBufferSize(10 * COUNT);
    },
};

const openMyDay = [
    ...openCrm("crm_activity_ext_crm.crm_activity_menu"),
    {
        content: "what is to be done now is there, in groups",
        trigger: ".o_group_header:contains('Overdue')",
    },
];

const callByKeys = (number) => [
    isAt(number),
    isWith(`Customer ${String(number).padStart(2, "0")}`),
    press("nobody answers", "2", READY),
    {
        content: "what comes then is proposed",
        trigger: ".o_work_next_type input:value(Call)",
    },
    press("done, and the next one", "Enter", READY),
];

const callAllByKeys = [
    isAt(1),
    countRequests,
    ...Array.from({length: COUNT}, (_each, index) => callByKeys(index + 1)).flat(),
    {content: "that is all", trigger: `.o_work_over:contains('Done: ${COUNT}.')`},
    {
        content: "one request for each",
        trigger: "body",
        run() {
            const count = getRequests().length;
            if (count !== COUNT) {
                throw new Error(`${count} requests for ${COUNT} calls`);
            }
        },
    },
];

registry.category("web_tour.tours").add("crm_activity_work_by_keys", {
    steps: () => [
        {
            content: "work through all of my day",
            trigger: "button[name=action_work_through]:not([disabled])",
            run: "click",
        },
        ...callAllByKeys,
    ],
});

registry.category("web_tour.tours").add("crm_activity_phone_work_by_keys", {
    steps: () => [
        {
            content: "a card has a button to call",
            trigger: ".o_kanban_record:contains('Customer 01') a.btn[href='tel:600000001']",
        },
        openActions,
        {
            content: "work through all of my day",
            trigger: ".o_work_through_menu",
            run: "click",
        },
        {
            content: "a large button to call",
            trigger: ".o_work_phone.btn-lg[href='tel:600000001']",
        },
        ...callAllByKeys,
    ],
});

registry.category("web_tour.tours").add("crm_activity_work_keys", {
    steps: () => [
        ...openMyDay,
        {
            content: "all that is there",
            trigger: "button[name=action_work_through]",
            run: "click",
        },
        isAt(1, 3),
        isWith("Customer 01"),
        {content: "a number to call", trigger: ".o_work_phone[href='tel:600000001']"},
        {content: "what was last", trigger: ".o_work_history:contains('Asked for prices')"},
        press("the next one", "ArrowRight", READY),
        isAt(2, 3),
        press("and back", "ArrowLeft", READY),
        isAt(1, 3),
        press("to the note", "Tab", READY),
        {
            content: "a note",
            trigger: ".o_work_note:focus",
            run: "edit Twenty of them",
        },
        press("arrows and numbers are the note's", "ArrowRight", ".o_work_note"),
        isAt(1, 3),
        press("done with it", "Enter", ".o_work_note"),
        isAt(2, 3),
        {content: "it is said", trigger: ".o_notification:contains('Activity marked done')"},
        {
            content: "the note is empty again",
            trigger: ".o_work_note",
            run() {
                if (this.anchor.value) {
                    throw new Error("The note is still there");
                }
            },
        },
        {content: "later", trigger: ".o_work_later", run: "click"},
        {
            content: "tomorrow",
            trigger: ".o-dropdown-item:contains('Tomorrow, 9:00')",
            run: "click",
        },
        isAt(3, 3),
        {
            content: "what comes then, without an outcome",
            trigger: ".o_work_next_type input",
            run: "edit Visit",
        },
        {
            content: "a visit",
            trigger: ".o-autocomplete--dropdown-item:contains('Visit')",
            run: "click",
        },
        {content: "its subject is proposed", trigger: ".o_work_next_name input:value(Visit)"},
        {
            content: "and its date",
            trigger: ".o_work_next_date input",
            run() {
                if (!this.anchor.value) {
                    throw new Error("No date is proposed");
                }
            },
        },
        {
            content: "of another name",
            trigger: ".o_work_next_name input",
            run: "edit Show the new ones",
        },
        {content: "done", trigger: ".o_work_done", run: "click"},
        {
            content: "that is all",
            trigger: ".o_work_over:contains('Done: 2. Later: 1. Skipped: 1.')",
        },
        press("back to the list", "Escape", ".o_work_over"),
        {content: "the list", trigger: ".o_list_view"},
    ],
});

registry.category("web_tour.tours").add("crm_activity_work_selection", {
    steps: () => [
        {
            content: "select",
            trigger: ".o_data_row:contains('Call 02') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "work through it",
            trigger: ".o_control_panel button[name=action_work_through]",
            run: "click",
        },
        isAt(1, 1),
        isWith("Customer 02"),
        {content: "open the customer", trigger: ".o_work_who a:eq(0)", run: "click"},
        {content: "there it is", trigger: ".o_breadcrumb:contains('Customer 02')"},
        {
            content: "and back",
            trigger: ".o_breadcrumb a:contains('Work Through'), .o_back_button",
            run: "click",
        },
        isWith("Customer 02"),
        press("stop", "Escape", READY),
        {content: "the list", trigger: ".o_list_view .o_data_row"},
    ],
});

registry.category("web_tour.tours").add("crm_activity_work_matrix", {
    steps: () => [
        {
            content: "select all",
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "work through what is planned for them",
            trigger: ".o_control_panel button[name=action_work_through_crm_activities]",
            run: "click",
        },
        isAt(1, 2),
        {
            content: "what comes then, by hand",
            trigger: ".o_work_next_type input",
            run: "edit Visit",
        },
        {
            content: "a visit, and done before it is known when",
            trigger: ".o-autocomplete--dropdown-item:contains('Visit')",
            async run(helpers) {
                await helpers.click();
                document.querySelector(".o_work_done").click();
            },
        },
        isAt(2, 2),
    ],
});

registry.category("web_tour.tours").add("crm_activity_my_day", {
    url: "/odoo",
    steps: () => [
        ...openMyDay,
        {
            content: "overdue before today before tomorrow",
            trigger: ".o_group_header:contains('Tomorrow (1)')",
            run() {
                const groups = [...document.querySelectorAll(".o_group_header")];
                const names = groups.map(({textContent}) => textContent.match(/\w+ \(1\)/)?.[0]);
                if (names.join() !== "Overdue (1),Today (1),Tomorrow (1)") {
                    throw new Error(`The groups are ${names}`);
                }
            },
        },
        {
            content: "and nothing later",
            trigger: ".o_list_view:not(:has(.o_group_header:contains('Later')))",
        },
        {
            content: "without the filter",
            trigger: ".o_searchview_facet:contains('Until Tomorrow') .o_facet_remove",
            run: "click",
        },
        {content: "all are there", trigger: ".o_group_header:contains('Later')"},
    ],
});

registry.category("web_tour.tours").add("crm_activity_team_day", {
    url: "/odoo",
    steps: () => [
        ...openCrm("crm_activity_ext_crm.crm_activity_menu"),
        {
            content: "who has what to do",
            trigger: ".o_group_header:contains('Sam Own'):contains('(3)')",
            run: "click",
        },
        {content: "and when", trigger: ".o_group_header:contains('Overdue (1)')"},
    ],
});
