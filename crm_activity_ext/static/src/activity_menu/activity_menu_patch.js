import {ActivityMenu} from "@mail/core/web/activity_menu";
import {patch} from "@web/core/utils/patch";

patch(ActivityMenu.prototype, {
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
});
