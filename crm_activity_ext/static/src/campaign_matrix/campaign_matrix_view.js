import {CampaignMatrixModel} from "./campaign_matrix_model";
import {CampaignMatrixRenderer} from "./campaign_matrix_renderer";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";

registry.category("views").add("crm_campaign_matrix", {
    ...listView,
    Model: CampaignMatrixModel,
    Renderer: CampaignMatrixRenderer,
});
