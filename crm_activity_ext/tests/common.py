# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import TransactionCase, new_test_user


class CrmActivityCase(TransactionCase):
    """A small sales team, two companies and two customers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a = cls.env.company
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        groups = "base.group_user,base.group_partner_manager,sales_team.group_sale_%s"
        cls.salesman = new_test_user(
            cls.env, "sam.own.documents", groups % "salesman", name="Sam Own", tz="Europe/Madrid"
        )
        cls.salesman_all = new_test_user(
            cls.env, "ada.all.documents", groups % "salesman_all_leads", name="Ada All", tz="UTC"
        )
        cls.manager = new_test_user(
            cls.env, "max.manager", groups % "manager", name="Max Manager", tz="UTC"
        )
        Partner = cls.env["res.partner"].with_context(tracking_disable=True)
        cls.customer, cls.other_customer = Partner.create(
            [
                {"name": "Oak & Sons", "is_company": True, "email": "oak@example.com"},
                {"name": "Pine Ltd", "is_company": True, "email": "pine@example.com"},
            ]
        )
        cls.contact, cls.contact_2, cls.other_contact = Partner.create(
            [
                {"name": "Olga Oak", "parent_id": cls.customer.id},
                {"name": "Oscar Oak", "parent_id": cls.customer.id},
                {"name": "Paul Pine", "parent_id": cls.other_customer.id},
            ]
        )
        cls.type_call = cls.env.ref("mail.mail_activity_data_call")
        cls.type_email = cls.env.ref("mail.mail_activity_data_email")
        cls.type_visit = cls.env.ref("crm_activity_ext.mail_activity_type_visit")
        cls.campaign = cls.env["utm.campaign"].create({"title": "Spring"})
        cls.Activity = cls.env["crm.activity"]

    @classmethod
    def _create_activity(cls, **values):
        """Create an activity: a visit to the customer unless the values say otherwise."""
        return cls.Activity.create(
            {
                "name": "Show the samples",
                "activity_type_id": cls.type_visit.id,
                "partner_id": cls.customer.id,
                **values,
            }
        )
