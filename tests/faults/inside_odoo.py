# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the stories do inside Odoo: run by `script/odoo shell`, not by pytest."""

from base64 import b64encode
from datetime import timedelta

from odoo import fields
from odoo.tools import mute_logger

TYPES = {
    "email_out": "mail.mail_activity_data_email",
    "sms": "crm_activity_ext.mail_activity_type_sms",
}


def make_messages(env, channel, server, count, state, batch_size=1):
    """Let a salesperson write to so many customers, through a server on loopback.

    :param server: the port of the mail server, or the URL of the SMS provider
    :return dict: the user's id and the ids of the activities
    """
    env["mail.mail"].search([]).unlink()
    if channel == "email_out":
        env["ir.mail_server"].create(
            {"name": "Loopback", "smtp_host": "127.0.0.1", "smtp_port": server}
        )
    else:
        set_param = env["ir.config_parameter"].set_param
        set_param("sms.endpoint", server)
        set_param("sms.session.batch.size", str(batch_size))
    salesman = _make_salesman(env)
    customers = env["res.partner"].create(
        [
            {
                "name": f"Customer {i}",
                "email": f"customer{i}@example.com",
                "phone": f"+34600{i:06}",
            }
            for i in range(count)
        ]
    )
    activities = (
        env["crm.activity"]
        .with_user(salesman)
        .create(
            [
                {
                    "name": f"Offer {customer.id}",
                    "activity_type_id": env.ref(TYPES[channel]).id,
                    "partner_id": customer.id,
                    "body": "<p>Our offer</p>",
                    "state": state,
                }
                for customer in customers
            ]
        )
    )
    env.cr.commit()
    return {"user": salesman.id, "activities": activities.ids}


def _make_salesman(env):
    # Without the invitation that Odoo would send to a new user.
    return (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "name": "Sam Sales",
                "login": "sam.sales",
                "password": "sam.sales",
                "email": "sam@example.com",
                "group_ids": [
                    (4, env.ref(group).id)
                    for group in ("base.group_user", "sales_team.group_sale_salesman")
                ],
            }
        )
    )


def start_distribution(env, count):
    """Let a salesperson distribute a visit to so many customers, in the background."""
    customers = env["res.partner"].create(
        [{"name": f"Customer {i}", "is_company": True} for i in range(count)]
    )
    wizard = env["crm.activity.distribute"].create(
        {
            "target_model": "res.partner",
            "target_ids": customers.ids,
            "activity_type_id": env.ref("crm_activity_ext.mail_activity_type_visit").id,
            "name": "Show the samples",
        }
    )
    wizard.action_distribute()
    env.cr.commit()


def open_distribution_dialog(env, count):
    """Let a salesperson open the dialog for so many customers.

    :return dict: the user's id, and the dialog's
    """
    salesman = _make_salesman(env)
    customers = env["res.partner"].create(
        [{"name": f"Customer {i}", "is_company": True} for i in range(count)]
    )
    wizard = (
        env["crm.activity.distribute"]
        .with_user(salesman)
        .create(
            {
                "target_model": "res.partner",
                "target_ids": customers.ids,
                "activity_type_id": env.ref("crm_activity_ext.mail_activity_type_visit").id,
                "name": "Show the samples",
            }
        )
    )
    env.cr.commit()
    return {"user": salesman.id, "id": wizard.id}


def open_opt_out_lists(env, count, copies):
    """Let a sales administrator open the dialog for a list of so many customers, more than once.

    :return dict: the user's id, and those of the dialogs
    """
    manager = _make_salesman(env)
    groups = ("sales_team.group_sale_manager", "base.group_partner_manager")
    manager.group_ids = [(4, env.ref(group).id) for group in groups]
    env["res.partner"].create(
        [{"name": f"Customer {i}", "email": f"customer{i}@example.com"} for i in range(count)]
    )
    rows = "\n".join(["Email", *(f"customer{i}@example.com" for i in range(count))])
    wizards = (
        env["crm.activity.opt.out.list"]
        .with_user(manager)
        .create(
            [
                {"file": b64encode(rows.encode()), "file_name": f"list{copy}.csv"}
                for copy in range(copies)
            ]
        )
    )
    env.cr.commit()
    return {"user": manager.id, "ids": wizards.ids}


