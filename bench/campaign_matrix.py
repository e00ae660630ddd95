# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The matrix of a campaign with ten thousand customers, among a million activities.

Run inside Odoo by `script/bench`.
"""

from harness import Cost, Measure, measured
from seed import BIG_CAMPAIGN, BIG_CAMPAIGN_ACTIVITIES, BIG_CAMPAIGN_TARGETS

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
    targets = _restrict_audience(env, campaign)
    _insert_todos(env, targets)
    action = campaign.action_view_crm_customers()
    partners = env["res.partner"].with_context(action["context"])
    targets = targets.with_env(partners.env)
    domain = action["domain"]
    never = [*domain, ("crm_campaign_state", "not in", ["done"])]
    newest = "crm_campaign_last_date desc"

    def time(function):
        return measured(env, function, RUNS)

    def counts(records):
        records.invalidate_recordset()
        return sum(sum((r.crm_campaign_activity_counts or {}).values()) for r in records)

    assert counts(targets) == BIG_CAMPAIGN_ACTIVITIES
    page = time(lambda: partners.web_search_read(domain, COLUMNS, limit=PAGE, count_limit=10_001))
    todos_page = time(lambda: env["mail.activity"].get_activity_data("res.partner", domain, PAGE))
    everything = time(lambda: counts(targets))
    todos = measured(
        env, lambda: env["mail.activity"].get_activity_data("res.partner", domain), runs=1
    )
    page_of_targets = targets[:PAGE]
    page_of_targets.fetch(["commercial_partner_id"])
    page_counts = time(lambda: counts(page_of_targets))
    return [
        Measure(
            f"Numbers of a page of {PAGE}, {BIG_CAMPAIGN_ACTIVITIES:,} activities in the campaign",
            page_counts,
            "mail.activity.get_activity_data, all of as many rows",
            todos,
        ),
        Measure(
            f"Numbers of all {BIG_CAMPAIGN_TARGETS:,} targets",
            everything,
            "mail.activity.get_activity_data, all of as many rows",
            todos,
        ),
        Measure(
            f"Opening the matrix: a page of {PAGE} with all columns",
            page,
            "mail.activity.get_activity_data, a page",
            todos_page,
        ),
        Measure(
            f"Numbers of all {BIG_CAMPAIGN_TARGETS:,} targets",
            everything,
            "bare SQL of the same counts",
            time(lambda: _count_by_sql(env, campaign, targets)),
        ),
        Measure(
            f"Numbers of a page of {PAGE}",
            page_counts,
            "bare SQL of the same counts",
            time(lambda: _count_by_sql(env, campaign, page_of_targets)),
        ),
        Measure(
            "Filter Not Reached Yet, a page",
            time(lambda: partners.search(never, limit=PAGE)),
            "limit of 50 ms",
            Cost(0.05),
        ),
        Measure(
            "Sort by the last activity, a page",
            time(lambda: partners.search(domain, limit=PAGE, order=newest)),
            "limit of 50 ms",
            Cost(0.05),
        ),
    ]


def _restrict_audience(env, campaign):
    """:return: the customers that have activities in the campaign: now its audience"""
    groups = env["crm.activity"]._read_group(
        [("campaign_id", "=", campaign.id)], [], ["partner_id:recordset"]
    )
    targets = groups[0][0]
    assert len(targets) == BIG_CAMPAIGN_TARGETS
    campaign.audience_domain = (
        f"[('is_company', '=', True), ('id', '>=', {min(targets.ids)}), "
        f"('id', '<=', {max(targets.ids)})]"
    )
    return targets


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
    env.flush_all()
    names = [n for n, f in todo._fields.items() if f.store and f.column_type and n != "id"]
    columns = SQL(", ").join(map(SQL.identifier, names))
    values = SQL(", ").join(
        SQL("target_id") if name == "res_id" else SQL.identifier("todo", name) for name in names
    )
    env.cr.execute(
        SQL(
            "INSERT INTO mail_activity (%s) SELECT %s FROM mail_activity AS todo, "
            "unnest(%s) AS target_id, generate_series(1, %s) WHERE todo.id = %s",
            columns,
            values,
            targets.ids,
            BIG_CAMPAIGN_ACTIVITIES // BIG_CAMPAIGN_TARGETS,
            todo.id,
        )
    )
    env.cr.execute(SQL("ANALYZE mail_activity"))
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
