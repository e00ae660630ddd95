import {Component, onWillUnmount, xml} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

const INTERVAL = 2000;
const RUNNING = ["pending", "running", "undoing"];

/** Keeps the numbers of a distribution up to date for as long as it runs. */
export class DistributionRefresh extends Component {
    static template = xml``;
    static props = {...standardWidgetProps};

    setup() {
        this.timer = browser.setInterval(() => this.refresh(), INTERVAL);
        onWillUnmount(() => browser.clearInterval(this.timer));
    }

    async refresh() {
        const {record} = this.props;
        if (RUNNING.includes(record.data.run_state) && !document.hidden) {
            await record.load();
        }
    }
}

registry
    .category("view_widgets")
    .add("crm_activity_distribution_refresh", {component: DistributionRefresh});
