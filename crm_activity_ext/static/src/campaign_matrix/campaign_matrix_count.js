import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** A number of activities that opens them; nothing where there is none. */
export class CampaignMatrixCount extends Component {
    static template = "crm_activity_ext.CampaignMatrixCount";
    static props = {
        ...standardFieldProps,
        count: Number,
        label: String,
        open: Function,
        bold: {type: Boolean, optional: true},
    };
    static defaultProps = {bold: false};

    get description() {
        return _t("%(type)s: %(count)s", {type: this.props.label, count: this.props.count});
    }
}
