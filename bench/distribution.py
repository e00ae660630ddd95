# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One definition for ten thousand customers, beside what Odoo itself does for as many.

Run inside Odoo by `script/bench`.
"""

from harness import Measure, measured

TARGETS = 10_000


def run(env):
    """:return: list of :class:`harness.Measure`"""
    partners = env["res.partner"].create(
        [
            {"name": f"Customer {i}", "email": f"customer{i}@example.com", "is_company": True}
            for i in range(TARGETS)
        ]
    )
    template = _create_template(env)
    env.flush_all()
    warm_up = partners[:10]
    _distribute(env, warm_up, template, "draft")
    _compose(env, warm_up, template)

    drafts = measured(env, lambda: _distribute(env, partners, template, "draft"))
    leads = measured(env, lambda: _create_leads(env, partners))
    queued = measured(env, lambda: _distribute(env, partners, template, "pending"))
    composed = measured(env, lambda: _compose(env, partners, template))
    return [
        Measure(
            f"{TARGETS:,} activities distributed, from a template",
            drafts,
            f"{TARGETS:,} leads, as any mail.thread",
            leads,
            TARGETS,
        ),
        Measure(
            f"{TARGETS:,} emails distributed, from a template, queued",
            queued,
            "Odoo's composer, mass mode",
            composed,
            TARGETS,
        ),
    ]


def _create_template(env):
    return env["mail.template"].create(
        {
            "name": "Greeting",
            "model_id": env["ir.model"]._get_id("res.partner"),
            "subject": "Hello {{ object.name }}",
            "body_html": '<p>Dear <t t-out="object.name"/>, here is our offer.</p>',
        }
    )


def _distribute(env, partners, template, state):
    wizard = env["crm.activity.distribute"].create(
        {
            "target_model": "res.partner",
            "target_ids": partners.ids,
            "activity_type_id": env.ref("mail.mail_activity_data_email").id,
            "mail_template_id": template.id,
            "body": False,
            "state": state,
        }
    )
    wizard.action_distribute()
    # What the cron does, but for its commits: all this is undone.
    distribution = wizard.distribution_id.sudo()
    while distribution.run_state != "done":
        distribution._process_chunk()
    assert distribution.made_count == len(partners)


def _create_leads(env, partners):
    return env["crm.lead"].create(
        [{"name": "Offer", "partner_id": partner.id} for partner in partners]
    )


def _compose(env, partners, template):
    composer = env["mail.compose.message"].create(
        {
            "composition_mode": "mass_mail",
            "model": "res.partner",
            "res_ids": str(partners.ids),
            "template_id": template.id,
            "force_send": False,
        }
    )
    composer._action_send_mail()
