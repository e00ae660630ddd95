import {ListController} from "@web/views/list/list_controller";
import {ActivityListRenderer} from "../activity_list/activity_list_renderer";
import {ActivityModel} from "../activity_list/activity_model";
import {_t} from "@web/core/l10n/translation";
import {exportActivities} from "./activity_export";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";

/** Offers the export as a button, and for selected rows in the Actions menu. */
export class ActivityListController extends ListController {
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
