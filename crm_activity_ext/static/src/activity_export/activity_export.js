import {Component} from "@odoo/owl";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {STATIC_ACTIONS_GROUP_NUMBER} from "@web/search/action_menus/action_menus";
import {_t} from "@web/core/l10n/translation";
import {download} from "@web/core/network/download";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";

const URL = "/crm_activity_ext/activities.xlsx";

/** Say in words which activities these are: the search of the view, and what it is opened for. */
async function describe({searchModel, services}, isSelection) {
    const {facets, globalDomain, resModel} = searchModel;
    const texts = facets
        .filter(({type}) => type !== "groupBy")
        .map(({title, values, separator}) =>
            [title, values.join(` ${separator} `)].filter(Boolean).join(": ")
        );
    if (globalDomain.length) {
        const {tree_processor: processor} = services;
        const tree = await processor.treeFromDomain(resModel, globalDomain);
        texts.unshift(await processor.getDomainTreeDescription(resModel, tree));
    }
    if (isSelection) {
        texts.push(_t("Selected rows only"));
    }
    return texts;
}

/**
 * Download the activities that the view shows, or those that are selected in it, as a workbook.
 *
 * @param {Object} env the view's
 * @param {Object} [root] its records; not every view has a list of them
 * @returns {Promise} resolved when the file is there
 */
export async function exportActivities(env, root) {
    const {ui} = env.services;
    const isSelection = Boolean(root?.selection?.length) && !root.isDomainSelected;
    ui.block();
    try {
        await download({
            url: URL,
            data: {
                domain: JSON.stringify(env.searchModel.domain),
                ids: isSelection ? JSON.stringify(root.selection.map(({resId}) => resId)) : "",
                order: (root?.orderBy || [])
                    .map(({name, asc}) => `${name} ${asc ? "asc" : "desc"}`)
                    .join(", "),
                filters: JSON.stringify(await describe(env, isSelection)),
                company_ids: JSON.stringify(user.activeCompanies.map(({id}) => id)),
            },
        });
    } finally {
        ui.unblock();
    }
}

/** The entry of the gear menu, in views that have neither the list's button nor a selection. */
export class ActivityExportItem extends Component {
    static template = "crm_activity_ext.ActivityExportItem";
    static components = {DropdownItem};
    static props = {};

    onSelected() {
        return exportActivities(this.env, this.env.model?.root);
    }
}

registry.category("cogMenu").add(
    "crm-activity-export-menu",
    {
        Component: ActivityExportItem,
        groupNumber: STATIC_ACTIONS_GROUP_NUMBER,
        isDisplayed: async ({config, isSmall, model, searchModel}) =>
            searchModel?.resModel === "crm.activity" &&
            config.viewType !== "form" &&
            (config.viewType !== "list" || isSmall) &&
            !model?.root?.selection?.length &&
            (await user.hasGroup("base.group_allow_export")),
    },
    {sequence: 9}
);
