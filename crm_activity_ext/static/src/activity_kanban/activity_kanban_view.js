import {KanbanController} from "@web/views/kanban/kanban_controller";
import {RelationalModel} from "@web/model/relational_model/relational_model";
import {confirmSending} from "../sending/sending_confirmation";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {keepPrintableOfSelection} from "../print_menu/print_menu";
import {registry} from "@web/core/registry";
import {useStatusRefresh} from "../sending/status_refresh";

/** A card that is dragged to Pending may be a message, which then leaves: that is asked first. */
class ActivityKanbanGroupList extends RelationalModel.DynamicGroupList {
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

class ActivityKanbanModel extends RelationalModel {
    static DynamicGroupList = ActivityKanbanGroupList;
}

class ActivityKanbanController extends KanbanController {
    setup() {
        super.setup();
        useStatusRefresh(() => this.model.root?.records);
    }

    get actionMenuItems() {
        return keepPrintableOfSelection(super.actionMenuItems, this.model.root);
    }
}

registry.category("views").add("crm_activity_kanban", {
    ...kanbanView,
    Controller: ActivityKanbanController,
    Model: ActivityKanbanModel,
});
