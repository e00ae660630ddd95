import {StatusBarField, statusBarField} from "@web/views/fields/statusbar/statusbar_field";
import {callAndReload} from "../activity_changed/activity_changed";
import {registry} from "@web/core/registry";

/**
 * A status bar whose statuses that cannot be chosen are off: see `status_choices`. Done asks what
 * came of it, as the button does.
 */
export class ActivityStatusBarField extends StatusBarField {
    static template = "crm_activity_ext.ActivityStatusBarField";

    /**
     * @param {Object} item one of `getAllItems`
     * @returns {Boolean} whether a click does nothing
     */
    isOff(item) {
        const {isDisabled, record} = this.props;
        const choices = record.data.status_choices || [];
        return isDisabled || item.isSelected || !choices.includes(item.value);
    }

    /** @override */
    getDropdownItemClassNames(item) {
        const classNames = super.getDropdownItemClassNames(item);
        return this.isOff(item) ? `${classNames} disabled` : classNames;
    }

    /**
     * What is refused leaves the bar as it was.
     *
     * @override
     */
    async selectItem(item) {
        const {name, record} = this.props;
        if (!item || this.isOff(item)) {
            return;
        }
        const isAsked = item.value === "done" && !record.data.has_delivered_channel;
        if (isAsked && record.resId) {
            if (await record.save()) {
                await callAndReload(this.env, record.resModel, "action_mark_done", [record.resId]);
            }
            return;
        }
        const before = record.data[name];
        try {
            await super.selectItem(item);
        } catch (error) {
            await record.update({[name]: before});
            throw error;
        }
    }
}

registry.category("fields").add("crm_activity_statusbar", {
    ...statusBarField,
    component: ActivityStatusBarField,
    additionalClasses: ["o_field_statusbar"],
    fieldDependencies: [
        {name: "has_delivered_channel", type: "boolean"},
        {name: "status_choices", type: "json"},
    ],
});
