# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the stories do inside Odoo: run by `script/odoo shell`, not by pytest.

Each function takes an environment first and gives back what JSON can carry.
"""

import io
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from unittest.mock import patch

from lxml import etree
from screens import read_every_screen

from odoo import fields
from odoo.exceptions import UserError

# The models whose screens our addons are in, in each state of the database.
MODELS = ("crm.activity", "res.partner", "crm.lead", "utm.campaign", "mail.activity.type")


def make_activities(env):
    """Let a salesperson make activities for a customer, a contact and a lead.

    :return dict: ids of the activities by what they are for
    """
    salesman = env["res.users"].create(
        {
            "name": "Sam Sales",
            "login": "sam",
            "email": "sam@example.com",
            "group_ids": [
                (4, env.ref(group).id)
                for group in ("base.group_user", "sales_team.group_sale_salesman")
            ],
        }
    )
    customer = env["res.partner"].create({"name": "Oak & Sons", "is_company": True})
    contact = env["res.partner"].create({"name": "Olga Oak", "parent_id": customer.id})
    campaign = env["utm.campaign"].create({"title": "Spring"})
    env = env(user=salesman)
    # In no stage: uninstalling CRM, Odoo logs an error for each stage that has a lead.
    lead = env["crm.lead"].create({"name": "Pine wants chairs", "stage_id": False})
    values = {"name": "Present the catalogue", "body": "<p>Chairs</p>", "duration": 0.5}
    call = env.ref("mail.mail_activity_data_call")
    activities = {
        "customer": {"partner_id": customer.id, "campaign_id": campaign.id},
        "contact": {"contact_id": contact.id, "state": "done"},
        "lead": {"lead_id": lead.id},
    }
    made = {
        name: env["crm.activity"].create({**values, "activity_type_id": call.id, **target})
        for name, target in activities.items()
    }
    made["customer"].message_post(body="They asked for a price list.")
    env.cr.commit()
    return {name: activity.id for name, activity in made.items()}


def make_program(env):
    """Let there be a salesperson whose API key a program has.

    :return dict: what the page about the API calls them
    """
    groups = ("sales_team.group_sale_salesman_all_leads", "base.group_partner_manager")
    user = env["res.users"].create(
        {
            "name": "Paula Program",
            "login": "paula",
            "password": "paula-paula",
            "email": "paula@example.com",
            "group_ids": [(4, env.ref(name).id) for name in (*groups, "base.group_allow_export")],
        }
    )
    ends = fields.Datetime.now() + timedelta(days=1)
    key = env["res.users.apikeys"].with_user(user)._generate("rpc", "The page", ends)
    env.cr.commit()
    return {"KEY": key, "LOGIN": "paula", "PASSWORD": "paula-paula"}


def make_mailings(env):
    """Let a campaign of ours have mailings, and somebody lead the sales team."""
    env["res.users"].create(
        {
            "name": "Max Manager",
            "login": "max",
            "email": "max@example.com",
            "group_ids": [(4, env.ref("sales_team.group_sale_manager").id)],
        }
    )
    common = {
        "campaign_id": env["utm.campaign"].search([("title", "=", "Spring")]).id,
        "mailing_model_id": env["ir.model"]._get("res.partner").id,
    }
    env["mailing.mailing"].create(
        [
            {**common, "subject": "Chairs", "ab_testing_enabled": True},
            {**common, "subject": "Tables", "mailing_type": "sms", "body_plaintext": "Tables"},
        ]
    )
    env.cr.commit()


def switch_on_features(env):
    """Switch on whatever the settings offer to everybody, as old databases have most of it."""
    features = env["res.config.settings"]._get_classified_fields()["group"]
    for _name, groups, feature in features:
        groups.implied_ids |= feature
    env.cr.commit()
    return len(features)


def send_and_export(env):
    """Let a salesperson write to a customer, over a real mail server, and export all they have.

    :return dict: who was written to, the email's status, and the size of the workbook
    """
    from odoo.addons.crm_activity_ext.tests.smtp import smtp_server  # noqa: PLC0415

    customer = env["res.partner"].create({"name": "Ash", "email": "ash@example.com"})
    Activity = env(user=env["res.users"].search([("login", "=", "sam")]))["crm.activity"]
    email = Activity.create(
        {
            "name": "Our offer",
            "activity_type_id": env.ref("mail.mail_activity_data_email").id,
            "partner_id": customer.id,
            "body": "<p>Chairs</p>",
        }
    )
    email.action_pending()
    # An add-on may hold back for a while what somebody could still take back.
    mails = env["mail.mail"].search([("mail_message_id", "=", email.sudo().mail_message_id.id)])
    mails.scheduled_date = False
    env.cr.commit()
    with smtp_server(env) as mailbox:
        env["mail.mail"].process_email_queue()
    file = io.BytesIO()
    Activity._export_workbook(file, Activity._iter_export_rows([], None), [], [])
    env.invalidate_all()
    return {"to": mailbox.recipients, "state": email.state, "size": len(file.getvalue())}


def read_screens(env, *logins):
    """:return dict: see :func:`screens.read_every_screen`"""
    return read_every_screen(env, logins)


def make_sms(env):
    """Queue an SMS for now and one for later."""
    customer = env["res.partner"].create({"name": "Oak & Sons", "phone": "+34 600 11 22 33"})
    values = {
        "activity_type_id": env.ref("crm_activity_ext.mail_activity_type_sms").id,
        "partner_id": customer.id,
        "body": "<p>See you at nine.</p>",
        "state": "pending",
    }
    env["crm.activity"].create(
        [{**values, "name": "Now"}, {**values, "name": "Later", "date": "2100-01-01 09:00:00"}]
    )
    env.cr.commit()


def make_it_theirs(env):
    """Change what we brought, as an administrator does, and what only an old version would have.

    :return dict: what :func:`what_is_theirs` gives
    """
    visit = env.ref("crm_activity_ext.mail_activity_type_visit")
    visit.name = "Store visit"
    visit.with_context(lang="es_ES").name = "Visita a tienda"
    env.ref("crm_activity_ext.mail_activity_type_fax").active = False
    env.ref("mail.mail_activity_data_meeting").crm_channel = False
    env.ref("crm_activity_ext.ir_cron_distribute").interval_number = 3
    env.ref("crm_activity_ext.mail_template_introduction").body_html = "<p>Hello!</p>"
    env["ir.model.fields"].create(
        {
            "name": "x_mood",
            "field_description": "Mood",
            "ttype": "char",
            "model_id": env["ir.model"]._get("crm.activity").id,
        }
    )
    form = env.ref("crm_activity_ext.crm_activity_view_form")
    env["ir.ui.view"].create(
        {
            "name": "Mood",
            "model": "crm.activity",
            "inherit_id": form.id,
            "arch": "<field name='duration' position='after'><field name='x_mood'/></field>",
        }
    )
    env["crm.activity"].search([]).x_mood = "Sunny"
    # A view as an earlier version had it.
    tree = env.ref("crm_activity_ext.crm_activity_view_list")
    tree.arch_db = tree.arch_db.replace("<list", "<list limit='7'", 1)
    env.cr.commit()
    return what_is_theirs(env)


def what_is_theirs(env):
    """:return dict: what an upgrade has to leave alone"""
    visit = env.ref("crm_activity_ext.mail_activity_type_visit")
    form = env["crm.activity"].get_view(view_type="form")["arch"]
    return {
        "names": [visit.with_context(lang=lang).name for lang in ("en_US", "es_ES")],
        "fax": env.ref("crm_activity_ext.mail_activity_type_fax").active,
        "meeting": env.ref("mail.mail_activity_data_meeting").crm_channel,
        "cron": env.ref("crm_activity_ext.ir_cron_distribute").interval_number,
        "template": env.ref("crm_activity_ext.mail_template_introduction").body_html,
        "moods": env["crm.activity"].search([]).mapped("x_mood"),
        "shown": "x_mood" in form,
    }


def make_post(env):
    """Let an email wait in the outbox, with a file."""
    env["ir.mail_server"].create({"name": "Ours", "smtp_host": "127.0.0.1", "smtp_port": 9})
    customer = env["res.partner"].create({"name": "Ash", "email": "ash@example.com"})
    env["crm.activity"].create(
        {
            "name": "Our offer",
            "activity_type_id": env.ref("mail.mail_activity_data_email").id,
            "partner_id": customer.id,
            "body": "<p>Chairs</p>",
            "date": "2100-01-01 09:00:00",
            "attachment_ids": [(0, 0, {"name": "offer.txt", "raw": b"42 chairs"})],
            "state": "pending",
        }
    )
    env.cr.commit()


def post(env):
    """:return dict: what became of the email: its file's content, and who would send it"""
    activity = env["crm.activity"].search([("name", "=", "Our offer")])
    return {
        "state": activity.state,
        "file": activity.attachment_ids.raw.decode(),
        "mail": env["mail.mail"].search([("state", "=", "outgoing")]).subject,
        "servers": env["ir.mail_server"].search([]).mapped("smtp_host"),
    }


