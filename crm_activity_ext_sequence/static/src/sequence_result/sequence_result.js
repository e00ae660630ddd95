import {DistributionResult} from "@crm_activity_ext/distribution_result/distribution_result";
import {registry} from "@web/core/registry";
import {serializeDate} from "@web/core/l10n/dates";

/** For how many a sequence will be started, and for whom not. */
export class SequenceResult extends DistributionResult {
    static template = "crm_activity_ext_sequence.SequenceResult";

    get values() {
        const {data} = this.props.record;
        return {
            ...super.values,
            sequence_id: data.sequence_id.id || false,
            start_date: data.start_date ? serializeDate(data.start_date) : false,
        };
    }
}

registry.category("view_widgets").add("crm_activity_sequence_result", {
    component: SequenceResult,
});
