import {ListDateTimeField, listDateTimeField} from "@web/views/fields/datetime/list_datetime_field";
import {registry} from "@web/core/registry";

const ICON_WIDTH = 20;

/** The date of an activity; one that is overdue says so, and not by its colour alone. */
export class ActivityDateField extends ListDateTimeField {
    static template = "crm_activity_ext.ActivityDateField";
}

registry.category("fields").add("crm_activity_date", {
    ...listDateTimeField,
    component: ActivityDateField,
    fieldDependencies: [{name: "is_overdue", type: "boolean"}],
    listViewWidth: (params) =>
        [listDateTimeField.listViewWidth(params)].flat().map((width) => width + ICON_WIDTH),
});