def look_up(env, name, email):
    """Look a person up as an administrator does who was asked to forget them.

    :return dict: the records that were found, as ``[model, id]``; why the person cannot be deleted,
        or nothing; whether the person is there; what is left of the done activities, and the log
    """
    wizard = env["privacy.lookup.wizard"].create({"name": name, "email": email})
    wizard.action_lookup()
    records = [[line.res_model, line.res_id] for line in wizard.line_ids]
    [line] = wizard.line_ids.filtered(lambda line: line.res_model == "res.partner")
    refusal = ""
    try:
        with env.cr.savepoint():
            line.action_unlink()
    except UserError as error:
        refusal = error.args[0]
    activities = env["crm.activity"].search([("state", "=", "done")])
    return {
        "records": records,
        "refusal": refusal,
        "is_there": bool(env["res.partner"].browse(line.res_id).exists()),
        "activities": [[a.id, a.name, a.contact_id.id] for a in activities],
        "log": "\n".join(filter(None, env["privacy.log"].search([]).mapped("execution_details"))),
    }


def use_everything(env):
    """Leave what a user leaves: types of their own, messages, files, favourites.

    :return dict: names of the types that were made
    """
    made = make_activities(env)
    activity = env["crm.activity"].browse(made["customer"])
    common = {"crm_channel": "visit"}
    types = env["mail.activity.type"].create(
        [
            {**common, "name": "Trade fair", "res_model": "crm.activity"},
            {**common, "name": "Factory tour", "res_model": False},
        ]
    )
    for activity_type in types | env.ref("crm_activity_ext.mail_activity_type_visit"):
        activity.copy({"activity_type_id": activity_type.id})
    activity.action_replicate()
    activity.message_subscribe(env.ref("base.partner_admin").ids)
    env["ir.attachment"].create(
        {"name": "offer.txt", "raw": b"42", "res_model": activity._name, "res_id": activity.id}
    )
    env["crm.activity.distribute"].create(
        {
            "target_model": "crm.lead",
            "target_ids": activity.browse(made["lead"]).lead_id.ids,
            "activity_type_id": types[0].id,
            "name": "Invite them",
        }
    ).action_distribute()
    env.cr.commit()
    return types.mapped("name")


