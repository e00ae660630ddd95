import {ActivityListRenderer} from "../activity_list/activity_list_renderer";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";

/** It uses its room as the list of activities does. */
registry.category("views").add("crm_history_list", {...listView, Renderer: ActivityListRenderer});
