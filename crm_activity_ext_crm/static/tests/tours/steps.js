import {stepUtils} from "@web_tour/tour_utils";

// What many tours begin with.

export const openCrm = (menu) => [
    ...stepUtils.goToAppSteps("crm.crm_menu_root", "open CRM"),
    {content: "open the menu", trigger: `[data-menu-xmlid='${menu}']`, run: "click"},
];

export const openCustomer = (name) => [
    ...stepUtils.goToAppSteps("contacts.menu_contacts", "open Contacts"),
    {
        content: "open the customer",
        trigger: `.o_kanban_record:contains('${name}'), td:contains('${name}')`,
        run: "click",
    },
];

export const openActions = {
    content: "open the Actions menu",
    trigger: ".o_cp_action_menus button:has(.fa-cog)",
    run: "click",
};
