import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useCampaignFigures} from "../campaign_figures/campaign_figures";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

/** The statuses that show even where there are none. */
const ALWAYS_SHOWN = ["pending", "done", "failed"];

function showListFirst(action) {
    const isList = ([, mode]) => mode === "list";
    action.views.sort((a, b) => isList(b) - isList(a));
}

/** How much of its audience a campaign has reached, and its activities by type and status. */
export class CampaignProgress extends Component {
    static template = "crm_activity_ext.CampaignProgress";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.figures = useCampaignFigures(["audience_customer_count", "crm_activity_progress"]);
    }

    /** @returns {Object|undefined} as long as nobody knows, and where the audience cannot be read */
    get progress() {
        return this.figures.problem ? undefined : this.figures.values?.crm_activity_progress;
    }

    /** @returns {[String, String][]} statuses with their labels */
    get states() {
        return this.progress.states.filter(
            ([state]) => ALWAYS_SHOWN.includes(state) || this.countTotal({state})
        );
    }

    get customerCount() {
        return this.figures.values.audience_customer_count;
    }

    describe({reached, total}) {
        return _t("%(reached)s of %(total)s reached", {reached, total});
    }

    describeResponses({responded, total}) {
        const rate = this.getShare(responded, total);
        return _t("%(responded)s of %(total)s responded (%(rate)s %)", {responded, total, rate});
    }

    /**
     * @param {Number} part
     * @param {Number} total
     * @returns {Number} how many of a hundred, never 100 before all are
     */
    getShare(part, total) {
        return total ? Math.floor((100 * part) / total) : 0;
    }

    /**
     * @param {{typeId?: Number, state?: String}} which without one: of all
     * @returns {Number} of activities
     */
    countTotal({typeId, state}) {
        let count = 0;
        for (const {id, states} of this.progress.types) {
            if (typeId && id !== typeId) {
                continue;
            }
            for (const [key, value] of Object.entries(states)) {
                count += !state || key === state ? value : 0;
            }
        }
        return count;
    }

    async openPart(part) {
        await this.open(part.action);
    }

    get doneCount() {
        return this.countTotal({state: "done"});
    }

    async openOutcome({id}) {
        await this.open("action_view_crm_activities", (action) => {
            showListFirst(action);
            action.domain.push(["outcome_id", "=", id], ["state", "=", "done"]);
        });
    }

    async openActivities({typeId, state}) {
        await this.open("action_view_crm_activities", (action) => {
            showListFirst(action);
            if (typeId) {
                action.domain.push(["activity_type_id", "=", typeId]);
            }
            if (state) {
                action.domain.push(["state", "=", state]);
            }
        });
    }

    /**
     * What the form shows is saved first, as before any of its buttons.
     *
     * @param {String} method of the campaign that returns an action
     * @param {Function} [narrow] changes the action
     */
    async open(method, narrow) {
        const {record} = this.props;
        if (!(await record.save())) {
            return;
        }
        const action = await this.orm.call(record.resModel, method, [[record.resId]], {
            context: user.context,
        });
        narrow?.(action);
        await this.action.doAction(action);
    }
}

registry.category("view_widgets").add("crm_campaign_progress", {component: CampaignProgress});
