# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import datetime, time, timedelta

from babel.dates import format_timedelta
from pytz import utc

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime
from odoo.tools.misc import babel_locale_parse

from ..tools.joined_read import JoinedRead
from ..tools.values import get_selection, is_id, is_id_list
from .crm_activity_responsible_mixin import OPEN_STATES

# How long a customer is somebody's who says nothing more.
CLAIM = timedelta(minutes=15)
# As many are looked at for the next one.
MAX_AHEAD = 100
HISTORY_LINES = 3
# Seconds in which what was done is written.
MOMENT = 5
MORNING = time(9)
# What somebody who works through a list may say of an activity that was done.
DONE_FIELDS = {
    "next_date": "datetime",
    "next_name": "char",
    "next_type_id": "many2one",
    "next_user_id": "many2one",
    "note": "char",
    "outcome_id": "many2one",
}
MAX_ID = 2**31 - 1


class CrmActivityWorkMixin(models.AbstractModel):
    """Activities that are worked through, one after the other, in the order of a list.

    Nothing of the list is kept here: the client has the ids, and asks for the next of them that is
    still to be done. Two people may have the same list. So who gets an activity claims its
    customer, for as long as it takes and no longer than :data:`CLAIM`. A claim keeps nobody from
    doing anything: it says no more than that somebody is at it.
    """

    _name = "crm.activity.work.mixin"
    _description = "Working through CRM Activities"

    # Without an index: PostgreSQL then leaves all the others alone when it is written.
    work_user_id = fields.Many2one(
        "res.users",
        string="Being Worked on by",
        readonly=True,
        copy=False,
        exportable=False,
        ondelete="set null",
    )
    work_until = fields.Datetime(readonly=True, copy=False, exportable=False)

    def action_work_through(self):
        """Work through these, one after the other.

        :return: client action
        """
        self.check_access("read")
        return {
            "type": "ir.actions.client",
            "tag": "crm_activity_work_through",
            "name": self.env._("Work Through"),
            "params": {"ids": self.ids},
        }

    @api.model
    @api.readonly
    def get_work_list(self, activity_ids):
        """Tell what of a list is there to be worked through.

        :param list activity_ids: ids of activities, in the order of the list
        :return: dict: ``ids``, those that are to be done, in the same order; ``left_out``, what
            else there is, in words, or False
        """
        self._check_work_ids(activity_ids)
        found = self.search_fetch(Domain("id", "in", activity_ids), ["state", "channel"])
        workable = found._filter_workable()
        messages = found.filtered(lambda activity: activity._is_message_to_send())
        closed = len(found) - len(workable) - len(messages)
        unwanted = workable._get_unwanted()
        wanted = {activity.id for activity in workable if activity not in unwanted}
        left_out = []
        if messages:
            left_out.append(
                self.env._("Emails and other messages that Odoo sends: %s.", len(messages))
            )
        if unwanted:
            left_out.append(self.env._("For somebody who does not want it: %s.", len(unwanted)))
        if closed:
            left_out.append(self.env._("Not to be done any more: %s.", closed))
        if absent := len(set(activity_ids)) - len(found):
            left_out.append(self.env._("Not available to you: %s.", absent))
        return {
            "ids": [id_ for id_ in dict.fromkeys(activity_ids) if id_ in wanted],
            "left_out": bool(left_out) and " ".join([self.env._("Left out:"), *left_out]),
        }

    @api.model
    def work_on_next(self, activity_ids, left_id=False):
        """Take the first activity that is still to be done, and whose customer nobody is at.

        :param list activity_ids: ids of activities, in the order in which they are wanted; no more
            than the first hundred are looked at
        :param int left_id: the activity that the user leaves, whose customer is free again
        :return: dict: ``step``, the activity with all that its screen shows, or False;
            ``skipped``, a list of ``{"id", "reason", "is_claimed"}`` of those before it
        """
        left_ids = [left_id] if left_id else []
        self._check_work_ids(activity_ids)
        self._check_work_ids(left_ids)
        first = self.browse()._look_ahead(activity_ids)
        with first._asking_of_numbers():
            return self.browse(left_ids)._work_on(first, activity_ids)

    def _work_on(self, first, ids):
        """Leave this, if it is one, and take the next one: see :meth:`work_on_next`.

        :param first: what :meth:`_look_ahead` gave for the ids
        """
        skipped, taken = [], {}
        for found, some_ids in self._look_further(first, ids[:MAX_AHEAD]):
            unwanted = found._get_unwanted()
            for activity in found.browse(some_ids):
                is_claimed, reason = False, False
                if activity not in found:
                    reason = self.env._("Not available to you.")
                elif not activity._filter_workable():
                    reason = activity._get_unworkable_reason()
                elif activity in unwanted:
                    reason = self.env._(
                        "“%(subject)s”: %(reason)s",
                        subject=activity.name,
                        reason=unwanted[activity],
                    )
                else:
                    key = activity._get_work_key()
                    if key not in taken:
                        taken[key] = activity._claim_work(self)
                    is_claimed = taken[key] is not None
                    reason = is_claimed and activity._describe_claim(taken[key])
                if not reason:
                    # Alone: of those that come after it nothing is read yet.
                    step = activity.with_prefetch()._get_work_step()
                    return {"step": step, "skipped": skipped}
                skipped.append({"id": activity.id, "reason": reason, "is_claimed": is_claimed})
        self._release_work()
        return {"step": False, "skipped": skipped}

    @api.model
    def _look_further(self, first, ids):
        """Most often the first one is the next one: what comes after it is read where it is not.

        :return: generator of ``(those that the user may read, their ids as they were given)``
        """
        yield first, ids[:1]
        if rest := ids[1:]:
            yield self.search_fetch(Domain("id", "in", rest), self._get_work_fields()), rest

    def _look_ahead(self, ids, chosen=()):
        """Read this, if it is one, together with what comes first of these ids, and with all that
        a step asks of them: their type, whom they are for, and in whose name the chatter tells what
        was done.

        :param chosen: list of further records that are read along
        :return: the first one, if the user may read it
        """
        reading = JoinedRead(self, Domain("id", "in", [*self.ids, *ids[:1]]))
        reading.follow("activity_type_id", "campaign_id", *sorted(self._get_recipient_fields()))
        # Who is proposed to go on with it, by name.
        reading.follow("user_id", "user_id.partner_id")
        reading.notice_empty("participant_ids")
        if self:
            reading.follow("company_id", names=["catchall_formatted", "parent_path"])
            reading.follow("company_id.alias_domain_id")
            reading.add(self.env.user, "partner_id")
        for record in chosen:
            reading.add(record)
        both = reading.fetch()
        # sudo: the rules ask for them as well; most often there is no other one.
        self.env.companies.sudo().fetch(["parent_path"])
        return both.browse(ids[:1]) & both

    def work_done(self, values, activity_ids):
        """Mark this done as *Mark Done* does, and go on to the next one.

        :param dict values: of ``crm.activity.done``: ``outcome_id``, ``note``, ``next_type_id`` …;
            what is left out is proposed by the outcome
        :param list activity_ids: see :meth:`work_on_next`
        :return: dict: what :meth:`work_on_next` returns, and ``notification``, the parameters of
            the client action that says what was done
        :raise UserError: where it cannot be marked done; naming who has done it meanwhile
        """
        self.ensure_one()
        self._check_work_ids(activity_ids)
        self._check_done_values(values)
        Done = self.env["crm.activity.done"]
        chosen = [
            self.env[Done._fields[name].comodel_name].browse(values[name])
            for name in ("next_type_id", "outcome_id")
            if values.get(name)
        ]
        first = self._look_ahead(activity_ids, chosen)
        self._check_still_open()
        with (self | first)._asking_of_numbers():
            result = Done._open_for(self, **values).action_done()
            return {**self._work_on(first, activity_ids), "notification": result["params"]}

    def work_later(self, when, activity_ids):
        """Put this off, and go on to the next one.

        :param str when: ``two_hours``, ``tomorrow`` or ``monday``: the latter at nine o'clock of
            the user
        :param list activity_ids: see :meth:`work_on_next`
        :return: dict, see :meth:`work_done`
        :raise UserError: where it cannot be put off
        """
        self.ensure_one()
        self._check_work_ids(activity_ids)
        date = self._get_later(when)
        first = self._look_ahead(activity_ids)
        self._check_still_open()

        def describe(_count):
            return self.env._(
                "“%(subject)s” rescheduled to %(date)s.",
                subject=self.name,
                date=format_datetime(self.env, date, dt_format="short"),
            )

        result = self._change(lambda activities: activities.write({"date": date}), describe)
        with first._asking_of_numbers():
            return {**self._work_on(first, activity_ids), "notification": result["params"]}

    @api.model
    def work_stop(self, left_id):
        """Leave the activity that the user has open: its customer is free again.

        :param int left_id: id of the activity
        :return: True
        """
        self._check_work_ids([left_id])
        self.browse(left_id)._release_work()
        return True

    @api.model
    def _check_work_ids(self, ids):
        if not is_id_list(ids):
            raise UserError(self.env._("“activity_ids” must be a list of record IDs."))

    @api.model
    def _check_done_values(self, values):
        """:raise UserError: naming what is none of :data:`DONE_FIELDS`, or no value of it"""
        if not isinstance(values, dict):
            raise UserError(self.env._("“values” must be a dictionary of field values."))
        wrong = [
            str(name)
            for name, value in values.items()
            if name not in DONE_FIELDS or (value and not self._is_value(DONE_FIELDS[name], value))
        ]
        if wrong:
            raise UserError(self.env._("These values cannot be used: %s", ", ".join(wrong)))

    @api.model
    def _is_value(self, kind, value):
        """:return: whether a program's value is one of a kind of field"""
        if kind == "many2one":
            return is_id(value) and 0 < value <= MAX_ID
        if not isinstance(value, str) or "\0" in value:
            return False
        try:
            return kind == "char" or bool(fields.Datetime.to_datetime(value))
        except ValueError:
            return False

    def _check_still_open(self):
        self.check_access("write")
        if self.state not in OPEN_STATES:
            raise UserError(self._get_unworkable_reason())

    @api.model
    def _get_later(self, when):
        """:return: datetime in UTC
        :raise UserError: for what is none of the choices
        """
        now = fields.Datetime.context_timestamp(self, fields.Datetime.now())
        if when == "two_hours":
            return (fields.Datetime.now() + timedelta(hours=2)).replace(second=0, microsecond=0)
        days = {"tomorrow": 1, "monday": 7 - now.weekday()}
        if not isinstance(when, str) or when not in days:
            raise UserError(self.env._("Choose when to do it."))
        morning = datetime.combine(now.date() + timedelta(days=days[when]), MORNING)
        return self.env.tz.localize(morning).astimezone(utc).replace(tzinfo=None)

    def _is_message_to_send(self):
        return self.state in OPEN_STATES and self.channel in self._get_delivered_channels()

    def _filter_workable(self):
        """:return: those that are to be done by somebody, and not by a queue"""
        delivered = self._get_delivered_channels()
        return self.filtered(lambda a: a.state in OPEN_STATES and a.channel not in delivered)

    def _get_unworkable_reason(self):
        """:return: why this is not to be done: who has done something about it, and when"""
        if self._is_message_to_send():
            return self.env._("“%s” is sent by Odoo.", self.name)
        now = fields.Datetime.now()
        ago = format_timedelta(
            min((self.date_done or self.write_date) - now, timedelta(seconds=-1)),
            add_direction=True,
            locale=babel_locale_parse(self.env.lang),
        )
        # sudo: who has changed what the user reads is told in its chatter as well.
        values = {"subject": self.name, "user": self.sudo().write_uid.name, "ago": ago}
        if self.state == "done":
            # Whoever has changed it since is not who has done it.
            if self.write_date > self.date_done + timedelta(seconds=MOMENT):
                return self.env._("“%(subject)s”: done %(ago)s.", **values)
            return self.env._("“%(subject)s”: done by %(user)s, %(ago)s.", **values)
        if self.state == "cancelled":
            return self.env._("“%(subject)s”: cancelled by %(user)s, %(ago)s.", **values)
        return self.env._("“%(subject)s”: changed by %(user)s, %(ago)s.", **values)

    @api.model
    def _describe_claim(self, user):
        """:param user: ``res.users`` who is at a customer; none where that is only known later
        :return: that somebody is, in words
        """
        subject = self.name
        if user:
            return self.env._(
                "“%(subject)s”: %(user)s is with this customer.", subject=subject, user=user.name
            )
        return self.env._("“%s”: a colleague is with this customer.", subject)

    def _get_work_key(self):
        """:return: ``(field, id)`` of the customer, or of the lead where there is none; of this,
        where it is for nobody
        """
        for name in self._get_target_ref_fields():
            if self[name]:
                return name, self[name].id
        return "id", self.id

    def _get_work_condition(self, alias="crm_activity"):
        """:return: SQL of the activities of the same customer, as :meth:`_get_work_key` says"""
        name, id_ = self._get_work_key()
        return SQL("%s = %s", SQL.identifier(alias, name), id_)

    def _claim_work(self, left):
        """Claim the customer of this, or say whose it is.

        Who claims locks the oldest of the open activities of the customer, and writes the claim
        there and here. So of two at once the second finds the row locked, or changed since its
        transaction began, in which case Odoo begins the request anew. Past the ORM: a claim is no
        change of the activity, and concerns what the record rules hide from the user as well.

        What was claimed before is given back by the same statement, and first, and what a colleague
        has is not locked: two who pass each other wait for nobody.

        :param left: activity that the user leaves for this one, or none
        :return: None once it is claimed; else ``res.users`` who has it, none where that is only
            known once another transaction has ended
        """
        self._flush_work()
        claimed = self.env.execute_query(
            SQL(
                "WITH released AS (%(release)s), work AS MATERIALIZED ("
                "   SELECT id, work_user_id, work_until FROM crm_activity"
                "   WHERE %(condition)s AND state IN %(states)s"
                "   AND COALESCE(channel, '') NOT IN %(delivered)s"
                # Not before all of it is given back.
                "   AND (SELECT COUNT(*) FROM released) >= 0"
                "), gate AS MATERIALIZED ("
                "   SELECT id FROM crm_activity WHERE id = (SELECT min(id) FROM work)"
                # What is not to be had is not locked either.
                "   AND NOT EXISTS (SELECT FROM work WHERE work_user_id <> %(user)s"
                "     AND work_until > %(now)s)"
                "   FOR NO KEY UPDATE SKIP LOCKED"
                ") UPDATE crm_activity SET work_user_id = %(user)s, work_until = %(until)s"
                " WHERE id IN (SELECT id FROM gate UNION SELECT %(id)s)"
                " AND EXISTS (SELECT FROM gate)"
                " RETURNING id",
                # What is of the same customer stays the user's: no statement writes a row twice.
                release=left._get_release(
                    SQL("(%s) IS NOT TRUE", self._get_work_condition("claimed"))
                ),
                condition=self._get_work_condition(),
                states=OPEN_STATES,
                delivered=tuple(self._get_delivered_channels()),
                user=self.env.uid,
                until=fields.Datetime.now() + CLAIM,
                now=fields.Datetime.now(),
                id=self.id,
            )
        )
        self.invalidate_model(["work_until", "work_user_id"], flush=False)
        return None if claimed else self._get_claiming_user()

    def _get_claiming_user(self):
        rows = self.env.execute_query(
            SQL(
                "SELECT work_user_id FROM crm_activity WHERE %s AND work_user_id <> %s"
                " AND work_until > %s LIMIT 1",
                self._get_work_condition(),
                self.env.uid,
                fields.Datetime.now(),
            )
        )
        # sudo: the name of a colleague.
        return self.env["res.users"].sudo().browse(id_ for [id_] in rows)

    def _release_work(self):
        """Give back the claims that the user has on the customers of these, whoever sees them."""
        if not self:
            return
        self._flush_work()
        self.env.execute_query(self._get_release(SQL("TRUE")))
        self.invalidate_model(["work_until", "work_user_id"], flush=False)

    def _get_release(self, condition):
        """:param condition: SQL of those whose claims are given back
        :return: SQL that gives back claims: see :meth:`_release_work`
        """
        names = ["id", *self._get_target_ref_fields()]
        is_same = SQL(" OR ").join(
            SQL("claimed.%(name)s = gone.%(name)s", name=SQL.identifier(name)) for name in names
        )
        return SQL(
            "UPDATE crm_activity claimed SET work_user_id = NULL, work_until = NULL"
            " FROM crm_activity gone WHERE gone.id = ANY(%s) AND (%s)"
            " AND claimed.work_user_id = %s AND %s RETURNING claimed.id",
            self.ids,
            is_same,
            self.env.uid,
            condition,
        )

    def _flush_work(self):
        """Before the claims are read and written past the ORM."""
        names = ["channel", "state", "work_user_id"]
        self.flush_model([*names, *self._get_target_ref_fields()])

    @api.model
    def _get_work_fields(self):
        """:return: list of the fields that decide whether there is something to do"""
        names = ["campaign_id", "channel", "date_done", "name", "state", "write_date", "write_uid"]
        return [*names, *sorted(self._get_recipient_fields())]

    @api.model
    def _get_work_specification(self):
        """:return: specification, for ``web_read``, of what the screen shows of an activity"""
        named = {"fields": {"display_name": {}}}
        # The customer stands beside a contact.
        target = {**named, "context": {"partner_display_name_hide_company": True}}
        targets = dict.fromkeys(sorted(self._get_recipient_fields()), target)
        return {
            "activity_type_icon": {},
            "activity_type_id": named,
            "body": {},
            "campaign_id": named,
            "date": {},
            "due": {},
            "name": {},
            "opt_out_warning": {},
            "recipient_email": {},
            "recipient_phone": {},
            **targets,
        }

    def _get_work_step(self):
        """:return: dict of all that the screen of this activity shows"""
        [values] = self.web_read(self._get_work_specification())
        can_plan = self._is_crm_installed() and self.browse().has_access("create")
        return {
            **values,
            "can_plan": can_plan,
            "history": self._get_work_history(),
            "outcomes": self._get_work_outcomes(can_plan),
        }

    def _get_work_outcomes(self, can_plan):
        """:return: list of dicts: what can come of this, in its order, and what is proposed to come
        ``then``, or False
        """
        Outcome = self.env["crm.activity.outcome"]
        names = Outcome._get_names()
        offered = Outcome._get_offered(self.activity_type_id)
        following = self.env["crm.activity.done"]._get_proposals(
            self, offered if can_plan else Outcome
        )
        return [
            {"id": id_, "display_name": names[id_][0], "then": following.get(id_, False)}
            for id_ in offered.ids
        ]

    def _get_work_history(self):
        """:return: list of dicts: what happened last with whom this is for, newest first"""
        History = self.env["crm.activity.history"]
        name, id_ = self._get_work_key()
        if name == "id" or not History.has_access("read"):
            return []
        target = self[name]
        past = Domain("date", "<=", fields.Datetime.now())
        domain = Domain(target._get_crm_history_domain()) & past
        names = ["activity_type_id", "date", "document_type", "kind", "name", "state"]
        names += ["is_incoming", "outcome_id", "res_id", "res_model"]
        rows = History.search_fetch(domain, names, limit=HISTORY_LINES + 1)
        others = rows.filtered(lambda row: (row.res_model, row.res_id) != (self._name, self.id))
        kinds = dict(get_selection(History, "kind"))
        outcomes = self.env["crm.activity.outcome"]._get_names()
        return [
            {
                "id": row.id,
                "date": fields.Datetime.to_string(row.date),
                "icon": row.icon,
                "name": row.name,
                # What came of it tells more than that it was done.
                "state": outcomes.get(row.outcome_id.id, [row.state])[0],
                "text": row.text,
                "type": row.type_name or kinds[row.kind],
            }
            for row in others[:HISTORY_LINES]
        ]
