import {ActivityCalendarModel} from "./activity_calendar_model";
import {ActivityCalendarPopover} from "./activity_calendar_popover";
import {CalendarCommonRenderer} from "@web/views/calendar/calendar_common/calendar_common_renderer";
import {CalendarController} from "@web/views/calendar/calendar_controller";
import {CalendarRenderer} from "@web/views/calendar/calendar_renderer";
import {_t} from "@web/core/l10n/translation";
import {calendarView} from "@web/views/calendar/calendar_view";
import {registry} from "@web/core/registry";

/** Days, weeks and months. */
class ActivityCalendarCommonRenderer extends CalendarCommonRenderer {
    static components = {...CalendarCommonRenderer.components, Popover: ActivityCalendarPopover};
    static eventTemplate = "crm_activity_ext.ActivityCalendarEvent";
}

class ActivityCalendarRenderer extends CalendarRenderer {
    static components = {
        ...CalendarRenderer.components,
        day: ActivityCalendarCommonRenderer,
        week: ActivityCalendarCommonRenderer,
        month: ActivityCalendarCommonRenderer,
    };
}

class ActivityCalendarController extends CalendarController {
    /** @override */
    get editRecordDefaultDisplayText() {
        return _t("New Activity");
    }
}

registry.category("views").add("crm_activity_calendar", {
    ...calendarView,
    Controller: ActivityCalendarController,
    Model: ActivityCalendarModel,
    Renderer: ActivityCalendarRenderer,
});