def make_meetings(env, count):
    """Let a salesperson who wants them recorded have had so many meetings with a customer."""
    salesman = _make_salesman(env)
    now = fields.Datetime.now()
    salesman.crm_record_meetings = True
    env.flush_all()
    salesman.crm_meetings_since = now - timedelta(days=30)
    customer = env["res.partner"].create({"name": "Oak & Sons", "is_company": True})
    starts = [now - timedelta(days=1, minutes=number) for number in range(count)]
    env["calendar.event"].with_user(salesman).with_context(no_mail_to_attendees=True).create(
        [
            {
                "name": "Desks",
                "start": start,
                "stop": start + timedelta(hours=1),
                "partner_ids": [(6, 0, [salesman.partner_id.id, customer.id])],
            }
            for start in starts
        ]
    )
    env.cr.commit()


def open_done_dialogs(env, count):
    """Let two salespeople open the dialog that marks the same calls done.

    :return list: for each the user's id, and the dialog's
    """
    env.ref("base.user_admin").password = "admin"
    users = env.ref("base.user_admin") | _make_salesman(env)
    users.group_ids |= env.ref("sales_team.group_sale_salesman_all_leads")
    customers = env["res.partner"].create(
        [{"name": f"Customer {i}", "is_company": True} for i in range(count)]
    )
    call = env.ref("mail.mail_activity_data_call")
    calls = env["crm.activity"].create(
        [
            {
                "name": "Ask",
                "activity_type_id": call.id,
                "partner_id": customer.id,
                "user_id": users[0].id,
            }
            for customer in customers
        ]
    )
    outcome = env.ref("crm_activity_ext.crm_activity_outcome_no_answer")
    values = {"activity_ids": calls.ids, "outcome_id": outcome.id}
    dialogs = [env["crm.activity.done"].with_user(user).create(values) for user in users]
    env.cr.commit()
    return [{"user": dialog.env.uid, "id": dialog.id} for dialog in dialogs]


def plan_calls(env, count):
    """Plan calls with customers, two with each, that two salespeople work through.

    :return dict: the ids of the calls, and what logs each of the users in
    """
    env.ref("base.user_admin").password = "admin"
    users = env.ref("base.user_admin") | _make_salesman(env)
    users.group_ids |= env.ref("sales_team.group_sale_salesman_all_leads")
    customers = env["res.partner"].create(
        [{"name": f"Customer {i}", "is_company": True} for i in range(count)]
    )
    call = env.ref("mail.mail_activity_data_call")
    calls = env["crm.activity"].create(
        [
            {"name": "Ask", "activity_type_id": call.id, "partner_id": customer.id}
            for customer in customers
            for _ in range(2)
        ]
    )
    env.cr.commit()
    return {"calls": calls.ids, "users": users.ids}


def pass_each_other(env, calls, user_ids):
    """Let two who each have a customer leave it for that of the other one, at the same time.

    :param list calls: see :func:`plan_calls`
    :return list: whether each gets it
    """
    theirs = calls[::2]

    def take(cursor, place, call, left_id=False):
        activities = env(cr=cursor, user=user_ids[place])["crm.activity"]
        return bool(activities.work_on_next([call], left_id)["step"])

    with env.registry.cursor() as first, env.registry.cursor() as second:
        for place, cursor in enumerate((first, second)):
            take(cursor, place, theirs[place])
            cursor.commit()
            cursor.execute("SET LOCAL lock_timeout = '1s'")
        return [take(first, 0, *theirs[::-1]), take(second, 1, *theirs)]