def work_for_a_while(env):
    """Leave what a team leaves, by what every version of ours can do.

    :return dict: ids of the activities by their subject
    """
    use_everything(env)
    make_sms(env)
    make_post(env)
    mail = env.ref("mail.mail_activity_data_email").id
    sms = env.ref("crm_activity_ext.mail_activity_type_sms").id
    letter = env.ref("crm_activity_ext.mail_activity_type_letter").id
    company = env["res.partner"].create(
        {"name": "Yew Ltd.", "is_company": True, "email": "info@yew.example.com"}
    )
    contact = env["res.partner"].create({"name": "Yvonne Yew", "parent_id": company.id})
    campaign = env["utm.campaign"].create(
        {"title": "Winter", "audience_domain": "[('name', 'like', 'Yew')]"}
    )
    common = {
        "user_id": env["res.users"].search([("login", "=", "sam")]).id,
        "partner_id": company.id,
        "campaign_id": campaign.id,
        "body": "<p>Chairs</p>",
    }
    long_ago = {"date": "2026-03-04 09:30:00"}
    made = env["crm.activity"].create(
        [
            {**common, "name": name, "activity_type_id": activity_type, "state": state}
            | (long_ago if state == "done" else {})
            for name, activity_type, state in (
                ("Sent by Odoo", mail, "pending"),
                ("Never written", mail, "draft"),
                ("Sent from a phone", mail, "done"),
                ("Told by SMS", sms, "done"),
                ("Letter", letter, "done"),
                ("No time", letter, "cancelled"),
            )
        ]
    )
    made[-1].contact_id = contact
    message = made[0].mail_message_id
    queued = env["mail.mail"].search([("mail_message_id", "=", message.id)])
    queued.state = "sent"
    queued._postprocess_sent_message(success_pids=company.ids, success_emails=[])
    env.cr.commit()
    return {activity.name: activity.id for activity in env["crm.activity"].search([])}


