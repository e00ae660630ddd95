# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A company after five busy years: the databases *big* and *tenth*.

Run inside Odoo by `script/bench`. The ORM makes one record of each kind, with every
default that Odoo has; SQL copies its row a hundred thousand times. What a benchmark looks for it
finds by name: `BIG_CUSTOMER`, `SMALL_CUSTOMER`, `BIG_CAMPAIGN`, and users whose login and password
is `salesperson.1` …
"""

import os

from odoo.tools import SQL

# Of the database *big*. What is named below is the same in all, save what says otherwise.
SCALE = float(os.environ.get("SEED_SCALE", 1))


def _scaled(count):
    return round(count * SCALE)


COMPANIES = _scaled(20_000)
CONTACTS_EACH = 4
PARTNERS = COMPANIES * (1 + CONTACTS_EACH)
DOCUMENTS = _scaled(300_000)  # leads, and orders, and deliveries, and invoices
ACTIVITIES = _scaled(1_000_000)
USERS = 20
CAMPAIGNS = 50

# 10,000 entries in its history, and 10: a tenth of them each of the four documents.
BIG_CUSTOMER = "Big Customer"
SMALL_CUSTOMER = "Small Customer"
BIG_DOCUMENTS, BIG_ACTIVITIES = 1_000, 6_000
SMALL_DOCUMENTS, SMALL_ACTIVITIES = 1, 6
OTHERS = COMPANIES - 2
# What is in the chatter of each document, and of each of the big customer's partners: of twelve
# four have come by email, four have left, one of those by a template, of which nobody is notified,
# and the rest is for employees. 50,000 of the big one's.
BIG_MESSAGES_EACH, BIG_MESSAGES_ON_PARTNERS = 12, 2_000

BIG_CAMPAIGN = "Big Campaign"
# A tenth of all activities, at half of all customers.
BIG_CAMPAIGN_TARGETS = _scaled(10_000)
BIG_CAMPAIGN_ACTIVITIES = _scaled(100_000)
# Activities of the big campaign: those with these numbers.
FIRST_OF_BIG_CAMPAIGN = _scaled(200_000) + 1

# What each number draws differs from column to column: the responsible says nothing of the status.
USER, STATE, CUSTOMER, CAMPAIGN, TYPE, OUTCOME = range(6)

PAST = SQL("now() - (n::bigint * 7919 %% (5 * 365 * 1440)) * interval '1 minute'")
# Of what people do with somebody, half has an outcome.
TALKS = {"call_out", "call_in", "visit", "meeting"}
# A tenth of the activities lies ahead, up to half a year.
DATE = SQL(
    """date_trunc('minute', now() AT TIME ZONE 'UTC') + interval '183 days'
    - (n::bigint * 7919 %% (2008 * 1440)) * interval '1 minute'"""
)

TEXT = SQL(
    "'<p>Spoke about the offer <b>' || n || '</b>: they like the oak &amp; the price.</p>"
    "<ul><li>Send samples</li><li>Call again</li></ul>'"
)


def fill(env):
    """Fill a database of the kind *everything* and commit."""
    env = env(context={**env.context, "tracking_disable": True})
    users = _create_users(env)
    partners = _insert_partners(env)
    firsts = _insert_documents(env, users, partners)
    for model, first in firsts.items():
        _insert_correspondence(env, users, model, first, BIG_DOCUMENTS, BIG_MESSAGES_EACH)
        _insert_correspondence(
            env, users, model, first + BIG_DOCUMENTS, DOCUMENTS - BIG_DOCUMENTS, 1
        )
    each = BIG_MESSAGES_ON_PARTNERS // (1 + CONTACTS_EACH)
    _insert_correspondence(env, users, "res.partner", partners + 1, 1 + CONTACTS_EACH, each)
    _insert_activities(env, users, partners, firsts["crm.lead"] - 1)
    env.cr.commit()


def _create_users(env):
    own, every = (
        env.ref("base.group_allow_export") + env.ref(f"sales_team.group_sale_salesman{suffix}")
        for suffix in ("", "_all_leads")
    )
    Users = env["res.users"].with_context(no_reset_password=True)
    return Users.create(
        [
            {
                "name": f"Salesperson {number}",
                "login": f"salesperson.{number}",
                "password": f"salesperson.{number}",
                "email": f"salesperson.{number}@example.com",
                "tz": "Europe/Madrid",
                # The first ones read all documents.
                "group_ids": [(6, 0, (every if number <= USERS // 2 else own).ids)],
            }
            for number in range(1, USERS + 1)
        ]
    )


def _insert_partners(env):
    """:return int: the id before the first one: a company, its contacts, the next company …"""
    company = env["res.partner"].create({"name": "Company", "is_company": True, "phone": "1"})
    contact = env["res.partner"].create({"name": "Contact", "parent_id": company.id, "email": "1"})
    step = 1 + CONTACTS_EACH
    name = SQL(
        "CASE k WHEN 0 THEN %s WHEN 1 THEN %s ELSE 'Company ' || k END",
        BIG_CUSTOMER,
        SMALL_CUSTOMER,
    )
    first = _next_id(env, "res_partner")
    number = SQL("(n - 1) %% %s", step)
    company_id = SQL("%s + (n - 1) / %s * %s", first, step, step)
    phone = SQL("'+34 6' || lpad(n::text, 8, '0')")
    with_name = SQL("(SELECT %s FROM (SELECT (n - 1) / %s AS k) AS number)", name, step)
    common = {
        "first": first,
        "commercial_partner_id": company_id,
        "commercial_company_name": with_name,
        "phone": phone,
        "phone_sanitized": SQL("replace(%s, ' ', '')", phone),
    }
    copy_row(
        company,
        PARTNERS,
        where=SQL("%s = 0", number),
        name=with_name,
        complete_name=with_name,
        email=SQL("'company' || n || '@example.com'"),
        email_normalized=SQL("'company' || n || '@example.com'"),
        **common,
    )
    copy_row(
        contact,
        PARTNERS,
        where=SQL("%s > 0", number),
        name=SQL("'Contact ' || n"),
        complete_name=SQL("%s || ', Contact ' || n", with_name),
        parent_id=company_id,
        email=SQL("'contact' || n || '@example.com'"),
        email_normalized=SQL("'contact' || n || '@example.com'"),
        **common,
    )
    (contact | company).unlink()
    return first - 1


def _insert_documents(env, users, partners):
    """:return dict: ``{model: id of the first one}``"""
    company = _company_of(partners, BIG_DOCUMENTS, SMALL_DOCUMENTS, SQL("2 + n %% %s", OTHERS))
    # Every other one is with a contact.
    partner = SQL(
        "(%s + CASE n %% 2 WHEN 0 THEN 1 + n / 2 %% %s ELSE 0 END)", company, CONTACTS_EACH
    )
    user = _one_of(users)
    amount = SQL("(n %% 5000 + 0.5)")
    common = {"partner_id": partner, "create_date": PAST}
    amounts = {"amount_untaxed": amount, "amount_total": amount}
    record = env["res.partner"].browse(partners + 1)

    lead = env["crm.lead"].create(
        {"name": "Lead", "type": "opportunity", "partner_id": record.id, "user_id": users[0].id}
    )
    first_lead = copy_row(
        lead,
        DOCUMENTS,
        name=SQL("'Opportunity ' || n"),
        partner_name=SQL("NULL::text"),
        contact_name=SQL("NULL::text"),
        email_from=SQL("'lead' || n || '@example.com'"),
        email_normalized=SQL("'lead' || n || '@example.com'"),
        user_id=user,
        campaign_id=SQL("NULL::integer"),
        expected_revenue=amount,
        **common,
    )
    order = env["sale.order"].create({"partner_id": record.id, "user_id": users[0].id})
    first_order = copy_row(
        order,
        DOCUMENTS,
        name=SQL("'S' || lpad(n::text, 7, '0')"),
        state=SQL("(ARRAY['draft', 'sent', 'sale', 'sale', 'cancel'])[1 + n %% 5]"),
        partner_invoice_id=partner,
        partner_shipping_id=partner,
        user_id=user,
        date_order=PAST,
        access_token=SQL("NULL::text"),
        **amounts,
        **common,
    )
    delivery_type = env["stock.picking.type"].search(
        [("code", "=", "outgoing"), ("company_id", "=", env.company.id)], limit=1
    )
    picking = env["stock.picking"].create(
        {
            "partner_id": record.id,
            "picking_type_id": delivery_type.id,
            "location_id": delivery_type.default_location_src_id.id,
            "location_dest_id": env.ref("stock.stock_location_customers").id,
        }
    )
    first_picking = copy_row(
        picking,
        DOCUMENTS,
        name=SQL("'BIG/OUT/' || lpad(n::text, 7, '0')"),
        state=SQL("(ARRAY['assigned', 'done', 'done', 'done', 'cancel'])[1 + n %% 5]"),
        user_id=user,
        scheduled_date=PAST,
        date_done=SQL("CASE WHEN n %% 5 IN (1, 2, 3) THEN %s END", PAST),
        **common,
    )
    journal = env["account.journal"].search(
        [("type", "=", "sale"), ("company_id", "=", env.company.id)], limit=1
    ) or env["account.journal"].create({"name": "Invoices", "code": "BIG", "type": "sale"})
    invoice = env["account.move"].create(
        {"move_type": "out_invoice", "partner_id": record.id, "journal_id": journal.id}
    )
    name = SQL("'BIG/' || lpad(n::text, 7, '0')")
    first_invoice = copy_row(
        invoice,
        DOCUMENTS,
        name=name,
        payment_reference=name,
        sequence_prefix=SQL("'BIG/'"),
        sequence_number=SQL("n"),
        state=SQL("(ARRAY['draft', 'posted', 'posted', 'posted', 'cancel'])[1 + n %% 5]"),
        payment_state=SQL(
            "(ARRAY['not_paid', 'paid', 'paid', 'not_paid', 'not_paid'])[1 + n %% 5]"
        ),
        commercial_partner_id=company,
        partner_shipping_id=partner,
        invoice_user_id=user,
        amount_untaxed_signed=amount,
        amount_total_signed=amount,
        amount_residual=SQL("CASE WHEN n %% 5 = 3 THEN %s ELSE 0 END", amount),
        date=SQL("(%s)::date", PAST),
        invoice_date=SQL("(%s)::date", PAST),
        access_token=SQL("NULL::text"),
        **amounts,
        **common,
    )
    for copied in (lead, order, picking, invoice):
        copied.unlink()
    return {
        "crm.lead": first_lead,
        "sale.order": first_order,
        "stock.picking": first_picking,
        "account.move": first_invoice,
    }


def _insert_correspondence(env, users, model, first, documents, each):
    """Insert what is in the chatter of documents: see ``BIG_MESSAGES_EACH``.

    :param int first: id of the first document
    :param int documents: how many there are
    :param int each: messages of each of them
    """
    author = users[0].partner_id
    message = env["mail.message"].create(
        {
            "model": model,
            "res_id": first,
            "message_type": "comment",
            "subtype_id": env.ref("mail.mt_comment").id,
            "subject": "Our offer",
            "author_id": author.id,
            "email_from": author.email_formatted,
            "record_company_id": env.company.id,
        }
    )
    document = SQL("%s + (n - 1) / %s", first, each)
    customer = SQL(
        "(SELECT %s FROM %s WHERE id = %s)",
        SQL.identifier("id" if model == "res.partner" else "partner_id"),
        SQL.identifier(env[model]._table),
        document,
    )
    kind = SQL("n %% %s", 12 if each > 1 else 5)
    is_told, by_template = SQL("%s BETWEEN 4 AND 6", kind), SQL("%s = 7", kind)
    first_message = copy_row(
        message,
        documents * each,
        model=SQL("%s", model),
        res_id=document,
        message_type=SQL(
            "CASE WHEN %(kind)s < 4 THEN 'email' WHEN %(kind)s = 7 THEN 'email_outgoing'"
            " WHEN %(kind)s < 10 THEN 'comment' ELSE 'notification' END",
            kind=kind,
        ),
        subtype_id=SQL(
            "CASE WHEN %(kind)s < 7 THEN %(comment)s WHEN %(kind)s > 7 THEN %(note)s END",
            kind=kind,
            comment=env.ref("mail.mt_comment").id,
            note=env.ref("mail.mt_note").id,
        ),
        author_id=SQL("CASE WHEN %s < 4 THEN %s ELSE %s END", kind, customer, author.id),
        message_id=SQL("'<' || %s || '.' || %s || '.' || n || '@example.com>'", model, first),
        body=TEXT,
        date=PAST,
    )
    notification = env["mail.notification"].create(
        {
            "mail_message_id": message.id,
            "author_id": author.id,
            "res_partner_id": author.id,
            "notification_type": "email",
            "notification_status": "sent",
            "is_read": True,
        }
    )
    message_id = SQL("%s + n - 1", first_message)
    copy_row(
        notification,
        documents * each,
        where=is_told,
        mail_message_id=message_id,
        res_partner_id=customer,
    )
    mail = env["mail.mail"].create(
        {"mail_message_id": message.id, "is_notification": True, "state": "sent"}
    )
    first_mail = copy_row(
        mail, documents * each, where=by_template, mail_message_id=message_id, body_html=TEXT
    )
    _insert_links(
        env,
        "mail_mail_res_partner_rel",
        {"mail_mail_id": SQL("%s + n - 1", first_mail), "res_partner_id": customer},
        documents * each,
        by_template,
    )
    for copied in (notification, mail, message):
        copied.unlink()


def _insert_activities(env, users, partners, leads):
    types = env["mail.activity.type"].search([("crm_channel", "!=", False)])
    campaigns = env["utm.campaign"].create(
        [{"title": BIG_CAMPAIGN}]
        + [{"title": f"Campaign {number}"} for number in range(2, CAMPAIGNS + 1)]
    )
    activity = env["crm.activity"].create(
        {
            "name": "Activity",
            "activity_type_id": env.ref("crm_activity_ext.mail_activity_type_visit").id,
            "partner_id": partners + 1,
            "user_id": users[0].id,
            "state": "done",
        }
    )
    in_big_campaign = SQL(
        "(n BETWEEN %s AND %s)",
        FIRST_OF_BIG_CAMPAIGN,
        FIRST_OF_BIG_CAMPAIGN + BIG_CAMPAIGN_ACTIVITIES - 1,
    )
    other = SQL(
        "2 + CASE WHEN %s THEN n %% %s ELSE %s END",
        in_big_campaign,
        BIG_CAMPAIGN_TARGETS,
        _draw(CUSTOMER, OTHERS, 2),
    )
    company = _company_of(partners, BIG_ACTIVITIES, SMALL_ACTIVITIES, other)
    contact = SQL("CASE n %% 3 WHEN 0 THEN %s + 1 + n / 3 %% %s END", company, CONTACTS_EACH)
    is_past = SQL("(%s < now() AT TIME ZONE 'UTC')", DATE)
    # Of what is past nearly all is done; what lies ahead is still to do.
    state = SQL(
        """CASE
            WHEN NOT %(is_past)s THEN (ARRAY['pending', 'pending', 'draft'])[1 + %(draw)s %% 3]
            WHEN %(draw)s = 0 THEN 'pending'
            WHEN %(draw)s = 1 THEN 'failed'
            WHEN %(draw)s = 2 THEN 'cancelled'
            ELSE 'done'
        END""",
        is_past=is_past,
        draw=_draw(STATE, 20),
    )
    is_done = SQL("(%s) = 'done'", state)
    kind = SQL("1 + %s", _draw(TYPE, len(types)))
    channel = SQL("(%s::text[])[%s]", types.mapped("crm_channel"), kind)
    is_sent = SQL("(%s AND (%s) = 'email_out')", is_done, channel)
    outcome = SQL(
        "CASE WHEN %s THEN CASE %s %s END END",
        is_done,
        kind,
        SQL(" ").join(
            SQL("WHEN %s THEN %s", number, _draw_outcome(type_))
            for number, type_ in enumerate(types, 1)
        ),
    )
    chatter = {"activities": _next_id(env, "crm_activity"), "users": users}
    first_message = _insert_emails(
        env, is_sent, SQL("coalesce(%s, %s)", contact, company), **chatter
    )
    # Who plans their own work follows it from the first message on; a fifth is planned by others.
    _insert_chatter(env, is_done, SQL("(%s OR n %% 5 = 0)", is_sent), **chatter)
    copy_row(
        activity,
        ACTIVITIES,
        first=chatter["activities"],
        name=SQL("'Subject of activity ' || n"),
        activity_type_id=SQL("(%s)[%s]", SQL("%s::integer[]", types.ids), kind),
        channel=channel,
        state=state,
        date=DATE,
        date_done=SQL("CASE WHEN %s THEN %s END", is_done, DATE),
        was_done=is_done,
        outcome_id=outcome,
        has_left=is_sent,
        mail_message_id=SQL("CASE WHEN %s THEN %s + n - 1 END", is_sent, first_message),
        duration=SQL("(n %% 12) / 4.0"),
        user_id=_one_of(users),
        partner_id=company,
        contact_id=contact,
        # A lead of the same customer.
        lead_id=SQL(
            "CASE WHEN n %% 10 = 7 AND n > 10000 AND NOT %(campaign)s THEN"
            " %(leads)s + %(customer)s + %(others)s * (1 + n %% 14) END",
            campaign=in_big_campaign,
            leads=leads,
            customer=_draw(CUSTOMER, OTHERS, 2),
            others=OTHERS,
        ),
        # Half of the others belong to no campaign; a few campaigns have most of the rest.
        campaign_id=SQL(
            "CASE WHEN %s THEN %s WHEN n %% 2 = 0 THEN (%s::integer[])[1 + %s] END",
            in_big_campaign,
            campaigns[0].id,
            campaigns[1:].ids,
            _draw(CAMPAIGN, CAMPAIGNS - 1, 3),
        ),
        # Each email has one; of the others half have.
        body=SQL("CASE WHEN %s OR n %% 2 = 0 THEN %s END", is_sent, TEXT),
        create_date=DATE,
    )
    activity.unlink()


def _insert_emails(env, is_sent, recipient, activities, users):
    """Insert the messages of the emails that have left, their notifications and mails.

    :return int: the id of the message where n = 1
    """
    customer = env["res.partner"].browse(1)
    author = users[0].partner_id
    message = env["mail.message"].create(
        {
            "model": "crm.activity",
            "message_type": "email_outgoing",
            "subtype_id": env.ref("mail.mt_comment").id,
            "subject": "Our offer",
            "author_id": author.id,
            "email_from": author.email_formatted,
            "record_company_id": env.company.id,
        }
    )
    mail = env["mail.mail"].create(
        {"mail_message_id": message.id, "is_notification": True, "state": "sent"}
    )
    notification = env["mail.notification"].create(
        {
            "mail_message_id": message.id,
            "mail_mail_id": mail.id,
            "author_id": author.id,
            "res_partner_id": customer.id,
            "notification_type": "email",
            "notification_status": "sent",
            "is_read": True,
        }
    )
    author_id = _one_of(users.partner_id)
    first = copy_row(
        message,
        ACTIVITIES,
        where=is_sent,
        res_id=SQL("%s + n - 1", activities),
        message_id=SQL("'<email.' || n || '@example.com>'"),
        author_id=author_id,
        date=DATE,
        body=TEXT,
    )
    message_id = SQL("%s + n - 1", first)
    first_mail = copy_row(mail, ACTIVITIES, where=is_sent, mail_message_id=message_id)
    copy_row(
        notification,
        ACTIVITIES,
        where=is_sent,
        mail_message_id=message_id,
        mail_mail_id=SQL("%s + n - 1", first_mail),
        author_id=author_id,
        res_partner_id=recipient,
    )
    _insert_links(
        env,
        "mail_mail_res_partner_rel",
        {"mail_mail_id": SQL("%s + n - 1", first_mail), "res_partner_id": recipient},
        ACTIVITIES,
        is_sent,
    )
    for copied in (notification, mail, message):
        copied.unlink()
    return first


def _insert_chatter(env, is_done, is_followed, activities, users):
    """Insert followers, and the message that tells when an activity was done."""
    author = users[0].partner_id
    activity_id = SQL("%s + n - 1", activities)
    partner_id = _one_of(users.partner_id)
    subtype = env.ref("mail.mt_comment")
    follower = env["mail.followers"].create(
        {"res_model": "crm.activity", "res_id": activities - 1, "partner_id": author.id}
    )
    first = copy_row(
        follower, ACTIVITIES, where=is_followed, res_id=activity_id, partner_id=partner_id
    )
    _insert_links(
        env,
        "mail_followers_mail_message_subtype_rel",
        {
            "mail_followers_id": SQL("%s + n - 1", first),
            "mail_message_subtype_id": SQL("%s", subtype.id),
        },
        ACTIVITIES,
        is_followed,
    )
    message = env["mail.message"].create(
        {
            "model": "crm.activity",
            "message_type": "notification",
            "subtype_id": env.ref("mail.mt_note").id,
            "author_id": author.id,
            "email_from": author.email_formatted,
        }
    )
    tracking = env["mail.tracking.value"].create(
        {
            "mail_message_id": message.id,
            "field_id": env["ir.model.fields"]._get("crm.activity", "state").id,
            "old_value_char": "Pending",
            "new_value_char": "Done",
        }
    )
    first = copy_row(
        message,
        ACTIVITIES,
        where=is_done,
        res_id=activity_id,
        message_id=SQL("'<note.' || n || '@example.com>'"),
        author_id=partner_id,
        date=DATE,
    )
    copy_row(tracking, ACTIVITIES, where=is_done, mail_message_id=SQL("%s + n - 1", first))
    for copied in (tracking, message, follower):
        copied.unlink()


def _company_of(partners, big, small, other):
    """:return SQL: the id of n's customer: of the big one, the small one, or another by number"""
    customer = SQL(
        "CASE WHEN n <= %s THEN 0 WHEN n <= %s THEN 1 ELSE %s END", big, big + small, other
    )
    return SQL("(%s + 1 + (%s) * %s)", partners, customer, 1 + CONTACTS_EACH)


