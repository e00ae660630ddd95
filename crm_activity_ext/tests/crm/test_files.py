# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import base64
import io
import re
from unittest.mock import patch

from PIL import Image

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader

from ..common import CrmActivityCase
from ..smtp import smtp_server


class FilesCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact.email = "olga@example.com"
        cls.salesman.email = "sam@example.com"
        cls.salesman_all.email = "ada@example.com"
        cls.template = cls._create_template("Prices", "prices.txt", b"12 EUR")
        cls.other_template = cls._create_template("Terms", "terms.txt", b"30 days")

    @classmethod
    def _create_template(cls, name, file_name=False, content=False, **values):
        file = {"name": file_name, "raw": content}
        return cls.env["mail.template"].create(
            {
                "name": name,
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "subject": name,
                "body_html": f"<p>{name} for you</p>",
                "attachment_ids": [Command.create(file)] if file_name else [],
                **values,
            }
        )

    def _create_email(self, user=None, **values):
        return self.Activity.with_user(user or self.salesman).create(
            {
                "name": "Our offer",
                "activity_type_id": self.type_email.id,
                "contact_id": self.contact.id,
                "body": "<p>Here it is.</p>",
                **values,
            }
        )

    def _upload(self, user=None, **values):
        values = {"name": "offer.txt", "raw": b"42 chairs", **values}
        return self.env["ir.attachment"].with_user(user or self.salesman).create(values)

    def _picture(self, color="red"):
        content = io.BytesIO()
        Image.new("RGB", (3, 3), color).save(content, "PNG")
        return content.getvalue()

    def _deliver(self, activities):
        """:return: the emails of these that a mail server on loopback accepted"""
        with smtp_server(self.env) as mailbox:
            self.env.flush_all()
            self.env["mail.mail"].process_email_queue()
        self.env.invalidate_all()
        self.assertEqual(set(activities.mapped("state")), {"done"})
        subjects = set(activities.mapped("name"))
        messages = [message for message in mailbox.messages if message["Subject"] in subjects]
        self.assertEqual(len(messages), len(activities))
        return messages

    def assertFiles(self, activity, contents, users=()):
        """They are the activity's own, and whoever reads it reads them."""
        self.env.invalidate_all()
        files = activity.sudo().attachment_ids
        self.assertEqual(sorted(files.mapped("raw")), sorted(contents))
        for file in files:
            self.assertEqual((file.res_model, file.res_id), ("crm.activity", activity.id))
        for user in users:
            read = activity.with_user(user).attachment_ids.mapped("raw")
            self.assertEqual(sorted(read), sorted(contents), user.login)

    def assertSent(self, message, contents):
        sent = [part.get_content() for part in message.iter_attachments()]
        sent = [part.encode() if isinstance(part, str) else part for part in sent]
        self.assertEqual(sorted(part.strip() for part in sent), sorted(contents))

    def _linked(self, activity):
        """:return: ``(attachment, token)`` of each picture and file in the text"""
        links = re.findall(r"/web/\w+/(\d+)[^\"]*?access_token=([\w-]+)", activity.body)
        return [(self.env["ir.attachment"].browse(int(i)), token) for i, token in links]