def ways_in(env):
    """Try to make activities.

    :return list: what came of it, for each way: the number of new activities or the refusal
    """
    env = env(user=env["res.users"].search([("login", "=", "sam")]))
    Activity = env["crm.activity"]
    activity = Activity.search([], limit=1)
    call = env.ref("mail.mail_activity_data_call")
    results = []
    for way_in in (
        lambda: Activity.create({"name": "Call", "activity_type_id": call.id}),
        lambda: activity.copy(),
        lambda: activity.action_replicate(),
    ):
        before = Activity.search_count([])
        try:
            way_in()
        except UserError as refusal:
            results.append(str(refusal))
        else:
            results.append(Activity.search_count([]) - before)
    return results


def menu_names(env):
    """:return list: what the CRM app shows a salesperson of ours"""
    user = env["res.users"].search([("login", "=", "sam")])
    menus = env(user=user)["ir.ui.menu"].load_menus(False)
    windows = env["ir.actions.act_window"].search([("res_model", "=", "crm.activity")])
    servers = env["ir.actions.server"].search([("model_name", "=", "crm.activity")])
    actions = {(action._name, action.id) for found in (windows, servers) for action in found}
    return sorted(
        menu["name"]
        for menu in menus.values()
        if (menu.get("action_model"), menu.get("action_id")) in actions
    )


def make_lead_and_todo(env):
    """Use what Odoo offers without us.

    :return list: names of the channelless types a to-do can have on a lead
    """
    lead = env["crm.lead"].create({"name": "Life goes on"})
    todo = lead.activity_schedule("mail.mail_activity_data_call", summary="Call them")
    todo.action_feedback(feedback="They are happy.")
    env["utm.campaign"].create({"title": "Autumn"}).copy()
    partner = env["res.partner"].create({"name": "Elm"})
    partner.write({"parent_id": env["res.partner"].create({"name": "Elm Inc."}).id})
    partner.unlink()
    types = env["mail.activity.type"].search([("res_model", "in", [False, "crm.lead"])])
    return sorted(types.mapped("name"))


def drop_types(env):
    """Take some of Odoo's types away: one deleted, one archived."""
    env.ref("mail.mail_activity_data_email").unlink()
    env.ref("mail.mail_activity_data_meeting").active = False
    env.cr.commit()


