import {Component, onWillStart, useState} from "@odoo/owl";
import {formatFloat} from "@web/views/fields/formatters";
import {useBus, useService} from "@web/core/utils/hooks";

/** How far the user has come with the goals of the week, above what is to be done today. */
export class DayGoals extends Component {
    static template = "crm_activity_ext_gamification.DayGoals";
    static props = {model: Object};

    setup() {
        this.orm = useService("orm");
        this.state = useState({goals: []});
        this.shown = undefined;
        onWillStart(() => this.load());
        useBus(this.props.model.bus, "update", () => this.refresh());
    }

    async load() {
        this.state.goals = await this.orm.silent.call(
            "gamification.goal",
            "get_crm_activity_goals"
        );
    }

    /** What is done leaves the list; what is merely selected changes nothing. */
    async refresh() {
        const shown = (this.props.model.root?.records || []).map(({resId}) => resId).join();
        if (shown !== this.shown) {
            this.shown = shown;
            await this.load();
        }
    }

    format(number) {
        return formatFloat(number, {digits: [16, 1], trailingZeros: false});
    }
}