def start_sequences(env, server, count):
    """Let a salesperson start a sequence for so many customers, and its second email be due.

    :param server: the port of the mail server
    :return list: the ids of the customers
    """
    env["mail.mail"].search([]).unlink()
    env["ir.mail_server"].create(
        {"name": "Loopback", "smtp_host": "127.0.0.1", "smtp_port": server}
    )
    salesman = _make_salesman(env)
    customers = env["res.partner"].create(
        [{"name": f"Customer {i}", "email": f"customer{i}@example.com"} for i in range(count)]
    )
    email = env.ref("mail.mail_activity_data_email")
    sequence = env["crm.activity.sequence"].create(
        {
            "name": "Offer",
            "target_model": "res.partner",
            "step_ids": [
                (
                    0,
                    0,
                    {
                        "activity_type_id": email.id,
                        "name": f"Day {days}",
                        "body": "<p>Our offer</p>",
                        "delay_days": days,
                    },
                )
                for days in (0, 7)
            ],
        }
    )
    sequence.with_user(salesman).action_enroll("res.partner", customers.ids)
    activities = env["crm.activity"].search([("origin", "=", "sequence")])
    first = activities.filtered(lambda activity: activity.step_id == sequence.step_ids[0])
    first.mail_message_id.mail_ids.write({"state": "sent"})
    first._report_delivery_status("done")
    (activities - first).date = fields.Datetime.now() - timedelta(minutes=1)
    env.cr.commit()
    return customers.ids


def start_many_sequences(env, count):
    """Let a salesperson be in the middle of sequences of two calls, for so many customers.

    :return dict: the user's id, and those of the enrollments
    """
    salesman = _make_salesman(env)
    customers = env["res.partner"].create(
        [{"name": f"Customer {i}", "phone": f"+346{i:08}"} for i in range(count)]
    )
    call = env.ref("mail.mail_activity_data_call")
    sequence = env["crm.activity.sequence"].create(
        {
            "name": "Offer",
            "target_model": "res.partner",
            "step_ids": [
                (0, 0, {"activity_type_id": call.id, "name": f"Day {days}", "delay_days": days})
                for days in (1, 7)
            ],
        }
    )
    sequence.with_user(salesman).action_enroll("res.partner", customers.ids)
    distribution = env["crm.activity.distribution"].search([])
    while distribution.run_state in ("pending", "running"):
        distribution._process_chunk()
    env.cr.commit()
    return {"user": salesman.id, "ids": sequence.enrollment_ids.ids}


def answer(env, customer_ids):
    """Let customers answer, each in a transaction of its own, as a mail gateway has them."""
    email_in = env.ref("crm_activity_ext.mail_activity_type_email_in")
    for customer_id in customer_ids:
        activity = env["crm.activity"].search(
            [("partner_id", "=", customer_id), ("step_id.delay_days", "=", 0)]
        )
        env["crm.activity"].create(
            {
                "name": "Yes, please",
                "activity_type_id": email_in.id,
                "partner_id": customer_id,
                "answer_to_id": activity.id,
                "origin": "answer",
                "state": "done",
            }
        )
        env.cr.commit()


# Odoo logs each query that another transaction was in the way of.
@mute_logger("odoo.sql_db")
def answer_in_conflict(env, customer_ids, is_committed):
    """Let the mails of customers come in while another transaction is at their enrollments.

    :param is_committed: whether the other one has committed meanwhile, or is still at it
    """
    for customer_id in customer_ids:
        activity = env["crm.activity"].search(
            [("partner_id", "=", customer_id), ("step_id.delay_days", "=", 0)]
        )
        mail_id = activity.mail_message_id.message_id
        with env.registry.cursor() as other:
            other.execute(
                "UPDATE crm_activity_sequence_enrollment SET user_id = NULL WHERE id = %s",
                [activity.enrollment_id.id],
            )
            if is_committed:
                other.commit()
            env["mail.thread"].message_process(
                False,
                f"""From: {activity.partner_id.email}
To: {activity.user_id.email}
Subject: Re: Day 0
Date: Mon, 03 Feb 2025 10:00:00 +0000
Message-Id: <answer-{customer_id}@example.com>
In-Reply-To: {mail_id}
References: {mail_id}
Content-Type: text/plain

Yes, please.
""",
            )
            env.cr.commit()


def settle_sequences(env):
    """Cancel what was being sent or changed when its sequence was stopped."""
    env["crm.activity.sequence.enrollment"]._cron_settle()
    env.cr.commit()