def channels(env):
    """:return dict: names of the types that are offered, by channel, in English and Spanish"""
    found = {}
    Type = env["mail.activity.type"]
    for activity_type in Type.search([("crm_channel", "!=", False)], order="id"):
        names = [activity_type.with_context(lang=lang).name for lang in ("en_US", "es_ES")]
        found.setdefault(activity_type.crm_channel, []).append(names)
    return found


def broken_interface(env):
    """Look at every view, and as different users at all screens that our addons have a part in.

    :return list: what is broken or leads nowhere
    """
    problems = []

    @contextmanager
    def noting(what):
        try:
            yield
        except Exception as error:
            problems.append(f"{what}: {error}")

    for view in env["ir.ui.view"].search([("model", "!=", False)]):
        with noting(f"view {view.xml_id or view.name}"):
            view._check_xml()
    models = [name for name in MODELS if name in env]
    views = env["ir.ui.view"].search([("model", "in", models), ("type", "!=", "qweb")])
    users = env.ref("base.user_admin") | env["res.users"].search([("login", "=", "sam")])
    for user in users:
        user_env = env(user=user)
        for view in views.filtered(lambda view: view.mode == "primary"):
            with noting(f"view {view.xml_id or view.name} for {user.login}"):
                arch = user_env[view.model].get_view(view.id, view.type)["arch"]
                problems += _dead_buttons(env, view, etree.fromstring(arch))
        for model_name in [*models, "crm.activity.history"]:
            if model_name not in env:
                continue
            with noting(f"screens of {model_name} for {user.login}"):
                screens = user_env[model_name].get_views(
                    [(False, view_type) for view_type in ("list", "form", "search")],
                    {"toolbar": True},
                )
                arch = etree.fromstring(screens["views"]["list"]["arch"])
                shown = arch.xpath("/list/field/@name")
                user_env[model_name].search_read([], shown, limit=1)
    return problems + _dead_actions(env) + _dead_menus(env) + _dead_external_ids(env)


def _dead_buttons(env, view, arch):
    """:return list: the buttons (not those of records inside) that lead nowhere"""
    problems = []
    for button in arch.xpath("//button[@name and not(ancestor::field)]"):
        name = button.get("name")
        if button.get("type") == "object":
            is_alive = hasattr(env[view.model], name)
        elif button.get("type") == "action":
            is_alive = _action(env, name)
        else:
            is_alive = True
        if not is_alive:
            problems.append(f"button {name} in {view.xml_id}")
    return problems


def _action(env, name):
    """:return: the action that a button names by its id or its external id, or none"""
    if name.isdigit():
        return env["ir.actions.actions"].browse(int(name)).exists()
    return env.ref(name, raise_if_not_found=False)


def _dead_actions(env):
    actions = env["ir.actions.act_window"].search([])
    return [
        f"action {action.xml_id or action.name} on {action.res_model}"
        for action in actions
        if action.res_model not in env
    ]


def _dead_menus(env):
    # In SQL: the ORM reads an action that is gone as none.
    env.cr.execute("SELECT id, action FROM ir_ui_menu WHERE action IS NOT NULL")
    problems = []
    for menu_id, action in env.cr.fetchall():
        model_name, action_id = action.split(",")
        if not env[model_name].browse(int(action_id)).exists():
            problems.append(f"menu {env['ir.ui.menu'].browse(menu_id).complete_name}")
    return problems


def _dead_external_ids(env):
    # What other modules noted of a mixin that our models are on, Odoo leaves behind.
    env.cr.execute(
        """
        SELECT model, array_agg(res_id), array_agg(module || '.' || name) FROM ir_model_data
        WHERE model NOT IN ('ir.model.fields', 'ir.model.fields.selection', 'ir.model.inherit')
        GROUP BY model
        """
    )
    problems = []
    for model_name, ids, names in env.cr.fetchall():
        living = set(env[model_name].browse(ids).exists().ids) if model_name in env else set()
        problems += [
            f"external id {name}" for id_, name in zip(ids, names, strict=True) if id_ not in living
        ]
    return problems


