import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** The numbers of a target's activities in a campaign: an icon and a number for each type it has. */
export class CampaignCountsField extends Component {
    static template = "crm_activity_ext.CampaignCountsField";
    static props = {...standardFieldProps};

    get counts() {
        const counts = this.props.record.data[this.props.name] || {};
        const types = this.props.record.model.activityTypes || [];
        return types.map((type) => ({...type, count: counts[type.id]})).filter(({count}) => count);
    }
}

registry.category("fields").add("crm_campaign_counts", {
    component: CampaignCountsField,
    supportedTypes: ["json"],
});
