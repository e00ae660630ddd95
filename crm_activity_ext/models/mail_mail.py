# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging
import re
import smtplib
from collections import defaultdict
from contextlib import contextmanager

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.modules import module
from odoo.tools import email_normalize, split_every

from ..tools.prepared_emails import KEY as PREPARED
from ..tools.prepared_emails import PreparedEmails
from ..tools.smtp_session import SmtpSession
from .crm_activity_delivery_mixin import single_line

_logger = logging.getLogger(__name__)

# Mails claimed, and checked for whether, and to whom, they may be sent, at once.
BATCH_SIZE = 20
# Mails that have to wait for further senders to be woken.
MANY = 100
# Mails sent by a further sender before other scheduled actions have their turn.
FURTHER_BATCH_SIZE = 100
# Consecutive mails cut off by the server after which the queue waits.
MAX_UNHEARD = 5
# What Odoo has chosen for a batch by its sender.
SESSION_OPTIONS = {"alias_domain_id", "mail_server", "smtp_session"}
# The model of the records that are sent here.
OURS = "crm.activity"
# The answer of a server as Python tells it: (550, b'No such user here').
SERVER_ANSWER = re.compile(r"(\d{3}),?\s+b?(['\"])(.*?)\2")
# How the operating system begins to say that nobody answers.
NO_CONNECTION = "[Errno"


