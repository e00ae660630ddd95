import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_activity_goals_on_my_day", {
    url: "/odoo/crm-my-day",
    steps: () => [
        {
            content: "how far one has come",
            trigger: ".o_crm_day_goal:contains('Visits'):contains('2 / 10')",
        },
        {
            content: "do another one",
            trigger: ".o_data_row:contains('Show the samples') button[name=action_mark_done]",
            run: "click",
        },
        {
            content: "it counts at once",
            trigger: ".o_crm_day_goal:contains('Visits'):contains('3 / 10')",
        },
    ],
});
