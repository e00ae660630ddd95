import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";

/** Asks before messages leave; *Preview* opens them, and nothing leaves. */
export class SendingConfirmation extends ConfirmationDialog {
    static template = "crm_activity_ext.SendingConfirmation";
    static props = {...ConfirmationDialog.props, preview: Function};

    preview() {
        return this.execButton(this.props.preview);
    }
}

/**
 * Ask whether to send what leaves once these activities are pending.
 *
 * @param {Object} env
 * @param {Number[]} ids of the activities
 * @param {Object} [options]
 * @param {Number} [options.unaskedCount] so many leave without a question
 * @returns {Promise<Boolean>} whether to go on: nothing leaves, or somebody said so
 */
export async function confirmSending(env, ids, {unaskedCount = 0} = {}) {
    const {action, dialog, orm} = env.services;
    const notice = await orm.call("crm.activity", "get_sending_notice", [ids]);
    if (notice.count <= unaskedCount) {
        return true;
    }
    return new Promise((resolve) => {
        dialog.add(
            SendingConfirmation,
            {
                title: notice.title,
                body: notice.message,
                confirmLabel: notice.label,
                confirm: () => resolve(true),
                cancel: () => resolve(false),
                preview: () => {
                    resolve(false);
                    action.doAction(notice.preview);
                },
            },
            {onClose: () => resolve(false)}
        );
    });
}