class MailMail(models.Model):
    """Odoo's outbox, as the queue of outgoing emails: each leaves as its activity is now."""

    _name = "mail.mail"
    _inherit = ["mail.mail", "crm.activity.queue.mixin"]

    _crm_activity_channel = "email_out"
    _crm_activity_cron = "mail.ir_cron_mail_scheduler_action"
    _crm_activity_date_field = "scheduled_date"

    # The queue looks for what waits among all that was ever sent.
    _crm_activity_outgoing_idx = models.Index("(id) WHERE state = 'outgoing'")

    def write(self, vals):
        result = super().write(self._add_outcome(vals))
        follows = {"outgoing": "pending", "cancel": "cancelled"}.get(vals.get("state"))
        if follows:
            activities = self._get_crm_activities()
            activities -= activities.with_env(self.env)._get_sync_skipped()
            activities._report_delivery_status(follows)
            if follows == "pending":
                activities._reschedule()
        return result

    def _add_outcome(self, vals):
        """Write what a mail of an activity becomes at once, and nothing that it is already.

        :param dict vals: what Odoo writes
        :return dict: what is written
        """
        if vals.get("state") != "sent" or not self.env.su or set(self.mapped("model")) != {OURS}:
            return vals
        vals = {**vals, "crm_activity_sending": False}
        if {vals.get("message_id")} == set(self.mapped("message_id")):
            del vals["message_id"]  # the message, and whoever has it, would be written as well
        return vals

    def unlink(self):
        queued = self.filtered(lambda mail: mail.state == "outgoing")
        activities = queued._get_crm_activities()
        result = super().unlink()
        activities._report_delivery_status(
            "cancelled", self.env._("The email was deleted from the outbox.")
        )
        return result

    @api.model
    def process_email_queue(self, email_ids=(), *args, **kwargs):
        """Have further senders help where many mails of activities wait."""
        filters = self.env.context.get("filters", [])
        is_whole_queue = not email_ids and not filters
        if is_whole_queue and self._count_waiting_of_crm_activities(limit=MANY) >= MANY:
            for sender in self._get_further_senders():
                sender._trigger()
        queue = self.with_context(filters=[*filters, *self._get_fetch_domain()])
        result = super(MailMail, queue).process_email_queue(email_ids, *args, **kwargs)
        self._settle()
        return result

    @api.model
    def _process_crm_activity_queue(self):
        """Send mails of activities beside Odoo's own queue, for a scheduled action.

        Whatever one sender has claimed, the others leave to it.
        """
        batch = self.search(self._get_waiting_domain(), limit=FURTHER_BATCH_SIZE)
        # By this key Odoo's queue takes some of its mails, and not all.
        own = Domain("id", "in", batch.ids)
        queue = self.with_context(filters=list(own))
        queue.process_email_queue(batch_size=FURTHER_BATCH_SIZE)
        # Of its own: others may be adding to the queue.
        sent = len(batch) - self.search_count(own & Domain("state", "=", "outgoing"))
        left = self._count_waiting_of_crm_activities()
        # What nobody could send now has another turn, and not at once.
        self.env["ir.cron"]._commit_progress(sent, remaining=left if sent else 0)

    @api.model
    def _get_further_senders(self):
        """:return: the active scheduled actions that send beside Odoo's: ours, and its copies"""
        # sudo: the queue may be run by whoever is allowed to send.
        Cron = self.env["ir.cron"].sudo()
        ours = self.env.ref("crm_activity_ext.ir_cron_send_mails", raise_if_not_found=False)
        same = ours and [("model_id", "=", ours.model_id.id), ("code", "=", ours.code)]
        return Cron.search(same) if same else Cron

    @api.model
    def _count_waiting_of_crm_activities(self, limit=None):
        return self.search_count(self._get_waiting_domain(), limit=limit)

    @api.model
    def _get_waiting_domain(self):
        """:return: Domain of the mails of activities that are due, and that several may send"""
        is_due = Domain("scheduled_date", "=", False) | Domain(
            "scheduled_date", "<=", fields.Datetime.now()
        )
        is_free = self._get_crm_activity_queue_domain() & self._get_fetch_domain()
        return Domain("state", "=", "outgoing") & is_due & is_free

    @api.model
    def _get_crm_activity_queue_domain(self):
        """:return: Domain of the mails of activities that several may send at once"""
        # A personal mail server counts what leaves by it, and so has one sender alone.
        # sudo: which mail servers there are does not depend on who looks.
        personal = self.env["ir.mail_server"].sudo().search([("owner_user_id", "!=", False)])
        domain = Domain("model", "=", OURS)
        if personal:
            domain &= Domain("mail_message_id.create_uid", "not in", personal.owner_user_id.ids)
        return domain

    def send(self, auto_commit=False, *args, **kwargs):
        """Leave mails of activities to the queue, which commits mail by mail.

        A request that sends them itself might be repeated after a conflict, and send
        them again.
        """
        mails = self
        if not auto_commit and not module.current_test:
            left_to_queue = self._filter_of_crm_activities()
            if left_to_queue:
                left_to_queue.scheduled_date = fields.Datetime.now()
                self._trigger_crm_activity_queue([fields.Datetime.now()])
            mails -= left_to_queue
        return super(MailMail, mails).send(auto_commit, *args, **kwargs)

    def _split_by_mail_configuration(self):
        """Leave out of each batch what others have sent while this worker sent those before.

        Odoo fails a whole batch where it cannot connect. As the connection is asked for in the
        transaction that this is read in, PostgreSQL refuses to let a mail fail that another worker
        begins to send from here on. What has another sender now needs another session.
        """
        # Mails of activities come here from those alone who let them commit: see :meth:`send`.
        # sudo: see :meth:`_send`.
        ours = self._filter_of_crm_activities().sudo()
        chosen_by = ours._get_session_values()
        moved = self.browse()
        for *session, ids in super()._split_by_mail_configuration():
            batch = self.browse(ids)
            if own := batch & ours:
                untaken = own._filter_untaken()
                values = untaken._get_session_values()
                kept = untaken.filtered(lambda m, v=values: v[m] == chosen_by[m])
                moved |= untaken - kept
                batch -= own - kept
            if batch:
                yield *session, batch.ids
        if moved:
            yield from moved._split_by_mail_configuration()

    def _send(self, auto_commit=False, *args, **kwargs):
        """Send mails of activities one by one, each claimed and as its activity is now."""
        # sudo: what each says, and what became of it, is written whoever may send these and does:
        # their messages and activities are not theirs to write.
        ours = self._filter_of_crm_activities().sudo()
        if not ours or self.env["ir.mail_server"]._disable_send():
            return super()._send(auto_commit, *args, **kwargs)
        # Read before any commit shows what others have changed: the session is there already.
        chosen_by = ours._get_session_values()
        if others := self - ours:
            super(MailMail, others)._send(auto_commit, *args, **kwargs)
        with self._open_session(**kwargs) as session:
            if session:
                kwargs["smtp_session"] = session
            server = kwargs.pop("mail_server", None) or self.env["ir.mail_server"]
            if server.owner_user_id:
                kwargs["mail_server"] = server  # for Odoo to ask whether each may leave by it
            # The claim commits.
            moved = ours._send_one_by_one(
                session, server, chosen_by, lambda mail: super()._send(False, *args, **kwargs)
            )
        if moved:
            options = {key: kwargs[key] for key in kwargs.keys() - SESSION_OPTIONS}
            moved.send(auto_commit, *args, **options)
        return True

    @contextmanager
    def _open_session(self, smtp_session=None, mail_server=None, **_options):
        """:return: context manager that gives a :class:`SmtpSession` in place of Odoo's, if any"""
        if not smtp_session:
            yield None
            return
        server_id = mail_server.id if mail_server else False
        smtp_from = getattr(smtp_session, "smtp_from", None)
        connect = self.env["ir.mail_server"]._connect__
        session = SmtpSession(
            smtp_session, lambda: connect(mail_server_id=server_id, smtp_from=smtp_from)
        )
        try:
            yield session
        finally:
            session.close()

    def _send_one_by_one(self, session, mail_server, chosen_by, send):
        """Send these, and go on where the server does not listen to one.

        :param session: the :class:`SmtpSession`, or None
        :param mail_server: ``ir.mail_server`` that it is of, or none
        :param dict chosen_by: :meth:`_get_session_values` that it was chosen by
        :param send: function that sends one mail
        :return: those whose sender has changed: they need another session
        """
        moved = self.browse()
        for ids in split_every(BATCH_SIZE, self.ids):
            with self.browse(ids)._claim() as queued:
                ready = queued._make_ready()
                values = ready._get_session_values()
                moved |= ready.filtered(lambda m, v=values: v[m] != chosen_by[m])
                staying = (ready - moved)._prepare_emails(mail_server)
                error = staying._send_while_heard(session, send)
            if error:  # not before web clients are told what was sent
                raise error
        return moved

    def _send_while_heard(self, session, send):
        """:return: the ``smtplib.SMTPServerDisconnected`` that it had to end with, if any"""
        unheard = 0
        for mail in self:
            try:
                # Alone: each is read anew, in a transaction of its own.
                mail.with_prefetch()._send_marked(session, send)
                unheard = 0
            except smtplib.SMTPServerDisconnected as error:
                unheard += 1
                if not session or session.is_lost or session.has_begun_data:
                    return error
                if unheard >= MAX_UNHEARD:
                    return error
        return None

    def _get_session_values(self):
        """:return: ``{mail: what Odoo chooses an SMTP session by}``"""
        mails = self.with_context(prefetch_fields=False)  # not their texts
        return {mail: (mail.email_from, mail.record_alias_domain_id) for mail in mails}

    def _send_marked(self, session, send):
        if session:
            session.has_begun_data = False
        with self._sending(lambda: not session or session.has_begun_data) as mail:
            if mail:
                mail._check_prepared()
                send(mail)

    def _prepare_emails(self, mail_server):
        """Make at once what these say to whom, as each is sent in a transaction of its own, which
        would read all of it anew.

        Not of those with files: so many would be too large together. What cannot be made has its
        own turn, in which Odoo says so: it keeps no others from leaving.

        :param mail_server: ``ir.mail_server`` that they leave by, or none
        :return: these, to be sent
        """
        emails = PreparedEmails(mail_server)
        for mail in self.filtered(lambda mail: not mail.attachment_ids):
            server = mail_server or mail.mail_server_id
            try:
                emails[mail.id] = (mail._get_version(), mail._prepare_outgoing_list(server))
            except psycopg2.Error:
                raise
            except Exception:
                _logger.info("%r cannot be made ahead.", mail, exc_info=True)
        return self.with_context(**{PREPARED: emails})

    def _check_prepared(self):
        """Let what was made of this be made anew, where it has been changed meanwhile."""
        emails = PreparedEmails.of(self.env)
        if emails and emails.get_version(self) != self._get_version():
            emails.pop(self.id, None)

    def _get_version(self):
        """:return: what differs as soon as somebody has written this or its activity"""
        return self.write_date, self._get_crm_activities().write_date

    def _follow_crm_activities(self):
        activity_of = self._get_crm_activity_by_message()
        activities = self._join_crm_activities(activity_of.values())
        envelopes = activities._prepare_mail_envelopes()
        for mail, activity in activity_of.items():
            if activity:
                # The chatter has what leaves, whoever has rewritten it since it was queued.
                changes = {**envelopes[activity], "body": activity.body}
                activities._write_changes(mail, changes)

    def _get_crm_activity_notifications(self):
        """:return: what the chatter shows of to whom these have gone, or have not"""
        return self.env["mail.notification"].search([("mail_mail_id", "in", self.ids)])

    def _notify_crm_activity_outcome(self, has_failures):
        """Let the chatter show to whom these have gone, or have not.

        Not before: a notification is in many indexes, and each change of it is written to all.

        :param bool has_failures: whether Odoo is still to tell who has not got them
        """
        Activity = self.env["crm.activity"]
        self._get_crm_activity_notifications().unlink()
        self.env["mail.notification"].create(
            [
                {**values, "notification_status": "ready" if has_failures else "sent"}
                for mail in self
                for values in Activity._prepare_notification_values(mail)
            ]
        )

    def _compute_body_content(self):
        """Show administrators what a mail without a text of its own says."""
        result = super()._compute_body_content()
        for mail, activity in self._get_crm_activity_by_message().items():
            if activity:
                mail.body_content = activity.body
        return result

    def _prepare_outgoing_body(self):
        """The text is the activity's: its mail has no copy of it."""
        activity = self._get_crm_activities()
        if not activity:
            return super()._prepare_outgoing_body()
        return self.env["mail.render.mixin"]._replace_local_links(activity.body)

    def _prepare_outgoing_list(self, mail_server=False, *args, **kwargs):
        """Say which activity it is of, and leave out who is blacklisted of several addresses, and
        line breaks in headers.
        """
        prepared = PreparedEmails.of(self.env)
        if prepared is not None:
            if self.id in prepared:
                return prepared.take(self)
            mail_server = mail_server or prepared.mail_server
        emails = super()._prepare_outgoing_list(mail_server, *args, **kwargs)
        if self.model != OURS:
            return emails
        if activity := self.mail_message_id._get_sent_crm_activity():
            self._add_headers(activity, emails)
            self._leave_out_refused([e for e in emails if len(e["email_to_normalized"]) > 1])
        for email in emails:
            email["email_to"] = [single_line(address) for address in email["email_to"]]
            files = email["attachments"]
            email["attachments"] = [(single_line(name), *rest) for name, *rest in files]
        return emails

    def _add_headers(self, activity, emails):
        """Add to what ``_prepare_outgoing_list`` gave what need not be kept: it is told by the
        activity and the message.
        """
        for email in emails:
            email["headers"] = activity._notify_by_email_get_headers({**email["headers"]})
            # Some servers give a mail another Message-Id: the references keep this one.
            email["references"] = email["references"] or self.message_id

    @api.model
    def _leave_out_refused(self, emails):
        """Take the blacklisted addresses out of what ``_prepare_outgoing_list`` gave."""
        if not emails:
            return
        addresses = {address for email in emails for address in email["email_to_normalized"]}
        refused = self.env["crm.activity"]._get_refused_emails(addresses)
        for email in emails:
            for key in ("email_to", "email_to_normalized"):
                email[key] = [e for e in email[key] if email_normalize(e) not in refused]

    def _set_failed(self, reason):
        values = {"state": "exception", "failure_type": "unknown", "failure_reason": reason}
        self.write(values)
        self._postprocess_sent_message([], [], failure_reason=reason, failure_type="unknown")

    def _postprocess_sent_message(self, *args, failure_type=None, **kwargs):
        """Odoo calls this with the outcome, for one mail or many: activities follow it."""
        outcomes = defaultdict(self.env["crm.activity"].browse)
        # sudo: see :meth:`_send`, without which this is called where no server could be reached.
        mails = self.sudo()
        told = mails.browse()
        mail_of = mails.grouped("mail_message_id")
        mails.filtered("crm_activity_sending").crm_activity_sending = False
        for activity in mails._get_crm_activities():
            mail = mail_of[activity.mail_message_id]
            if mail.state == "sent":
                outcomes["done", False, False] |= activity
                told |= mail
            elif mail.state == "exception":
                told |= mail
                mail = mail.with_context(lang=activity.user_id.lang)
                outcomes[("failed", *mail._get_failure_in_words(failure_type))] |= activity
        for (state, reason, detail), activities in outcomes.items():
            activities._report_delivery_status(state, reason, detail=detail)
        told._notify_crm_activity_outcome(has_failures=bool(failure_type))
        return super()._postprocess_sent_message(*args, failure_type=failure_type, **kwargs)

    def _get_failure_in_words(self, failure_type):
        """Tell a salesperson what went wrong, and keep what the programs said for who mends it.

        :param str failure_type: one of Odoo's kinds of failures
        :return: ``(reason in words, what was said literally, or False where that is the reason)``
        """
        self.ensure_one()
        # Odoo joins the parts of what the server said with line breaks.
        literal = " ".join((self.failure_reason or "").split())
        answers = "; ".join(
            dict.fromkeys(
                f"{answer} ({code})" for code, _quote, answer in SERVER_ANSWER.findall(literal)
            )
        )
        if failure_type == "mail_smtp" and answers:
            reason = self.env._("The mail server refused the connection: %s", answers)
        elif failure_type == "mail_smtp" or NO_CONNECTION in literal:
            reason = self.env._("The mail server could not be reached.")
        elif answers:
            reason = self.env._("The mail server refused the message: %s", answers)
        elif failure_type and failure_type != "unknown":
            labels = dict(self._fields["failure_type"]._description_selection(self.env))
            reason = labels.get(failure_type, literal)
        else:
            reason = literal
        return reason, reason != literal and literal

    def _get_crm_activity_by_message(self):
        activities = self._get_crm_activities()
        by_message = {activity.mail_message_id: activity for activity in activities}
        return {mail: by_message.get(mail.mail_message_id, activities.browse()) for mail in self}

    def _get_crm_activities(self):
        """:return: the activities that these are the mails of"""
        return self.mail_message_id._get_crm_activities()

    def _filter_of_crm_activities(self):
        """:return: those of these that are the mails of activities"""
        messages = self._get_crm_activities().mail_message_id
        return self.filtered(lambda mail: mail.mail_message_id in messages)
