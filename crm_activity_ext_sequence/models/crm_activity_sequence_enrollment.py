# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import Counter, defaultdict

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.crm_activity_ext.models.crm_activity_distribution import IMMEDIATE_LIMIT
from odoo.addons.crm_activity_ext.models.crm_activity_queue_mixin import PATIENCE
from odoo.addons.crm_activity_ext.models.crm_activity_responsible_mixin import OPEN_STATES
from odoo.addons.crm_activity_ext.tools.apart import where_free
from odoo.addons.crm_activity_ext.tools.values import get_selection

# Those that go on, or will: a target is in a sequence by one of these at most.
OPEN = ("running", "paused")
# What can be done with enrollments, and in which states.
ACTIONS = {"pause": ("running",), "resume": ("paused",), "stop": OPEN, "update": ("running",)}
# Enrollments that the scheduled action looks at in one transaction.
CHUNK_SIZE = 1000


class AlreadyEnrolled(UserError):
    """Somebody else has enrolled a target at the same moment."""


class CrmActivitySequenceEnrollment(models.Model):
    """A target in a sequence: how far it has come, and why it has ended.

    The work is in its activities, which were all made at the start. An enrollment is written by
    people who pause or stop it, and by what stops it, but never by a queue while it sends: a
    conflict over it would make the queue forget that a server has taken a message.
    """

    _name = "crm.activity.sequence.enrollment"
    _description = "Enrollment in a CRM Activity Sequence"
    _inherit = [
        "crm.activity.system.fields.mixin",
        "crm.activity.technical.fields.mixin",
        "crm.activity.sequence.pause.mixin",
    ]
    _order = "id desc"

    sequence_id = fields.Many2one(
        "crm.activity.sequence", required=True, index=True, ondelete="restrict"
    )
    # By number and not by a key: merges delete rows that a unique index refuses to move.
    res_model = fields.Selection(selection="_selection_res_model", string="For", required=True)
    res_id = fields.Many2oneReference(string="Record ID", model_field="res_model")
    target_name = fields.Char(
        string="Customer or Lead",
        compute="_compute_target_name",
        search="_search_target_name",
    )
    state = fields.Selection(
        [
            ("running", "Running"),
            ("paused", "Paused"),
            ("finished", "Finished"),
            ("stopped", "Stopped"),
        ],
        string="Status",
        required=True,
        default="running",
        index=True,
    )
    stop_reason = fields.Selection(
        [
            ("answer", "Answered"),
            ("outcome", "Outcome of an activity"),
            ("won", "Won"),
            ("lost", "Lost"),
            ("opted_out", "Opted out"),
            ("bounce", "Bounced"),
            ("archived", "Archived"),
            ("merged", "Merged with another record"),
            ("gone", "Deleted or anonymized"),
            ("user", "Stopped by hand"),
        ],
    )
    user_id = fields.Many2one("res.users", string="Responsible", index=True, ondelete="set null")
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, precompute=True, index=True
    )
    campaign_id = fields.Many2one("utm.campaign", index="btree_not_null", ondelete="set null")
    distribution_id = fields.Many2one(
        "crm.activity.distribution", index="btree_not_null", ondelete="set null"
    )
    start_date = fields.Date(required=True)
    end_date = fields.Datetime(string="Ended on")
    end_user_id = fields.Many2one("res.users", string="Stopped by", ondelete="set null")
    activity_ids = fields.One2many("crm.activity", "enrollment_id", string="Activities")
    # {id of a step: its day and hour when its activity was planned}: what has changed since then
    # moves, and not what somebody has put off.
    planned = fields.Json()
    stop_ids = fields.One2many(
        "crm.activity.sequence.stop", "enrollment_id", readonly=True, groups=fields.NO_ACCESS
    )
    step_count = fields.Integer(string="Steps", compute="_compute_progress")
    done_count = fields.Integer(string="Steps Done", compute="_compute_progress")
    next_date = fields.Datetime(string="Next Step", compute="_compute_progress")
    progress = fields.Char(compute="_compute_progress")

    _target_uniq = models.UniqueIndex(
        "(sequence_id, res_model, res_id) WHERE state IN ('running', 'paused')",
        "This record is already in the sequence.",
    )
    _target_idx = models.Index("(res_id, res_model)")

    @api.model
    def _selection_res_model(self):
        return self.env["crm.activity.sequence"]._selection_target_model()

    @api.model
    def _get_system_fields(self):
        """All of it: people start, pause, resume and stop."""
        return {name for name, field in self._fields.items() if field.store}

    @api.model
    def _get_technical_fields(self):
        return super()._get_technical_fields() | {
            "distribution_id",
            "paused_days",
            "paused_states",
            "planned",
            "res_id",
            "stop_ids",
        }

    # Where the activities are: a customer or lead that moves takes them along.
    @api.depends("activity_ids.company_id")
    def _compute_company_id(self):
        groups = self.env["crm.activity"]._read_group(
            [("enrollment_id", "in", self.ids)], ["enrollment_id", "company_id"]
        )
        companies = dict(groups)
        for enrollment in self:
            enrollment.company_id = (
                companies.get(enrollment._origin) or enrollment.company_id or self.env.company
            )

    @api.depends("sequence_id.name", "target_name")
    def _compute_display_name(self):
        for enrollment in self:
            enrollment.display_name = f"{enrollment.sequence_id.name}: {enrollment.target_name}"

    @api.depends("res_model", "res_id")
    @api.depends_context("lang")
    def _compute_target_name(self):
        """Whoever may read an enrollment is told for whom it is, as with activities."""
        for model, enrollments in self.grouped("res_model").items():
            ids = [enrollment.res_id for enrollment in enrollments if enrollment.res_id]
            # sudo: see above. No more is told than the name.
            targets = self.env[model].sudo().browse(ids).exists() if model else []
            names = {target.id: target.display_name for target in targets}
            for enrollment in enrollments:
                enrollment.target_name = names.get(enrollment.res_id) or self.env._("Deleted")

    @api.model
    def _search_target_name(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        return Domain.OR(
            Domain("res_model", "=", model)
            & Domain("res_id", "in", self.env[model]._search([("display_name", operator, value)]))
            for model, _label in self._selection_res_model()
            if self.env[model].has_access("read")
        )

    @api.depends("activity_ids.state", "activity_ids.date", "state", "stop_reason")
    @api.depends_context("lang", "tz")
    def _compute_progress(self):
        counts, nexts = defaultdict(Counter), {}
        # sudo: who sees an enrollment sees how far it has come, whoever does the steps.
        groups = (
            self.env["crm.activity"]
            .sudo()
            ._read_group(
                [("enrollment_id", "in", self.ids)],
                ["enrollment_id", "state"],
                ["__count", "date:min"],
            )
        )
        for enrollment, state, count, date in groups:
            counts[enrollment.id][state] = count
            if state in OPEN_STATES:
                nexts[enrollment.id] = min(date, nexts.get(enrollment.id, date))
        for enrollment in self:
            by_state = counts[enrollment._origin.id]
            enrollment.step_count = by_state.total()
            enrollment.done_count = by_state["done"] + by_state["failed"]
            enrollment.next_date = nexts.get(enrollment._origin.id)
            enrollment.progress = enrollment._describe_progress()

    def _describe_progress(self):
        """:return: str, which step comes next and when, or how it has ended"""
        labels = dict(get_selection(self, "state"))
        reasons = dict(get_selection(self, "stop_reason"))
        values = {"done": self.done_count, "total": self.step_count}
        if self.state == "stopped":
            return self.env._(
                "Stopped after %(done)s of %(total)s steps: %(reason)s",
                reason=reasons.get(self.stop_reason, ""),
                **values,
            )
        if self.state == "paused":
            return self.env._("Paused after %(done)s of %(total)s steps", **values)
        if not self.next_date:
            words = [labels["finished"], reasons.get(self.stop_reason)]
            return ": ".join(filter(None, words))
        day = fields.Datetime.context_timestamp(self, self.next_date)
        return self.env._(
            "Step %(step)s of %(total)s, next %(day)s",
            step=min(self.done_count + 1, self.step_count),
            total=self.step_count,
            day=self.env["crm.activity.spread.mixin"]._format_day(day),
        )

    def _describe_for(self, target):
        """:return: str, what a record says of a sequence: of whom as well, where that is another"""
        self.ensure_one()
        name = self.sequence_id.name
        if self.res_id == target.id:
            return f"{name}: {self.progress}"
        return f"{name} ({self.target_name}): {self.progress}"

    @api.model
    def _search_open(self, targets, sequence=None):
        """:return: the enrollments of these records, of one model, that run or are paused"""
        domain = Domain("res_model", "=", targets._name) & Domain("res_id", "in", targets.ids)
        if sequence:
            domain &= Domain("sequence_id", "=", sequence.id)
        return self.search(domain & Domain("state", "in", OPEN))

    @api.model
    def _enroll(self, values_list):
        """Write down who is in a sequence from now on.

        :param list values_list: values of the enrollments
        :return: the enrollments
        :raise AlreadyEnrolled: where somebody else was faster
        """
        sequences = self.env["crm.activity.sequence"]
        sequences = sequences.browse({values["sequence_id"] for values in values_list})
        planned = {
            sequence.id: {str(step.id): step._get_timing() for step in sequence.step_ids}
            for sequence in sequences
        }
        values_list = [
            {**values, "planned": planned[values["sequence_id"]]} for values in values_list
        ]
        try:
            with self.env.cr.savepoint():
                return self.create(values_list)
        except UniqueViolation:
            raise AlreadyEnrolled(
                self.env._("Somebody else has just started this sequence.")
            ) from None

    def _filter_over(self):
        """:return: those of these that run without anything left to be done"""
        running = self.filtered(lambda enrollment: enrollment.state == "running")
        # sudo: a step that the user does not see is left to be done all the same.
        groups = (
            self.env["crm.activity"]
            .sudo()
            ._read_group(
                [("enrollment_id", "in", running.ids), ("state", "in", OPEN_STATES)],
                ["enrollment_id"],
            )
        )
        return running - self.browse().union(*(enrollment for [enrollment] in groups))

    def _filter_being_undone(self):
        """:return: those of these whose start is being undone: they are to be stopped"""
        held = self.env["crm.activity.distribution"]._search_held()
        return self.filtered(lambda enrollment: enrollment.distribution_id in held)

    def _finish_over(self):
        """Let those be finished of which nothing is left to be done.

        In its own savepoint: whoever is in the way does the same, or the scheduled action does.
        """
        # sudo: what becomes of an enrollment is for the system to say.
        over = self._filter_over().sudo()
        values = {"state": "finished", "end_date": fields.Datetime.now()}
        where_free(over, lambda free: free.write(values))

    def _follow_responsible(self):
        """Whoever has got all that is left of one of these is responsible for it."""
        # sudo: a step that the user does not see is left to be done all the same.
        groups = (
            self.env["crm.activity"]
            .sudo()
            ._read_group(
                [("enrollment_id", "in", self.ids), ("state", "in", OPEN_STATES)],
                ["enrollment_id"],
                ["user_id:recordset"],
            )
        )
        moved = {
            enrollment: users
            for enrollment, users in groups
            if len(users) == 1 and users != enrollment.user_id
        }
        for user, enrollments in self.filtered(moved.get).grouped(moved.get).items():
            enrollments.user_id = user

    def _restart(self):
        """Let those of these that were finished run again, so that an answer stops them.

        What has come of one stays the last word, as where it was stopped.

        :raise UserError: where a target has been enrolled anew since
        """
        finished = self.filtered(lambda e: e.state == "finished" and not e.stop_reason and e.res_id)
        for (sequence, model), group in finished.grouped(
            lambda e: (e.sequence_id, e.res_model)
        ).items():
            targets = self.env[model].browse(group.mapped("res_id"))
            self._search_open(targets, sequence)._finish_over()
            taken = set(self._search_open(targets, sequence).mapped("res_id"))
            for enrollment in group:
                if enrollment.res_id in taken:
                    definition = self.env["crm.activity.definition.mixin"]
                    raise UserError(definition._describe_enrolled(enrollment.target_name))
                taken.add(enrollment.res_id)
        finished.write({"state": "running", "end_date": False})

    def _stop(self, reason):
        """Stop those of these that run or are paused, and cancel what is left of them.

        Where another transaction is at one, this fails, and Odoo tries again as a whole.

        :param str reason: see ``stop_reason``
        :return: the activities that somebody is sending or changing right now
        """
        # sudo: what stops a sequence may be an answer, whoever fetches it.
        stopping = self.sudo().filtered(lambda enrollment: enrollment.state in OPEN)
        by_user = reason == "user" and not self.env.user._is_superuser()
        stopping.write(
            {
                "state": "stopped",
                "stop_reason": reason,
                "end_date": fields.Datetime.now(),
                "end_user_id": by_user and self.env.uid,
                "pause_date": False,
                "paused_states": False,
            }
        )
        return stopping._cancel_left()

    def _stop_by_event(self, reason):
        """Stop these as something has happened to them that nobody tells a second time.

        A fetched answer is gone from its server, so nothing fails here. What others are at has a
        mark instead, which the queue asks for and the scheduled action follows. One that was
        finished remembers what has come of it.

        :param str reason: see ``stop_reason``
        """
        # sudo: as above.
        concerned = self.sudo().filtered(
            lambda e: e.state in OPEN or e.state == "finished" and not e.stop_reason
        )
        stopped = where_free(concerned, lambda free: free._end(reason))
        (concerned - stopped)._settle_later(reason)

    def _end(self, reason):
        self.filtered(lambda enrollment: enrollment.state == "finished").stop_reason = reason
        self._stop(reason)

    def _cancel_left(self):
        """Cancel what is left of these, which were stopped, and take it out of the queue.

        What a worker is sending has its row locked, and is on its way. What somebody is writing
        is not sent either: the queue keeps it (see ``_hold``), and the scheduled action cancels it.
        What has failed would leave with a retry.

        :return: the activities that are left to do so
        """
        # The reason why nothing may leave, even if the rest has to wait.
        self.flush_recordset()
        activities = self.activity_ids.filtered(lambda activity: activity._may_leave())
        busy = activities - where_free(activities, lambda free: free.write({"state": "cancelled"}))
        settling = busy.enrollment_id
        (self - settling).stop_ids.unlink()
        settling._settle_later()
        return busy

    def _settle_later(self, reason=False):
        """Let nothing of these leave until the scheduled action has stopped or cancelled them.

        :param str reason: what stops those that run, or are paused
        """
        if not self:
            return
        self.env["crm.activity.sequence.stop"].create(
            [
                {"enrollment_id": enrollment.id, "reason": reason}
                for enrollment in self
                if not enrollment.stop_ids
            ]
        )
        # sudo: nobody but the system wakes a scheduled action.
        self.env.ref("crm_activity_ext_sequence.ir_cron_settle").sudo()._trigger(
            fields.Datetime.now() + PATIENCE
        )

    def _settle(self):
        """Do what was put off, as far as nobody is at it any more."""
        for reason, stops in self.stop_ids.grouped("reason").items():
            if reason:
                stops.enrollment_id._stop_by_event(reason)
        self.filtered(lambda enrollment: enrollment.state == "stopped")._cancel_left()
        self.filtered(lambda enrollment: enrollment.state == "finished").stop_ids.unlink()

    @api.model
    def _cron_settle(self):
        """Stop and cancel what somebody was busy with meanwhile, and finish what is over."""
        commit_progress = self.env["ir.cron"]._commit_progress
        Stop = self.env["crm.activity.sequence.stop"]
        rest = Domain.TRUE
        # What somebody is still busy with stays, and has another turn.
        while stops := Stop.search(rest, order="id", limit=CHUNK_SIZE):
            rest = Domain("id", ">", stops[-1].id)
            count = len(stops)
            stops.enrollment_id._settle()
            self.env.invalidate_all()
            if not commit_progress(count, remaining=Stop.search_count(rest)):
                return
        last_id = 0
        while running := self.search(
            [("state", "=", "running"), ("id", ">", last_id)], order="id", limit=CHUNK_SIZE
        ):
            last_id = running[-1].id
            running._finish_over()
            self.env.invalidate_all()
            if not commit_progress(len(running)):
                return

    def _get_settling(self):
        """:return: those of these that nothing may leave of: see ``_settle_later``, and those that
        wait for what somebody does with many
        """
        # sudo: the marks are the system's.
        stops = self.env["crm.activity.sequence.stop"].sudo()
        settling = stops.search([("enrollment_id", "in", self.ids)]).enrollment_id
        return settling | self.env["crm.activity.distribution"]._get_waiting_enrollments(self)

    def _is_held(self):
        """:return: whether no message of this may leave now"""
        self.ensure_one()
        return self.state == "paused" or bool(self.stop_reason)

    @api.model
    def _search_stopped_by(self, activities):
        """Find what stops where somebody has answered: all that its targets are in.

        What was done before the start, as an import brings it, stops nothing.

        :param activities: ``crm.activity`` that say so
        :return: the enrollments that go on, and those of which this is a step, or answers one
        """
        # sudo: an answer stops what colleagues have started as well.
        Enrollment = self.sudo()
        activities = activities.sudo()
        own = activities.enrollment_id | activities.answer_to_id.enrollment_id
        dates = defaultdict(list)
        domains = []
        for model, names in activities._get_target_fields().items():
            for name in names:
                for activity in activities.filtered(name):
                    dates[model, activity[name].id].append(activity.date_done)
            ids = [id_ for key, id_ in dates if key == model]
            domains.append(Domain("res_model", "=", model) & Domain("res_id", "in", ids))
        found = own | Enrollment.search(Domain("state", "in", OPEN) & Domain.OR(domains))

        def was_done_since(enrollment):
            # What was done has no fractions of a second.
            start = enrollment.create_date.replace(microsecond=0)
            return max(dates[enrollment.res_model, enrollment.res_id]) >= start

        return found.filtered(lambda enrollment: enrollment in own or was_done_since(enrollment))

    @api.model
    def _stop_where(self, name, values):
        """Ask those with these addresses or numbers whether they have opted out: see below.

        :param str name: field of the targets that has them in normal form
        :param list values: the addresses or numbers
        """
        if not values:
            return
        # sudo: whoever opts out, or notes it, need not see what it stops.
        partners = self.env["res.partner"].sudo().search([(name, "in", values)])
        leads = self.env["crm.lead"].sudo()
        # A lead with a customer is written to by way of the customer.
        leads = leads.search(Domain(name, "in", values) | Domain("partner_id", "in", partners.ids))
        for targets in (partners, leads):
            targets._search_crm_enrollments()._stop_opted_out()

    @api.model
    def _stop_where_refused(self, targets):
        """Ask these, of a company all its people, whether they have opted out: see below."""
        # sudo: whoever notes a wish need not see what it stops.
        targets = targets.sudo()
        if targets._name == "res.partner":
            targets |= targets.search([("commercial_partner_id", "in", targets.ids)])
            leads = self.env["crm.lead"].sudo().search([("partner_id", "in", targets.ids)])
            leads._search_crm_enrollments()._stop_opted_out()
        targets._search_crm_enrollments()._stop_opted_out()

    def _stop_opted_out(self):
        """Stop those of these whose targets have opted out of a channel that is still to come."""
        self._filter_opted_out()._stop_by_event("opted_out")

    def _filter_opted_out(self):
        """:return: those of these, as above"""
        # sudo: whoever opts out, or notes it, need not see what it stops.
        Activity = self.env["crm.activity"].sudo()
        left = Domain("state", "in", OPEN_STATES) | Domain("id", "in", self._get_paused_ids())
        left = Activity.search_fetch(
            Domain("enrollment_id", "in", self.ids) & left,
            ["campaign_id", "channel", "enrollment_id", "state", *Activity._get_recipient_fields()],
        )
        refusing = self.browse()
        for activity in left._get_opt_outs():
            if Activity._is_bound_by_opt_out(activity.channel, activity.campaign_id):
                refusing |= activity.enrollment_id
        return refusing

    @api.model
    def _follow_merge(self, sources, survivor):
        """Let the survivor stand for records that were merged: once in each sequence.

        :param sources: the records that are gone, of one model
        :param survivor: the one that is left
        """
        enrollments = self._search_of(sources | survivor).sorted("id")
        for same in enrollments.filtered(lambda e: e.state in OPEN).grouped("sequence_id").values():
            kept = same.filtered(lambda e: e.res_id == survivor.id)[:1] or same[:1]
            (same - kept)._stop("merged")
        enrollments.flush_recordset()  # before another one takes the place of what was stopped
        enrollments.filtered(lambda e: e.res_id != survivor.id).res_id = survivor.id
        enrollments.filtered(lambda e: e.state in OPEN)._stop_opted_out()

    @api.model
    def _search_of(self, records):
        """:return: what these records, of one model, are in or were"""
        # sudo: what happens to a record happens to what colleagues have started as well.
        return self.sudo().search(
            [("res_model", "=", records._name), ("res_id", "in", records.ids)]
        )

    def _forget(self):
        """Stop these, as who is in them is deleted or anonymized, and forget who that was.

        How many there were, and how they ended, stays.
        """
        self._stop("gone")
        self.res_id = False

    def action_stop(self):
        """Stop these, and cancel what is left of them.

        :return: client action, a notification that says so; for many a window action on the
            distribution that works through them in the background
        :raise UserError: where none of these runs or is paused
        """
        open_ones = self._check_open()
        if open_ones._are_many():
            return open_ones._do_in_background("stop")
        busy = open_ones._do_action("stop")
        message = self.env._("Stopped: %(count)s.", count=len(open_ones))
        if busy:
            message = f"{message} {self._describe_busy(busy)}"
        return self._notify(message, is_warning=bool(busy))

    @api.model
    def _describe_busy(self, activities):
        """:return: str, what becomes of these, which could not be cancelled yet"""
        return self.env._(
            "Being sent or changed right now: %(count)s. These may still leave.",
            count=len(activities),
        )

    def _check_open(self):
        """:return: those of these that run or are paused
        :raise AccessError: for who may not read them
        :raise UserError: where there are none
        """
        self.check_access("read")
        open_ones = self._filter_for_action("stop")
        if not open_ones:
            raise UserError(self.env._("These are not running any more."))
        return open_ones

    def _filter_for_action(self, action):
        """:return: those of these that something can be done with: see ``ACTIONS``"""
        return self.filtered(lambda enrollment: enrollment.state in ACTIONS[action])

    def _are_many(self):
        """:return: whether nobody should wait until something is done with all of these"""
        return len(self) > IMMEDIATE_LIMIT

    def _do_in_background(self, action):
        """:return: window action on the distribution that does it, which nobody waits for"""
        Distribution = self.env["crm.activity.distribution"]
        return Distribution._start_enrollment_action(action, self)._get_records_action()

    def _do_action(self, action):
        """Do something with these, which allow it; who may was asked before.

        :param str action: of ``ACTIONS``
        :return: what the method that does it returns
        """
        if action == "update":  # activities are written by whoever may
            return self._update_planned()
        if action == "stop":
            return self._stop("user")
        # sudo: all is the system's to write.
        return self.sudo()._pause() if action == "pause" else self.sudo()._resume_wanted()

    def _update_planned(self):
        """Let what has not left yet say what the steps say now, at the days they say now.

        Waits for a worker that is sending something of it.

        :return: how many activities have changed
        """
        count = 0
        for step in self.sequence_id.step_ids:
            planned = self.env["crm.activity"].search(
                step._get_planned_domain() & Domain("enrollment_id", "in", self.ids)
            )
            planned.check_access("write")
            count += len(planned._follow_step(step))
        return count

    def _notify(self, message, is_warning=False):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if is_warning else "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _open(self, domain, **values):
        """:return: window action on the enrollments of a domain, those that run unless the values
        of the action say otherwise
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_activity_ext_sequence.crm_activity_sequence_enrollment_action"
        )
        return {**action, "domain": domain, **values}

    def action_open_target(self):
        """Open who is in the sequence.

        :return: window action on the record
        :raise UserError: where it is gone
        """
        self.ensure_one()
        target = self.env[self.res_model].browse(self.res_id).exists() if self.res_id else None
        if not target:
            raise UserError(self.env._("This record does not exist any more."))
        return target._get_records_action()

    def action_view_activities(self):
        """Show the activities of these.

        :return: window action on ``crm.activity``
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_activity_ext.crm_activity_action"
        )
        return {
            **action,
            "domain": [("enrollment_id", "in", self.ids)],
            "context": {"crm_activity_oldest_first": True},
        }
