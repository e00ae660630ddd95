import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {_t} from "@web/core/l10n/translation";

/**
 * Ask before several activities are cancelled.
 *
 * @param {Object} env
 * @param {Number} count how many there are
 * @returns {Promise<Boolean>} whether to go on: there is only one, or somebody said so
 */
export async function confirmCancelling(env, count) {
    if (count <= 1) {
        return true;
    }
    return new Promise((resolve) => {
        env.services.dialog.add(
            ConfirmationDialog,
            {
                title: _t("Cancel %s activities?", count),
                body: _t("They stay in the history. Emails and SMS in the outbox are not sent."),
                confirmLabel: _t("Cancel Activities"),
                cancelLabel: _t("Keep"),
                confirm: () => resolve(true),
                cancel: () => resolve(false),
            },
            {onClose: () => resolve(false)}
        );
    });
}
