# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.crm_activity_letter_mixin import PRINTED_CHANNELS
from ..models.crm_activity_reach_mixin import NAMED_COUNT
from ..models.crm_activity_responsible_mixin import OPEN_STATES
from ..tools.values import is_id_list, write_each


class CrmActivityDone(models.TransientModel):
    """The question what came of activities, and what comes next for whom they were.

    Asked of activities that are marked done (``activity_ids``), or of ones that were done just now
    and are recorded by it (``target_model``, ``target_ids``, ``activity_type_id``): one for each
    of the targets. Of several, all get the outcome and the note, and each its own next activity.
    """

    _name = "crm.activity.done"
    _description = "Mark CRM Activities Done"
    _inherit = [
        "crm.activity.wizard.mixin",
        "crm.activity.selection.wizard.mixin",
        "crm.activity.working.days.mixin",
    ]

    activity_ids = fields.Json(required=False)
    # Those of them that are still there, looked up once for all that is proposed.
    found_activity_ids = fields.Many2many(
        "crm.activity", compute="_compute_found_activity_ids", exportable=False
    )
    target_model = fields.Selection(required=False)
    target_ids = fields.Json(required=False)
    is_log = fields.Boolean(compute="_compute_is_log")
    can_plan = fields.Boolean(compute="_compute_can_plan")
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Type",
        compute="_compute_activity_type_id",
        store=True,
        readonly=False,
        precompute=True,
        domain=lambda self: [
            *self.env["crm.activity"]._fields["activity_type_id"].domain,
            ("crm_channel", "not in", sorted(self.env["crm.activity"]._get_delivered_channels())),
        ],
        ondelete="cascade",
    )
    name = fields.Char(
        string="Subject", compute="_compute_name", store=True, readonly=False, precompute=True
    )
    campaign_id = fields.Many2one("utm.campaign", ondelete="cascade")
    offered_outcome_ids = fields.Many2many(
        "crm.activity.outcome", compute="_compute_offered_outcome_ids"
    )
    outcome_id = fields.Many2one(
        "crm.activity.outcome",
        compute="_compute_outcome_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('id', 'in', offered_outcome_ids)]",
        ondelete="cascade",
    )
    note = fields.Char()
    next_type_id = fields.Many2one(
        "mail.activity.type",
        string="Next Activity",
        compute="_compute_next_type_id",
        store=True,
        readonly=False,
        precompute=True,
        domain=lambda self: self.env["crm.activity"]._fields["activity_type_id"].domain,
        ondelete="cascade",
        help="Leave empty if nothing comes next.",
    )
    next_date = fields.Datetime(
        string="Date and Time",
        compute="_compute_next_date",
        store=True,
        readonly=False,
        precompute=True,
        help="Of several activities, each next one is at the hour of the one before, unless you "
        "choose another hour.",
    )
    next_user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        compute="_compute_next_user_id",
        store=True,
        readonly=False,
        precompute=True,
        domain=[("share", "=", False)],
        ondelete="cascade",
        help="Leave empty for who was responsible before.",
    )
    next_name = fields.Char(
        string="Next Subject",
        compute="_compute_next_name",
        store=True,
        readonly=False,
        precompute=True,
        help="Leave empty for the subject of before, or of the type where that is another one.",
    )

    @api.depends("activity_ids")
    def _compute_found_activity_ids(self):
        for wizard in self:
            # What is no list of ids is refused once all fields are there.
            ids = wizard.activity_ids if is_id_list(wizard.activity_ids or []) else []
            activities = self.env["crm.activity"].browse(ids or [])
            # sudo: read with who is there; which of them are the user's to read is asked below.
            found = activities.sudo().search_fetch([("id", "in", activities.ids)])
            wizard.found_activity_ids = wizard._filter_readable(activities & found.sudo(False))

    @api.depends("activity_ids", "target_ids", "target_model")
    def _compute_is_log(self):
        for wizard in self:
            has_targets = wizard.target_model and wizard.target_ids
            wizard.is_log = bool(has_targets) and not wizard.activity_ids

    def _compute_can_plan(self):
        self.can_plan = self.env["crm.activity"]._is_crm_installed()

    @api.depends("activity_ids")
    def _compute_activity_type_id(self):
        """Of what is marked done the one of all of them; of what is logged a call."""
        for wizard in self:
            types = wizard._get_activities().activity_type_id
            if not wizard.activity_ids:
                types = wizard.activity_type_id or self._get_usual_type()
            wizard.activity_type_id = types if len(types) == 1 else False

    @api.model
    def _get_usual_type(self):
        """:return: the type of most of what is logged: an outgoing call, else what there is"""
        offered = self._get_offered("activity_type_id")
        calls = offered.filtered(lambda type_: type_.crm_channel == "call_out")
        return (calls or offered)[:1]

    @api.model
    def _get_offered(self, name):
        """:return: what a field offers to choose from"""
        field = self._fields[name]
        return self.env[field.comodel_name].search(field.get_comodel_domain(self))

    @api.depends("activity_type_id")
    def _compute_name(self):
        """Of what is logged, never over what somebody typed."""
        proposals = set()
        if any(self.mapped("name")):
            proposals = {type_._get_subject() for type_ in self._get_offered("activity_type_id")}
        for wizard in self:
            was_typed = wizard.name and wizard.name not in proposals
            wizard.name = wizard.name if was_typed else wizard.activity_type_id._get_subject()

    @api.depends("activity_ids", "activity_type_id")
    def _compute_offered_outcome_ids(self):
        Outcome = self.env["crm.activity.outcome"]
        for wizard in self:
            types = wizard._get_activities().activity_type_id or wizard.activity_type_id
            wizard.offered_outcome_ids = Outcome._get_offered(types)

    @api.depends("activity_type_id")
    def _compute_outcome_id(self):
        """What does not fit another type goes."""
        for wizard in self:
            outcome = wizard.outcome_id
            is_fit = outcome and outcome._origin in wizard.offered_outcome_ids._origin
            wizard.outcome_id = is_fit and outcome

    @api.depends("outcome_id")
    def _compute_next_type_id(self):
        domain = self._fields["next_type_id"].get_comodel_domain(self)
        for wizard in self:
            next_type = wizard.outcome_id._get_next_type(wizard.activity_type_id._origin)
            is_offered = wizard.can_plan and next_type.active and next_type.filtered_domain(domain)
            wizard.next_type_id = is_offered and next_type

    @api.depends("outcome_id", "next_type_id", "next_user_id")
    def _compute_next_date(self):
        """So many working days later as the outcome says, at the hour of what was done."""
        for wizard in self:
            wizard.next_date = bool(wizard.next_type_id) and wizard._get_next_date()

    def _get_next_date(self):
        Activity = self.env["crm.activity"]
        done = self._get_activities()[:1] or Activity.new({"date": fields.Datetime.now()})
        days = self._pick_working_days(
            self.next_user_id or self.env.user,
            done.company_id or self.env.company,
            fields.Date.context_today(self) + timedelta(days=1),
            self.outcome_id._get_next_days(),
        )
        return done._get_date_on(days[-1]).replace(second=0, microsecond=0)

    @api.depends("activity_ids", "next_type_id")
    def _compute_next_user_id(self):
        """Where something comes next; never another one than somebody has chosen."""
        Activity = self.env["crm.activity"]
        for wizard in self:
            if not wizard.next_type_id or wizard.next_user_id:
                wizard.next_user_id = bool(wizard.next_type_id) and wizard.next_user_id
                continue
            activities = wizard._get_activities()
            users = activities.user_id or self.env.user
            is_one = len(users) == 1 and Activity._can_be_responsible(
                users, activities[:1].company_id or self.env.company
            )
            wizard.next_user_id = is_one and users

    @api.depends("next_type_id")
    def _compute_next_name(self):
        for wizard in self:
            done = wizard._get_activities()
            subject = done.name if len(done) == 1 else wizard.is_log and wizard.name
            if wizard.next_type_id != wizard.activity_type_id:
                subject = wizard.next_type_id and wizard.next_type_id._get_subject()
            wizard.next_name = bool(wizard.next_type_id) and subject

    @api.model
    def _get_proposals(self, activity, outcomes):
        """Tell what the dialog proposes to come next, whichever outcome is chosen.

        :param activity: one that is to be marked done
        :param outcomes: those that it can have
        :return: ``{outcome id: {"next_type_id", "next_date", "next_user_id", "next_name"}}`` as
            ``web_read`` has them, of the outcomes after which something comes
        """
        following = outcomes.filtered(lambda one: one.id in one._get_next_steps())
        # All at once, unless they are known as that of the activity is.
        self.env["mail.activity.type"].union(
            *(outcome._get_next_type(activity.activity_type_id) for outcome in following)
        ).fetch(["active", "crm_channel", "name", "res_model", "summary"])
        dialogs = {one.id: self._open_for(activity, outcome_id=one.id) for one in following}
        return {
            id_: dialog._describe_proposal()
            for id_, dialog in dialogs.items()
            if dialog.next_type_id
        }

    @api.model
    def _open_for(self, activity, **values):
        """:return: a dialog that nobody looks at: it is not stored, nor has to find the activity"""
        known = {"activity_ids": activity.ids, "found_activity_ids": [Command.set(activity.ids)]}
        return self.new({**values, **known})

    def _describe_proposal(self):
        def name(record):
            # sudo: as the client is told whom a field refers to.
            return bool(record) and {"id": record.id, "display_name": record.sudo().display_name}

        return {
            "next_type_id": name(self.next_type_id),
            "next_date": fields.Datetime.to_string(self.next_date),
            "next_user_id": name(self.next_user_id),
            "next_name": self.next_name,
        }

    def _get_activities(self):
        return self._filter_readable(self.found_activity_ids._origin)

    @api.model
    def _filter_readable(self, activities):
        """Leave out what the user may not read, wherever a request says it: what is proposed, which
        the ORM computes as superuser, would tell its subject and its responsible.

        :raise AccessError: where that is all of them
        """
        asked = activities.sudo(False)
        readable = asked._filtered_access("read")
        if not readable:
            asked.check_access("read")
        return activities & readable.with_env(activities.env)

    def action_done(self):
        """Mark the activities done, or record them as done, and plan the next one of each.

        Only what is still to be done is marked done, and has a next one: not what somebody else
        has marked done meanwhile.

        :return: client action, a notification that says what was done and offers to undo it
        :raise UserError: where none of them can be marked done, or something is missing: CRM, if
            an activity is to be made
        """
        self.ensure_one()
        if self.is_log or self.next_type_id:
            self.env["crm.activity"]._check_crm_installed()
        if self.next_type_id and not self.next_date:
            raise UserError(self.env._("Choose the date of the next activity."))
        return self._log() if self.is_log else self._mark_done()

    def _mark_done(self):
        activities = self._get_activities()
        planned = {}
        finished = activities.browse()

        def finish(some):
            nonlocal finished
            made = self._finish(some)
            planned.update(made)
            finished |= some

        return activities._change(
            finish,
            lambda count: self._describe(finished, activities._describe_done(count), planned),
            refused=self._get_refused(activities),
            also={"body"} if self.note else set(),
            planned=planned,
        )

    @api.model
    def _get_refused(self, activities):
        """:return: ``{activity: why it cannot be marked done}``"""
        refused = {}
        for activity in activities:
            if activity.state not in OPEN_STATES:
                refused[activity] = self.env._(
                    "Only draft and pending activities can be marked done."
                )
            elif activity.has_delivered_channel:
                refused[activity] = activity._get_unsent_reason()
        return refused

    def _finish(self, activities):
        """Mark some done, with what came of them, and plan what comes next.

        :return: ``{activity: the next one}``
        """
        activities.check_access("write")
        self._write_note(activities)
        activities.write({"state": "done", "outcome_id": self.outcome_id.id})
        # This locks the rows: who marks them done at the same time waits, begins anew, and finds
        # that they are done.
        activities.flush_recordset()
        return self._plan_next(activities)

    def _write_note(self, activities):
        """Below the text, where that is the user's notes; a letter's text is the letter."""
        html = self._get_note()
        if not html:
            return
        letters = activities.filtered(lambda activity: activity.channel in PRINTED_CHANNELS)
        if letters:
            letters._message_log_batch(dict.fromkeys(letters.ids, html))
        write_each("body", {a: (a.body or Markup()) + html for a in activities - letters})

    def _get_note(self):
        """:return: Markup, empty where there is none"""
        note = (self.note or "").strip()
        return Markup("<p>%s</p>") % note if note else Markup()

    def _is_note_apart(self):
        """:return: whether the note on what is logged is not its text, which is the letter"""
        return bool(self._get_note()) and self.activity_type_id.crm_channel in PRINTED_CHANNELS

    def _plan_next(self, activities):
        """:return: ``{activity: the next one}``, of a campaign for nobody who does not want it"""
        if not (self.next_type_id and activities):
            return {}
        # They are asked about here, and once more as the next ones are made.
        with activities.filtered("campaign_id")._asking_of_numbers():
            unwanted = self._get_unwanted_next(activities)
            wanted = activities.filtered(lambda activity: activity not in unwanted)
            dates = self._get_next_dates(activities)
            made = self.env["crm.activity"].create(
                [self._prepare_next(activity, dates[activity]) for activity in wanted]
            )
        return dict(zip(wanted, made, strict=True))

    def _get_unwanted_next(self, activities):
        """:return: ``{activity: why}`` for those whose next one somebody does not want"""
        marketing = activities.filtered("campaign_id")
        return marketing._get_opt_outs(self.next_type_id.crm_channel)

    def _get_next_dates(self, activities):
        """Keep the hour of each, unless another one was chosen than that of the first.

        :return: ``{activity: datetime in UTC}``
        """
        if self.is_log:
            return dict.fromkeys(activities, self.next_date)
        day = fields.Datetime.context_timestamp(self, self.next_date).date()
        first = self._get_activities()[:1]
        dates = {
            a: a._get_date_on(day).replace(second=0, microsecond=0) for a in first | activities
        }
        is_other_hour = self.next_date != dates[first]
        return dict.fromkeys(activities, self.next_date) if is_other_hour else dates

    def _prepare_next(self, activity, date):
        values = {
            **activity._prepare_next(),
            "activity_type_id": self.next_type_id.id,
            "date": date,
        }
        if self.next_user_id:
            values["user_id"] = self.next_user_id.id
        if self.next_name:
            values["name"] = self.next_name
        elif activity.activity_type_id != self.next_type_id:
            del values["name"]  # the type proposes one
        return values

    def _describe(self, done, message, planned):
        """:return: what was done, what comes next, and for whom nothing does"""
        lines = [message]
        if len(planned) == 1:
            lines.append(self.env._("Next activity planned."))
        elif planned:
            lines.append(self.env._("Next activities planned: %(count)s.", count=len(planned)))
        else:
            lines.append(done._describe_without_next())
        if self.next_type_id and len(planned) < len(done):
            reasons = list(dict.fromkeys(self._get_unwanted_next(done).values()))
            lines += reasons[:NAMED_COUNT]
        return " ".join(filter(None, lines))

    def _log(self):
        """Record one activity for each target as done: now, by the user."""
        activities = self.env["crm.activity"].create(self._prepare_logged())
        if self._is_note_apart():
            activities._message_log_batch(dict.fromkeys(activities.ids, self._get_note()))
        # What was chosen is read before the ids propose it anew.
        planned = self._plan_next(activities)
        # Whoever presses twice finds that they are there, and done.
        self.activity_ids = activities.ids
        self.flush_recordset()
        message = self.env._("Activity logged.")
        if len(activities) > 1:
            message = self.env._("%(count)s activities logged.", count=len(activities))
        change = self.env["crm.activity.change"]._record_logged(activities, planned)
        return activities._notify_changed(
            self._describe(activities, message, planned),
            {},
            change=change,
            planned_from=not planned and activities._get_plan_next_origin(),
        )

    def _prepare_logged(self):
        """:return: list of the values of what is recorded
        :raise UserError: where there is nobody, or nothing, to record
        """
        Activity = self.env["crm.activity"]
        targets = self.env[self.target_model].browse(self._get_target_ids()).exists()
        if not targets:
            raise UserError(targets._get_crm_missing_message())
        if not self.activity_type_id:
            raise UserError(self.env._("Choose the type of the activity."))
        values = {
            "activity_type_id": self.activity_type_id.id,
            "body": not self._is_note_apart() and self._get_note(),
            "campaign_id": self.campaign_id.id,
            "date": fields.Datetime.now(),
            "outcome_id": self.outcome_id.id,
            "state": "done",
            "user_id": self.env.uid,
        }
        if self.name:
            values["name"] = self.name
        field_name = Activity._get_target_fields()[targets._name][0]
        return [{**values, field_name: target.id} for target in targets]
