import {RelationalModel} from "@web/model/relational_model/relational_model";

const ACTIVITY = "crm.activity";
const TYPE = "activity_type_id";

/**
 * @param {any} value of a group, as the server gives it: with or without a label
 * @returns {any} what the client knows the group by
 */
const getGroupKey = (value) => (Array.isArray(value) ? value[0] : value);

/** @typedef {{values: any[], typeId: Number, count: Number}} GroupCount of a group and a type */

/** The targets of a campaign; where they are grouped, with the numbers of whole groups. */
export class CampaignMatrixModel extends RelationalModel {
    setup() {
        super.setup(...arguments);
        /** @type {GroupCount[]} of all groups, on whatever page they are */
        this.groupCounts = [];
        /** @type {Map<String, Object>} by the id of a group on this page: numbers by type */
        this.countsOfGroup = new Map();
    }

    /**
     * Without parameters the same rows are read again, as after a dialog: they stay selected.
     *
     * @override
     */
    async load(params) {
        const {isDomainSelected, selection} = this.root && !params ? this.root : {};
        const selectedIds = new Set(selection?.map((record) => record.resId));
        await super.load(params);
        for (const record of this.root.records) {
            if (selectedIds.has(record.resId)) {
                await record.toggleSelection(true);
            }
        }
        if (isDomainSelected) {
            await this.root.selectDomain(true);
        }
        await this.loadGroupCounts();
    }

    /** Ask at once for the numbers of all groups: also of those that are folded. */
    async loadGroupCounts() {
        const {context, domain, groupBy, isGrouped} = this.root;
        const targetField = context.crm_campaign_field;
        let groups = [];
        const specs = groupBy.map((name) => `${targetField}.${name}`);
        // The server does not group by properties of a target.
        if (isGrouped && targetField && !groupBy.some((name) => name.includes("."))) {
            groups = await this.orm.formattedReadGroup(
                ACTIVITY,
                [
                    ["campaign_id", "=", context.crm_campaign_id],
                    [targetField, "any", domain],
                ],
                [...specs, TYPE],
                ["__count"],
                {context}
            );
        }
        this.groupCounts = groups.map((group) => ({
            values: specs.map((spec) => getGroupKey(group[spec])),
            typeId: group[TYPE][0],
            count: group.__count,
        }));
        this.countsOfGroup.clear();
    }

    /**
     * @param {Object} group
     * @returns {Object} its numbers, by the id of a type
     */
    getGroupCounts(group) {
        if (!this.countsOfGroup.has(group.id)) {
            this._findGroupCounts(this.root.groups, this.groupCounts);
        }
        return this.countsOfGroup.get(group.id) || {};
    }

    /**
     * @param {Object[]} groups of one level
     * @param {GroupCount[]} groupCounts of the group above
     * @param {Number} [level]
     */
    _findGroupCounts(groups, groupCounts, level = 0) {
        for (const group of groups) {
            const key = getGroupKey(group.serverValue);
            const own = groupCounts.filter(({values}) => values[level] === key);
            const counts = {};
            for (const {typeId, count} of own) {
                counts[typeId] = (counts[typeId] || 0) + count;
            }
            this.countsOfGroup.set(group.id, counts);
            if (group.list.isGrouped) {
                this._findGroupCounts(group.list.groups, own, level + 1);
            }
        }
    }
}
