import {Component, markup, status, useEffect, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {pick} from "@web/core/utils/objects";
import {registry} from "@web/core/registry";
import {serializeDateTime} from "@web/core/l10n/dates";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";

/** What decides for whom no activity is made. */
const DECISIVE = [
    "activity_type_id",
    "campaign_id",
    "date",
    "max_per_day",
    "skip_existing",
    "spread_order",
    "state",
    "target_ids",
    "target_model",
    "user_id",
    "user_policy",
];
/** Milliseconds in which somebody may change their mind, before it is asked. */
const DELAY = 200;

/**
 * How many activities will be made, and for whom none. The dialog does not wait for it: each of
 * thousands of addresses is looked at.
 */
export class DistributionResult extends Component {
    static template = "crm_activity_ext.DistributionResult";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.state = useState({result: null});
        useEffect(
            (values) => {
                this.state.result = null;
                const timer = browser.setTimeout(() => this.load(values), DELAY);
                return () => browser.clearTimeout(timer);
            },
            () => [JSON.stringify(this.values)]
        );
    }

    /** @returns {Object} as the server takes them */
    get values() {
        const {data} = this.props.record;
        return {
            ...pick(data, ...DECISIVE),
            activity_type_id: data.activity_type_id.id || false,
            campaign_id: data.campaign_id.id || false,
            date: data.date ? serializeDateTime(data.date) : false,
            user_id: data.user_id.id || false,
        };
    }

    get leftOut() {
        return markup(this.state.result.left_out || "");
    }

    get optOutNotice() {
        return markup(this.state.result.opt_out_notice || "");
    }

    /** @param {String} values JSON */
    async load(values) {
        const {record} = this.props;
        const [result] = await this.orm.silent.call(record.resModel, "get_expected_result", [
            record.resId ? [record.resId] : [],
            JSON.parse(values),
        ]);
        const isCurrent = values === JSON.stringify(this.values);
        if (isCurrent && status(this) !== "destroyed") {
            this.state.result = result;
        }
    }
}

registry.category("view_widgets").add("crm_activity_distribution_result", {
    component: DistributionResult,
});
