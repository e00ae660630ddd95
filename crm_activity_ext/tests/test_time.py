# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import datetime

from freezegun import freeze_time

from odoo.tests import Form, tagged

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestTime(CrmActivityCase):
    """The clock is changed, people travel, and what was in use is put away."""

    def _count_due(self, user):
        groups = self.env["res.users"].with_user(user).with_context(tz=user.tz)
        group = next(g for g in groups._get_activity_groups() if g["model"] == "crm.activity")
        return {key: group[key] for key in ("overdue_count", "today_count", "planned_count")}

    def test_the_days_on_which_the_clock_changes_end_at_midnight(self):
        # In Madrid 2026-10-25 has 25 hours, and 02:30 twice; 2026-03-29 has 23, and no 02:30.
        for inside, last_minute, next_day in (
            (
                [datetime(2026, 10, 24, 22), datetime(2026, 10, 25, 0, 30)]
                + [datetime(2026, 10, 25, 1, 30), datetime(2026, 10, 25, 22, 59)],
                datetime(2026, 10, 25, 22, 59),
                datetime(2026, 10, 25, 23),
            ),
            (
                [datetime(2026, 3, 28, 23), datetime(2026, 3, 29, 0, 59)]
                + [datetime(2026, 3, 29, 1), datetime(2026, 3, 29, 21, 59)],
                datetime(2026, 3, 29, 21, 59),
                datetime(2026, 3, 29, 22),
            ),
        ):
            with self.subTest(day=last_minute.date()):
                activities = self.Activity.union(
                    *(self._create_activity(date=date, user_id=self.salesman.id) for date in inside)
                ).with_context(tz="Europe/Madrid")
                with freeze_time(last_minute):
                    self.assertEqual(set(activities.mapped("is_overdue")), {False})
                    self.assertEqual(
                        self._count_due(self.salesman),
                        {"overdue_count": 0, "today_count": 4, "planned_count": 0},
                    )
                activities.invalidate_recordset(["is_overdue"])
                with freeze_time(next_day):
                    self.assertEqual(set(activities.mapped("is_overdue")), {True})
                    self.assertEqual(self._count_due(self.salesman)["overdue_count"], 4)
                activities.action_cancel()

    def test_whoever_travels_keeps_the_instants_and_gets_another_today(self):
        # 23:30 in Madrid, 12:30 of the next day in Kiritimati
        activity = self._create_activity(
            date=datetime(2026, 6, 15, 21, 30), user_id=self.salesman.id
        )
        with freeze_time(datetime(2026, 6, 15, 9)):
            self.assertEqual(self._count_due(self.salesman)["today_count"], 1)
            self.salesman.tz = "Pacific/Kiritimati"
            self.assertEqual(
                self._count_due(self.salesman),
                {"overdue_count": 0, "today_count": 0, "planned_count": 1},
            )
        self.assertEqual(activity.date, datetime(2026, 6, 15, 21, 30))

    def test_what_is_put_away_while_in_use_stays_on_its_activities(self):
        activity = self._create_activity(
            campaign_id=self.campaign.id, contact_id=self.contact.id, user_id=self.salesman.id
        )
        for used in (self.type_visit, self.campaign, self.customer | self.contact):
            used.active = False
        with Form(activity.with_user(self.salesman)) as form:
            form.name = "Show the new samples"
        self.assertEqual(
            (activity.activity_type_id, activity.campaign_id, activity.contact_id),
            (self.type_visit, self.campaign, self.contact),
        )
        activity.with_user(self.salesman).action_done()
        replica = activity.with_user(self.salesman).copy()
        self.assertEqual(
            (replica.activity_type_id, replica.campaign_id, replica.partner_id),
            (self.type_visit, self.campaign, self.customer),
        )
        history = self.env["crm.activity.history"].with_user(self.salesman)
        self.assertEqual(
            history.search([("partner_id", "=", self.customer.id)]).mapped("name"),
            ["Show the new samples"] * 2,
        )
