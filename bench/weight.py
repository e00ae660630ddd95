# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What an activity leaves in the database, beside what Odoo's own leave.

All that stays of its whole life counts: rows, messages, tracking, followers, indexes. Run inside
Odoo by `script/bench`.
"""

import functools

from harness import Measure, compact, weighed
from sending import _mail_server

RECORDS = 1_000
TEXT = "<p>Dear customer, here is the offer that we talked about: the oak, and its price.</p>" * 4


def run(env):
    """:return: list of :class:`harness.Measure`"""
    user = env["res.users"].create(
        {
            "name": "Sam Sales",
            "login": "sam",
            "email": "sam@example.com",
            "group_ids": [(6, 0, env.ref("sales_team.group_sale_salesman_all_leads").ids)],
        }
    )
    # Each function gets customers that have nothing yet; the first one brings what is made once.
    customers = iter(_create_customers(env, user))
    _plan_calls(next(customers))
    compact(env)

    def row(name, ours, peer_name, peer):
        costs = [
            weighed(env, functools.partial(function, next(customers))) for function in (ours, peer)
        ]
        return Measure(name, costs[0], peer_name, costs[1], RECORDS)

    with _mail_server() as port:
        env["mail.mail"].search([]).unlink()
        env["ir.mail_server"].create(
            {"name": "Loopback", "smtp_host": "127.0.0.1", "smtp_port": port}
        )
        return [
            row("A call planned", _plan_calls, "a to-do planned", _plan_todos),
            row("A call planned and done", _do_calls, "a to-do planned and done", _do_todos),
            row("A call logged as done", _log_calls, "a note in the chatter", _log_notes),
            row("A call distributed", _distribute, "Odoo's Schedule Activity", _schedule),
            row("An email sent", _send_emails, "one of Odoo's composer, mass mode", _compose),
        ]


def _create_customers(env, user):
    """:return: list of recordsets, one for each function to weigh and one more"""
    customers = env["res.partner"].create(
        [
            {
                "name": f"Customer {i}",
                "email": f"customer{i}@example.com",
                "phone": f"+34 6{i:08}",
                "is_company": True,
            }
            for i in range(11 * RECORDS)
        ]
    )
    customers = customers.with_user(user)
    return [customers[n : n + RECORDS] for n in range(0, len(customers), RECORDS)]


def _create(partners, kind, **values):
    return partners.env["crm.activity"].create(
        [
            {
                "name": "Our offer",
                "activity_type_id": partners.env.ref(f"mail.mail_activity_data_{kind}").id,
                "partner_id": partner.id,
                **values,
            }
            for partner in partners
        ]
    )


def _plan_calls(partners):
    return _create(partners, "call")


def _do_calls(partners):
    _plan_calls(partners).action_done()


def _log_calls(partners):
    _create(partners, "call", state="done")


def _plan_todos(partners):
    env = partners.env
    return env["mail.activity"].create(
        [
            {
                "res_model_id": env["ir.model"]._get_id("res.partner"),
                "res_id": partner.id,
                "activity_type_id": env.ref("mail.mail_activity_data_call").id,
                "summary": "Our offer",
                "user_id": env.uid,
            }
            for partner in partners
        ]
    )


def _do_todos(partners):
    _plan_todos(partners).action_feedback()


def _log_notes(partners):
    partners._message_log_batch({partner.id: "Called: our offer" for partner in partners})


def _distribute(partners):
    env = partners.env
    wizard = env["crm.activity.distribute"].create(
        {
            "target_model": "res.partner",
            "target_ids": partners.ids,
            "activity_type_id": env.ref("mail.mail_activity_data_call").id,
            "name": "Our offer",
        }
    )
    wizard.action_distribute()
    # sudo: as the scheduled action that works through it.
    distribution = wizard.distribution_id.sudo()
    while distribution.run_state != "done":
        distribution._process_chunk()


def _schedule(partners):
    env = partners.env
    env["mail.activity.schedule"].create(
        {
            "res_model": "res.partner",
            "res_ids": str(partners.ids),
            "activity_type_id": env.ref("mail.mail_activity_data_call").id,
            "summary": "Our offer",
            "activity_user_id": env.uid,
        }
    ).action_schedule_activities()


def _send_emails(partners):
    emails = _create(partners, "email", body=TEXT)
    emails.action_pending()
    _work_off_queue(partners.env)


def _compose(partners):
    composer = partners.env["mail.compose.message"].create(
        {
            "composition_mode": "mass_mail",
            "model": "res.partner",
            "res_ids": str(partners.ids),
            "subject": "Our offer",
            "body": TEXT,
            "auto_delete": False,
            "force_send": False,
        }
    )
    composer._action_send_mail()
    _work_off_queue(partners.env)


def _work_off_queue(env):
    # sudo: as the scheduled action that sends them.
    mails = env["mail.mail"].sudo()
    mails.process_email_queue()
    assert not mails.search_count([("state", "!=", "sent")])
