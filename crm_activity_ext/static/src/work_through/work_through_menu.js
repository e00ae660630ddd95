import {Component} from "@odoo/owl";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {STATIC_ACTIONS_GROUP_NUMBER} from "@web/search/action_menus/action_menus";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {session} from "@web/session";
import {user} from "@web/core/user";

/** Sort as the view does: by its groups, and in each by what it is sorted by. */
function getOrder({groupBy = [], orderBy = [], fields}) {
    const groups = groupBy
        .map((spec) => spec.split(":")[0])
        .filter((name) => fields[name]?.sortable)
        .map((name) => {
            const sorted = orderBy.find((term) => term.name === name);
            return sorted || {name, asc: true};
        });
    const names = new Set(groups.map(({name}) => name));
    return [...groups, ...orderBy.filter(({name}) => !names.has(name))]
        .map(({name, asc}) => `${name} ${asc ? "asc" : "desc"}`)
        .join(", ");
}

/**
 * Work through what is selected in a view of activities; all that it finds, where nothing is.
 *
 * @param {Object} env the view's
 * @param {Object} root its records
 */
export async function workThrough(env, root) {
    const {action, orm} = env.services;
    let ids = (root.selection || []).map(({resId}) => resId);
    if (!ids.length || root.isDomainSelected) {
        const order = getOrder(root);
        const {context, domain} = env.searchModel;
        const limit = session.active_ids_limit;
        ids = await orm.search("crm.activity", domain, {context, limit, ...(order && {order})});
    }
    await action.doAction({
        type: "ir.actions.client",
        tag: "crm_activity_work_through",
        name: _t("Work Through"),
        params: {ids},
    });
}

/** The entry of the gear menu: all that the view finds. */
export class WorkThroughItem extends Component {
    static template = "crm_activity_ext.WorkThroughItem";
    static components = {DropdownItem};
    static props = {};

    onSelected() {
        return workThrough(this.env, this.env.model.root);
    }
}

registry.category("cogMenu").add(
    "crm-activity-work-through-menu",
    {
        Component: WorkThroughItem,
        groupNumber: STATIC_ACTIONS_GROUP_NUMBER,
        isDisplayed: async ({config, model, searchModel}) =>
            searchModel?.resModel === "crm.activity" &&
            ["kanban", "list"].includes(config.viewType) &&
            !model?.root?.selection?.length &&
            (await user.hasGroup("sales_team.group_sale_salesman")),
    },
    {sequence: 8}
);
