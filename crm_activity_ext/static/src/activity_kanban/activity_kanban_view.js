import {ActivityModel} from "../activity_list/activity_model";
import {KanbanController} from "@web/views/kanban/kanban_controller";
import {KanbanRenderer} from "@web/views/kanban/kanban_renderer";
import {SearchActionHelper} from "../search_help/search_action_helper";
import {confirmSending} from "../sending/sending_confirmation";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {keepPrintableOfSelection} from "../print_menu/print_menu";
import {registry} from "@web/core/registry";
import {useStatusRefresh} from "../sending/status_refresh";
import {workThrough} from "../work_through/work_through_menu";

/** A card that is dragged to Pending may be a message, which then leaves: that is asked first. */
class ActivityKanbanGroupList extends ActivityModel.DynamicGroupList {
    async moveRecord(recordId, groupId, refId, targetGroupId) {
        const target = this.groups.find((group) => group.id === targetGroupId);
        const record = this.records.find((other) => other.id === recordId);
        const isSending =
            groupId !== targetGroupId &&
            target?.groupByField.name === "state" &&
            target.value === "pending";
        if (isSending && !(await confirmSending(this.model.env, [record.resId]))) {
            return;
        }
        return super.moveRecord(recordId, groupId, refId, targetGroupId);
    }
}

class ActivityKanbanModel extends ActivityModel {
    static DynamicGroupList = ActivityKanbanGroupList;
}

class ActivityKanbanController extends KanbanController {
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
        return super.beforeExecuteActionButton(clickParams);
    }

    get actionMenuItems() {
        return keepPrintableOfSelection(super.actionMenuItems, this.model.root);
    }
}

class ActivityKanbanRenderer extends KanbanRenderer {
    static components = {...KanbanRenderer.components, ActionHelper: SearchActionHelper};
}

registry.category("views").add("crm_activity_kanban", {
    ...kanbanView,
    Controller: ActivityKanbanController,
    Model: ActivityKanbanModel,
    Renderer: ActivityKanbanRenderer,
});
