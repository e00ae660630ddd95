import {FormController} from "@web/views/form/form_controller";
import {formView} from "@web/views/form/form_view";
import {registry} from "@web/core/registry";

/** Offers to delete only what the user may delete. */
export class ActivityFormController extends FormController {
    getStaticActionMenuItems() {
        const items = super.getStaticActionMenuItems();
        const isAvailable = items.delete.isAvailable;
        items.delete.isAvailable = () => isAvailable() && this.model.root.data.is_deletable;
        return items;
    }
}

registry.category("views").add("crm_activity_form", {
    ...formView,
    Controller: ActivityFormController,
});
