import {RelationalModel} from "@web/model/relational_model/relational_model";

const getOrder = (asc) => ["date", "id"].map((name) => ({name, asc}));
const serialize = (orderBy) => orderBy.map(({name, asc}) => `${name} ${asc}`).join();
const DEFAULTS = [getOrder(true), getOrder(false)].map(serialize);

/**
 * Activities with the newest first; with the oldest first where a filter for work that is to be done
 * says so, by the key `crm_activity_oldest_first` in its context. What somebody sorts by stays.
 */
export class ActivityModel extends RelationalModel {
    /** @override */
    _getNextConfig() {
        const config = super._getNextConfig(...arguments);
        if (config.orderBy && DEFAULTS.includes(serialize(config.orderBy))) {
            config.orderBy = getOrder(Boolean(config.context.crm_activity_oldest_first));
        }
        return config;
    }
}
