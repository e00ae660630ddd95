import {ActivityListRenderer} from "../activity_list/activity_list_renderer";
import {ActivityModel} from "../activity_list/activity_model";
import {ListController} from "@web/views/list/list_controller";
import {_t} from "@web/core/l10n/translation";
import {confirmCancelling} from "../activity_changed/cancelling_confirmation";
import {confirmSending} from "../sending/sending_confirmation";
import {exportActivities} from "./activity_export";
import {keepPrintableOfSelection} from "../print_menu/print_menu";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";
import {useStatusRefresh} from "../sending/status_refresh";
import {workThrough} from "../work_through/work_through_menu";

/**
 * Offers the export as a button, and for selected rows in the Actions menu; asks before several
 * messages leave or several activities are cancelled.
 */
export class ActivityListController extends ListController {
    setup() {
        super.setup();
        useStatusRefresh(() => this.model.root?.records);
    }

    /** @override */
    async beforeExecuteActionButton(clickParams) {
        if (clickParams.name === "action_work_through") {
            await workThrough(this.env, this.model.root);
            return false;
        }
        // The buttons above the list have the selection in their context, those in a row have not.
        const selected = clickParams.buttonContext?.active_ids;
        if (clickParams.name === "action_send" && selected) {
            const ids = await this.model.root.getResIds(true);
            if (!(await confirmSending(this.env, ids, {unaskedCount: 1}))) {
                return false;
            }
        }
        if (clickParams.name === "action_cancel") {
            const count = selected?.length || 1;
            if (!(await confirmCancelling(this.env, count))) {
                return false;
            }
        }
        return super.beforeExecuteActionButton(clickParams);
    }

    /** @override */
    async onAskMultiSaveConfirmation(changes) {
        if (changes.state === "pending") {
            const ids = await this.model.root.getResIds(true);
            if (!(await confirmSending(this.env, ids))) {
                return false;
            }
        }
        return super.onAskMultiSaveConfirmation(...arguments);
    }

    getStaticActionMenuItems() {
        return {
            ...super.getStaticActionMenuItems(),
            exportWorkbook: {
                isAvailable: () => this.isExportEnable,
                sequence: 9,
                icon: "fa fa-file-excel-o",
                description: _t("Export to Excel"),
                callback: () => this.onClickExport(),
            },
        };
    }

    get actionMenuItems() {
        return keepPrintableOfSelection(super.actionMenuItems, this.model.root);
    }

    onClickExport() {
        return exportActivities(this.env, this.model.root);
    }
}

registry.category("views").add("crm_activity_list", {
    ...listView,
    Controller: ActivityListController,
    Model: ActivityModel,
    Renderer: ActivityListRenderer,
    buttonTemplate: "crm_activity_ext.ActivityListButtons",
});
