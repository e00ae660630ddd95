import {ActivityMenu} from "@mail/core/web/activity_menu";
import {patch} from "@web/core/utils/patch";

patch(ActivityMenu.prototype, {
    get hasCrmActivities() {
        return this.store.activityGroups.some(({model}) => model === "crm.activity");
    },

    /**
     * Open CRM activities in their own views: Odoo's default list of views has one
     * that needs to-dos on the record.
     *
     * @override
     */
    availableViews(group) {
        if (group.model === "crm.activity") {
            return ["list", "kanban", "calendar", "pivot", "graph", "form"].map((type) => [
                false,
                type,
            ]);
        }
        return super.availableViews(...arguments);
    },

    openMyCrmActivities(newWindow) {
        this.dropdown.close();
        this.action.doAction("crm_activity_ext.crm_activity_action", {
            newWindow,
            clearBreadcrumbs: true,
        });
    },
});