def reassign_synced(env, module, cases):
    """Let a planner plan a visit for "old", and give it to "new".

    :param str module: that tells a calendar elsewhere
    :param list cases: of lists of the logins of whose calendars are told
    :return list: what became of it, a dict for each case
    """
    return [_reassign_synced(env, module, synced) for synced in cases]


def _reassign_synced(env, module, synced):
    with _synced(env, module, synced) as (users, told):
        # We tell the colleague ourselves; here it is what the calendar mails.
        planner = env(user=users["planner"], context={"tracking_disable": True})
        visit = _plan_visit(planner, users["old"])
        mails = env["mail.mail"].search_count([])
        visit.user_id = users["new"]
        env.flush_all()
        event = visit.sudo().calendar_event_id
        result = {
            "events": env["calendar.event"].search_count([("name", "=", visit.name)]),
            "organizer": event.user_id.login,
            "state": visit.state,
            "mails": env["mail.mail"].search_count([]) - mails,
            "told": told,
        }
    env.cr.rollback()
    return result


def change_organizer_in_outlook(env):
    """Let the new organizer say in Odoo's calendar that an event is theirs."""
    with _synced(env, "microsoft_calendar", ["old", "new"]) as (users, _told):
        # We tell the colleague ourselves; here it is what the calendar mails.
        planner = env(user=users["planner"], context={"tracking_disable": True})
        visit = _plan_visit(planner, users["old"])
        event = visit.sudo().calendar_event_id.sudo(False).with_user(users["new"])
        event.sudo().partner_ids += users["new"].partner_id
        event.write({"user_id": users["new"].id})
        env.flush_all()
        result = {
            "events": env["calendar.event"].search_count([("name", "=", visit.name)]),
            "organizer": visit.sudo().calendar_event_id.user_id.login,
            "responsible": visit.user_id.login,
            "state": visit.state,
        }
    env.cr.rollback()
    return result


def follow_series(env, module, cases):
    """Let a calendar elsewhere change a weekly series of five, at the third of which a visit is
    planned.

    :param str module: that brings what is told there
    :param list cases: of ``(status of the visit, changes of the series: as _google_series takes
        them)``
    :return list: what became of the visit, a dict for each case; hours from where it was planned
    """
    return [_follow_series(env, module, *case) for case in cases]


def _follow_series(env, module, state, changes):
    receive, series = SERIES[module]
    with _synced(env, module, ["old"]) as (users, _told):
        env = env(user=users["old"], context={"tracking_disable": True}, su=True)
        start = (fields.Datetime.now() + timedelta(days=14)).replace(microsecond=0)
        start -= timedelta(days=start.weekday(), hours=start.hour - 10)
        receive(env, series(start))
        Event = env["calendar.event"]
        third = Event.search([("recurrence_id", "!=", False)], order="start")[2]
        visit = _plan_visit(env, users["old"])
        visit.write({"date": third.start, "name": third.name})
        own = visit.calendar_event_id
        own._hand_over(visit, third)
        own.unlink()
        visit.state = state
        env.flush_all()
        env.invalidate_all()
        receive(env, *(series(start, **change) for change in changes))
        env.flush_all()
        env.invalidate_all()
        event = visit.calendar_event_id
        made_for_it = [("res_model", "=", "crm.activity"), ("res_id", "=", visit.id)]
        result = {
            "state": visit.state,
            "name": visit.name,
            "hours": (visit.date - start - timedelta(days=14)).total_seconds() / 3600,
            "at": (event.start - visit.date).total_seconds() / 3600 if event else None,
            "events": Event.search_count(made_for_it),
        }
    env.cr.rollback()
    return result


def _sync_google(env, *series):
    from odoo.addons.google_calendar.utils.google_event import GoogleEvent

    env["calendar.recurrence"]._sync_google2odoo(GoogleEvent(series))


