import {GraphModel} from "@web/views/graph/graph_model";
import {graphView} from "@web/views/graph/graph_view";
import {pivotView} from "@web/views/pivot/pivot_view";
import {registry} from "@web/core/registry";
import {rememberingEmails} from "../history_emails/remembering_emails";

/** A place on the axis for each month between entries: Odoo asks for them, and then leaves them out of bars. */
export class HistoryGraphModel extends GraphModel {
    /**
     * @override
     */
    _getProcessedDataPoints() {
        const points = super._getProcessedDataPoints();
        if (this.metaData.mode !== "bar" || this.metaData.order || !points.length) {
            return points;
        }
        // What is empty has no kind: without one of those there are, the legend would show it.
        const series = points[0].labels.slice(1);
        return this.dataPoints.map((point) =>
            point.count ? point : {...point, labels: [point.labels[0], ...series]}
        );
    }
}

const views = registry.category("views");

views.add("crm_history_graph", {
    ...graphView,
    Model: HistoryGraphModel,
    SearchModel: rememberingEmails(graphView.SearchModel),
});
views.add("crm_history_pivot", {
    ...pivotView,
    SearchModel: rememberingEmails(pivotView.SearchModel),
});
