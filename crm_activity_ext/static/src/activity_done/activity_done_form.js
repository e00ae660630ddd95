import {FormController} from "@web/views/form/form_controller";
import {formView} from "@web/views/form/form_view";
import {registry} from "@web/core/registry";
import {useExternalListener} from "@odoo/owl";

/** What keeps the Enter key for itself. */
const OWN_ENTER = "textarea, button, a, .o_field_many2one input, .o-autocomplete, [role=listbox]";

/** Enter does what the first button says, from the outcome and from the lines of text. */
export class ActivityDoneController extends FormController {
    setup() {
        super.setup();
        useExternalListener(window, "keydown", (ev) => this.onKeydown(ev));
    }

    onKeydown(ev) {
        const isOther = ev.key !== "Enter" || ev.altKey || ev.ctrlKey || ev.metaKey;
        const dialog = this.rootRef.el?.closest(".o_dialog");
        const isAbove = !dialog || dialog.querySelector(".o_inactive_modal");
        if (isOther || ev.defaultPrevented || isAbove || ev.target.closest?.(OWN_ENTER)) {
            return;
        }
        ev.preventDefault();
        // What is being typed is the record's once the field is left.
        ev.target.blur?.();
        dialog.querySelector("footer button[name=action_done]")?.click();
    }
}

registry.category("views").add("crm_activity_done_form", {
    ...formView,
    Controller: ActivityDoneController,
});
