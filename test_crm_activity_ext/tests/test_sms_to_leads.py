# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import tagged

from odoo.addons.crm_activity_ext_sms.tests import test_sms_leaving


@tagged("post_install", "-at_install")
class TestSmsToLeads(test_sms_leaving.SmsLeavingCase):
    def setUp(self):
        super().setUp()
        self.lead = self.env["crm.lead"].create(
            {
                "name": "Elm",
                "phone": "600 99 88 77",
                "country_id": self.spain.id,
                "user_id": self.salesman.id,
            }
        )

    def _create_sms(self, **values):
        for_lead = {"partner_id": False, "contact_id": False, "lead_id": self.lead.id}
        return super()._create_sms(**{**for_lead, **values})

    def test_without_contact_and_customer_it_goes_to_the_lead(self):
        sms = self.assertQueued(self._create_sms(state="pending"))
        self.assertEqual((sms.number, sms.partner_id.id), ("+34600998877", False))

    def test_a_corrected_number_counts_when_the_sms_leaves(self):
        activity = self._schedule()
        self.lead.phone = "600 66 66 66"
        provider = self._send_due()
        self.assertEqual([number for number, *_rest in provider.messages], ["+34600666666"])
        self.assertEqual(self._notification(activity).sms_number, "+34600666666")
        self.assertEqual(activity.state, "done")

    def test_a_lead_that_has_got_a_customer_is_written_to_as_that(self):
        activity = self._schedule()
        self.lead.partner_id = self.customer
        self.lead.phone = "600 99 88 77"
        self.customer.phone = "+34 911 22 33 44"
        provider = self._send_due()
        self.assertEqual([number for number, *_rest in provider.messages], ["+34911223344"])
        self.assertEqual(self._notification(activity).res_partner_id, self.customer)
