import {registry} from "@web/core/registry";
import {listView} from "@web/views/list/list_view";
import {CampaignMatrixModel} from "./campaign_matrix_model";
import {CampaignMatrixRenderer} from "./campaign_matrix_renderer";

registry.category("views").add("crm_campaign_matrix", {
    ...listView,
    Model: CampaignMatrixModel,
    Renderer: CampaignMatrixRenderer,
});