def _draw(column, count, skew=1):
    """:param int column: whose draw it is
    :param int skew: 1 for even chances; the larger, the more often a low number
    :return SQL: a whole number from 0 to below count, the same for n in every run
    """
    draw = SQL("(hashint4extended(n, %s) & 2147483647) / 2147483648.0", column)
    return SQL("floor(%s * power(%s, %s))::integer", count, draw, skew)


def _draw_outcome(activity_type):
    """:return SQL: the id of an outcome that activities of the type can have, or none"""
    if activity_type.crm_channel not in TALKS:
        return SQL("NULL")
    outcomes = activity_type.env["crm.activity.outcome"]._get_fitting_ids(activity_type.id)
    # Behind the last one there is nothing.
    return SQL("(%s::integer[])[1 + %s]", list(outcomes), _draw(OUTCOME, 2 * len(outcomes)))


def _one_of(users):
    """Some have much more to do than others."""
    return SQL("(%s::integer[])[1 + %s]", users.ids, _draw(USER, len(users), 2))


def _next_id(env, table):
    [[highest]] = env.execute_query(SQL("SELECT max(id) FROM %s", SQL.identifier(table)))
    return (highest or 0) + 1


def _insert_links(env, table, columns, count, where=None):
    """Insert rows of a many2many relation.

    :param dict columns: an SQL expression on ``n`` = 1 … count for each
    :param SQL where: for which n
    """
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM generate_series(1, %s) AS n WHERE %s",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, columns)),
            SQL(", ").join(columns.values()),
            count,
            where or SQL("TRUE"),
        )
    )
    env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))


def copy_row(record, count, first=None, where=None, **values):
    """Copy a record's row, with an SQL expression on ``n`` = 1 … count for what differs.

    :param int first: the id where n = 1, by default the next one
    :param SQL where: for which n
    :return int: first
    """
    env, table = record.env, SQL.identifier(record._table)
    env.flush_all()
    first = first or _next_id(env, record._table)
    values["id"] = SQL("%s + n - 1", first)
    names = [name for name, field in record._fields.items() if field.store and field.column_type]
    assert not values.keys() - set(names)
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s AS copied, generate_series(1, %s) AS n"
            " WHERE copied.id = %s AND %s",
            table,
            SQL(", ").join(map(SQL.identifier, names)),
            SQL(", ").join(values.get(name) or SQL.identifier("copied", name) for name in names),
            table,
            count,
            record.id,
            where or SQL("TRUE"),
        )
    )
    sequence = f"{record._table}_id_seq"
    env.cr.execute(SQL("SELECT setval(%s, (SELECT max(id) FROM %s))", sequence, table))
    # The next foreign keys are checked by a plan that knows how large this has become.
    env.cr.execute(SQL("ANALYZE %s", table))
    return first
