import {KanbanRenderer} from "@web/views/kanban/kanban_renderer";
import {RelationalModel} from "@web/model/relational_model/relational_model";
import {SearchActionHelper} from "../search_help/search_action_helper";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {registry} from "@web/core/registry";

class CampaignCardsModel extends RelationalModel {
    /** @override */
    async load(params = {}) {
        // At once: Odoo's controller needs the empty list that is there while this one loads.
        const loading = super.load(...arguments);
        const {crm_campaign_id: campaignId} = params.context || this.config.context;
        if (campaignId && !this.activityTypes) {
            this.activityTypes = await this.orm.call("utm.campaign", "get_crm_activity_types", [
                [campaignId],
            ]);
        }
        await loading;
    }
}

class CampaignCardsRenderer extends KanbanRenderer {
    static components = {...KanbanRenderer.components, ActionHelper: SearchActionHelper};
}

/** The targets of a campaign as cards: the matrix, for phones. */
registry.category("views").add("crm_campaign_cards", {
    ...kanbanView,
    Model: CampaignCardsModel,
    Renderer: CampaignCardsRenderer,
});
