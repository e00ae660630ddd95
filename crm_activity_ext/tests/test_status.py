# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_outbox import OutboxCase

STATUSES = {"draft", "pending", "done", "failed", "cancelled"}
MESSAGE = {"activity_type_id", "contact_id", "name", "body"}
SENDER = {"date", "user_id"}
ALL_FIELDS = {*MESSAGE, *SENDER, "campaign_id", "duration"}


@tagged("post_install", "-at_install")
class TestStatus(OutboxCase):
    """The table of the record's docstring: what each status lets whom do."""

    # {case: (fields that are final, other statuses that can be chosen, who deletes it)}
    EXPECTED = {
        "draft": (set(), STATUSES - {"draft"}, {"responsible", "administrator"}),
        "cancelled": (set(), STATUSES - {"cancelled"}, {"responsible", "administrator"}),
        "cancelled after it was done": (set(), STATUSES - {"cancelled"}, {"administrator"}),
        "pending": (set(), STATUSES - {"pending"}, {"administrator"}),
        "done": (set(), STATUSES - {"done"}, {"administrator"}),
        "failed": (set(), STATUSES - {"failed"}, {"administrator"}),
        "email, draft": (
            set(),
            {"pending", "failed", "cancelled"},
            {"responsible", "administrator"},
        ),
        "email, cancelled": (
            set(),
            {"draft", "pending", "failed"},
            {"responsible", "administrator"},
        ),
        "email, failed": (set(), {"draft", "pending", "cancelled"}, {"administrator"}),
        "sent elsewhere": (
            set(),
            STATUSES - {"done"},
            {"responsible", "administrator"},
        ),
        "sent elsewhere, reopened": (
            set(),
            {"pending", "failed", "cancelled"},
            {"responsible", "administrator"},
        ),
        "in the outbox": (MESSAGE, {"cancelled"}, set()),
        "failed, has not left": ({"activity_type_id"}, {"pending", "cancelled"}, {"administrator"}),
        "cancelled, has not left": ({"activity_type_id"}, {"pending"}, {"administrator"}),
        "failed, may have left": (MESSAGE, {"pending", "cancelled"}, set()),
        "cancelled, may have left": (MESSAGE, {"pending"}, set()),
        "sent": (MESSAGE | SENDER, set(), set()),
    }

    def _create_cases(self):
        """:return: ``{case: activity}``"""
        states = ("draft", "cancelled", "pending", "done", "failed")
        cases = {state: self._create_activity(state=state) for state in states}
        cases["cancelled after it was done"] = self._create_activity(state="done")
        cases["cancelled after it was done"].action_cancel()
        for state in ("draft", "cancelled", "failed"):
            cases[f"email, {state}"] = self._create_email(state=state)
        for case in ("sent elsewhere", "sent elsewhere, reopened"):
            cases[case] = self._create_email()
            cases[case].action_log_as_sent_elsewhere()
        cases["sent elsewhere, reopened"].action_reopen()
        cases["in the outbox"] = self._create_email(state="pending")
        for may_have_left, place in ((False, "has not left"), (True, "may have left")):
            for state in ("failed", "cancelled"):
                activity = self._create_email(state="pending")
                activity._report_delivery_status("failed", "No answer", may_have_left=may_have_left)
                activity.write({"state": state})
                cases[f"{state}, {place}"] = activity
        cases["sent"] = self._create_email(state="pending")
        cases["sent"]._report_delivery_status("done")
        return cases

    def _is_allowed(self, action):
        savepoint = self.cr.savepoint()
        try:
            action()
            self.env.flush_all()
        except UserError:
            return False
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
        return True

    def _get_final_fields(self, activity):
        changes = {
            "activity_type_id": self.type_call.id,
            "contact_id": self.contact_2.id,
            "name": "Another subject",
            "body": "<p>Another text</p>",
            "date": "2020-01-01 08:00:00",
            "user_id": self.salesman_all.id,
            "campaign_id": self.campaign.id,
            "duration": 2,
        }
        self.assertEqual(changes.keys(), ALL_FIELDS)
        return {
            name
            for name, value in changes.items()
            if not self._is_allowed(lambda n=name, v=value: activity.write({n: v}))
        }

    def test_each_status_lets_everybody_do_what_the_table_says(self):
        deleters = {"responsible": self.salesman, "administrator": self.manager}
        cases = self._create_cases()
        self.assertEqual(cases.keys(), self.EXPECTED.keys())
        for case, activity in cases.items():
            state = activity.state
            with self.subTest(case):
                self.assertEqual(
                    (
                        self._get_final_fields(activity.with_user(self.manager)),
                        {
                            other
                            for other in STATUSES - {state}
                            if self._is_allowed(lambda a=activity, s=other: a.write({"state": s}))
                        },
                        {
                            who
                            for who, user in deleters.items()
                            if self._is_allowed(activity.with_user(user).unlink)
                        },
                    ),
                    self.EXPECTED[case],
                )
