import {stepUtils} from "@web_tour/tour_utils";

// What many tours begin with.

export const openCrm = (menu) => [
    ...stepUtils.goToAppSteps("crm.crm_menu_root", "open CRM"),
    {content: "open the menu", trigger: `[data-menu-xmlid='${menu}']`, run: "click"},
];

// Whatever is to be done, and not today's alone.
export const openAllActivities = [
    ...openCrm("crm.crm_menu_sales"),
    {
        content: "open all activities",
        trigger: "[data-menu-xmlid='crm_activity_ext_crm.crm_activity_menu_all']",
        run: "click",
    },
];

export const openCustomer = (name) => [
    ...stepUtils.goToAppSteps("contacts.menu_contacts", "open Contacts"),
    {
        content: "open the customer",
        trigger: `.o_kanban_record:contains('${name}'), td:contains('${name}')`,
        run: "click",
    },
];

/** The dialog that asks what came of it: nothing to say. */
export const saveDone = {
    content: "nothing more to say",
    trigger: ".modal-footer button[name=action_done]:not(:disabled)",
    run: "click",
};

export const openActions = {
    content: "open the Actions menu",
    trigger: ".o_cp_action_menus button:has(.fa-cog)",
    run: "click",
};

// How many clicks what people do all day may take, from the screen on which they think of it.
export const CLICK_GOALS = {
    "log a done call from a customer": 3,
    "log a done call from CRM": 4,
    "plan the next call": 4,
    "follow up after done": 2,
    "see the history of a customer": 1,
    "send an email from a template": 4,
    "add and send to many": 5,
};

const isClick = ({run}) => ["click", "dblclick"].includes(run);

/**
 * Fail above the goal. Typing is no click.
 *
 * @param {String} job one of the goals
 * @param {Object[]} steps what the job takes
 * @returns {Object[]} the steps, and one that counts them
 */
export const withinGoal = (job, steps) => [
    ...steps,
    {
        content: `${job}: no more clicks than the goal`,
        trigger: "body",
        run() {
            const count = steps.filter(isClick).length;
            if (!(count <= CLICK_GOALS[job])) {
                throw new Error(`${job}: ${count} clicks, the goal is ${CLICK_GOALS[job]}`);
            }
        },
    },
];
