# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.crm_activity_ext.tests.test_erasure import SECRET, ErasureCase


@tagged("post_install", "-at_install")
class TestPrivacyLookup(ErasureCase):
    def _look_up(self):
        Wizard = self.env["privacy.lookup.wizard"].with_user(self.system)
        wizard = Wizard.create({"name": self.contact.name, "email": self.contact.email})
        wizard.action_lookup()
        return wizard

    def _line(self, wizard, record):
        return wizard.line_ids.filtered(
            lambda line: (line.res_model, line.res_id) == (record._name, record.id)
        )

    def test_a_person_who_is_deleted_there_is_forgotten(self):
        sent, done, draft = self._create_sent(), self._create_done(), self._create_email()
        wizard = self._look_up()
        self._line(wizard, self.contact).action_unlink()
        self.assertFalse(self.contact.exists())
        self.assertFalse(draft.exists())
        self.assertEqual(set((sent | done).mapped("name")), {"Anonymized"})
        self.assertFalse((sent | done).contact_id)
        self.assertForgotten(spared=("privacy_lookup_wizard", "privacy_lookup_wizard_line"))

    def test_all_that_was_found_is_deleted_in_any_order(self):
        sent, done, draft = self._create_sent(), self._create_done(), self._create_email()
        for is_reversed in (False, True):
            with self.subTest(is_reversed):
                savepoint = self.cr.savepoint()
                wizard = self._look_up()
                lines = wizard.line_ids.sorted("id", reverse=is_reversed)
                self.assertGreaterEqual(len(lines), 4)
                lines.action_unlink_all()
                self.assertTrue(all(lines.mapped("is_unlinked")))
                self.assertFalse(self.contact.exists())
                self.assertFalse(draft.exists())
                self.assertEqual((sent | done).exists(), sent | done)
                self.assertIn(f"CRM Activity #{done.id}", wizard.execution_details)
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_an_activity_that_is_deleted_there_is_anonymized(self):
        sent, draft = self._create_sent(), self._create_email()
        wizard = self._look_up()
        (self._line(wizard, sent) | self._line(wizard, draft)).action_unlink_all()
        self.assertEqual(sent.name, "Anonymized")
        self.assertFalse(draft.exists())
        self.assertEqual(
            self._line(wizard, sent).execution_details, f"Anonymized CRM Activity #{sent.id}"
        )
        self.assertEqual(
            self._line(wizard, draft).execution_details, f"Deleted CRM Activity #{draft.id}"
        )

    def test_archiving_there_archives_and_forgets_nothing(self):
        done = self._create_done()
        self._line(self._look_up(), self.contact).action_archive_all()
        self.assertFalse(self.contact.active)
        self.assertNotEqual(done.name, "Anonymized")

    def test_the_command_is_written_into_the_log(self):
        done, draft = self._create_done(), self._create_email()
        self._anonymize(self.contact)
        log = self.env["privacy.log"].search([], order="id desc", limit=1)
        self.assertEqual(log.user_id, self.system)
        self.assertEqual(
            log.execution_details,
            f"Anonymized CRM Activity (1): #{done.id}\nDeleted CRM Activity (1): #{draft.id}",
        )
        self.assertEqual(log.anonymized_email, "z*****@e******.com")
        self.assertNotIn("Olga", log.anonymized_name)
        self.assertNotIn(SECRET, str(log.read()))

    def test_somebody_without_an_address_is_in_the_log_too(self):
        self.contact.email = False
        self._create_done()
        self._anonymize(self.contact)
        log = self.env["privacy.log"].search([], order="id desc", limit=1)
        self.assertEqual(log.anonymized_email, "-")

    def test_who_may_not_look_people_up_forgets_nobody(self):
        done = self._create_done()
        line = self._line(self._look_up(), self.contact)
        with self.assertRaises(AccessError):
            line.with_user(self.manager).action_unlink()
        self.assertNotEqual(done.name, "Anonymized")
