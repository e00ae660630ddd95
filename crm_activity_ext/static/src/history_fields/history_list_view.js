import {ActivityListRenderer} from "../activity_list/activity_list_renderer";
import {SearchModel} from "@web/search/search_model";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";
import {rememberingEmails} from "../history_emails/remembering_emails";

const views = registry.category("views");
const HistorySearchModel = rememberingEmails(SearchModel);

/** It uses its room as the list of activities does. */
views.add("crm_history_list", {
    ...listView,
    Renderer: ActivityListRenderer,
    SearchModel: HistorySearchModel,
});
views.add("crm_history_kanban", {...kanbanView, SearchModel: HistorySearchModel});
