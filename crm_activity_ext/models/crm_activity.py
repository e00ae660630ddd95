# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.modules.db import FunctionStatus
from odoo.tools import is_html_empty

from ..tools.values import get_selection, is_id
from .crm_activity_period_mixin import LONG_HOURS
from .crm_activity_responsible_mixin import OPEN_STATES


def get_own_text_index(registry):
    """The index that finds words in a text, where PostgreSQL has what it takes.

    Not of what was written for many: their texts would cost more than the activities. Nor where
    there is none, as most calls have, which this kind of index has entries for as well.

    :return: str, its definition, or an empty one
    """
    if not registry.has_trigram or registry.has_unaccent == FunctionStatus.PRESENT:
        return ""
    return (
        f"USING gin ({registry.unaccent('body')} gin_trgm_ops) "
        "WHERE distribution_id IS NULL AND body IS NOT NULL"
    )


class CrmActivity(models.Model):
    """What was done, or will be done, for a customer.

    Unlike Odoo's ``mail.activity``, a to-do that goes away when it is done, this
    record stays: it is what the history, the campaign matrix and the export read.

    Salespeople read and write their own, or all; sales administrators all. What they may do then
    is up to the status. *Message* is subject, text, template, files, recipient and type; what
    only the system writes (:meth:`_get_system_fields`) nobody changes.

    =========================  =========================  ==================  ===================
    status                     cannot be changed          can become          is deleted by
    =========================  =========================  ==================  ===================
    draft; cancelled           –                          any [1]_            responsible [2]_,
                                                                              administrator
    pending; done; failed      –                          any [1]_            administrator
    done, sent elsewhere       –                          any                 responsible [3]_,
                                                                              administrator
    pending, in the outbox     message                    cancelled           nobody
    failed, has not left       type                       pending, cancelled  administrator
    cancelled, has not left    type                       pending             administrator
    failed, may have left      message                    pending, cancelled  nobody
    cancelled, may have left   message                    pending             nobody
    done, sent                 message, date, date done,  –                   nobody
                               responsible
    =========================  =========================  ==================  ===================

    .. [1] Of a channel that Odoo delivers any but done, which the queue says: *Log as Sent
       Elsewhere* makes a draft, a failed or a cancelled one *done, sent elsewhere*, unless its
       message may have left. What is created as done was sent elsewhere as well.
    .. [2] Unless it was done before: ``was_done``.
    .. [3] Within a day, as a log that was a mistake: ``_is_fresh_log``.

    The first three rows have no message (``mail_message_id``); *left* is ``has_left``. The
    superuser, by whom the queue reports, changes everything, and deletes what an administrator
    does. See ``tests``: ``test_access`` has the rights, ``test_status`` this table.
    """

    _name = "crm.activity"
    _description = "CRM Activity"
    _inherit = [
        "crm.activity.gate.mixin",
        "crm.activity.input.mixin",
        "crm.activity.system.fields.mixin",
        "crm.activity.technical.fields.mixin",
        "crm.activity.alike.mixin",
        "crm.activity.import.mixin",
        "crm.activity.outcome.mixin",
        "crm.activity.selection.mixin",
        "crm.activity.participant.mixin",
        "crm.activity.reach.mixin",
        "crm.activity.customer.mixin",
        "crm.activity.responsible.mixin",
        "crm.activity.replica.mixin",
        "crm.activity.attachment.mixin",
        "crm.activity.template.mixin",
        "crm.activity.deletion.mixin",
        "crm.activity.delivery.mixin",
        "crm.activity.sending.mixin",
        "crm.activity.erasure.mixin",
        "crm.activity.answer.mixin",
        "crm.activity.export.mixin",
        "crm.activity.letter.mixin",
        "crm.activity.pivot.mixin",
        "crm.activity.recipient.mixin",
        "crm.activity.planning.mixin",
        "crm.activity.period.mixin",
        "crm.activity.due.mixin",
        "crm.activity.work.mixin",
        "crm.activity.search.mixin",
        "crm.activity.trace.mixin",
        "crm.activity.todo.mixin",
        "mail.thread",
    ]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Subject",
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index="trigram",
        tracking=True,
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Type",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[
            ("crm_channel", "!=", False),
            ("res_model", "in", [False, "crm.activity"]),
        ],
        tracking=True,
    )
    activity_type_icon = fields.Char(related="activity_type_id.icon")
    channel = fields.Selection(
        selection="_selection_channel",
        compute="_compute_channel",
        store=True,
        precompute=True,
        help="The channel of the type when it was chosen.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        required=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
        domain=[("share", "=", False)],
        check_company=True,
        tracking=True,
    )
    date = fields.Datetime(
        string="Date and Time",
        required=True,
        default=fields.Datetime.now,
        index=True,
        tracking=True,
    )
    duration = fields.Float(help="In hours.", tracking=True)
    date_done = fields.Datetime(
        string="Done on",
        compute="_compute_date_done",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
    )
    was_done = fields.Boolean(
        compute="_compute_was_done",
        store=True,
        precompute=True,
        copy=False,
        help="The activity was done at some point, whatever its current status. It is part of the "
        "history.",
    )
    is_overdue = fields.Boolean(compute="_compute_is_overdue")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        ondelete="restrict",
        domain=["|", ("is_company", "=", True), ("parent_id", "=", False)],
        check_company=True,
        tracking=True,
        help="The company or individual the activity is for (commercial entity).",
    )
    contact_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('is_company', '=', False), "
        "('commercial_partner_id', '=?', partner_id), ('parent_id', '!=', False)]",
        check_company=True,
        tracking=True,
        help="The contact person at the customer.",
    )
    campaign_id = fields.Many2one(
        "utm.campaign", index="btree_not_null", ondelete="restrict", tracking=True
    )
    origin = fields.Selection(
        [
            ("manual", "Manual"),
            ("todo", "Reminder"),
            ("answer", "Answer"),
            ("message", "Received Message"),
            ("calendar", "Calendar"),
            ("distribution", "Distribution"),
            ("sequence", "Sequence"),
            ("import", "Import"),
        ],
        compute="_compute_origin",
        store=True,
        readonly=False,  # by the system
        precompute=True,
        copy=False,
        help="How the activity came about.",
    )
    distribution_id = fields.Many2one(
        "crm.activity.distribution",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The distribution that created this activity.",
    )
    body = fields.Html(
        string="Text",
        compute="_compute_body",
        store=True,
        readonly=False,
        precompute=True,
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("pending", "Pending"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        compute="_compute_state",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        copy=False,
        group_expand="_group_expand_state",
        tracking=True,
    )
    failure_reason = fields.Text(readonly=True, copy=False)
    failure_detail = fields.Text(
        readonly=True,
        copy=False,
        exportable=False,
        help="What the mail server or the connection to it reported, word for word.",
    )

    # What the campaign matrix shows, sorts and filters by is read from these alone, with
    # what the record rules ask: see the bridge for those of leads.
    _campaign_partner_type_idx = models.Index(
        "(campaign_id, partner_id, activity_type_id) "
        "INCLUDE (state, outcome_id, date, user_id, company_id) "
        "WHERE campaign_id IS NOT NULL"
    )
    _campaign_contact_type_idx = models.Index(
        "(campaign_id, contact_id, activity_type_id) "
        "INCLUDE (state, outcome_id, date, user_id, company_id) "
        "WHERE campaign_id IS NOT NULL AND contact_id IS NOT NULL"
    )
    # Who has responded in a campaign.
    _campaign_response_idx = models.Index(
        "(campaign_id, partner_id, contact_id) "
        "WHERE campaign_id IS NOT NULL AND (channel = 'email_in' OR origin = 'answer')"
    )
    _campaign_outcome_idx = models.Index(
        "(campaign_id, outcome_id, partner_id, contact_id) "
        "WHERE campaign_id IS NOT NULL AND outcome_id IS NOT NULL"
    )
    _partner_date_idx = models.Index("(partner_id, date)")
    # Mine, of whatever status, and the bell.
    _user_date_idx = models.Index("(user_id, date, id) INCLUDE (state, company_id)")
    # Who was contacted last and when, and what is planned: from these alone, with what the record
    # rules ask. See the bridge for leads. By the date for whom nobody has contacted since, and for
    # the first page of who is sorted by it.
    _reached_date_idx = models.Index(
        "(date_done) INCLUDE (partner_id, contact_id, outcome_id, user_id, company_id) "
        "WHERE state = 'done'"
    )
    _reached_partner_idx = models.Index(
        "(partner_id, date_done) INCLUDE (outcome_id, user_id, company_id) WHERE state = 'done'"
    )
    _reached_contact_idx = models.Index(
        "(contact_id, date_done) INCLUDE (outcome_id, user_id, company_id) "
        "WHERE state = 'done' AND contact_id IS NOT NULL"
    )
    _planned_date_idx = models.Index(
        "(date) INCLUDE (partner_id, contact_id, user_id, company_id) WHERE state = 'pending'"
    )
    _planned_partner_idx = models.Index(
        "(partner_id, date) INCLUDE (user_id, company_id) WHERE state = 'pending'"
    )
    _planned_contact_idx = models.Index(
        "(contact_id, date) INCLUDE (user_id, company_id) "
        "WHERE state = 'pending' AND contact_id IS NOT NULL"
    )
    # What goes on in a month of the calendar although it began days before.
    _long_date_idx = models.Index(f"(date) WHERE duration > {LONG_HOURS}")
    _own_text_idx = models.Index(get_own_text_index)
    _duration_not_negative = models.Constraint(
        "CHECK(duration >= 0)",
        "The duration of an activity cannot be negative.",
    )

    @api.model
    def _selection_channel(self):
        return get_selection(self.env["mail.activity.type"], "crm_channel")

    @api.model
    def _group_expand_state(self, states, domain):
        """Columns to drag to, empty or not; drafts and failures only where there are."""
        shown = {*states, "pending", "done", "cancelled"}
        return [code for code, _label in self._fields["state"].selection if code in shown]

    @api.depends("activity_type_id")
    def _compute_name(self):
        self._propose_from_type("name", lambda type_: type_._get_subject())

    @api.depends("activity_type_id")
    def _compute_body(self):
        self._propose_from_type("body", lambda type_: type_.default_note)

    def _propose_from_type(self, field_name, get_proposal):
        """Fill a field from the type, never over what somebody typed.

        A value that equals what some type proposes was proposed, not typed.

        :param str field_name: field of the activity
        :param get_proposal: function that tells what a type proposes
        """
        filled = self.filtered(lambda activity: not is_html_empty(str(activity[field_name] or "")))
        proposals = set()
        if filled:
            types = self.env["mail.activity.type"].search([("crm_channel", "!=", False)])
            proposals = {get_proposal(type_) for type_ in types}
        for activity in self:
            value = activity[field_name]
            proposal = get_proposal(activity.activity_type_id)
            was_typed = activity in filled and value not in proposals
            activity[field_name] = value if was_typed else proposal or value

    @api.onchange("activity_type_id")
    def _onchange_activity_type_id(self):
        """A click in the calendar sets time aside: as much as the type usually takes.

        Nowhere else: how long something took, nobody has said.
        """
        if self.env.context.get("crm_activity_propose_duration"):
            self._propose_from_type("duration", lambda type_: type_.crm_default_duration)

    # Not on the type's channel: a type that is given another channel later, or none,
    # does not rewrite what was done before.
    @api.depends("activity_type_id")
    def _compute_channel(self):
        for type_, activities in self.grouped("activity_type_id").items():
            activities.channel = type_.crm_channel

    @api.depends("activity_type_id")
    def _compute_state(self):
        delivered = self._get_delivered_channels()
        for activity in self:
            state = activity.state
            is_new = not activity._origin
            is_delivered = activity.activity_type_id.crm_channel in delivered
            if not state or (is_new and state in ("draft", "pending")):
                state = "draft" if is_delivered else "pending"
            elif state == "pending" and is_delivered and not activity.mail_message_id:
                state = "draft"  # nothing leaves before somebody says so
            activity.state = state

    @api.depends("state")
    def _compute_date_done(self):
        """Done now; what is logged as done was done at its date."""
        now = fields.Datetime.now()

        def get_date(activity):
            if activity.state != "done":
                return False
            done_on = now if activity._origin else min(activity.date or now, now)
            return activity.date_done or done_on

        for date_done, activities in self.grouped(get_date).items():
            activities.date_done = date_done

    @api.depends("distribution_id")
    def _compute_origin(self):
        # Whoever sets this key says no more than that they import.
        default = "import" if self.env.context.get("import_file") else "manual"

        def get_origin(activity):
            return "distribution" if activity.distribution_id else activity.origin or default

        for origin, activities in self.grouped(get_origin).items():
            activities.origin = origin

    @api.depends("state")
    def _compute_was_done(self):
        for was_done, activities in self.grouped(lambda a: a.state == "done" or a.was_done).items():
            activities.was_done = was_done

    @api.depends("state", "date")
    @api.depends_context("tz")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for activity in self:
            activity.is_overdue = (
                activity.state in OPEN_STATES
                and bool(activity.date)
                and fields.Datetime.context_timestamp(activity, activity.date).date() < today
            )

    @api.depends("partner_id.company_id", "contact_id.company_id")
    def _compute_company_id(self):
        target_fields = [name for names in self._get_target_fields().values() for name in names]
        # Most customers are of no company: asked together, each of thousands need not be asked.
        telling = [name for name in target_fields if self[name].company_id]

        def get_company(activity):
            companies = (activity[name].company_id for name in telling)
            return next(filter(None, companies), activity.company_id or self.env.company)

        for company, activities in self.grouped(get_company).items():
            activities.company_id = company

    @api.constrains("activity_type_id")
    def _check_activity_type(self):
        """Accept only types that are offered for CRM activities.

        :raise ValidationError: naming the types that are not
        """
        types = self.activity_type_id
        refused = types - types.filtered_domain(self._fields["activity_type_id"].domain)
        if refused:
            raise ValidationError(
                self.env._(
                    "These activity types are not available for CRM activities: %(types)s. Set "
                    "their CRM channel first.",
                    types=", ".join(type_.name or "?" for type_ in refused),
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Make activities. The order matters:

        1. the gate, before anything else is looked at or said;
        2. whom it is for, from values and defaults, as record rules and company ask for it;
        3. the template's text, where none was given, so that the record is written once;
        4. the record, without Odoo's followers and notifications;
        5. its own files and pictures, before a template adds some;
        6. the template's files, and the text of one that needs a saved activity, before it is sent;
        7. the outbox: from here on the message is final, so whatever changes it comes before;
        8. followers and notifications, once for each responsible who is given work by others;
        9. the bell, last, as it tells what has become of all that.

        :raise UserError: where CRM is not installed, or a message cannot be sent as it is
        """
        self._check_crm_installed()
        for vals in vals_list:
            self._check_input(vals)
        vals_list = [self._keep_date_done(vals) for vals in vals_list]
        vals_list = self._add_target_defaults(vals_list)
        self._complete_customers(vals_list)
        # Odoo subscribes and notifies record by record, fifteen queries each; here
        # followers and notifications come below, once for each responsible.
        quiet_self = self.with_context(tracking_disable=True)
        completed = self._add_template_texts(vals_list)
        activities = super(CrmActivity, quiet_self).create(completed).with_env(self.env)
        activities._follow_done()
        activities._adopt_attachments()
        activities._adopt_linked_files()
        activities._load_template_unless_given(vals_list, completed)
        activities._check_not_late()
        activities._follow_status()
        if not self.env.context.get("tracking_disable"):
            # One's own have nothing to follow yet: see ``message_post``.
            given = activities.filtered(lambda activity: activity.user_id != self.env.user)
            given._subscribe_responsibles()
        activities._update_bell(Counter())
        return activities

    @api.model
    def _create(self, data_list):
        """Remember that there is no text where none was written: Odoo would read that again."""
        activities = super()._create(data_list)
        wordless = activities.browse(
            activity.id
            for activity, data in zip(activities, data_list, strict=True)
            if data["stored"].get("body", "") in (None, False)
        )
        self._fields["body"]._update_cache(wordless, None)
        return activities

    def write(self, vals):
        """Change activities. The order matters:

        1. what is final is refused, before anything is changed;
        2. what does not change is left out, as it would be validated: those for whom that differs
           are written on their own;
        3. customer and contact follow each other, in the values;
        4. what has to be known of before: status, files of the former template, company, bell;
        5. the record;
        6. whether it may be what it has become: done without being sent, and access as after
           creating;
        7. what goes with it: contacts left behind, the company of another customer, failures;
        8. files and text, as in ``create``;
        9. the outbox, which sends what all of that has made of the activity, or takes it back;
        10. the bell.

        :raise UserError: for what is in the outbox or was sent
        """
        self._check_input(vals)
        vals = self._keep_date_done(vals)
        self._check_final(vals)
        batches = self._split_by_change(vals)
        if len(batches) > 1:
            return all([activities.write(changes) for activities, changes in batches])
        [(_self, vals)] = batches
        changing = self._get_changing_status(vals)
        # Another status marks it done; another type makes a message of what was done.
        may_log = {"activity_type_id", "state"} & vals.keys()
        unlogged = self.filtered(lambda a: not a.sent_elsewhere) if may_log else self.browse()
        logged = changing.filtered(lambda activity: activity._is_fresh_log())
        moved = self.browse()
        cascading = self._is_cascading()
        if {"partner_id", "contact_id"} & vals.keys():
            vals = vals.copy()
            self._complete_customers([vals])
            if "contact_id" not in vals and not cascading:
                moved = self.filtered(lambda a: a.partner_id.id != vals["partner_id"])
        former_files = self._get_attachments_of_former_template(vals)
        has_new_recipient = bool(self._get_recipient_fields() & vals.keys())
        companies = {a: a.company_id for a in self} if has_new_recipient else {}
        rings = bool({"activity_type_id", "date", "state", "user_id"} & vals.keys())
        open_before = self._count_open() if rings else None
        result = super().write(vals)
        unlogged._check_not_marked_done()
        if {"date_done", "state"} & vals.keys():
            self._follow_done()
        logged._take_back_log()
        if {"user_id", "company_id"} & vals.keys():
            # As after creating: who may make their own alone gives nothing to others.
            self.check_access("write")
        if contacts_left_behind := moved.filtered(
            lambda a: a.contact_id.commercial_partner_id != a.partner_id
        ):
            contacts_left_behind.contact_id = False
        self.filtered(lambda a: a.company_id != companies.get(a, a.company_id))._check_company()
        self._forget_failure(vals)
        former_files.unlink()
        if "attachment_ids" in vals:
            self._adopt_attachments()
        if "body" in vals and not self._is_text_own():
            self._adopt_linked_files()
        if not cascading:
            self._follow_template(vals)
        changing._follow_status()
        if "date" in vals:
            self._reschedule()
        if rings:
            self._update_bell(open_before)
        return result

    def _get_changing_status(self, vals):
        """:return: those of these whose status means something else once it is written"""
        if {"activity_type_id", "state"} <= vals.keys():
            return self  # pending in another channel
        return self.filtered(lambda activity: activity.state != vals.get("state", activity.state))

    @api.model
    def _keep_date_done(self, vals):
        """:return: the values without an empty date of what is done, which the status tells"""
        if vals.get("date_done", True):
            return vals
        return {name: value for name, value in vals.items() if name != "date_done"}

    def _follow_done(self):
        """Let the status decide where there is a date of what is not done."""
        undone = self.filtered(lambda activity: activity.date_done and activity.state != "done")
        self.env.add_to_compute(self._fields["date_done"], undone)

    def _forget_failure(self, vals):
        if vals.get("state", "failed") != "failed" and "failure_reason" not in vals:
            # sudo: a reason goes with the failure that it explains.
            failed = self.filtered("failure_reason").sudo()
            failed.write({"failure_reason": False, "failure_detail": False})

    def _split_by_change(self, vals):
        """Take out what does not change, as it is not validated again.

        People and types change after an activity was made, so that a new one could not
        be made like it. Writing its values once more, as an import does, is no change.

        :return: list of ``(activities, their values)``
        """
        # A customer and a contact that are written together are chosen together.
        units = [{"partner_id", "contact_id"}, {"activity_type_id"}, {"company_id"}]
        units += [{"outcome_id"}, {"user_id"}]
        units += [{name} for name in self._get_recipient_fields() - units[0]]
        units = [unit & vals.keys() for unit in units if unit & vals.keys()]
        if not units:
            return [(self, vals)]

        def get_unchanged(activity):
            return frozenset().union(*(u for u in units if activity._has_values(u, vals)))

        return [
            (activities, {name: value for name, value in vals.items() if name not in unchanged})
            for unchanged, activities in self.grouped(get_unchanged).items()
        ] or [(self, vals)]

    def _has_values(self, names, vals):
        """:return: whether all these Many2one fields have the values already"""
        self.ensure_one()
        return all(
            is_id(vals[name]) and vals[name] == self[name].id if vals[name] else not self[name]
            for name in names
        )

    def unlink(self):
        self.check_access("unlink")
        self._check_not_sent()  # before mail.thread deletes the message that tells
        open_before = self._count_open()
        result = super().unlink()
        self.browse()._update_bell(open_before)
        return result

    def action_pending(self):
        """Make the activities pending: to be done, or on their way out.

        :return: client action, a notification that says so and names those that cannot be
        :raise UserError: where none of them can be
        """

        def describe(count):
            if count == 1:
                return self.env._("Activity set to pending.")
            return self.env._("%(count)s activities set to pending.", count=count)

        return self._change_status("pending", describe)

    def action_mark_done(self):
        """Ask what came of the activities and what comes next, unless the user prefers not to.

        :return: window action of the dialog, or what :meth:`action_done` returns
        :raise UserError: where none of them can be marked done
        """
        is_asked = not self.env.user.crm_done_without_asking
        if is_asked and len(self.env["crm.activity.done"]._get_refused(self)) < len(self):
            return self._ask_for("crm.activity.done", self._get_done_title())
        return self.action_done()

    def _get_done_title(self):
        """:return: title of the dialog that marks these done"""
        if len(self) == 1:
            return self.env._("Mark Done: %(subject)s", subject=self.name)
        return self.env._("Mark %(count)s Activities Done", count=len(self))

    def action_done(self):
        """Record that the activities were done, now, without asking anything.

        :return: client action, a notification that says so and names those that cannot be
        :raise UserError: where none of them can be
        """

        unfinished = self.filtered(lambda activity: activity.state != "done")

        def describe(count):
            done = unfinished.filtered(lambda activity: activity.state == "done")
            message = self._describe_done(count)
            return " ".join(filter(None, [message, done._describe_without_next()]))

        return self._change_status("done", describe)

    @api.model
    def _describe_done(self, count):
        """:return: that so many were marked done"""
        if count == 1:
            return self.env._("Activity marked done.")
        return self.env._("%(count)s activities marked done.", count=count)

    def action_cancel(self):
        """Cancel the activities. They stay in the history.

        :return: client action, a notification that says so and names those that cannot be
        :raise UserError: where none of them can be
        """

        def describe(count):
            if count == 1:
                return self.env._("Activity cancelled.")
            return self.env._("%(count)s activities cancelled.", count=count)

        return self._change_status("cancelled", describe)

    def action_retry(self):
        """Make failed activities pending again; others are left as they are.

        :return: client action, a notification that says so and names those that cannot be
        :raise UserError: where none of those that failed can be
        """
        failed = self.filtered(lambda activity: activity.state == "failed")
        return failed.action_pending()

    def action_open_customer(self):
        """Open the customers of the activities.

        :return: window action on ``res.partner``
        :raise UserError: where no activity has a customer
        """
        return self._action_open(
            self.partner_id,
            self.env._("Customers"),
            self.env._("These activities have no customer."),
        )

    def action_open_contact(self):
        """Open the contacts of the activities.

        :return: window action on ``res.partner``
        :raise UserError: where no activity has a contact
        """
        return self._action_open(
            self.contact_id,
            self.env._("Contacts"),
            self.env._("These activities have no contact."),
        )

    def _action_open(self, records, name, nothing_message):
        if not records:
            raise UserError(nothing_message)
        return records._get_records_action(name=name)

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {
            "anonymized_date",
            "answer_ids",
            "answer_message_id",
            "answer_to_id",
            "channel",
            "distribution_id",
            "failure_detail",
            "failure_reason",
            "has_left",
            "html_field_history",
            "mail_message_id",
            "origin",
            "res_id",
            "res_model",
            "sent_elsewhere",
            "template_attachment_ids",
            "template_digest",
            "was_done",
            "work_until",
            "work_user_id",
        }

    @api.model
    @api.private
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        """Find a page by an index alone, as of what somebody has done; then read what it shows.

        At once, PostgreSQL would read each activity that it passes by, to see whether it is one.
        """
        if limit and field_names:
            page = self._search(domain, offset, limit, order or self._order)
            domain, offset, limit = Domain("id", "in", page.subselect()), 0, None
        return super().search_fetch(domain, field_names, offset, limit, order)

    @api.model
    def _get_words_domain(self, operator, value):
        """The text as well, unless it was written for many: those are found by their subject."""
        own_text = Domain("distribution_id", "=", False) & Domain("body", operator, value)
        return super()._get_words_domain(operator, value) | own_text

    @api.model
    def _get_technical_fields(self):
        return super()._get_technical_fields() | {
            "activity_type_icon",
            "answer_count",
            "answer_message_id",
            "can_save_as_template",
            "channel",
            "date_end_search",
            "failure_detail",
            "has_delivered_channel",
            "has_left",
            "html_field_history",
            "html_field_history_metadata",
            "is_deletable",
            "is_final",
            "is_overdue",
            "is_sent",
            "mail_message_id",
            "opt_out_warning",
            "participant_search",
            "res_id",
            "res_model",
            "template_attachment_ids",
            "template_digest",
            "was_done",
            "work_until",
            "work_user_id",
        }

    @api.model
    def _get_target_fields(self):
        return {**super()._get_target_fields(), "res.partner": ["partner_id", "contact_id"]}

    def action_log_activity(self):
        """Log what was done just now for whom these are: for their leads, else their customers.

        :return: window action of the dialog
        :raise UserError: where some are for nobody, or for somebody of another kind than the rest
        """
        for model in reversed(self._get_target_fields()):
            targets = [activity._get_target(model) for activity in self]
            if targets and all(targets):
                return self.env[model].union(*targets).action_log_crm_activity()
        raise UserError(
            self.env._("Select activities that are all for customers, or all for leads.")
        )

    @api.model
    def _action_new_for(self, targets):
        """Ask for the activity to be made for the targets.

        :param targets: records of a model in :meth:`_get_target_fields`
        :return: window action of a dialog: the activity itself for one target, else
            one definition for all
        :raise UserError: where CRM is not installed or nothing is selected
        :raise AccessError: for users who may not create activities
        """
        if len(targets) > 1:
            return targets._ask_for_new_crm("crm.activity.distribute", targets._get_crm_new_title())
        targets._check_crm_new()
        target_field = self._get_target_fields()[targets._name][0]
        view = self.env.ref("crm_activity_ext.crm_activity_view_form_dialog")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Activity for %(target)s", target=targets.display_name),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(view.id, "form")],
            "target": "new",
            "context": {
                **self._get_new_defaults(),
                f"default_{target_field}": targets.id,
                "crm_activity_hide": self._get_implied_fields(targets),
            },
        }

    @api.model
    def _get_implied_fields(self, target):
        """:return: list of fields that go without saying in a dialog for the target

        The customer does. Whom one talks to does not where that is a company: it has people.
        """
        partner = target if target._name == "res.partner" else target._get_crm_activity_partner()
        contact = [] if partner.is_company else ["contact_id"]
        return ["partner_id", *contact]

    @api.model
    def _get_new_defaults(self):
        """:return: context of a new activity: the campaign it is asked from, the type clicked"""
        asked = {
            "default_campaign_id": self._get_context_id("crm_campaign_id"),
            "default_activity_type_id": self._get_context_id("default_activity_type_id"),
        }
        return {key: value for key, value in asked.items() if value}

    @api.model
    def _get_context_id(self, key):
        """:return: the id that the context has under this key; None for anything else"""
        value = self.env.context.get(key)
        return value if is_id(value) else None
