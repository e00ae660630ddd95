import {onWillStart, onWillUnmount, useState, useSubEnv} from "@odoo/owl";
import {CampaignMatrixCount} from "./campaign_matrix_count";
import {CampaignMatrixName} from "./campaign_matrix_name";
import {ListRenderer} from "@web/views/list/list_renderer";
import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

/** The field with the numbers: it becomes a column for each activity type, and a total. */
const COUNTS_FIELD = "crm_campaign_activity_counts";
const COUNT_CLASS = "o_crm_campaign_matrix_count";
const NARROW = {width: "26px"};
const NEW_ACTIVITY = "action_new_crm_activity";
/** What somebody clicks once that dials or writes: a double click on it is one on the row. */
const ADDRESS = "a[href^='tel:'], a[href^='mailto:'], a[href^='sms:']";
/** What does something of its own, also when it is clicked twice. */
const OWN_CLICK = "button, .o_list_record_selector, .o_crm_campaign_matrix_open";
/** A second click within this time makes a double click. */
const DOUBLE_CLICK = 350;

/**
 * A list of targets of a campaign, with a narrow column for each activity type.
 *
 * A click on a row does nothing; a double click, or Enter, asks for a new activity.
 * The icon beside the name opens the record, and a number the activities it counts.
 */
export class CampaignMatrixRenderer extends ListRenderer {
    static template = "crm_activity_ext.CampaignMatrixRenderer";

