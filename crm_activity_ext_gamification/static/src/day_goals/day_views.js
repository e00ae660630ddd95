import "@crm_activity_ext/activity_export/activity_list_view";
import "@crm_activity_ext/activity_kanban/activity_kanban_view";
import {DayGoals} from "./day_goals";
import {registry} from "@web/core/registry";

const views = registry.category("views");

/** The views of *My Day* with the user's goals above. */
for (const [name, former, template] of [
    ["crm_activity_day_list", "crm_activity_list", "DayList"],
    ["crm_activity_day_kanban", "crm_activity_kanban", "DayKanban"],
]) {
    const view = views.get(former);
    class DayController extends view.Controller {
        static template = `crm_activity_ext_gamification.${template}`;
        static components = {...view.Controller.components, DayGoals};

        get shownIds() {
            return this.model.root.records.map(({resId}) => resId).join();
        }
    }
    views.add(name, {...view, Controller: DayController});
}