@tagged("post_install", "-at_install")
class TestReplicate(FilesCase):
    def test_a_replica_keeps_its_file_when_the_original_is_deleted(self):
        original = self._create_email(attachment_ids=self._upload().ids)
        replica = self.Activity.browse(original.action_replicate()["res_id"])
        original.sudo().unlink()
        self.assertFiles(replica, [b"42 chairs"], [self.salesman, self.salesman_all])
        replica.with_user(self.salesman).action_pending()
        (message,) = self._deliver(replica)
        self.assertSent(message, [b"42 chairs"])

    def test_the_files_of_a_colleagues_replica_are_seen_by_who_reads_it(self):
        original = self._create_email(attachment_ids=self._upload().ids)
        replica = original.with_user(self.salesman_all).copy({"user_id": self.salesman_all.id})
        self.assertFiles(replica, [b"42 chairs"], [self.salesman_all, self.manager])
        self.assertFiles(original, [b"42 chairs"], [self.salesman])
        other = new_test_user(
            self.env, "other.own", "base.group_user,sales_team.group_sale_salesman"
        )
        for file in (original | replica).sudo().attachment_ids:
            with self.assertRaises(AccessError):
                file.with_user(other).read(["raw"])

    def test_replicas_have_their_own_pictures(self):
        picture = self._upload(name="chair.png", raw=self._picture())
        token = picture.generate_access_token()[0]
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url")
        original = self._create_email(body="<p>x</p>")
        picture.sudo().write({"res_model": "crm.activity", "res_id": original.id})
        original.body = (
            f'<p><img src="/web/image/{picture.id}-a1b2c3/chair.png'
            f'?height=9&amp;access_token={token}">'
            f'<a href="{base}/web/content/{picture.id}?download=true">It</a>'
            f" /web/image/{picture.id}"
            f'<img src="https://elsewhere.example.com/web/image/{picture.id}"></p>'
        )
        self.assertIn(f"/web/image/{picture.id}-a1b2c3/chair.png", original.body, "left alone")
        replica = original.copy()
        (shown, shown_token), (linked, linked_token) = self._linked(replica)
        self.assertEqual(shown, linked)
        self.assertNotEqual(shown, picture)
        self.assertEqual((shown_token, linked_token), (shown.sudo().access_token,) * 2)
        self.assertNotEqual(shown_token, token, "the original's is not given away")
        self.assertEqual((shown.res_model, shown.res_id), ("crm.activity", replica.id))
        self.assertIn("height=9", replica.body)
        self.assertIn(f"{base}/web/content/{shown.id}?download=true", replica.body)
        self.assertIn(f"> /web/image/{picture.id}<", replica.body, "text is text")
        self.assertIn(f"https://elsewhere.example.com/web/image/{picture.id}", replica.body)
        original.sudo().unlink()
        self.assertEqual(shown.with_user(self.salesman).raw, self._picture())

    def test_a_picture_of_others_does_not_come_by_naming_it(self):
        secret = self._upload(self.salesman_all, name="secret.png", raw=self._picture())
        private = self._create_email(self.salesman_all, attachment_ids=secret.ids)
        token = secret.generate_access_token()[0]
        before = self.env["ir.attachment"].search_count([])
        for body in (
            f'<p><img src="/web/image/{secret.id}"></p>',
            f'<p><img src="/web/image/{secret.id}?access_token=guessed"></p>',
        ):
            activity = self._create_email(body=body)
            self.assertEqual(activity.body, body)
        self.assertEqual(self.env["ir.attachment"].search_count([]), before)
        self.assertFiles(private, [b"".join([self._picture()])], [self.salesman_all])
        # Who has the token sees the picture anyway.
        activity = self._create_email(
            body=f'<p><img src="/web/image/{secret.id}?access_token={token}"></p>'
        )
        ((own, _token),) = self._linked(activity)
        self.assertEqual((own.sudo().res_model, own.sudo().res_id), ("crm.activity", activity.id))

    def test_a_picture_uploaded_into_an_unsaved_form_becomes_the_activitys(self):
        upload = self._upload(
            name="chair.png", raw=self._picture(), res_model="crm.activity", res_id=0
        )
        activity = self._create_email(body=f'<p><img src="/web/image/{upload.id}"></p>')
        self.assertEqual((upload.res_model, upload.res_id), ("crm.activity", activity.id))
        self.assertEqual(upload.with_user(self.manager).raw, self._picture())

    def test_public_pictures_stay_where_they_are(self):
        logo = self.env["ir.attachment"].create(
            {"name": "logo.png", "raw": self._picture(), "public": True}
        )
        body = f'<p><img src="/web/image/{logo.id}"></p>'
        self.assertEqual(self._create_email(body=body).body, body)

    def test_one_upload_for_many_activities(self):
        upload = self._upload()
        vals = {
            "name": "Our offer",
            "activity_type_id": self.type_email.id,
            "contact_id": self.contact.id,
            "attachment_ids": upload.ids,
        }
        activities = self.Activity.with_user(self.salesman).create([vals, vals])
        activities |= self._create_email(attachment_ids=upload.ids)
        for activity in activities:
            self.assertFiles(activity, [b"42 chairs"], [self.salesman])
        self.assertEqual(len(activities.attachment_ids), 3)
        late = self._upload(raw=b"late")
        activities.write({"attachment_ids": [Command.link(late.id)]})
        for activity in activities:
            self.assertFiles(activity, [b"42 chairs", b"late"], [self.salesman])

    def test_large_files_are_copied_by_as_many_as_have_their_place_in_memory(self):
        files = self.env["ir.attachment"].create(
            [{"name": f"{i}", "raw": b"%d" % i * 1024**2} for i in range(5)]
        )
        path = "odoo.addons.crm_activity_ext.models.crm_activity_attachment_mixin.BATCH_SIZE"
        with patch(path, 2 * 1024**2):
            batches = self.Activity._split_by_size(list(files))
            activity = self._create_email(self.env.user, attachment_ids=files.ids)
            replica = activity.copy()
        self.assertEqual([len(batch) for batch in batches], [2, 2, 1])
        self.assertFiles(replica, files.mapped("raw"))

    def test_copying_files_for_many_costs_a_handful_of_queries(self):
        body = f'<p><img src="/web/image/{self._upload(raw=self._picture()).id}"></p>'
        activities = self.Activity.create(
            [
                {
                    "name": "Our offer",
                    "activity_type_id": self.type_email.id,
                    "partner_id": self.customer.id,
                    "attachment_ids": [Command.create({"name": "a.txt", "raw": b"%d" % i})],
                    "body": body,
                }
                for i in range(300)
            ]
        )
        activities[:1].copy()

        def queries(originals):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            replicas = originals.copy()
            self.env.flush_all()
            count = self.cr.sql_log_count - before
            self.assertEqual(
                replicas.mapped("attachment_ids.raw"), originals.attachment_ids.mapped("raw")
            )
            return count

        self.assertLess(queries(activities) - queries(activities[:100]), 0.1 * 200)


