import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** The name of a target, with an icon that opens the record, as nothing else in its row does. */
export class CampaignMatrixName extends Component {
    static template = "crm_activity_ext.CampaignMatrixName";
    static props = {...standardFieldProps, text: String, open: Function};

    get description() {
        return _t("Open %s", this.props.text);
    }

    onClick(ev, newWindow) {
        ev.preventDefault();
        ev.stopPropagation();
        this.props.open(newWindow);
    }
}
