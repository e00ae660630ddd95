import {ListRenderer} from "@web/views/list/list_renderer";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";

const isFigure = ({widget}) => widget === "crm_campaign_figure";

/** Leaves the figures out of what the list reads: each asks for its own. */
export class CampaignListArchParser extends listView.ArchParser {
    parse() {
        const archInfo = super.parse(...arguments);
        const read = Object.entries(archInfo.fieldNodes).filter(([, node]) => !isFigure(node));
        return {...archInfo, fieldNodes: Object.fromEntries(read)};
    }
}

export class CampaignListRenderer extends ListRenderer {
    static recordRowTemplate = "crm_activity_ext.CampaignListRenderer.RecordRow";

    isFigure(column) {
        return isFigure(column);
    }
}

registry.category("views").add("crm_campaign_list", {
    ...listView,
    ArchParser: CampaignListArchParser,
    Renderer: CampaignListRenderer,
});