@tagged("post_install", "-at_install")
class TestTemplateFiles(FilesCase):
    def test_the_file_leaves_when_the_template_is_gone(self):
        form = Form(self.Activity.with_user(self.salesman))
        form.activity_type_id = self.type_email
        form.contact_id = self.contact
        form.mail_template_id = self.template
        self.assertEqual(form.attachment_ids.ids, self.template.attachment_ids.ids)
        by_form = form.save()
        by_program = self._create_email(mail_template_id=self.template.id, body=False)
        chosen_later = self._create_email()
        chosen_later.mail_template_id = self.template
        activities = by_form | by_program | chosen_later
        for activity in activities:
            self.assertFiles(activity, [b"12 EUR"], [self.salesman, self.salesman_all])
        activities.action_pending()
        self.template.unlink()
        messages = self._deliver(activities)
        self.assertEqual(len(messages), 3)
        for message in messages:
            self.assertSent(message, [b"12 EUR"])

    def test_a_draft_that_shares_its_file_gets_its_own_when_it_is_queued(self):
        """Those of former versions did."""
        activity = self._create_email(mail_template_id=self.template.id)
        file = self.template.attachment_ids
        self.env.cr.execute(
            "INSERT INTO crm_activity_ir_attachment_rel (crm_activity_id, ir_attachment_id) "
            "VALUES (%s, %s)",
            [activity.id, file.id],
        )
        self.env.invalidate_all()
        self.assertEqual(activity.attachment_ids, file)
        activity.action_pending()
        self.template.unlink()
        (message,) = self._deliver(activity)
        self.assertSent(message, [b"12 EUR"])

    def test_a_file_of_others_does_not_go_with_a_template(self):
        private = self._upload(self.salesman_all)
        self._create_email(self.salesman_all, attachment_ids=private.ids)
        activity = self._create_email(mail_template_id=self.template.id)
        activity.sudo().template_attachment_ids = [Command.link(private.id)]
        activity.mail_template_id = False
        activity.attachment_ids = [Command.clear()]
        self.assertEqual(private.exists().raw, b"42 chairs")

    def test_pictures_of_a_template_stay_when_it_is_gone(self):
        picture = self.env["ir.attachment"].create({"name": "a.png", "raw": self._picture()})
        token = picture.generate_access_token()[0]
        template = self._create_template(
            "Chairs", body_html=f'<p><img src="/web/image/{picture.id}?access_token={token}"/></p>'
        )
        picture.write({"res_model": "mail.template", "res_id": template.id})
        activities = self.Activity.with_user(self.salesman).create(
            [
                {
                    "name": "x",
                    "activity_type_id": self.type_email.id,
                    "partner_id": partner.id,
                    "mail_template_id": template.id,
                }
                for partner in self.customer | self.other_customer
            ]
        )
        template.unlink()
        self.assertFalse(picture.exists())
        for activity in activities:
            ((own, _token),) = self._linked(activity)
            self.assertEqual(own.with_user(self.salesman).raw, self._picture())
        activities[0].partner_id = self.other_customer
        self.assertEqual(activities[0].name, "Chairs")

    def test_another_recipient_renders_a_text_with_pictures_again(self):
        picture = self.env["ir.attachment"].create({"name": "a.png", "raw": self._picture()})
        template = self._create_template(
            "Chairs",
            subject="For {{ object.name }}",
            body_html=f'<p>See: <img src="/web/image/{picture.id}"/></p>',
        )
        picture.write({"res_model": "mail.template", "res_id": template.id})
        activity = self._create_activity(mail_template_id=template.id)
        with Form(activity) as form:
            form.partner_id = self.other_customer
            self.assertEqual(form.name, "For Pine Ltd")
        activity.partner_id = self.customer
        self.assertEqual(activity.name, "For Oak & Sons")

    def test_another_template_takes_the_files_of_the_former_away(self):
        upload = self._upload()
        with self.subTest("form that is not saved yet"):
            form = Form(self.Activity.with_user(self.salesman))
            form.activity_type_id = self.type_email
            form.contact_id = self.contact
            form.attachment_ids.add(upload)
            form.mail_template_id = self.template
            form.mail_template_id = self.other_template
            activity = form.save()
            self.assertFiles(activity, [b"42 chairs", b"30 days"], [self.salesman])
        with self.subTest("form"), Form(activity) as form:
            form.mail_template_id = self.template
        self.assertFiles(activity, [b"42 chairs", b"12 EUR"], [self.salesman])
        with self.subTest("there and back before it is saved"), Form(activity) as form:
            form.mail_template_id = self.other_template
            form.mail_template_id = self.template
        self.assertFiles(activity, [b"42 chairs", b"12 EUR"], [self.salesman])
        with self.subTest("program"):
            activity.mail_template_id = self.other_template
            self.assertFiles(activity, [b"42 chairs", b"30 days"], [self.salesman])
            activity.mail_template_id = self.other_template
            self.assertFiles(activity, [b"42 chairs", b"30 days"], [self.salesman])
        with self.subTest("program that brings its own text"):
            activity.write({"mail_template_id": self.template.id, "body": "<p>Mine</p>"})
            self.assertFiles(activity, [b"42 chairs"], [self.salesman])
        with self.subTest("no template any more"):
            activity.mail_template_id = self.other_template
            with Form(activity) as form:
                form.mail_template_id = self.env["mail.template"]
            self.assertFiles(activity, [b"42 chairs"], [self.salesman])
            activity.mail_template_id = self.other_template
            activity.mail_template_id = False
            self.assertFiles(activity, [b"42 chairs"], [self.salesman])
        with self.subTest("the template was deleted"):
            activity.mail_template_id = self.other_template
            self.other_template.unlink()
            self.assertFiles(activity, [b"42 chairs", b"30 days"], [self.salesman])
            activity.mail_template_id = self.template
            self.assertFiles(activity, [b"42 chairs", b"12 EUR"], [self.salesman])
        self.assertEqual(
            self.env["ir.attachment"].search(
                [("res_model", "=", "crm.activity"), ("res_id", "=", activity.id)]
            ),
            activity.attachment_ids,
            "nothing is left behind",
        )

    def test_files_of_a_template_go_with_it_from_a_replica_too(self):
        original = self._create_email(
            mail_template_id=self.template.id, body=False, attachment_ids=self._upload().ids
        )
        replica = original.copy()
        self.assertFiles(replica, [b"42 chairs", b"12 EUR"], [self.salesman])
        replica.mail_template_id = self.other_template
        self.assertFiles(replica, [b"42 chairs", b"30 days"], [self.salesman])
        self.assertFiles(original, [b"42 chairs", b"12 EUR"], [self.salesman])

    def test_another_recipient_leaves_the_files(self):
        activity = self._create_email(mail_template_id=self.template.id, body=False)
        files = activity.attachment_ids
        activity.contact_id = self.contact_2
        self.assertEqual(activity.attachment_ids, files)

    def test_a_file_that_was_removed_in_the_form_does_not_come_back(self):
        template = self._create_template(
            "Us",
            "us.txt",
            b"us",
            model_id=self.env["ir.model"]._get_id("crm.activity"),
        )
        form = Form(self.Activity.with_user(self.salesman))
        form.activity_type_id = self.type_email
        form.contact_id = self.contact
        form.name = "x"
        form.mail_template_id = template
        form.attachment_ids.remove(template.attachment_ids.id)
        self.assertFalse(form.save().attachment_ids)

    def test_what_was_sent_keeps_its_template_and_files(self):
        activity = self._create_email(mail_template_id=self.template.id, body=False)
        activity.action_pending()
        for template in (self.other_template, self.env["mail.template"]):
            with self.assertRaisesRegex(UserError, "You cannot change"):
                activity.mail_template_id = template
        self.template.write({"subject": "Changed", "body_html": "<p>Changed</p>"})
        activity.sudo().write({"mail_template_id": self.template.id})
        activity.write({"contact_id": activity.contact_id.id})
        self.assertEqual(activity.name, "Prices")
        self.assertFiles(activity, [b"12 EUR"], [self.salesman])

    def test_templates_with_files_for_many_cost_a_handful_of_queries(self):
        vals = {
            "name": "x",
            "activity_type_id": self.type_email.id,
            "partner_id": self.customer.id,
            "mail_template_id": self.template.id,
        }
        self.Activity.create(vals)

        def queries(count):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            activities = self.Activity.create([vals] * count)
            self.env.flush_all()
            queries = self.cr.sql_log_count - before
            self.assertEqual(len(activities.attachment_ids), count)
            return queries

        self.assertLess(queries(300) - queries(100), 0.1 * 200)