def _sync_outlook(env, *series):
    from odoo.addons.microsoft_calendar.utils.microsoft_event import MicrosoftEvent

    env["calendar.event"]._sync_microsoft2odoo(MicrosoftEvent(sum(series, [])))


def _google_series(start, days=0, hours=0, since=0, count=5, name="Series", status="confirmed"):
    """:return: what Google tells of a series that was moved; since a week, if it was split"""
    since_start = start + timedelta(weeks=since)
    begin = since_start + timedelta(days=days, hours=hours)
    day = "MO TU WE TH FR SA SU".split()[begin.weekday()]

    def tell(moment):
        return {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}+00:00", "timeZone": "Etc/UTC"}

    return {
        "id": f"series_R{since_start:%Y%m%dT%H%M%S}" if since else "series",
        "status": status,
        "summary": name,
        "organizer": {"email": "old@example.com", "self": True},
        "attendees": [{"email": "old@example.com", "responseStatus": "accepted", "self": True}],
        "reminders": {"useDefault": True},
        "recurrence": [f"RRULE:FREQ=WEEKLY;COUNT={count};BYDAY={day}"],
        "start": tell(begin),
        "end": tell(begin + timedelta(hours=1)),
        "updated": f"{fields.Datetime.now() + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}",
    }


def _outlook_series(start, days=0, hours=0, since=0, count=5, name="Series", status="confirmed"):
    """:return: the same as Outlook tells it: the series, and each of its occurrences

    A series that is split gets another identity there, and so does an occurrence that is moved.
    """
    begin = start + timedelta(weeks=since, days=days, hours=hours)
    series = f"series-{since}"
    if status == "cancelled":
        return [{"id": series, "@removed": {"reason": "deleted"}}]
    day = "monday tuesday wednesday thursday friday saturday sunday".split()[begin.weekday()]

    def tell(moment):
        return {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}

    def describe(id_, moment, **values):
        return {
            "id": id_,
            "iCalUId": f"universal-{id_}",
            "seriesMasterId": None,
            "subject": name,
            "body": {"content": "", "contentType": "text"},
            "location": {"displayName": ""},
            "isAllDay": False,
            "isCancelled": False,
            "isOnlineMeeting": False,
            "isOrganizer": True,
            "isReminderOn": False,
            "reminderMinutesBeforeStart": 0,
            "sensitivity": "normal",
            "showAs": "busy",
            "organizer": {"emailAddress": {"address": "old@example.com", "name": "old"}},
            "attendees": [],
            "start": tell(moment),
            "end": tell(moment + timedelta(hours=1)),
            "recurrence": None,
            "lastModifiedDateTime": (
                f"{fields.Datetime.now() + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
            ),
            **values,
        }

    pattern = {
        "type": "weekly",
        "interval": 1,
        "daysOfWeek": [day],
        "dayOfMonth": 0,
        "month": 0,
        "index": "first",
        "firstDayOfWeek": "monday",
    }
    span = {
        "type": "numbered",
        "numberOfOccurrences": count,
        "startDate": f"{begin:%Y-%m-%d}",
        "endDate": "0001-01-01",
        "recurrenceTimeZone": "UTC",
    }
    moments = [begin + timedelta(weeks=week) for week in range(count)]
    return [
        describe(
            series, begin, type="seriesMaster", recurrence={"pattern": pattern, "range": span}
        ),
        *(
            describe(
                f"{series}-{moment:%Y%m%d%H%M}", moment, type="occurrence", seriesMasterId=series
            )
            for moment in moments
        ),
    ]


# How what is told elsewhere comes in, and what is told of a series.
SERIES = {
    "google_calendar": (_sync_google, _google_series),
    "microsoft_calendar": (_sync_outlook, _outlook_series),
}


