import {groupBy, unique} from "@web/core/utils/arrays";
import {status, toRaw, useComponent, useEffect, useState} from "@odoo/owl";
import {pick} from "@web/core/utils/objects";

/** What a form may have changed without having saved it. */
const RULE = ["audience_domain", "audience_mode"];

/**
 * @param {Record} record
 * @returns {String} the rule that a form shows, as JSON; empty in a list, which shows none
 */
function readRule(record) {
    const rule = pick(record.data, ...RULE);
    return Object.keys(rule).length === RULE.length ? JSON.stringify(rule) : "";
}

/** What components of the same screen are waiting for. */
class FigureRequests {
    /**
     * @param {Object} orm
     * @param {Object[]} requests with the same rule: `{resId, rule, names, isWanted, answer, fail}`
     */
    constructor(orm, requests) {
        this.orm = orm;
        this.missing = requests;
        this.names = unique(requests.flatMap(({names}) => names));
        this.rule = requests[0].rule;
    }

    async load() {
        while (this.dropUnwanted()) {
            try {
                this.hand(await this.read());
            } catch (error) {
                this.fail(error.data?.message || error.message);
            }
        }
    }

    /** @returns {Boolean} whether any is left: nobody counts for a screen that is gone */
    dropUnwanted() {
        this.missing = this.missing.filter(({isWanted}) => isWanted());
        return this.missing.length > 0;
    }

    async read() {
        const ids = unique(this.missing.map(({resId}) => resId)).filter(Boolean);
        const rule = this.rule ? [JSON.parse(this.rule)] : [];
        return await this.orm.silent.call("utm.campaign", "get_crm_figures", [
            ids,
            this.names,
            ...rule,
        ]);
    }

    /** @param {Object[]} rows of some of the campaigns: at least of one, if they still exist */
    hand(rows) {
        const byId = new Map(rows.map((row) => [row.id, row]));
        const before = this.missing.length;
        this.missing = this.missing.filter((request) => {
            const row = byId.get(request.resId || false);
            if (row && request.isWanted()) {
                request.answer(row);
            }
            return !row;
        });
        if (this.missing.length === before) {
            this.fail("");
        }
    }

    fail(problem) {
        this.missing
            .filter((request) => request.isWanted())
            .forEach((request) => request.fail(problem));
        this.missing = [];
    }
}

/** What the components of each screen have asked for since the last call of the server. */
const waiting = new WeakMap();

function ask(orm, model, request) {
    if (waiting.has(model)) {
        waiting.get(model).push(request);
        return;
    }
    const requests = [request];
    waiting.set(model, requests);
    // All components of a screen are mounted in one go, the last one first.
    Promise.resolve().then(() => {
        waiting.delete(model);
        for (const alike of Object.values(groupBy(requests.reverse(), ({rule}) => rule))) {
            new FigureRequests(orm, alike).load();
        }
    });
}

/**
 * Figures of the campaign that a component shows, asked for once the component is there: to count an
 * audience takes longer than to read all the rest of a screen. Whatever a screen shows of all its
 * campaigns is asked for together, and again for those that the answer lacks.
 *
 * @param {String[]} names fields of utm.campaign
 * @returns {{values: Object|null, problem: String}} null for as long as nobody knows them; the
 *   problem is why they cannot be known
 */
export function useCampaignFigures(names) {
    const component = useComponent();
    // Not by useService: what one component has asked for outlives it, as others wait as well.
    const {orm} = component.env.services;
    const state = useState({values: null, problem: ""});
    let current = null;
    useEffect(
        (record, resId, rule) => {
            Object.assign(state, {values: null, problem: ""});
            // Sample rows are nobody's campaigns.
            if (record.model.useSampleModel) {
                return;
            }
            const request = {
                resId,
                rule,
                names: ["audience_error", ...names],
                isWanted: () => request === current && status(component) !== "destroyed",
                answer: (values) => {
                    Object.assign(state, {values, problem: values.audience_error || ""});
                },
                fail: (problem) => Object.assign(state, {values: {}, problem}),
            };
            current = request;
            ask(orm, toRaw(record.model), request);
        },
        () => {
            const {record} = component.props;
            return [record, record.resId, readRule(record)];
        }
    );
    return state;
}