@tagged("post_install", "-at_install")
class TestSaveAsTemplate(FilesCase):
    def _save(self, activity, user=None):
        action = activity.with_user(user or self.env.user).action_save_as_template()
        return self.env["mail.template"].browse(action["res_id"])

    def test_files_are_copied(self):
        upload = self._upload()
        activity = self._create_email(attachment_ids=upload.ids)
        template = self._save(activity, self.salesman)
        self.assertEqual(template.attachment_ids.raw, b"42 chairs")
        self.assertEqual(template.attachment_ids.res_model, "mail.template")
        self.assertEqual((upload.res_model, upload.res_id), ("crm.activity", activity.id))
        employee = new_test_user(self.env, "employee", "base.group_user")
        with self.assertRaises(AccessError):
            upload.with_user(employee).read(["raw"])
        template.unlink()
        self.assertFiles(activity, [b"42 chairs"], [self.salesman])

    def test_pictures_are_copied(self):
        activity = self._create_email(body="<p>x</p>")
        picture = self._upload(raw=self._picture(), res_model="crm.activity", res_id=activity.id)
        activity.body = f'<p><img src="/web/image/{picture.id}"></p>'
        template = self._save(activity, self.salesman)
        activity.sudo().unlink()
        again = self._create_email(body=False, mail_template_id=template.id)
        ((own, _token),) = self._linked(again)
        self.assertEqual(own.raw, self._picture())

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_a_subject_of_a_salesperson_is_no_program(self):
        group = self.env.ref("base.group_system").id
        attack = (
            "{{ object.env['res.users'].browse(%d).write({'group_ids': [(4, %d)]}) or 'Offer' }}"
            % (self.salesman.id, group)
        )
        subjects = [
            attack,
            "{{object.name}}",
            "{{{{ user.login }}}}",
            "{{ '{{' }}",
            "}}{{ {{ ||| default }} ${object.name} #{1 + 1} %(name)s",
            "Plain { braces }",
        ]
        body = (
            '<p>{{ object.name }} ${object.name} &lt;t t-out="user.login"/&gt; '
            't-out="1" <b title="&lt;t t-out=\'object.name\'/&gt;">x</b></p>'
        )
        for subject in subjects:
            with self.subTest(subject):
                activity = self._create_email(name=subject, body=body)
                # As nobody can write it through the ORM.
                self.env.flush_all()
                self.env.cr.execute(
                    "UPDATE crm_activity SET body = body || %s WHERE id = %s",
                    ['<p t-out="user.login" t-att-title="user.login">end</p>', activity.id],
                )
                self.env.invalidate_all()
                template = self._save(activity, self.env.ref("base.user_admin"))
                for user in (self.env.ref("base.user_admin"), self.salesman):
                    used = self._create_email(
                        user, name="x", body=False, mail_template_id=template.id
                    )
                    self.assertEqual(used.name, subject)
                    self.assertIn("{{ object.name }} ${object.name} &lt;t t-out=", used.body)
                    self.assertIn("<p>end</p>", used.body)
                    self.assertNotIn("Olga", used.body)
        self.assertFalse(self.salesman.has_group("base.group_system"))

    def test_whom_odoo_lets_make_templates_saves_them(self):
        activity = self._create_email(attachment_ids=self._upload().ids)
        self.assertFalse(self.salesman.has_group("mail.group_mail_template_editor"))
        self.assertTrue(activity.can_save_as_template)
        self.assertEqual(self._save(activity, self.salesman).create_uid, self.salesman)
        activity.name = "{{ user.login }}"
        with self.assertRaisesRegex(UserError, "Remove “{{” from the subject"):
            self._save(activity, self.salesman)
        self.env["ir.model.access"].search(
            [
                ("model_id.model", "=", "mail.template"),
                ("group_id", "=", self.env.ref("base.group_user").id),
            ]
        ).perm_create = False
        self.env.invalidate_all()
        self.assertFalse(activity.can_save_as_template)
        with self.assertRaisesRegex(AccessError, "Ask an administrator"):
            self._save(activity, self.salesman)

    def test_a_saved_template_is_for_every_language(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.contact.lang = "es_ES"
        template = self._save(self._create_email(), self.salesman)
        template.with_context(lang="es_ES").subject = "Nuestra oferta"
        self.assertEqual(
            self._create_email(body=False, mail_template_id=template.id).name, "Nuestra oferta"
        )


@tagged("post_install", "-at_install")
class TestEmbeddedPictures(FilesCase):
    def _embed(self, content, kind="png"):
        return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"

    def _ways(self, body):
        """:return: ``{way: activity}`` that a text comes in by"""
        written = self._create_email()
        written.body = body
        template = self._create_template("Embedded", body_html=body)
        imported = self.Activity.with_user(self.salesman).load(
            ["name", "activity_type_id/.id", "contact_id/.id", "body"],
            [["Imported", str(self.type_email.id), str(self.contact.id), body]],
        )
        self.assertFalse(imported["messages"])
        return {
            "create": self._create_email(body=body),
            "write": written,
            "import": self.Activity.browse(imported["ids"]).with_user(self.salesman),
            "template": self._create_email(body=False, mail_template_id=template.id),
        }

    def test_an_embedded_picture_becomes_an_attachment(self):
        body = (
            f'<p><img src="{self._embed(self._picture())}"/>'
            f'<img src="{self._embed(self._picture())}"/></p>'
            f'<p style="background-image: url({self._embed(self._picture("blue"))})">x</p>'
        )
        for way, activity in self._ways(body).items():
            with self.subTest(way):
                self.assertNotIn("data:", activity.body)
                (first, token), (second, _token), (third, _t) = self._linked(activity)
                self.assertEqual(first, second)
                self.assertEqual(first.sudo().access_token, token)
                self.assertEqual(first.with_user(self.salesman).raw, self._picture())
                self.assertEqual(third.with_user(self.salesman).raw, self._picture("blue"))
                self.assertEqual((first.res_model, first.res_id), ("crm.activity", activity.id))
        activity.action_pending()
        (message,) = self._deliver(activity)
        html = message.get_body(("html",)).get_content()
        self.assertNotIn("data:", html)
        self.assertIn(f"/web/image/{first.id}?access_token={token}", html.replace("&amp;", "&"))

    def test_a_context_key_of_the_callers_lets_nothing_pass(self):
        activity = self._create_email().with_context(crm_activity_text_is_own=True)
        activity.body = f'<p><img src="{self._embed(self._picture())}"/></p>'
        self.assertNotIn("data:", activity.body)

    def test_only_pictures_come_in(self):
        for content in (b"<html><script>alert(1)</script></html>", b"%PDF-1.7", b"", b"x"):
            before = self.env["ir.attachment"].search_count([])
            activity = self._create_email(body=f'<p>Hi<img src="{self._embed(content)}"/></p>')
            self.assertEqual(self.env["ir.attachment"].search_count([]), before)
            self.assertNotIn("data:", activity.body)
        activity = self._create_email(body='<p>Hi<img src="data:image/png;base64,AAA"/></p>')
        self.assertNotIn("data:", activity.body)

    def test_a_picture_that_is_too_large_is_refused_in_words(self):
        content = self._picture() + b"\0" * (10 * 1024 * 1024)
        with self.assertRaisesRegex(UserError, "cannot exceed 10 MB"):
            self._create_email(body=f'<p><img src="{self._embed(content)}"/></p>')


@tagged("post_install", "-at_install")
class TestTemplateReports(FilesCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.ui.view"].create(
            {
                "name": "Price list",
                "key": "crm_activity_ext.test_price_list",
                "type": "qweb",
                "arch": """
                    <t t-name="crm_activity_ext.test_price_list">
                        <t t-call="web.basic_layout">
                            <p
                                t-foreach="docs"
                                t-as="doc"
                                style="font-family: 'DejaVu Sans' !important"
                            >Prices for <t t-out="doc.name"/></p>
                        </t>
                    </t>
                """,
            }
        )
        cls.report = cls.env["ir.actions.report"].create(
            {
                "name": "Price list",
                "model": "res.partner",
                "report_type": "qweb-pdf",
                "report_name": "crm_activity_ext.test_price_list",
                "print_report_name": "'Prices for %s' % object.name",
            }
        )
        cls.template.report_template_ids = cls.report
        # Odoo's tests get HTML instead of a PDF, unless they ask for it.
        cls.Activity = cls.Activity.with_context(force_report_rendering=True)

    def test_reports_of_the_template_are_printed_when_the_email_is_queued(self):
        activities = self._create_email(mail_template_id=self.template.id, body=False)
        activities |= self._create_email(
            mail_template_id=self.template.id,
            body=False,
            contact_id=False,
            partner_id=self.customer.id,
        )
        self.assertFiles(activities[0], [b"12 EUR"])
        self.env["ir.config_parameter"].set_param("report.url", self.base_url())
        with self.allow_pdf_render():
            activities.action_pending()
        self.template.unlink()
        messages = {
            message["To"].addresses[0].display_name: message
            for message in self._deliver(activities)
        }
        for activity in activities:
            name = activity._get_recipient().name
            attached = messages[name].iter_attachments()
            text, pdf = sorted(attached, key=lambda part: part.get_content_type(), reverse=True)
            self.assertEqual(text.get_filename(), "prices.txt")
            self.assertEqual(pdf.get_filename(), f"Prices for {name}.pdf")
            self.assertEqual(pdf.get_content_type(), "application/pdf")
            (page,) = PdfFileReader(io.BytesIO(pdf.get_content())).pages
            self.assertIn(f"Prices for {name}", " ".join(page.extract_text().split()))
            self.assertFiles(
                activity, [b"12 EUR", pdf.get_content()], [self.salesman, self.salesman_all]
            )

    def test_what_cannot_be_printed_fails_with_the_reason_and_the_others_go_on(self):
        self.report.print_report_name = "'Prices' if object.name != 'Olga Oak' else 1 // 0"
        failing = self._create_email(mail_template_id=self.template.id, body=False)
        other = self._create_email(
            mail_template_id=self.template.id,
            body=False,
            contact_id=False,
            partner_id=self.customer.id,
        )
        with mute_logger(
            "odoo.addons.crm_activity_ext.models.crm_activity_template_mixin",
            "odoo.tools.safe_eval",
        ):
            (failing | other).with_context(force_report_rendering=False).action_pending()
        self.assertEqual((failing.state, other.state), ("failed", "pending"))
        self.assertIn("“Prices” could not be generated: ", failing.failure_reason)
        self.report.model = "crm.lead"
        another = self._create_email(mail_template_id=self.template.id, body=False)
        another.action_pending()
        self.assertEqual(another.state, "failed")
        self.assertIn("“Price list” does not apply to the recipient", another.failure_reason)
        self.report.write({"model": "res.partner", "print_report_name": False})
        failing.with_context(force_report_rendering=False).action_retry()
        self.assertEqual(failing.state, "pending")
        self.assertEqual(len(failing.attachment_ids), 2)

    def test_a_report_shows_no_more_than_who_queues_may_see(self):
        self.env["ir.ui.view"].search([("key", "=", "crm_activity_ext.test_price_list")]).arch = """
            <t t-name="crm_activity_ext.test_price_list">
                <t t-call="web.basic_layout"><t t-out="docs.env['ir.mail_server'].search([])"/></t>
            </t>
        """
        activity = self._create_email(mail_template_id=self.template.id, body=False)
        with mute_logger(
            "odoo.addons.base.models.ir_model",
            "odoo.addons.crm_activity_ext.models.crm_activity_template_mixin",
        ):
            activity.with_context(force_report_rendering=False).action_pending()
        self.assertEqual(activity.state, "failed")
        self.assertFalse(
            self.env["mail.mail"].search(
                [("res_id", "=", activity.id), ("model", "=", "crm.activity")]
            )
        )

    def test_without_the_template_there_is_no_report(self):
        activity = self._create_email(mail_template_id=self.template.id, body=False)
        self.template.unlink()
        activity.action_pending()
        self.assertFiles(activity, [b"12 EUR"])
        (message,) = self._deliver(activity)
        self.assertSent(message, [b"12 EUR"])
