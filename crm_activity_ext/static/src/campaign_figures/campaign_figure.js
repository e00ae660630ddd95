import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatInteger} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useCampaignFigures} from "./campaign_figures";

/** A figure of a campaign that comes after the screen: "…" until it is there, "—" where it cannot be. */
export class CampaignFigure extends Component {
    static template = "crm_activity_ext.CampaignFigure";
    static props = {
        record: Object,
        name: String,
        label: {type: String, optional: true},
        "*": true,
    };

    setup() {
        this.figures = useCampaignFigures([this.props.name]);
    }

    get value() {
        return this.figures.values?.[this.props.name] || 0;
    }

    get isKnown() {
        const {values, problem} = this.figures;
        return Boolean(values) && !problem && this.props.name in values;
    }

    get isShare() {
        return this.props.record.fields[this.props.name]?.type === "float";
    }

    /** @returns {Number} how many of a hundred, never 100 before all are */
    get share() {
        return Math.floor(this.value);
    }

    get text() {
        if (!this.figures.values) {
            return "…";
        }
        if (!this.isKnown) {
            return "—";
        }
        return this.isShare ? `${this.share} %` : formatInteger(this.value);
    }
}

registry.category("fields").add("crm_campaign_figure", {
    component: class extends CampaignFigure {
        static props = {...standardFieldProps};
    },
    displayName: _t("Campaign Figure"),
    supportedTypes: ["integer", "float"],
    isEmpty: () => false,
});

registry.category("view_widgets").add("crm_campaign_figure", {
    component: class extends CampaignFigure {
        static props = {
            ...standardWidgetProps,
            name: String,
            label: {type: String, optional: true},
        };
    },
    extractProps: ({attrs, options}) => ({name: options.name, label: attrs.string}),
});

/** Why the audience of a campaign cannot be read, where that is so. */
export class CampaignProblem extends Component {
    static template = "crm_activity_ext.CampaignProblem";
    static props = {...standardWidgetProps};

    setup() {
        this.figures = useCampaignFigures([]);
    }
}

registry.category("view_widgets").add("crm_campaign_problem", {component: CampaignProblem});
