# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestCount(CrmActivityCase):
    """Customers and campaigns are found and sorted by their number of activities."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = (
            *(cls.customer, cls.contact, cls.contact_2),
            *(cls.other_customer, cls.other_contact),
        )
        cls.autumn, cls.winter = cls.env["utm.campaign"].create(
            [{"title": "Autumn"}, {"title": "Winter"}]
        )
        common = {"contact_id": cls.contact.id, "user_id": cls.salesman.id}
        cls._create_activity(**common, campaign_id=cls.campaign.id)
        cls._create_activity(**common, campaign_id=cls.campaign.id)
        cls._create_activity(campaign_id=cls.autumn.id, user_id=cls.manager.id)
        cls._create_activity(
            partner_id=cls.other_customer.id, participant_ids=[(4, cls.contact_2.id)]
        )

    def _find(self, model, condition, user=None):
        records = self.env[model].with_user(user or self.manager)
        domain = [("crm_activity_count", *condition)]
        if model == "res.partner":
            ours = self.env["res.partner"].union(*self.people)
        else:
            ours = self.campaign | self.autumn | self.winter
        return records.search([("id", "in", ours.ids), *domain])

    def test_partners_are_found_by_every_comparison_as_their_number_says(self):
        partners = self.env["res.partner"].union(*self.people).with_user(self.manager)
        counts = dict(zip(partners, partners.mapped("crm_activity_count"), strict=True))
        self.assertEqual(sorted(counts.values()), [0, 1, 1, 2, 3])
        for number in range(-1, 5):
            for operator, fits in (
                ("=", lambda count, number: count == number),
                ("!=", lambda count, number: count != number),
                ("<", lambda count, number: count < number),
                ("<=", lambda count, number: count <= number),
                (">", lambda count, number: count > number),
                (">=", lambda count, number: count >= number),
            ):
                expected = partners.filtered(lambda one: fits(counts[one], number))  # noqa: B023
                found = self._find("res.partner", (operator, number))
                self.assertEqual(found, expected.sorted(), (operator, number))
        for numbers in ([0, 3], [1, 2], []):
            expected = partners.filtered(lambda one: counts[one] in numbers)  # noqa: B023
            self.assertEqual(self._find("res.partner", ("in", numbers)), expected.sorted())
            found = self._find("res.partner", ("not in", numbers))
            self.assertEqual(found, (partners - expected).sorted())

    def test_campaigns_are_found_and_sorted(self):
        self.assertEqual(self._find("utm.campaign", (">", 0)), self.campaign | self.autumn)
        self.assertEqual(self._find("utm.campaign", ("=", False)), self.winter)
        Campaign = self.env["utm.campaign"].with_user(self.manager)
        ids = [("id", "in", (self.campaign | self.autumn | self.winter).ids)]
        found = Campaign.search(ids, order="crm_activity_count desc, id")
        self.assertEqual(found.mapped("title"), ["Spring", "Autumn", "Winter"])

    def test_partners_are_sorted_and_who_has_none_counts_as_none(self):
        Partner = self.env["res.partner"].with_user(self.manager)
        ids = [("id", "in", [partner.id for partner in self.people])]
        for order, reverse in (("asc", False), ("desc", True)):
            found = Partner.search(ids, order=f"crm_activity_count {order}, id")
            counts = found.mapped("crm_activity_count")
            self.assertEqual(counts, sorted(counts, reverse=reverse))

    def test_only_what_the_user_may_read_counts(self):
        self.assertEqual(self._find("utm.campaign", (">", 0), self.salesman), self.campaign)

    def test_who_reads_no_activities_neither_searches_nor_sorts_by_them(self):
        user = new_test_user(self.env, "una.user", "base.group_user")
        for model in ("res.partner", "utm.campaign"):
            Model = self.env[model].with_user(user)
            with self.assertRaises(AccessError):
                Model.search([("crm_activity_count", ">", 0)])
            with self.assertRaises(AccessError):
                Model.search([], order="crm_activity_count")