def _plan_visit(env, user):
    customer = env["res.partner"].sudo().create({"name": "Oak & Sons", "is_company": True})
    visit = env["crm.activity"].create(
        {
            "name": "Show the samples",
            "activity_type_id": env.ref("crm_activity_ext.mail_activity_type_visit").id,
            "partner_id": customer.id,
            "user_id": user.id,
            "date": fields.Datetime.now() + timedelta(days=3),
            "duration": 1,
        }
    )
    env.flush_all()
    return visit


@contextmanager
def _synced(env, module, synced):
    """Give some users a calendar elsewhere that notes down what it is told."""
    groups = [
        (4, env.ref(group).id)
        for group in ("base.group_user", "sales_team.group_sale_salesman_all_leads")
    ]
    Users = env["res.users"].with_context(no_reset_password=True)
    users = {
        login: Users.create(
            {"name": login, "login": login, "email": f"{login}@example.com", "group_ids": groups}
        )
        for login in ("old", "new", "planner")
    }
    prefix = module.removesuffix("_calendar")
    ids = {user.id for login, user in users.items() if login in synced}
    for user in users.values():
        settings = env["res.users.settings"]._find_or_create_for_user(user)
        settings[f"{prefix}_synchronization_stopped"] = user.id not in ids
        if prefix == "google" and user.id in ids:
            settings.google_calendar_token = settings.google_calendar_rtoken = "token"
    told = []
    known_by = "google_id" if prefix == "google" else "microsoft_id"

    def insert(event, *_args, **_options):
        if event.env.user.id in ids:
            told.append((event.env.user.login, "insert"))
            values = {known_by: f"elsewhere-{event.id}"}
            if known_by == "microsoft_id":
                values["ms_universal_event_id"] = values[known_by]
            event.with_context(dont_notify=True).write(values)

    def change(event, *_args, **_options):
        told.append((event.env.user.login, "change" if event.active else "delete"))

    def delete(event, *_args, **_options):
        told.append((event.env.user.login, "delete"))

    def has_calendar(user):
        return user.id in ids

    patches = {
        env.registry["calendar.event"]: {
            f"_{prefix}_insert": insert,
            f"_{prefix}_patch": change,
            f"_{prefix}_delete": delete,
        },
        env.registry["res.users"]: {
            "_has_any_active_synchronization": has_calendar,
            f"_get_{prefix}_calendar_token": lambda user: user.id in ids and "token",
        },
    }
    with ExitStack() as stack:
        for cls, functions in patches.items():
            for name, function in functions.items():
                stack.enter_context(patch.object(cls, name, function))
        yield users, told


def start_sequence(env):
    """Let two customers be in a sequence, an email and a call that are still to come; for one of
    them it is paused, and for both somebody is about to stop it.
    """
    customers = env["res.partner"].create(
        [{"name": name, "email": f"{name}@example.com"} for name in ("oak", "pine")]
    )
    env.user.email = env.user.email or "bot@example.com"
    steps = (("mail.mail_activity_data_email", 5), ("mail.mail_activity_data_call", 6))
    env["crm.activity.sequence"].create(
        {
            "name": "Offer",
            "target_model": "res.partner",
            "step_ids": [
                (
                    0,
                    0,
                    {
                        "activity_type_id": env.ref(type_).id,
                        "name": "Our offer",
                        "body": "<p>Here it is.</p>",
                        "delay_days": days,
                    },
                )
                for type_, days in steps
            ],
        }
    ).action_enroll("res.partner", customers.ids)
    enrollments = env["crm.activity.sequence.enrollment"].search([])
    enrollments[0].action_pause()
    env["crm.activity.distribution"]._start_enrollment_action("stop", enrollments)
    env.cr.commit()


def undo_opt_out_list(env, file_name):
    """Take back what an imported list has noted.

    :return dict: what had been noted, and what is told
    """
    admin = env["crm.activity.opt.out.import"].with_user(env.ref("base.user_admin"))
    imported = admin.search([("file_name", "=", file_name)])
    noted = imported.noted_count
    message = imported.action_undo()["params"]["message"]
    env.cr.commit()
    return {"noted": noted, "message": message}
