# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The matrix of a campaign with ten thousand customers.

Among a hundred thousand partners and a million activities.

Run inside Odoo by `script/bench`.
"""

from harness import Cost, Measure, compared, measured
from seed import BIG_CAMPAIGN, BIG_CAMPAIGN_ACTIVITIES, BIG_CAMPAIGN_TARGETS, copy_row

from odoo.tools import SQL

DATABASE = "big"
PAGE = 80
RUNS = 7
# What the list of the customers asks for.
COLUMNS = {
    "complete_name": {},
    "user_id": {"fields": {"display_name": {}}},
    "phone": {},
    "email": {},
    "city": {},
    "crm_campaign_last_date": {},
    "crm_campaign_activity_counts": {},
}


def run(env):
    """:return: list of :class:`harness.Measure`"""
    env = env(user=env.ref("base.user_admin"), su=False)
    campaign = env["utm.campaign"].search([("title", "=", BIG_CAMPAIGN)])
    targets = _get_targets(env, campaign)
    _insert_todos(env, targets)
    measures = _measure_numbers(env, campaign, targets)
    measures += _measure_lists(env, campaign, "everybody")
    own_only = env.ref("sales_team.group_sale_salesman")
    all_documents = env.ref("sales_team.group_sale_salesman_all_leads")
    salesperson = env["res.users"].search(
        [("all_group_ids", "in", own_only.ids), ("all_group_ids", "not in", all_documents.ids)],
        limit=1,
    )
    measures += _measure_lists(env, campaign.with_user(salesperson), "own documents only")
    first, last = min(targets.ids), max(targets.ids)
    for share, moved in (("all", 0), ("half", (last - first) // 2)):
        _restrict_audience(campaign, first + moved, last + moved)
        case = f"an audience of {BIG_CAMPAIGN_TARGETS:,}, {share} of them contacted"
        measures += _measure_lists(env, campaign, case)
    return measures


def _measure_numbers(env, campaign, targets):
    """The numbers alone, beside Odoo's own activities and beside SQL."""
    todo = env["mail.activity"]
    targets = targets.with_context(crm_campaign_id=campaign.id, crm_campaign_field="partner_id")
    assert _count(targets) == BIG_CAMPAIGN_ACTIVITIES
    measures = []
    for shown, name, runs in (
        (targets[:PAGE], f"Numbers of a page of {PAGE} targets", RUNS),
        (targets, f"Numbers of {BIG_CAMPAIGN_TARGETS:,} targets", 3),
    ):
        domain = [("id", "in", shown.ids)]
        ours = measured(env, lambda shown=shown: _count(shown), runs)
        peer = measured(
            env, lambda domain=domain: todo.get_activity_data("res.partner", domain), runs
        )
        limit = measured(env, lambda shown=shown: _count_by_sql(env, campaign, shown), runs)
        measures += [
            Measure(name, ours, "mail.activity.get_activity_data, as many to-dos", peer),
            Measure(name, ours, "bare SQL of the same counts", limit),
        ]
    return measures


def _measure_lists(env, campaign, case):
    """What a user waits for: the first page, a filter, the sort."""
    action = campaign.action_view_crm_customers()
    partners = campaign.env["res.partner"].with_context(action["context"])
    domain = action["domain"]
    never = [*domain, ("crm_campaign_reached", "=", False)]
    silent = [*domain, ("crm_campaign_responded", "=", False)]
    orders = {
        "Sort by the last contact": "crm_campaign_last_date desc",
        "Sort by the last contact, the longest ago first": "crm_campaign_last_date",
    }
    limit = ("limit of 50 ms", Cost(0.05))

    def time(function):
        return measured(env, function, RUNS)

    def open_page(asked):
        return partners.web_search_read(asked, COLUMNS, limit=PAGE, count_limit=10_001)

    pages = [lambda asked=asked: open_page(asked) for asked in (silent, never, domain)]
    not_responded, not_reached, whole = compared(env, pages, RUNS)
    return [
        Measure(f"Opening the matrix, {PAGE} rows and the count, {case}", whole),
        Measure(
            f"The same of who has not responded, {case}",
            not_responded,
            "of who was not reached",
            not_reached,
        ),
        Measure(
            f"Filter Not Reached Yet, {case}",
            time(lambda: partners.search(never, limit=PAGE)),
            *limit,
        ),
        Measure(
            f"The number of them, {case}",
            time(lambda: partners.search_count(never, limit=10_001)),
            *limit,
        ),
        *(
            Measure(
                f"{name}, {case}",
                time(lambda order=order: partners.search(domain, limit=PAGE, order=order)),
                *limit,
            )
            for name, order in orders.items()
        ),
    ]


def _count(targets):
    targets.invalidate_recordset(["crm_campaign_activity_counts"])
    return sum(sum((t.crm_campaign_activity_counts or {}).values()) for t in targets)


def _get_targets(env, campaign):
    """:return: the customers that have activities in the campaign"""
    groups = env["crm.activity"]._read_group(
        [("campaign_id", "=", campaign.id)], [], ["partner_id:recordset"]
    )
    targets = groups[0][0]
    assert len(targets) == BIG_CAMPAIGN_TARGETS
    return targets


def _restrict_audience(campaign, first, last):
    campaign.audience_domain = (
        f"[('is_company', '=', True), ('id', '>=', {first}), ('id', '<=', {last})]"
    )


def _insert_todos(env, targets):
    """Give the customers as many of Odoo's own to-dos as they have activities."""
    todo = env["mail.activity"].create(
        {
            "res_model_id": env["ir.model"]._get_id("res.partner"),
            "res_id": targets[0].id,
            "activity_type_id": env.ref("mail.mail_activity_data_call").id,
            "user_id": env.uid,
        }
    )
    copies = BIG_CAMPAIGN_ACTIVITIES // BIG_CAMPAIGN_TARGETS * len(targets)
    target = SQL("(%s::integer[])[1 + n %% %s]", targets.ids, len(targets))
    copy_row(todo, copies, res_id=target)
    env.invalidate_all()


def _count_by_sql(env, campaign, targets):
    env.cr.execute(
        SQL(
            "SELECT partner_id, activity_type_id, COUNT(*) FROM crm_activity "
            "WHERE campaign_id = %s AND partner_id = ANY(%s) GROUP BY 1, 2",
            campaign.id,
            targets.ids,
        )
    )
    return env.cr.fetchall()
