import {registry} from "@web/core/registry";
import {listView} from "@web/views/list/list_view";
import {CampaignMatrixRenderer} from "./campaign_matrix_renderer";

registry.category("views").add("crm_campaign_matrix", {
    ...listView,
    Renderer: CampaignMatrixRenderer,
});