    setup() {
        super.setup();
        const {onClickViewButton} = this.env;
        useSubEnv({
            onClickViewButton: (params) =>
                params.clickParams.name === NEW_ACTIVITY
                    ? this.onClickPlus(params.getResParams())
                    : onClickViewButton(params),
        });
        this.actionService = useService("action");
        this.news = useState({text: ""});
        onWillUnmount(() => browser.clearTimeout(this.addressTimer));
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
                return this.getCountColumns(column);
            }
            if (column.options?.open_record) {
                return {...column, field: {component: CampaignMatrixName}};
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

    /** @returns {Object[]} a column of the same field for each type, and one for the total */
    getCountColumns(column) {
        const total = {id: false, name: _t("Total")};
        return [...this.activityTypes, total].map((type) => ({
            ...column,
            id: `${COUNTS_FIELD}_${type.id}`,
            activityType: type,
            attrs: NARROW,
            field: {component: CampaignMatrixCount},
            hasLabel: false,
            optional: false,
        }));
    }

    /** @override */
    canUseFormatter(column) {
        const hasComponent = column.activityType || column.options.open_record;
        return !hasComponent && super.canUseFormatter(...arguments);
    }

    /** @override */
    getFieldProps(record, column) {
        const props = super.getFieldProps(...arguments);
        const {activityType} = column;
        if (activityType) {
            return {
                ...props,
                count: this.getRecordCount(column, record),
                label: activityType.name,
                bold: !activityType.id,
                open: () => this.openActivities(record, activityType),
            };
        }
        if (column.options.open_record) {
            return {
                ...props,
                text: this.getFormattedValue(column, record),
                open: (newWindow) => this.props.openRecord(record, {newWindow}),
            };
        }
        return props;
    }

    /** @override */
    getColumnClass(column) {
        const names = super.getColumnClass(...arguments);
        return column.activityType ? `${names} ${COUNT_CLASS}` : names;
    }

    /** @override */
    getCellClass(column) {
        const names = super.getCellClass(...arguments);
        return column.activityType ? `${names} ${COUNT_CLASS}` : names;
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

    /** Columns of one field, each with a total of its own. @override */
    computeAggregates() {
        const aggregates = super.computeAggregates();
        for (const column of this.columns.filter(({activityType}) => activityType)) {
            aggregates[column.id] = {value: this.getTotalCount(column) || ""};
        }
        return aggregates;
    }

    /** @override */
    getAggregateColumns() {
        return super
            .getAggregateColumns(...arguments)
            .map((column) => (column.activityType ? {...column, name: column.id} : column));
    }

    /** @override */
    formatGroupAggregate(group, column) {
        return column.activityType
            ? {value: this.getGroupCount(column, group) || ""}
            : super.formatGroupAggregate(...arguments);
    }

    /** The columns of counts have totals, whatever else has. @override */
    getFirstAggregateIndex(group) {
        const first = this.columns.findIndex((column) => column.activityType);
        const other = super.getFirstAggregateIndex(group);
        return other > -1 && first > -1 ? Math.min(first, other) : Math.max(first, other);
    }

    /** @override */
    getLastAggregateIndex(group) {
        const last = this.columns.findLastIndex((column) => column.activityType);
        return Math.max(last, super.getLastAggregateIndex(group));
    }

    /** @override */
    async onCellClicked(record, column, ev, newWindow) {
        const isLink = column.activityType || ev.target.closest("a, button");
        if (newWindow && !ev.target.special_click && !isLink) {
            this.props.openRecord(record, {newWindow});
        }
    }

    /**
     * Wait with a phone number or an address until it is known not to be a double click: that
     * one asks for an activity, and dials nobody. Keys need not wait.
     */
    onAddressClick(ev) {
        const address = ev.target.closest(ADDRESS);
        if (!address || ev.detail === 0 || this.isAddressFollowed) {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        browser.clearTimeout(this.addressTimer);
        if (ev.detail === 1) {
            this.addressTimer = browser.setTimeout(() => {
                this.isAddressFollowed = true;
                address.click();
                this.isAddressFollowed = false;
            }, DOUBLE_CLICK);
        }
    }

    onDblclick({target}) {
        const row = target.closest(".o_data_row");
        const record = this.props.list.records.find(({id}) => id === row?.dataset.id);
        if (record && !target.closest(OWN_CLICK)) {
            window.getSelection()?.removeAllRanges();
            this.newActivity(record, this.getActivityTypeId(target.closest("td")), target);
        }
    }

    /** @returns {Number | undefined} the id of the type whose column a cell of a row is in */
    getActivityTypeId(cell) {
        const column = this.columns[cell?.cellIndex - (this.hasSelectors ? 1 : 0)];
        return column?.activityType?.id;
    }

    /** Not every browser gives the focus to a button that is clicked. */
    onClickPlus(target) {
        const {id} = this.props.list.records.find(({resId}) => resId === target.resId) || {};
        const row = this.tableRef.el.querySelector(`.o_data_row[data-id="${id}"]`);
        return this.newActivity(target, undefined, row?.querySelector(".o_list_button"));
    }

    /** @override */
    onCellKeydownReadOnlyMode(hotkey, cell, group, record) {
        if (hotkey === "enter" && record) {
            if (document.activeElement.closest("a, button, .o_list_record_selector")) {
                return false;
            }
            this.newActivity(record, this.getActivityTypeId(cell), cell);
            return true;
        }
        return super.onCellKeydownReadOnlyMode(...arguments);
    }

    /**
     * Ask for a new activity; then only this target is read again, and the numbers of the groups:
     * the other rows stay, and so do the page, the selection and where one has scrolled to.
     *
     * Whoever works by keyboard or ear is where they were, and hears the new number.
     *
     * @param {Object} target a record, or what a button knows of it
     * @param {Number} [activityTypeId]
     * @param {Element} [origin] where it was asked for
     */
    async newActivity({context: targetContext, resModel, resId}, activityTypeId, origin) {
        if (this.props.list.model.useSampleModel) {
            return;
        }
        const context = {...targetContext};
        if (activityTypeId) {
            context.default_activity_type_id = activityTypeId;
        }
        const cell = origin?.closest("td");
        await this.actionService.doActionButton({
            type: "object",
            name: NEW_ACTIVITY,
            resModel,
            resId,
            resIds: [resId],
            context,
            onClose: async () => {
                const {list} = this.props;
                // It may stand in several groups.
                const rows = list.records.filter((record) => record.resId === resId);
                const formerCounts = rows.map((row) => this.countAll(row));
                await Promise.all([...rows.map((row) => row.load()), list.model.loadGroupCounts()]);
                rows.slice(0, 1).forEach((row) => this.announce(row, formerCounts[0]));
                this.render();
                if (cell?.isConnected) {
                    this.focus(cell.querySelector("button, a") || cell);
                }
            },
        });
    }

    /** @returns {Number} of activities of all types */
    countAll(record) {
        return this.getRecordCount({activityType: {id: false}}, record);
    }

    /** Tell a screen reader how many activities a target has, if that has changed. */
    announce(record, former) {
        const count = this.countAll(record);
        if (count !== former) {
            const name = record.data[this.nameField];
            this.news.text =
                count === 1
                    ? _t("%(name)s: 1 activity", {name})
                    : _t("%(name)s: %(count)s activities", {name, count});
        }
    }

    /** @returns {String} the field whose cell opens the record */
    get nameField() {
        return this.columns.find(({options}) => options?.open_record)?.name;
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
