import {openActions, openAllActivities, openCrm, openCustomer} from "./steps";
import {registry} from "@web/core/registry";

const openActivities = [
    ...openAllActivities,
    {
        content: "two of mine are pending",
        trigger: ".o_list_view:has(.o_data_row:eq(1)):not(:has(.o_data_row:eq(2)))",
    },
];

/** Note the name under which the browser saves a file. */
const watchDownloads = {
    content: "watch for downloads",
    trigger: "body",
    run: () =>
        document.addEventListener(
            "click",
            ({target}) => {
                if (target.download) {
                    document.body.dataset.downloaded = target.download;
                }
            },
            {capture: true}
        ),
};

const downloaded = {
    content: "the file has come",
    trigger: "body[data-downloaded^='activities-'][data-downloaded$='.xlsx']:not(:has(.o_blockUI))",
};

registry.category("web_tour.tours").add("crm_activity_export_button", {
    url: "/odoo",
    steps: () => [
        ...openActivities,
        {
            content: "sort by subject",
            trigger: "th[data-name='name']",
            run: "click",
        },
        {
            content: "the rows are in this order",
            trigger: ".o_data_row:first:contains(A second visit)",
        },
        watchDownloads,
        {
            content: "export what is shown",
            trigger: "button.o_crm_activity_export",
            run: "click",
        },
        downloaded,
    ],
});

registry.category("web_tour.tours").add("crm_activity_export_gear", {
    url: "/odoo",
    steps: () => [
        ...openActivities,
        {content: "as cards", trigger: ".o_switch_view.o_kanban", run: "click"},
        {
            content: "open the gear menu",
            trigger: "body:has(.o_kanban_view) .o_cp_action_menus button",
            run: "click",
        },
        {
            content: "Odoo's own export is not offered beside ours",
            trigger: ".o-dropdown--menu:not(:has(.o_export_all_menu))",
        },
        watchDownloads,
        {
            content: "export to Excel",
            trigger: ".o_crm_activity_export_menu",
            run: "click",
        },
        downloaded,
    ],
});

registry.category("web_tour.tours").add("crm_activity_export_selection", {
    url: "/odoo",
    steps: () => [
        ...openActivities,
        {
            content: "select the first row",
            trigger: ".o_data_row:first .o_list_record_selector input",
            run: "click",
        },
        {
            content: "the button has gone: the entry is in the Actions menu now",
            trigger: ".o_control_panel:not(:has(.o_crm_activity_export))",
        },
        openActions,
        watchDownloads,
        {
            content: "export to Excel",
            trigger: ".o-dropdown-item:contains(Export to Excel)",
            run: "click",
        },
        downloaded,
    ],
});

registry.category("web_tour.tours").add("crm_activity_export_customer", {
    url: "/odoo",
    steps: () => [
        ...openCustomer("Oak & Sons"),
        {
            content: "open the customer's activities",
            trigger: "button[name=action_view_crm_activities]",
            run: "click",
        },
        {
            content: "they are all there",
            trigger: ".o_list_view:has(.o_data_row:eq(2))",
        },
        watchDownloads,
        {
            content: "export them",
            trigger: "button.o_crm_activity_export",
            run: "click",
        },
        downloaded,
    ],
});

registry.category("web_tour.tours").add("crm_activity_export_refused", {
    url: "/odoo",
    steps: () => [
        ...openActivities,
        {
            content: "there is no button",
            trigger: ".o_control_panel:has(.o_list_button_add):not(:has(.o_crm_activity_export))",
        },
        {
            content: "open the gear menu",
            trigger: ".o_cp_action_menus .o-dropdown, .o_cp_action_menus button",
            run: "click",
        },
        {
            content: "nor an entry in it",
            trigger: ".o-dropdown--menu:not(:has(.o_crm_activity_export_menu))",
        },
    ],
});

registry.category("web_tour.tours").add("crm_activity_export_analysis", {
    url: "/odoo",
    steps: () => [
        ...openCrm("crm.crm_menu_report"),
        {
            content: "open the analysis",
            trigger: "[data-menu-xmlid='crm_activity_ext_crm.crm_activity_menu_analysis']",
            run: "click",
        },
        {
            content: "open the gear menu of the graph",
            trigger: "body:has(.o_graph_view) .o_cp_action_menus button",
            run: "click",
        },
        watchDownloads,
        {
            content: "export to Excel",
            trigger: ".o_crm_activity_export_menu",
            run: "click",
        },
        downloaded,
    ],
});
