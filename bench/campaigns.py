# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The screens of campaigns: list, form, pivot, a frozen audience, and the dialog of thousands.

Run inside Odoo by `script/bench`.
"""

from harness import Cost, Measure, measured
from lxml import etree
from seed import BIG_CAMPAIGN, BIG_CAMPAIGN_TARGETS, PARTNERS

DATABASE = "big"
RUNS = 7
CAMPAIGNS = 80
TARGETS = PARTNERS * 3 // 10
FIGURE = "crm_campaign_figure"
FORM_FIGURES = [
    "audience_lead_count",
    "audience_customer_count",
    "audience_contact_count",
    "audience_error",
    "crm_activity_count",
    "crm_activity_progress",
]
ROWS = {"complete_name": {}, "crm_campaign_last_date": {}, "crm_campaign_activity_counts": {}}


def run(env):
    """:return: list of :class:`harness.Measure`"""
    env = env(user=env.ref("base.user_admin"), su=False)
    campaign = env["utm.campaign"].search([("title", "=", BIG_CAMPAIGN)])
    return [
        *_measure_list(env),
        *_measure_form(env, campaign),
        *_measure_pivot(env, campaign),
        *_measure_frozen(env, campaign),
        *_measure_dialog(env),
    ]


def _measure_list(env):
    campaigns = env["utm.campaign"].create(
        [
            {"title": f"Campaign {n}", "audience_domain": f"[('id', '>', {PARTNERS // 100 * n})]"}
            for n in range(CAMPAIGNS)
        ]
    )
    domain = [("id", "in", campaigns.ids)]
    ours, figures = _read_view(env, "crm_activity_ext.utm_campaign_view_list_crm", "list")
    peer, _none = _read_view(env, "utm.utm_campaign_view_tree", "list")

    def open_list(specification):
        return measured(
            env, lambda: campaigns.web_search_read(domain, specification, limit=CAMPAIGNS), RUNS
        )

    def read_figures():
        missing = campaigns
        while missing:
            answer = missing.get_crm_figures([*figures, "audience_error"])
            missing -= missing.browse(row["id"] for row in answer)

    return [
        Measure(
            f"List of {CAMPAIGNS} campaigns, {CAMPAIGNS} audiences",
            open_list(ours),
            "Odoo's list of campaigns",
            open_list(peer),
        ),
        Measure(
            "Its figures, all of them, once it is there",
            measured(env, read_figures),
        ),
        Measure(
            "The first of its figures",
            measured(env, lambda: campaigns.get_crm_figures([*figures, "audience_error"]), 3),
        ),
    ]


def _measure_form(env, campaign):
    ours, _figures = _read_view(env, "utm.utm_campaign_view_form", "form")
    peer = {
        name: specification
        for name, specification in ours.items()
        if not campaign._fields[name]._module.startswith("crm_activity_ext")
    }

    def save(specification):
        return measured(env, lambda: campaign.web_save({"title": "Renamed"}, specification), RUNS)

    def open_form(specification):
        return measured(env, lambda: campaign.web_read(specification), RUNS)

    without = "the same form without our fields"
    return [
        Measure("Opening the form of a campaign", open_form(ours), without, open_form(peer)),
        Measure("Saving it", save(ours), without, save(peer)),
        Measure(
            "Its figures, once it is there",
            measured(env, lambda: campaign.get_crm_figures(FORM_FIGURES), RUNS),
        ),
    ]


def _measure_pivot(env, campaign):
    Activity = env["crm.activity"]
    domain = campaign.action_view_crm_activities()["domain"]

    def open_pivot(row):
        sets = [[], [row], ["activity_type_id"], [row, "activity_type_id"]]
        return measured(
            env,
            lambda: Activity.formatted_read_grouping_sets(domain, sets, ["duration:sum"]),
            3,
        )

    return [
        Measure(
            f"Pivot of a campaign with {BIG_CAMPAIGN_TARGETS:,} customers, as it opens",
            open_pivot("state"),
            "a row for each customer, one click away",
            open_pivot("target_ref"),
        )
    ]


def _measure_frozen(env, campaign):
    frozen = campaign.copy({"title": "Frozen", "audience_mode": "frozen"})
    live = campaign.copy({"title": "Live"})

    def open_matrix(shown):
        action = shown.action_view_crm_customers()
        partners = env["res.partner"].with_context(action["context"])
        return measured(
            env,
            lambda: partners.web_search_read(action["domain"], ROWS, limit=80, count_limit=10_001),
            RUNS,
        )

    return [
        Measure(
            f"Opening the matrix of a frozen audience of {PARTNERS:,}",
            open_matrix(frozen),
            "of a live one",
            open_matrix(live),
        )
    ]


def _measure_dialog(env):
    Dialog = env["crm.activity.distribute"]
    contacts = env["res.partner"].search([("parent_id", "!=", False)], limit=TARGETS)
    call, email = (
        env["mail.activity.type"].search([("crm_channel", "=", channel)], limit=1)
        for channel in ("call_out", "email_out")
    )
    specification, _figures = _read_view(
        env, "crm_activity_ext.crm_activity_distribute_view_form", "form"
    )
    values = {
        "target_model": "res.partner",
        "target_ids": contacts.ids,
        "activity_type_id": call.id,
        "state": "pending",
        "user_policy": "me",
    }
    chosen = {**values, "activity_type_id": email.id}

    def choose():
        Dialog.onchange(dict(chosen), ["activity_type_id"], specification)

    return [
        Measure(
            f"Another type in the dialog of {TARGETS:,} targets",
            measured(env, choose, RUNS),
            "limit of 300 ms",
            Cost(0.3),
        ),
        Measure(
            "For whom no email is made, once the type is there",
            measured(env, lambda: Dialog.get_expected_result(chosen), 3),
        ),
    ]


def _read_view(env, name, view_type):
    """:return: what the web client reads of a view, and the names of the figures that come later"""
    view = env.ref(name)
    Model = env[view.model]
    specification, figures = {}, []
    for node in etree.fromstring(Model.get_view(view.id, view_type)["arch"]).iter("field"):
        name = node.get("name")
        if node.get("widget") == FIGURE:
            figures.append(name)
        elif Model._fields[name].type == "many2one":
            specification[name] = {"fields": {"display_name": {}}}
        else:
            specification[name] = {}
    return specification, figures
