import {FormController} from "@web/views/form/form_controller";
import {KanbanController} from "@web/views/kanban/kanban_controller";
import {ListController} from "@web/views/list/list_controller";
import {_t} from "@web/core/l10n/translation";
import {deleteConfirmationMessage} from "@web/core/confirmation_dialog/confirmation_dialog";
import {patch} from "@web/core/utils/patch";
import {registry} from "@web/core/registry";

/** Models whose records take activities along when they are deleted. */
const models = registry.category("crm_activity_referenced_models");
models.add("res.partner", true);
models.add("res.users", true);

/**
 * Tell in Odoo's question whether to delete records how many activities go along.
 *
 * Not on a common parent: the three controllers have none, and each patch needs its own `super`.
 *
 * @returns {Object} what to patch a controller with
 */
const tellWhatGoesAlong = () => ({
    setup() {
        super.setup(...arguments);
        const ask = this.deleteRecordsWithConfirmation;
        this.deleteRecordsWithConfirmation = async (dialogProps, records) => {
            const notice = await this.getCrmDeletionNotice(records);
            ask({...notice, ...dialogProps}, records);
        };
    },

    async getCrmDeletionNotice(records) {
        const {orm, root} = this.model;
        if (!models.contains(root.resModel)) {
            return {};
        }
        const ids = records ? records.map((record) => record.resId) : await root.getResIds(true);
        const notice = await orm.call(root.resModel, "get_crm_deletion_notice", [ids]);
        const question =
            ids.length > 1
                ? _t("Are you sure you want to delete these records?")
                : deleteConfirmationMessage;
        return notice ? {body: `${notice}\n\n${question}`} : {};
    },
});

for (const Controller of [FormController, KanbanController, ListController]) {
    patch(Controller.prototype, tellWhatGoesAlong());
}
