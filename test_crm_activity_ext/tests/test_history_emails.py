# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Emails with a customer stand in the history, and nothing else of a chatter."""

from datetime import timedelta
from unittest.mock import patch

from markupsafe import Markup

from odoo import Command
from odoo.exceptions import AccessError
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_activity_ext.tests.smtp import smtp_server

from .test_history_access import HistoryAccessCase


class HistoryEmailCase(HistoryAccessCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact.email = "olga@example.com"

    @classmethod
    def _receive(cls, document, author=None, **values):
        """:return: the message that came from somebody outside, by email"""
        author = cls.contact if author is None else author
        message = document.message_post(
            body=Markup("<p>Yes, please.</p><p>Olga</p>"),
            subject="Our order",
            message_type="email",
            subtype_xmlid="mail.mt_comment",
            author_id=author.id,
            email_from=author.email or "somebody@example.com",
            **values,
        )
        cls.env.flush_all()
        return message

    @classmethod
    def _write(cls, document, recipients=None, user=None, **values):
        """:return: the message that a user has sent"""
        recipients = cls.contact if recipients is None else recipients
        message = document.with_user(user or cls.salesman_all).message_post(
            **{
                "body": "Here it is.",
                "subject": "Our offer",
                "message_type": "comment",
                "subtype_xmlid": "mail.mt_comment",
                "partner_ids": recipients.ids,
                **values,
            }
        )
        cls.env.flush_all()
        return message.sudo()

    def _emails(self, partners=None, user=None, domain=()):
        return self._rows(partners, user, [("kind", "=", "email"), *domain])


@tagged("post_install", "-at_install")
class TestHistoryEmails(HistoryEmailCase):
    def test_an_email_in_the_customers_own_chatter_is_one_row(self):
        message = self._receive(self.customer)
        message.date = "2025-02-03 10:00:00"
        self.env.flush_all()
        [row] = self._emails()
        self.assertRecordValues(
            row,
            [
                {
                    "name": "Our order",
                    "text": "Yes, please.",
                    "date": Datetime.to_datetime("2025-02-03 10:00:00"),
                    "icon": "fa-inbox",
                    "type_name": "Incoming Email",
                    "is_incoming": True,
                    "customer_id": self.customer.id,
                    "person_id": self.contact.id,
                    "res_model": "mail.message",
                    "res_id": message.id,
                    "document_model": "res.partner",
                    "document_id": self.customer.id,
                    "is_void": False,
                }
            ],
        )

    def test_what_left_is_told_with_who_sent_it_to_whom_and_what_became_of_it(self):
        order = self._create_order(user=self.salesman)
        message = self._write(order, subject=False)
        [row] = self._emails()
        self.assertRecordValues(
            row,
            [
                {
                    "name": order.name,
                    "icon": "fa-envelope",
                    "type_name": "Outgoing Email",
                    "is_incoming": False,
                    "user_id": self.salesman_all.id,
                    "person_id": self.contact.id,
                    "document_id": order.id,
                    "is_void": False,
                }
            ],
        )
        notification = message.notification_ids.filtered(
            lambda one: one.res_partner_id == self.contact
        )
        for status, state, is_void in (
            ("ready", "Pending", False),
            ("sent", "Sent", False),
            ("bounce", "Failed", True),
            ("exception", "Failed", True),
        ):
            notification.notification_status = status
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertRecordValues(row, [{"state": state, "is_void": is_void}])
        notification.notification_status = "canceled"
        self.env.flush_all()
        self.assertFalse(self._emails())

    def test_what_was_not_exchanged_with_anybody_outside_is_no_email(self):
        order = self._create_order()
        order.message_post(body="Careful with this one.")  # a note
        order.message_post(
            body="Note to a customer who follows", subtype_xmlid="mail.mt_note", author_id=2
        )
        self._write(order, recipients=self.colleague.partner_id)
        self._receive(order, author=self.colleague.partner_id)  # a colleague, by email
        order.message_notify(
            body="You have been assigned", subject="Order", partner_ids=self.contact.ids
        )
        order.message_post_with_source(
            "mail.message_origin_link",
            render_values={"self": order, "origin": order},
            subtype_xmlid="mail.mt_comment",
        )
        order.action_confirm()
        self.env.flush_all()
        self.assertFalse(self._emails())

    def _send_template(self, **values):
        """:return: the mail that a template sends, of which nobody is notified"""
        order = self._create_order()
        template = self.env["mail.template"].create(
            {
                "name": "Reminder",
                "model_id": self.env["ir.model"]._get_id("sale.order"),
                "subject": "Reminder",
                "body_html": "<p>Please.</p>",
                "auto_delete": False,
                "use_default_to": False,
                **values,
            }
        )
        mail = self.env["mail.mail"].browse(template.send_mail(order.id))
        self.env.flush_all()
        return mail

    def test_what_a_template_sends_is_told_if_it_was_for_somebody_outside(self):
        colleague = self.colleague.partner_id
        colleague.email = "Colleague@example.com"
        for values in (
            {"partner_to": str(colleague.id)},
            {"email_to": "The colleague <COLLEAGUE@example.com>"},
            {"email_to": False, "partner_to": False},
        ):
            with self.subTest(inside=values):
                self._send_template(**values)
                self.assertFalse(self._emails())
        for values, person in (
            ({"partner_to": f"{colleague.id},{self.contact.id}"}, self.contact),
            ({"email_to": "colleague@example.com, somebody@else.com"}, None),
            ({"partner_to": str(colleague.id), "email_cc": "somebody@else.com"}, None),
        ):
            with self.subTest(outside=values):
                mail = self._send_template(**values)
                [row] = self._emails()
                self.assertEqual((row.res_id, row.is_incoming), (mail.mail_message_id.id, False))
                self.assertEqual(row.person_id.id, person and person.id or False)
                mail.mail_message_id.unlink()

    def test_what_became_of_what_a_template_sent_is_told(self):
        mail = self._send_template(partner_to=str(self.contact.id))
        [row] = self._emails()
        for status, state, is_void in (
            ("outgoing", "Pending", False),
            ("sent", "Sent", False),
            ("exception", "Failed", True),
        ):
            mail.state = status
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertRecordValues(row, [{"state": state, "is_void": is_void}])
        mail.state = "cancel"
        self.env.flush_all()
        self.assertFalse(self._emails())

    def test_of_several_mails_of_a_message_the_worst_is_told(self):
        mail = self._send_template(partner_to=str(self.contact.id))
        other = mail.copy({"mail_message_id": mail.mail_message_id.id})
        inside = mail.copy({"mail_message_id": mail.mail_message_id.id, "state": "exception"})
        other.recipient_ids = self.customer
        inside.recipient_ids = self.colleague.partner_id
        [row] = self._emails()
        for states, state, is_void in (
            (("sent", "sent"), "Sent", False),
            (("outgoing", "sent"), "Pending", False),
            (("sent", "exception"), "Failed", False),
            (("exception", "outgoing"), "Failed", False),
            (("cancel", "sent"), "Sent", False),
            (("cancel", "exception"), "Failed", True),
            (("exception", "exception"), "Failed", True),
        ):
            with self.subTest(states=states):
                mail.state, other.state = states
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertRecordValues(row, [{"state": state, "is_void": is_void}])

    @mute_logger("odoo.models.unlink")
    def test_what_was_sent_to_several_stays_after_odoo_has_deleted_its_mails(self):
        order = self._create_order()
        template = self._send_template(partner_to=str(self.contact.id), auto_delete=True)
        message = template.mail_message_id
        composer = self.env["mail.compose.message"].with_user(self.salesman_all)
        composer = composer.with_context(active_ids=order.ids).create(
            {
                "composition_mode": "mass_mail",
                "model": "sale.order",
                "res_ids": str(order.ids),
                "subject": "Our fair",
                "body": "<p>Come!</p>",
                "partner_ids": self.contact.ids,
                "auto_delete": True,
                "auto_delete_keep_log": True,
                "force_send": False,
            }
        )
        mails, _messages = composer._action_send_mail()
        self.env.flush_all()
        rows = self._emails()
        self.assertEqual(rows.mapped("state"), ["Pending", "Pending"])
        with smtp_server(self.env) as mailbox:
            self.env["mail.mail"].process_email_queue()
        subjects = {str(message["Subject"]) for message in mailbox.messages}
        self.assertLessEqual({"Reminder", "Our fair"}, subjects)
        self.assertFalse((mails | template).exists())
        self.env.flush_all()
        self.env.invalidate_all()
        # What no message is left of stands in no chatter either.
        self.assertFalse(message.exists())
        [row] = self._emails()
        self.assertRecordValues(
            row,
            [
                {
                    "name": "Our fair",
                    "document_id": order.id,
                    "customer_id": self.customer.id,
                    "is_incoming": False,
                    "person_id": self.contact.id,
                    "state": "Sent",
                    "is_void": False,
                }
            ],
        )

    @mute_logger("odoo.models.unlink")
    def test_whom_a_mail_was_for_that_is_deleted_its_message_tells(self):
        inside, outside = (
            self._send_template(partner_to=str(partner.id))
            for partner in (self.colleague.partner_id, self.contact)
        )
        messages = (inside | outside).mail_message_id
        told = outside.mail_message_id
        # Else Odoo deletes the messages as well.
        (inside | outside).is_notification = True
        (inside | outside).unlink()
        self.assertEqual(len(messages.exists()), 2)
        self.env.flush_all()
        [row] = self._emails()
        # What became of it, nobody knows any more.
        self.assertRecordValues(
            row,
            [
                {
                    "res_id": told.id,
                    "person_id": self.contact.id,
                    "is_incoming": False,
                    "state": False,
                    "is_void": False,
                }
            ],
        )

    @mute_logger("odoo.models.unlink")
    def test_emails_stay_after_odoo_has_cleaned_up_who_was_notified(self):
        order = self._create_order()
        order.message_subscribe(self.colleague.partner_id.ids)
        outside = self._write(order)
        inside = self._write(order, recipients=self.colleague.partner_id)
        notifications = (outside | inside).notification_ids
        notifications.write({"notification_status": "sent", "is_read": True})
        notifications.read_date = "2001-01-01"
        self.env["mail.notification"]._gc_notifications()
        self.assertFalse(inside.notification_ids)
        self.env.flush_all()
        self.env.invalidate_all()
        [row] = self._emails()
        self.assertEqual((row.res_id, row.state), (outside.id, "Sent"))

    def test_who_else_writes_on_a_document_of_the_customer_is_named(self):
        carrier = self.env["res.partner"].create({"name": "Carl", "email": "carl@example.com"})
        self._receive(self._create_order(), author=carrier)
        [row] = self._emails()
        self.assertEqual((row.customer_id, row.person_id), (self.customer, carrier))

    def test_what_a_customer_writes_on_the_portal_came_from_outside(self):
        self.portal.partner_id.parent_id = self.customer
        order = self._create_order()
        message = order.message_post(
            body="When?",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            author_id=self.portal.partner_id.id,
        )
        self.env.flush_all()
        [row] = self._emails()
        self.assertEqual((row.res_id, row.is_incoming), (message.id, True))
        self.assertEqual(row.person_id, self.portal.partner_id)

    def test_every_document_of_the_history_has_its_emails(self):
        order, delivery, invoice = self._sell()
        lead = self.env["crm.lead"].create({"name": "Fair", "partner_id": self.customer.id})
        activity = self._create_activity()
        event = (
            self.env["calendar.event"]
            .with_context(no_mail_to_attendees=True)
            .create(
                {
                    "name": "Fair",
                    "start": Datetime.now(),
                    "stop": Datetime.now() + timedelta(hours=1),
                    "user_id": self.salesman_all.id,
                    "partner_ids": [Command.set((self.contact | self.salesman_all.partner_id).ids)],
                }
            )
        )
        documents = [order, delivery, invoice, lead, activity, event, self.customer, self.contact]
        messages = [self._receive(document) for document in documents]
        rows = self._emails()
        self.assertEqual(
            {(row.document_model, row.document_id) for row in rows}, self._keys(*documents)
        )
        self.assertEqual(sorted(rows.mapped("res_id")), sorted(m.id for m in messages))
        self.assertEqual(rows.customer_id, self.customer)
        whole = self._assert_pages_and_counts(self._rows(), self._get_domain())
        self.assertEqual(len(set(whole.ids)), len(whole))
        self.assertEqual(rows.search([("id", "in", rows.ids)]), rows)
        # Those of a contact alone, and of a lead.
        self.assertNotIn(messages[0].id, self._emails(self.address).mapped("res_id"))
        self.assertIn(messages[3].id, self._emails(lead).mapped("res_id"))

    def test_emails_of_archived_documents_and_of_who_was_archived_stay(self):
        lead = self.env["crm.lead"].create({"name": "Fair", "partner_id": self.contact.id})
        messages = self._receive(lead) | self._receive(self.contact)
        lead.active = self.contact.active = False
        self.assertEqual(set(self._emails().mapped("res_id")), set(messages.ids))

    def test_who_wrote_it_may_be_unknown_or_deleted(self):
        nobody = self.env["res.partner"]
        message = self._receive(self._create_order(), author=nobody)
        [row] = self._emails()
        self.assertEqual((row.res_id, row.is_incoming), (message.id, True))
        self.assertEqual(row.customer_id, self.customer)

    def test_an_email_opens_in_its_document(self):
        order = self._create_order()
        message = self._write(order)
        [row] = self._emails()
        action = row.action_open_document()
        self.assertEqual((action["res_model"], action["res_id"]), ("sale.order", order.id))
        self.assertEqual(action["context"]["highlight_message_id"], message.id)
        [row] = self._rows(domain=[("kind", "=", "quotation")])
        self.assertFalse(row.action_open_document()["context"]["highlight_message_id"])

    def test_an_email_of_an_invoice_opens_its_page_for_who_may_not_open_its_form(self):
        _order, _delivery, invoice = self._sell()
        self._write(invoice, user=self.env.ref("base.user_admin"))
        [row] = self._emails()
        self.assertEqual(row.action_open_document()["url"], invoice.access_url)

    def test_pages_with_emails_make_up_the_whole(self):
        order = self._create_order()
        self._receive(self.customer).date = "2001-01-01"
        for days in range(4):
            self._write(order).date = Datetime.now() - timedelta(days=days)
            self._create_activity(date=Datetime.now() - timedelta(days=days, hours=days % 2))
        self.env.flush_all()
        for sort in (self.History._order, "date desc", "date, id", "name, id"):
            whole = self._rows().search(self._get_domain(), order=sort)
            self.assertEqual(len(whole), 10)
            for limit in (1, 3, 9):
                with self.subTest(order=sort, limit=limit):
                    pages = [
                        whole.search(self._get_domain(), order=sort, limit=limit, offset=offset)
                        for offset in range(0, 12, limit)
                    ]
                    found = sum((page.ids for page in pages), [])
                    self.assertEqual(set(found), set(whole.ids))
                    self.assertEqual(len(found), len(whole))
                    if sort != "date desc":
                        self.assertEqual(found, whole.ids)

    def _get_domain(self):
        return self.customer.with_user(self.salesman_all).action_view_crm_history()["domain"]

    def test_the_count_is_that_of_the_rows_whatever_is_asked(self):
        order, delivery, invoice = self._sell()
        lead = self.env["crm.lead"].create(
            {"name": "Fair", "partner_id": self.contact.id, "user_id": self.salesman.id}
        )
        visit = self._create_activity(
            partner_id=self.other_customer.id,
            participant_ids=self.contact.ids,
            user_id=self.salesman.id,
        )
        for document in (order, delivery, invoice, lead, visit, self.customer, self.contact):
            self._receive(document)
        self._write(order).date = "2001-01-01"
        self.env.flush_all()
        ids = self._rows().ids
        asked = (
            [],
            [("kind", "=", "email")],
            [("kind", "!=", "email")],
            [("kind", "in", ["lead", "email"])],
            [("res_model", "in", ["mail.message", "sale.order"])],
            [("document_model", "=", "res.partner")],
            [("date", "<", "2002-01-01")],
            [("name", "ilike", "our")],
            [("user_id", "=", self.salesman.id)],
            [("is_void", "=", False)],
            [("state", "=", False)],
            [("partner_id", "=", self.contact.id)],
            [("partner_id.name", "ilike", "olga")],
            ["|", ("partner_id", "=", self.contact.id), ("kind", "=", "email")],
            [("campaign_id", "=", False)],
            [("id", "in", ids[::2])],
            [("id", "not in", ids[::2])],
        )
        for user in (self.salesman, self.salesman_all, self.env.ref("base.user_admin")):
            for target in (self.customer, self.contact, self.other_customer, lead):
                History = self.History.with_user(user)
                domain = target.with_user(user).action_view_crm_history()["domain"]
                for more in asked:
                    rows = History.search([*domain, *more])
                    for limit in (None, 1, 3):
                        with self.subTest(user=user.name, of=target.name, more=more, limit=limit):
                            self.assertEqual(
                                History.search_count([*domain, *more], limit=limit),
                                min(len(rows), limit or len(rows)),
                            )

    def test_hidden_emails_cost_nothing(self):
        self._write(self._create_order())
        domain = [*self._get_domain(), ("kind", "!=", "email")]
        History = self.History.with_user(self.salesman_all)
        with patch.object(type(History), "_make_email_arm", side_effect=AssertionError):
            self.assertEqual(History.search(domain).mapped("kind"), ["quotation"])
            self.assertEqual(History.search(domain, limit=1).mapped("kind"), ["quotation"])
            self.assertEqual(History.search_count(domain), 1)
            History.formatted_read_group(domain, ["kind"], ["__count"])

    def test_whether_emails_are_hidden_is_for_each_user_to_say(self):
        Settings = self.env["res.users.settings"]
        settings = Settings._find_or_create_for_user(self.salesman).with_user(self.salesman)
        settings.set_res_users_settings({"crm_history_hide_emails": True})
        self.assertTrue(settings._res_users_settings_format()["crm_history_hide_emails"])
        with self.assertRaises(AccessError):
            settings.with_user(self.colleague).set_res_users_settings(
                {"crm_history_hide_emails": False}
            )

    def test_what_an_activity_has_sent_and_its_answer_are_there_once(self):
        activity = self._create_activity(
            activity_type_id=self.env.ref("mail.mail_activity_data_email").id,
            contact_id=self.contact.id,
            body="<p>Hello</p>",
            user_id=self.salesman.id,
            state="pending",
        )
        sent = activity.mail_message_id
        self.assertTrue(sent)
        self.env.flush_all()
        self.assertFalse(self._emails())
        # A further one in its chatter is told by nothing else.
        further = self._write(activity)
        self.assertEqual(self._emails().mapped("res_id"), further.ids)
        answer = self._receive(activity, parent_id=sent.id)
        self.assertEqual(set(self._emails().mapped("res_id")), {further.id, answer.id})
        recorded = activity._record_answer(answer)
        self.env.flush_all()
        self.assertEqual(self._emails().mapped("res_id"), further.ids)
        self.assertIn(("crm.activity", recorded.id), self._documents(self._rows()))

    def test_an_answer_that_one_may_not_read_does_not_hide_its_email(self):
        lead = self.env["crm.lead"].create(
            {"name": "Fair", "partner_id": self.customer.id, "user_id": self.salesman.id}
        )
        message = self._receive(lead)
        recorded = self._create_activity(user_id=self.colleague.id)
        recorded.sudo().answer_message_id = message
        self.env.flush_all()
        self.assertEqual(self._emails(user=self.salesman).mapped("res_id"), message.ids)
        self.assertFalse(self._emails(user=self.colleague))
        self.assertFalse(self._emails(user=self.salesman_all))

    @mute_logger("odoo.models.unlink")
    def test_a_message_that_is_deleted_is_gone(self):
        message = self._write(self._create_order())
        [row] = self._emails()
        message.unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(row.exists())
        self.assertFalse(self._emails())


@tagged("post_install", "-at_install")
class TestHistoryEmailAccess(HistoryEmailCase):
    def test_an_email_of_a_document_that_one_may_not_read_is_hidden(self):
        mine, theirs = self._create_order(), self._create_order(user=self.colleague)
        lead = self.env["crm.lead"].create(
            {"name": "Secret", "partner_id": self.customer.id, "user_id": self.colleague.id}
        )
        activity = self._create_activity(user_id=self.colleague.id)
        shown = self._receive(mine) | self._receive(self.customer)
        hidden = self._receive(theirs) | self._receive(lead) | self._receive(activity)
        self.env.flush_all()
        self._assert_hidden(
            self.salesman,
            hidden=self._keys(theirs, lead, activity, hidden),
            visible=self._keys(mine, shown),
        )

    def test_an_email_of_another_company_is_hidden(self):
        order = self._create_order()
        order_b = self._create_order_of_company_b()
        message, message_b = self._receive(order), self._receive(order_b)
        for user, companies, expected in (
            (self.salesman_all, self.company_a, message),
            (self.salesman_b, self.company_b, message_b),
            (self.both, self.company_a, message),
            (self.both, self.company_b, message_b),
            (self.both, self.company_a | self.company_b, message | message_b),
        ):
            with self.subTest(user=user.login, companies=companies.mapped("name")):
                History = self.History.with_user(user).with_context(
                    allowed_company_ids=companies.ids
                )
                domain = [("partner_id", "child_of", self.customer.ids), ("kind", "=", "email")]
                self.assertEqual(set(History.search(domain).mapped("res_id")), set(expected.ids))

    def test_emails_of_a_private_meeting_are_its_attendees(self):
        event = (
            self.env["calendar.event"]
            .with_context(no_mail_to_attendees=True)
            .create(
                {
                    "name": "Secret",
                    "privacy": "private",
                    "start": Datetime.now(),
                    "stop": Datetime.now() + timedelta(hours=1),
                    "user_id": self.colleague.id,
                    "partner_ids": [Command.set((self.contact | self.colleague.partner_id).ids)],
                }
            )
        )
        message = self._receive(event)
        self.assertEqual(self._emails(user=self.colleague).mapped("res_id"), message.ids)
        for user in (self.salesman, self.salesman_all, self.manager):
            self.assertFalse(self._emails(user=user))

    def test_others_than_sales_get_no_emails(self):
        self._receive(self.customer)
        for user in (self.employee, self.accountant, self.portal):
            self._assert_refused(user)
