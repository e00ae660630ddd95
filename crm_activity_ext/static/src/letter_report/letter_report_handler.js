import {_t} from "@web/core/l10n/translation";
import {callAndReload} from "../activity_changed/activity_changed";
import {registry} from "@web/core/registry";

const LETTER_REPORT = "crm_activity_ext.report_crm_activity_letter";

/**
 * Offer to mark the printed letters and faxes as done, those that are pending.
 */
async function offerDone(activityIds, env) {
    const {notification, orm} = env.services;
    const leftOut = await orm.call("crm.activity", "get_letters_left_out", [activityIds]);
    if (leftOut) {
        notification.add(leftOut, {type: "warning", sticky: true});
    }
    const count = await orm.searchCount("crm.activity", [
        ["id", "in", activityIds],
        ["channel", "in", ["letter", "fax"]],
        ["state", "=", "pending"],
    ]);
    if (!count) {
        return;
    }
    const close = notification.add(
        count === 1
            ? _t("Printed. The activity is still pending.")
            : _t("%s letters or faxes printed. They are still pending.", count),
        {
            type: "info",
            sticky: true,
            buttons: [
                {
                    name: _t("Mark Done"),
                    primary: true,
                    onClick: async () => {
                        close();
                        await callAndReload(
                            env,
                            "crm.activity",
                            "action_letters_done",
                            activityIds
                        );
                    },
                },
            ],
        }
    );
}

// Odoo prints; this only comes after: the action service calls `onClose` once it is done.
registry
    .category("ir.actions.report handlers")
    .add("crm_activity_letter", (action, options, env) => {
        const activityIds = action.context?.active_ids;
        if (action.report_name === LETTER_REPORT && activityIds?.length) {
            const {onClose} = options;
            options.onClose = async (...args) => {
                await onClose?.(...args);
                await offerDone(activityIds, env);
            };
        }
        return false;
    });
