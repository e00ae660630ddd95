import {CampaignMatrixCount} from "./campaign_matrix_count";
import {ListRenderer} from "@web/views/list/list_renderer";
import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {onWillStart} from "@odoo/owl";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

/** The field with the numbers: it becomes a column for each activity type, and a total. */
const COUNTS_FIELD = "crm_campaign_activity_counts";
const NARROW = {width: "26px"};
const COUNT_TYPE = "crm_activity_count";
const NEW_ACTIVITY = "action_new_crm_activity";

/**
 * A list of targets of a campaign, with a narrow column for each activity type.
 *
 * A click on a row does nothing; a double click, or Enter, asks for a new activity.
 * The name opens the record, and a number the activities it counts.
 */
export class CampaignMatrixRenderer extends ListRenderer {
    static template = "crm_activity_ext.CampaignMatrixRenderer";
    static groupRowTemplate = "crm_activity_ext.CampaignMatrixRenderer.GroupRow";
    static recordRowTemplate = "crm_activity_ext.CampaignMatrixRenderer.RecordRow";
    static components = {...ListRenderer.components, CampaignMatrixCount};

    setup() {
        super.setup();
        this.actionService = useService("action");
        this.activityTypes = [];
        onWillStart(async () => {
            const {crm_campaign_id: campaignId} = this.props.list.context;
            if (campaignId) {
                this.activityTypes = await this.orm.call(
                    "utm.campaign",
                    "get_crm_activity_types",
                    [[campaignId]],
                    {context: user.context}
                );
            }
        });
    }

    /** @override */
    processAllColumn(allColumns, list) {
        return super.processAllColumn(allColumns, list).flatMap((column) => {
            if (column.name === COUNTS_FIELD) {
                return this.countColumns;
            }
            // No wider than the plus: Odoo would give the buttons all the room that is left.
            return column.type === "button_group" ? {...column, attrs: NARROW} : column;
        });
    }

    /** A phone has room for the name and the numbers; the rest on request. @override */
    computeOptionalActiveFields() {
        const active = super.computeOptionalActiveFields();
        const isChosen = browser.localStorage.getItem(this.keyOptionalFields) !== null;
        if (this.env.isSmall && !isChosen) {
            Object.keys(active).forEach((name) => (active[name] = false));
        }
        return active;
    }

    get countColumns() {
        const total = {id: false, name: _t("Total")};
        return [...this.activityTypes, total].map((type) => ({
            type: COUNT_TYPE,
            id: `${COUNTS_FIELD}_${type.id}`,
            name: `${COUNTS_FIELD}_${type.id}`,
            activityType: type,
            attrs: NARROW,
            options: {},
        }));
    }

    /**
     * @param {Object} column
     * @param {Object} counts by the id of a type
     * @returns {Number} how many of them are of the column's type
     */
    getCount({activityType}, counts) {
        return activityType.id
            ? counts[activityType.id] || 0
            : Object.values(counts).reduce((sum, count) => sum + count, 0);
    }

    getRecordCount(column, record) {
        return this.getCount(column, record.data[COUNTS_FIELD] || {});
    }

    /** @returns {Number} how many a group has, rows included that are not loaded */
    getGroupCount(column, group) {
        return this.getCount(column, group.model.getGroupCounts(group));
    }

    /** @returns {Number} how many the selection has; without one: the groups, or the page */
    getTotalCount(column) {
        const {list} = this.props;
        if (list.isGrouped && !list.selection.length) {
            return list.groups.reduce((sum, group) => sum + this.getGroupCount(column, group), 0);
        }
        const records = list.selection.length ? list.selection : list.records;
        return records.reduce((sum, record) => sum + this.getRecordCount(column, record), 0);
    }

    /** The columns of counts have totals, whatever else has. @override */
    getFirstAggregateIndex(group) {
        const first = this.columns.findIndex((column) => column.type === COUNT_TYPE);
        const other = super.getFirstAggregateIndex(group);
        return other > -1 && first > -1 ? Math.min(first, other) : Math.max(first, other);
    }

    /** @override */
    getLastAggregateIndex(group) {
        const last = this.columns.findLastIndex((column) => column.type === COUNT_TYPE);
        return Math.max(last, super.getLastAggregateIndex(group));
    }

    /** @override */
    async onCellClicked(record, column, ev, newWindow) {
        if (newWindow && !ev.target.special_click && !ev.target.closest("a, button")) {
            this.props.openRecord(record, {newWindow});
        }
    }

    onNameClicked(record, ev, newWindow) {
        ev.preventDefault();
        ev.stopPropagation();
        this.props.openRecord(record, {newWindow});
    }

    onRowDblclick(record, ev) {
        if (ev.target.closest("a, button, .o_list_record_selector")) {
            return;
        }
        const cell = ev.target.closest("td[data-activity-type]");
        window.getSelection()?.removeAllRanges();
        this.newActivity(record, Number(cell?.dataset.activityType));
    }

    /** @override */
    onCellKeydownReadOnlyMode(hotkey, cell, group, record) {
        if (hotkey === "enter" && record) {
            if (document.activeElement.closest("a, button, .o_list_record_selector")) {
                return false;
            }
            this.newActivity(record, Number(cell.dataset.activityType));
            return true;
        }
        return super.onCellKeydownReadOnlyMode(...arguments);
    }

    /** @returns {Function | ""} what the button does instead of reloading the list */
    getButtonClick(button, record) {
        const isNew = button.clickParams.name === NEW_ACTIVITY;
        return isNew ? () => this.newActivity(record) : "";
    }

    /**
     * Ask for a new activity; then only this row is read again, and the numbers of the groups:
     * the other rows stay, and so do the page, the selection and where one has scrolled to.
     *
     * @param {Object} record
     * @param {Number} [activityTypeId]
     */
    async newActivity(record, activityTypeId) {
        if (this.props.list.model.useSampleModel) {
            return;
        }
        const context = {...record.context};
        if (activityTypeId) {
            context.default_activity_type_id = activityTypeId;
        }
        await this.actionService.doActionButton({
            type: "object",
            name: NEW_ACTIVITY,
            resModel: record.resModel,
            resId: record.resId,
            resIds: [record.resId],
            context,
            onClose: async () => {
                await Promise.all([record.load(), record.model.loadGroupCounts()]);
                this.render();
            },
        });
    }

    /**
     * @param {Object} record
     * @param {Object} activityType of a column; without an id for all types
     */
    async openActivities(record, activityType) {
        const action = await this.orm.call(
            record.resModel,
            "action_view_crm_campaign_activities",
            [[record.resId]],
            {activity_type_id: activityType.id, context: record.context}
        );
        await this.actionService.doAction(action);
    }
}
