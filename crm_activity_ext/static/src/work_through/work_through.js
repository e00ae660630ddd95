import {
    Component,
    markup,
    onMounted,
    onWillStart,
    onWillUnmount,
    useEffect,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import {deserializeDateTime, serializeDateTime, toLocaleDateTimeString} from "@web/core/l10n/dates";
import {DateTimeInput} from "@web/core/datetime/datetime_input";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {Layout} from "@web/search/layout";
import {Many2One} from "@web/views/fields/many2one/many2one";
import {WorkList} from "./work_list";
import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {localization} from "@web/core/l10n/localization";
import {notifyChanged} from "../activity_changed/activity_changed";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";

const MODEL = "crm.activity";
/** Where the list is kept for a reload: it is too long for an address. */
const STORAGE_KEY = "crm_activity_work_through";
const TYPED_INTO = "input, textarea, select, [contenteditable=true]";
/** What keeps the Enter key for itself. */
const OWN_ENTER = "a, button, .o_work_then .o_input_dropdown input, .o-autocomplete, textarea";
const NAMED = {fields: {display_name: {}}};
const THEN = {
    next_type_id: NAMED,
    next_date: {},
    next_user_id: NAMED,
    next_name: {},
};
const NOTHING = {
    next_type_id: false,
    next_date: false,
    next_user_id: false,
    next_name: "",
};
const EMPTY = {note: "", outcome_id: false, ...NOTHING};
/** The screen that was opened last: Odoo opens one anew before it takes the former away. */
let latest = null;

const EMPTY_COUNTS = {done: 0, later: 0, skipped: 0};

/**
 * One activity after the other: whom it is for, what happened last, and what came of it.
 *
 * The list is the client's; which of it is next, and what is proposed to come then, the server says.
 */
export class WorkThrough extends Component {
    static template = "crm_activity_ext.WorkThrough";
    static components = {DateTimeInput, Dropdown, DropdownItem, Layout, Many2One};
    static props = {...standardActionServiceProps};
    static path = "crm-work-through";
    static displayName = _t("Work Through");

    setup() {
        this.orm = useService("orm");
        this.ui = useService("ui");
        this.action = useService("action");
        this.root = useRef("root");
        this.closeNotification = () => undefined;
        latest = this;
        /** What was changed by hand, and is not to be proposed. */
        this.touched = new Set();
        /** The question what comes then, until it is answered: an older answer is out of date. */
        this.question = null;
        const {state} = this.props;
        this.list = state?.list || null;
        this.state = useState({
            counts: state?.counts || {...EMPTY_COUNTS},
            isBusy: false,
            isOver: false,
            leftOut: state?.leftOut || false,
            skipped: [],
            step: false,
            values: {...EMPTY},
        });
        useSetupAction({
            rootRef: this.root,
            getLocalState: () => ({
                list: this.list,
                counts: {...this.state.counts},
                leftOut: this.state.leftOut,
            }),
        });
        useExternalListener(window, "keydown", (ev) => this.onKeydown(ev));
        onWillStart(() => this.start());
        onMounted(() => this.root.el?.focus());
        useEffect(
            () => this.root.el?.focus(),
            () => [this.state.step.id]
        );
        onWillUnmount(() => {
            this.isGone = true;
            if (latest.state.step.id !== this.state.step.id || latest === this) {
                this.release();
            }
        });
    }

    get display() {
        return {controlPanel: {}};
    }

    async start() {
        if (this.list) {
            // Again the one that was left.
            this.list.index--;
        } else {
            await this.begin();
        }
        await this.goOn();
    }

    async begin() {
        const given = this.props.action.params?.ids;
        const stored = JSON.parse(browser.sessionStorage.getItem(STORAGE_KEY) || "[]");
        const ids = Array.isArray(given) ? given : stored;
        browser.sessionStorage.setItem(STORAGE_KEY, JSON.stringify(ids));
        const {ids: workable, left_out} = await this.orm.call(MODEL, "get_work_list", [ids]);
        this.list = new WorkList(workable);
        this.state.leftOut = left_out;
    }

    /** @returns {Promise} the next one is there, or there is none */
    async goOn(leftId = false) {
        const asked = this.list.getNext();
        if (asked.length) {
            this.take(
                await this.orm.call(MODEL, "work_on_next", [asked], {left_id: leftId}),
                asked
            );
            await this.lookFurther();
        } else {
            await this.release(leftId);
            this.finish();
        }
    }

    /** Where a hundred in a row are not to be done any more. */
    async lookFurther() {
        while (!this.state.step && this.list.getNext().length) {
            const asked = this.list.getNext();
            this.take(await this.orm.call(MODEL, "work_on_next", [asked]), asked, true);
        }
        if (!this.state.step) {
            this.finish();
        }
    }

    /** Show what the server answers. */
    take({step, skipped}, asked, isFurther = false) {
        const former = isFurther ? this.state.skipped : [];
        if (this.state.step) {
            // It was read with the first one.
            this.state.leftOut = false;
        }
        this.list.goTo(step.id, asked);
        this.list.defer(skipped.filter(({is_claimed}) => is_claimed).map(({id}) => id));
        this.forgetThen();
        this.state.skipped = [...former, ...skipped];
        this.state.values = {...EMPTY};
        this.state.step = step && {
            ...step,
            body: markup(step.body || ""),
            date: deserializeDateTime(step.date),
            history: step.history.map((line) => ({...line, date: deserializeDateTime(line.date)})),
        };
        if (this.isGone) {
            this.release(step.id);
        }
    }

    finish() {
        this.state.step = false;
        this.state.isOver = true;
    }

    /** Do one thing at a time: a second key or click while the server answers is not meant. */
    async exclusively(work) {
        if (this.state.isBusy) {
            return;
        }
        this.state.isBusy = true;
        try {
            await work();
        } finally {
            this.state.isBusy = false;
        }
    }

    /** Leave an activity: its customer is free again. */
    async release(id = this.state.step.id) {
        if (id) {
            await this.orm.silent.call(MODEL, "work_stop", [id]);
        }
    }

    done() {
        return this.exclusively(async () => {
            // What is asked for is on the screen first.
            await this.question;
            await this.finishStep("work_done", this.getDoneValues(), "done");
        });
    }

    later(when) {
        return this.exclusively(() => this.finishStep("work_later", when, "later"));
    }

    async finishStep(method, value, count) {
        const asked = this.list.getNext();
        const args = [[this.state.step.id], value, asked];
        const result = await this.orm.call(MODEL, method, args);
        this.state.counts[count]++;
        this.closeNotification();
        this.closeNotification = notifyChanged(this.env, {
            ...result.notification,
            plan_next_id: false,
        });
        if (asked.length) {
            this.take(result, asked);
        } else {
            this.state.step = false;
        }
        await this.lookFurther();
    }

    skip() {
        return this.exclusively(async () => {
            this.state.counts.skipped++;
            await this.goOn(this.state.step.id);
        });
    }

    back() {
        return this.exclusively(async () => {
            const asked = this.list.getPrevious();
            if (asked.length > 1) {
                const leftId = this.state.step.id;
                const {step} = await this.orm.call(MODEL, "work_on_next", [asked], {
                    left_id: leftId,
                });
                if (step) {
                    this.take({step, skipped: []}, asked);
                }
            }
        });
    }

    stop() {
        return this.exclusively(async () => {
            await this.release();
            this.state.step = false;
            if (this.env.config.breadcrumbs.length > 1) {
                await this.env.config.historyBack();
            } else {
                await this.action.doAction("crm_activity_ext.crm_activity_action_day", {
                    clearBreadcrumbs: true,
                });
            }
        });
    }

    /** What is on the screen. */
    getDoneValues() {
        const {note, outcome_id} = this.state.values;
        const then = Object.keys(THEN).map((name) => [name, this.serialize(name)]);
        return {note: note.trim(), outcome_id, ...Object.fromEntries(then)};
    }

    serialize(name) {
        const value = this.state.values[name];
        if (!value) {
            return false;
        }
        if (name === "next_date") {
            return serializeDateTime(value);
        }
        return name in THEN && THEN[name] === NAMED ? value.id : value;
    }

    /** A second click takes it back: nothing has to come of an activity. */
    chooseOutcome(id) {
        const {step, values} = this.state;
        values.outcome_id = values.outcome_id === id ? false : id;
        const outcome = step.outcomes.find((one) => one.id === values.outcome_id);
        this.forgetThen();
        this.showThen(outcome?.then || NOTHING);
    }

    /** Enter is then for what was chosen, and not for the button. */
    clickOutcome(id) {
        this.root.el.focus();
        this.chooseOutcome(id);
    }

    async change(name, value) {
        this.state.values[name] = value;
        this.touched.add(name);
        if (["next_type_id", "next_user_id"].includes(name)) {
            await this.propose(name);
        }
    }

    /** Another type or person was chosen: the dialog that marks an activity done knows the rest. */
    async propose(changed) {
        const question = this.orm.silent.call("crm.activity.done", "onchange", [
            [],
            {activity_ids: [this.state.step.id], ...this.getDoneValues()},
            [changed],
            {...THEN, outcome_id: {}, activity_ids: {}, note: {}},
        ]);
        this.question = question;
        try {
            const {value} = await question;
            if (question === this.question) {
                this.showThen(value);
            }
        } finally {
            if (question === this.question) {
                this.question = null;
            }
        }
    }

    /** Show what is proposed, except for what was changed by hand. */
    showThen(proposed) {
        for (const name of Object.keys(THEN)) {
            if (name in proposed && !this.touched.has(name)) {
                const value = proposed[name];
                this.state.values[name] =
                    name === "next_date" && value ? deserializeDateTime(value) : value;
            }
        }
    }

    forgetThen() {
        this.question = null;
        this.touched.clear();
    }

    onKeydown(ev) {
        const isModified = ev.altKey || ev.ctrlKey || ev.metaKey || ev.shiftKey;
        // A dialog, a menu or a calendar that is open has the keys.
        const isAbove =
            this.ui.activeElement !== document ||
            document.querySelector(".o-overlay-item .o_popover");
        if (ev.defaultPrevented || ev.repeat || isModified || isAbove || this.ui.isBlocked) {
            return;
        }
        const run = this.getKeyAction(ev);
        if (run) {
            ev.preventDefault();
            run();
        }
    }

    getKeyAction({key, target}) {
        const isTyping = Boolean(target.closest?.(TYPED_INTO));
        if (key === "Escape") {
            return () => (isTyping ? this.root.el.focus() : this.stop());
        }
        if (!this.state.step) {
            return false;
        }
        if (key === "Tab" && target === this.root.el) {
            return () => this.root.el.querySelector(".o_work_note").focus();
        }
        if (key === "Enter") {
            return !target.closest?.(OWN_ENTER) && (() => this.done());
        }
        if (isTyping) {
            return false;
        }
        const outcome = this.state.step.outcomes[Number(key) - 1];
        if (/^[1-9]$/.test(key) && outcome) {
            return () => this.chooseOutcome(outcome.id);
        }
        return {ArrowRight: () => this.skip(), ArrowLeft: () => this.back()}[key];
    }

    get place() {
        return _t("%(place)s of %(total)s", {
            place: this.list.index + 1,
            total: this.list.total,
        });
    }

    get laterChoices() {
        return [
            ["two_hours", _t("In 2 Hours")],
            ["tomorrow", _t("Tomorrow, 9:00")],
            ["monday", _t("Monday, 9:00")],
        ];
    }

    /** Those whom it is for, the customer first. */
    get targets() {
        const {step} = this.state;
        return [
            ["res.partner", step.partner_id],
            ["res.partner", step.contact_id],
            ["crm.lead", step.lead_id],
        ]
            .filter(([, target]) => target)
            .map(([resModel, target]) => ({resModel, ...target}));
    }

    get phoneHref() {
        return `tel:${this.state.step.recipient_phone.replace(/\s+/g, "")}`;
    }

    get dateFormat() {
        // Nobody plans by the second.
        return `${localization.dateFormat} ${localization.timeFormat.replace(":ss", "")}`;
    }

    get typeDomain() {
        return [
            ["crm_channel", "!=", false],
            ["res_model", "in", [false, MODEL]],
        ];
    }

    get summary() {
        const {done, later, skipped} = this.state.counts;
        return _t("Done: %(done)s. Later: %(later)s. Skipped: %(skipped)s.", {
            done,
            later,
            skipped,
        });
    }

    getAgo(date) {
        return date.toRelative();
    }

    formatDate(date) {
        return toLocaleDateTimeString(date);
    }

    open({resModel, id}) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: resModel,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openActivity() {
        return this.open({resModel: MODEL, id: this.state.step.id});
    }
}

registry.category("actions").add("crm_activity_work_through", WorkThrough);
