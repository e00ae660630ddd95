import {CalendarCommonPopover} from "@web/views/calendar/calendar_common/calendar_common_popover";

const OPEN_STATES = ["draft", "pending"];

/** What an activity is, whom to call, and what is done with it most. */
export class ActivityCalendarPopover extends CalendarCommonPopover {
    static subTemplates = {
        ...CalendarCommonPopover.subTemplates,
        footer: "crm_activity_ext.ActivityCalendarPopover.footer",
    };

    /** Without a duration there is no end to tell. @override */
    computeDateTimeAndDuration() {
        super.computeDateTimeAndDuration();
        if (this.time && !this.props.record.rawRecord.duration) {
            this.time = this.time.split(" - ")[0];
            this.timeDuration = null;
        }
    }

    get isOpen() {
        return this.isEventEditable && OPEN_STATES.includes(this.props.record.rawRecord.state);
    }

    /** Messages are done by their queue. */
    get canBeDone() {
        return this.isOpen && !this.props.record.rawRecord.has_delivered_channel;
    }

    /** @param {String} method of the activity, which may give an action */
    async run(method) {
        const {close, model, record} = this.props;
        // The services as they are: those of a component that is closed do nothing.
        const {action, orm} = this.env.services;
        close();
        const result = await orm.call(model.resModel, method, [[record.id]]);
        if (result && result !== true) {
            await action.doAction(result, {onClose: () => model.load()});
        }
        await model.load();
    }
}
