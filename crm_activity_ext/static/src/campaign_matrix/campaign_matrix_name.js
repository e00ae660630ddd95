import {Component} from "@odoo/owl";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** The name of a target: it opens the record, as nothing else in its row does. */
export class CampaignMatrixName extends Component {
    static template = "crm_activity_ext.CampaignMatrixName";
    static props = {...standardFieldProps, text: String, open: Function};

    onClick(ev, newWindow) {
        ev.preventDefault();
        ev.stopPropagation();
        this.props.open(newWindow);
    }
}
