import {Component, onWillStart, onWillUpdateProps, useState} from "@odoo/owl";
import {KeepLast} from "@web/core/utils/concurrency";
import {formatFloat} from "@web/views/fields/formatters";
import {useService} from "@web/core/utils/hooks";

/** How far the user has come with the goals of the week, above what is to be done today. */
export class DayGoals extends Component {
    static template = "crm_activity_ext_gamification.DayGoals";
    /** @property {String} shownIds of the activities below: what is done has left them */
    static props = {shownIds: String};

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.state = useState({goals: []});
        onWillStart(() => this.load());
        onWillUpdateProps(({shownIds}) => {
            if (shownIds !== this.props.shownIds) {
                this.load();
            }
        });
    }

    async load() {
        this.state.goals = await this.keepLast.add(
            this.orm.silent.call("gamification.goal", "get_crm_activity_goals")
        );
    }

    format(number) {
        return formatFloat(number, {digits: [16, 1], trailingZeros: false});
    }
}
