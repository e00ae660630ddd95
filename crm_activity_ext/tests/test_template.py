# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestTemplate(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("es_ES")
        cls.attachment = cls.env["ir.attachment"].create(
            {"name": "prices.txt", "raw": b"12 EUR", "res_model": "mail.template"}
        )
        cls.template = cls._create_template(
            "res.partner",
            subject="Hello {{ object.name }}",
            body_html='<p>Dear <t t-out="object.name"/>, see you.</p>',
            attachment_ids=cls.attachment.ids,
        )
        cls.template.with_context(lang="es_ES").write(
            {
                "subject": "Hola {{ object.name }}",
                "body_html": '<p>Estimada <t t-out="object.name"/>, hasta pronto.</p>',
            }
        )

    @classmethod
    def _create_template(cls, model, **values):
        return cls.env["mail.template"].create(
            {"name": "Greeting", "model_id": cls.env["ir.model"]._get_id(model), **values}
        )

    def _form(self, user=None):
        form = Form(self.Activity.with_user(user or self.salesman))
        form.activity_type_id = self.type_email
        return form

    def test_choosing_a_template_fills_in_subject_text_and_attachments(self):
        form = self._form()
        form.contact_id = self.contact
        form.mail_template_id = self.template
        self.assertEqual(form.name, "Hello Olga Oak")
        self.assertIn("Dear Olga Oak, see you.", form.body)
        activity = form.save()
        self.assertEqual(activity.attachment_ids.mapped("raw"), self.attachment.mapped("raw"))
        self.assertEqual(activity.state, "draft")

    def test_the_text_is_in_the_language_of_the_recipient(self):
        self.contact.lang = "es_ES"
        activity = self._create_activity(
            activity_type_id=self.type_email.id,
            contact_id=self.contact.id,
            mail_template_id=self.template.id,
        )
        self.assertEqual(activity.name, "Hola Olga Oak")
        self.assertIn("Estimada Olga Oak", activity.body)

    def test_the_templates_of_the_type_are_offered_where_they_have_a_recipient(self):
        on_activities = self._create_template("crm.activity")
        on_users = self._create_template("res.users")
        self.type_email.crm_template_ids = self.template | on_activities | on_users
        form = self._form()
        self.assertEqual(form.offered_template_ids[:], on_activities)
        form.contact_id = self.contact
        self.assertEqual(form.offered_template_ids[:], self.template | on_activities)
        form.activity_type_id = self.type_visit
        self.assertFalse(form.offered_template_ids[:])

    def test_a_template_that_is_not_the_users_to_read_is_not_offered(self):
        secret = self._create_template("res.partner", name="Board only")
        self.type_email.crm_template_ids = self.template | secret
        self.env["ir.rule"].create(
            {
                "name": "Board only",
                "model_id": self.env["ir.model"]._get_id("mail.template"),
                "domain_force": str([("id", "!=", secret.id)]),
            }
        )
        form = self._form()
        form.contact_id = self.contact
        self.assertEqual(form.offered_template_ids[:], self.template)

    def test_a_salesperson_does_not_change_what_a_type_offers(self):
        with self.assertRaises(AccessError):
            self.type_email.with_user(self.salesman).crm_template_ids = self.template

    def test_an_outgoing_email_offers_our_templates_from_the_first_minute(self):
        offered = self.env.ref("mail.mail_activity_data_email").crm_template_ids
        self.assertIn(self.env.ref("crm_activity_ext.mail_template_introduction"), offered)
        self.assertEqual(len(offered), 4)

    def test_odoos_own_to_dos_do_not_offer_them(self):
        self.assertFalse(self.type_email.mail_template_ids)

    def test_another_recipient_renders_again_unless_the_text_was_edited(self):
        form = self._form()
        form.contact_id = self.contact
        form.mail_template_id = self.template
        form.contact_id = self.other_contact
        self.assertEqual(form.name, "Hello Paul Pine")
        form.body = "<p>My own words</p>"
        form.contact_id = self.contact
        self.assertEqual(form.name, "Hello Paul Pine")
        self.assertIn("My own words", form.body)

    def test_the_saved_text_counts_as_unedited_too(self):
        activity = self._create_activity(
            contact_id=self.contact.id, mail_template_id=self.template.id
        )
        with Form(activity) as form:
            form.contact_id = self.contact_2
            self.assertEqual(form.name, "Hello Oscar Oak")
        activity.write({"contact_id": self.other_contact.id, "partner_id": False})
        self.assertEqual(activity.name, "Hello Paul Pine")
        activity.body = "<p>My own words</p>"
        activity.contact_id = self.contact
        self.assertIn("My own words", activity.body)

    def test_the_server_finds_out_by_itself_whether_a_text_is_the_templates(self):
        """What a form or a program says about it does not count."""
        values = {
            "contact_id": self.contact.id,
            "mail_template_id": self.template.id,
            "name": "Hello Olga Oak",
            "body": "<p>Dear Olga Oak, see you.</p>",
        }
        unedited = self._create_activity(**values)
        edited = self._create_activity(**{**values, "body": "<p>Dear Olga, see you.</p>"})
        written = self._create_activity(name="x")
        written.with_user(self.manager).write(values)
        replica = unedited.with_user(self.manager).copy()
        form = self._form()
        form.contact_id = self.contact
        form.mail_template_id = self.template
        saved = form.save()
        for activity in unedited | edited | written | replica | saved:
            activity.contact_id = self.contact_2
        for activity in unedited | written | replica | saved:
            self.assertEqual(activity.name, "Hello Oscar Oak")
        self.assertEqual(edited.name, "Hello Olga Oak")
        fields = self.Activity.fields_get(["template_digest"])
        self.assertTrue(fields["template_digest"]["readonly"], "a form does not save it")

    def test_a_text_is_no_reason_to_refuse_where_the_template_has_no_recipient(self):
        activity = self._create_activity(
            partner_id=False, mail_template_id=self.template.id, body="<p>Mine</p>"
        )
        self.assertFalse(activity.template_digest)

    def test_imported_texts_are_compared_with_what_the_template_makes(self):
        result = self.Activity.load(
            ["name", "activity_type_id/.id", "partner_id/.id", "mail_template_id/.id", "body"],
            [
                [
                    f"Hello {partner.name}",
                    str(self.type_visit.id),
                    str(partner.id),
                    str(self.template.id),
                    f"<p>Dear {partner.name}, see you.</p>",
                ]
                for partner in self.customer | self.other_customer
            ],
        )
        self.assertFalse(result["messages"])
        activities = self.Activity.browse(result["ids"])
        activities.partner_id = self.customer
        self.assertEqual(activities.mapped("name"), ["Hello Oak & Sons"] * 2)

    def test_comparing_many_costs_a_handful_of_queries(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {i}", "is_company": True} for i in range(300)]
        )

        def queries(partners):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            activities = self.Activity.create(
                [
                    {
                        "name": f"Hello {partner.name}",
                        "activity_type_id": self.type_visit.id,
                        "partner_id": partner.id,
                        "mail_template_id": self.template.id,
                        "body": f"<p>Dear {partner.name}, see you.</p>",
                    }
                    for partner in partners
                ]
            )
            self.env.flush_all()
            count = self.cr.sql_log_count - before
            self.assertTrue(all(activities.mapped("template_digest")))
            return count

        queries(partners[:1])
        few = queries(partners[:100])
        self.assertLess(queries(partners) - few, 0.1 * 200)

    def test_what_the_template_says_nothing_on_stays(self):
        no_subject = self._create_template("res.partner", body_html="<p>From us</p>")
        no_text = self._create_template("res.partner", subject="Only {{ object.name }}")
        activity = self._create_activity(name="Typed", mail_template_id=no_subject.id)
        self.assertEqual(activity.name, "Typed")
        self.assertIn("From us", activity.body)
        activity.mail_template_id = no_text
        self.assertEqual(activity.name, "Only Oak & Sons")
        self.assertIn("From us", activity.body)
        activity.partner_id = self.other_customer
        self.assertEqual(activity.name, "Only Pine Ltd")
        form = self._form()
        form.partner_id = self.customer
        form.name = "Typed"
        form.body = "<p>Typed, too</p>"
        form.mail_template_id = no_subject
        self.assertEqual(form.name, "Typed")
        form.mail_template_id = no_text
        self.assertIn("From us", form.body)
        self.assertEqual(form.name, "Only Oak & Sons")
        form.save()

    def test_a_subject_of_several_lines_becomes_one(self):
        template = self._create_template(
            "res.partner", subject="Our\n{{ object.name }}", body_html="<p>x</p>"
        )
        for line_break in ("\n", "\r\n", "\u2028", "\u2029", "\x0b", "\x85"):
            template.subject = f"Our{line_break}{{{{ object.name }}}}{line_break}"
            activity = self._create_activity(mail_template_id=template.id)
            self.assertEqual(activity.name, "Our Oak & Sons")

    def test_without_a_language_it_is_the_senders(self):
        self.template.lang = False
        with_expression = self.template.copy({"lang": "{{ object.lang }}"})
        with_expression.with_context(lang="es_ES").subject = "Hola {{ object.name }}"
        (self.customer | self.other_customer).lang = False
        self.salesman.lang = "es_ES"
        for template in self.template | with_expression:
            with self.subTest(template.lang):
                values = [
                    {
                        "name": "x",
                        "activity_type_id": self.type_email.id,
                        "partner_id": self.customer.id,
                        "mail_template_id": template.id,
                        "user_id": user.id,
                    }
                    for user in (self.salesman, self.salesman_all)
                ]
                activities = self.Activity.create(values)
                self.assertEqual(activities.mapped("name"), ["Hola Oak & Sons", "Hello Oak & Sons"])
                self.customer.lang = "en_US"
                self.assertEqual(self.Activity.create(values[0]).name, "Hello Oak & Sons")
                self.customer.lang = False

    def test_a_greeting_needs_no_name(self):
        nameless = self.env["res.partner"].create(
            {"type": "invoice", "parent_id": self.customer.id, "email": "x@example.com"}
        )
        for name in ("introduction", "follow_up", "offer_reminder", "thank_you"):
            template = self.env.ref(f"crm_activity_ext.mail_template_{name}")
            activity = self._create_activity(contact_id=nameless.id, mail_template_id=template.id)
            self.assertIn("<p>Hello,</p>", activity.body)
            self.assertNotIn("Dear", activity.body)
            activity.contact_id = self.contact
            self.assertIn("<p>Dear Olga Oak,</p>", activity.body)
            self.assertNotIn("Hello", activity.body)

    def test_a_text_that_is_given_is_not_overwritten(self):
        activity = self._create_activity(
            mail_template_id=self.template.id, body="<p>Typed by a program</p>"
        )
        self.assertIn("Typed by a program", activity.body)
        self.assertEqual(activity.name, "Show the samples")

    def test_a_template_on_activities_is_rendered_when_it_is_saved(self):
        template = self._create_template(
            "crm.activity",
            subject="{{ object.user_id.name }} for {{ object.partner_id.name }}",
            body_html="<p>From us</p>",
        )
        form = self._form()
        form.partner_id = self.customer
        form.name = "To be replaced"
        form.mail_template_id = template
        activity = form.save()
        self.assertEqual(activity.name, "Sam Own for Oak & Sons")
        self.assertIn("From us", activity.body)

    def test_only_templates_for_recipients_and_activities_are_offered(self):
        other = self._create_template("res.users", subject="No", body_html="<p>No</p>")
        domain = self.Activity._fields["mail_template_id"].get_comodel_domain(self.Activity)
        offered = self.env["mail.template"].search(domain)
        self.assertIn(self.template, offered)
        self.assertNotIn(other, offered)

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_a_template_that_fails_is_named(self):
        broken = self._create_template(
            "res.partner",
            subject="{{ 1 // (object.name != 'Oak & Sons') }}",
            body_html="<p>x</p>",
        )
        form = self._form()
        form.partner_id = self.customer
        form.name = "Typed"
        with self.assertRaisesRegex(UserError, "“Greeting” could not be rendered"):
            form.mail_template_id = broken

    def test_a_template_without_a_recipient_asks_for_one(self):
        with self.assertRaisesRegex(UserError, "Choose a customer or contact first"):
            self._create_activity(partner_id=False, mail_template_id=self.template.id)

    def test_a_template_of_something_else_is_refused(self):
        other = self._create_template("res.users", subject="Hello", body_html="<p>x</p>")
        with self.assertRaisesRegex(UserError, "is not for customers"):
            self._create_activity(mail_template_id=other.id)

    def test_a_template_shows_no_more_than_its_user_may_see(self):
        secret = self._create_template(
            "res.partner",
            subject="{{ object.env['ir.mail_server'].search([]).mapped('name') }}",
            body_html="<p>x</p>",
        )
        with (
            mute_logger(
                "odoo.addons.mail.models.mail_render_mixin", "odoo.addons.base.models.ir_model"
            ),
            self.assertRaises(UserError),
        ):
            self.Activity.with_user(self.salesman).create(
                {
                    "activity_type_id": self.type_email.id,
                    "name": "x",
                    "partner_id": self.customer.id,
                    "mail_template_id": secret.id,
                }
            )

    def test_rendering_for_many_costs_a_handful_of_queries(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {i}", "is_company": True} for i in range(1000)]
        )
        values = [
            {
                "name": "x",
                "activity_type_id": self.type_visit.id,
                "partner_id": partner.id,
                "mail_template_id": self.template.id,
            }
            for partner in partners
        ]
        self.Activity.create(values[:1])

        def queries(vals_list):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            activities = self.Activity.create(vals_list)
            self.env.flush_all()
            self.assertEqual(activities[-1].name, f"Hello {activities[-1].partner_id.name}")
            return self.cr.sql_log_count - before

        self.assertLess(queries(values) - queries(values[:100]), 0.1 * 900)

    def test_a_text_becomes_a_template(self):
        activity = self._create_activity(body="<p>Thank you for your visit</p>")
        action = activity.action_save_as_template()
        template = self.env["mail.template"].browse(action["res_id"])
        self.assertEqual(template.model, "res.partner")
        self.assertEqual(template.subject, "Show the samples")
        copy = self._create_activity(
            partner_id=self.other_customer.id, mail_template_id=template.id
        )
        self.assertIn("Thank you for your visit", copy.body)

    def test_there_are_templates_to_start_with(self):
        self._load_language("es_ES")
        for name in ("introduction", "follow_up", "offer_reminder", "thank_you"):
            template = self.env.ref(f"crm_activity_ext.mail_template_{name}")
            activity = self._create_activity(
                contact_id=self.contact.id, mail_template_id=template.id
            )
            self.assertIn("Olga Oak", activity.body)
            self.contact.lang = "es_ES"
            spanish = self._create_activity(
                contact_id=self.contact.id, mail_template_id=template.id
            )
            self.assertNotEqual(spanish.name, activity.name)
            self.contact.lang = "en_US"
