import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

// Long enough to read it and to reach the button.
const DELAY = 10000;

/**
 * Call a method that answers with an action, and read the view again once that is over.
 *
 * @param {Object} env its services are there when the view is closed
 * @param {String} model
 * @param {String} method
 * @param {Number[]} ids
 */
export async function callAndReload({services: {action, orm}}, model, method, ids) {
    const result = await orm.call(model, method, [ids]);
    await action.doAction(result, {onClose: () => action.doAction("soft_reload")});
}

/**
 * Say what was done to activities, and offer to undo it and to plan what comes next.
 *
 * @param {Object} env
 * @param {Object} params
 * @param {String} params.message
 * @param {String} [params.type]
 * @param {Boolean} [params.sticky]
 * @param {Number} [params.change_id] what to undo
 * @param {Number} [params.plan_next_id] the activity that a next one follows
 * @returns {Function} takes the notification away
 */
export function notifyChanged(env, {message, type = "success", sticky = false, ...params}) {
    const buttons = [];
    let close = null;
    const addButton = (name, primary, ...call) =>
        buttons.push({
            name,
            primary,
            onClick: () => {
                close();
                return callAndReload(env, ...call);
            },
        });
    if (params.plan_next_id) {
        const ids = [params.plan_next_id];
        addButton(_t("Plan Next"), true, "crm.activity", "action_plan_next", ids);
    }
    if (params.change_id) {
        addButton(_t("Undo"), false, "crm.activity.change", "action_undo", [params.change_id]);
    }
    close = env.services.notification.add(message, {
        type,
        sticky,
        autocloseDelay: DELAY,
        buttons,
        className: "o_crm_changed",
    });
    return close;
}

registry.category("actions").add("crm_activity_changed", (env, {params}) => {
    notifyChanged(env, params);
    return params.next;
});
