# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A sequence of four steps for ten thousand customers, beside as many activities distributed; and
a thousand in it that are paused, resumed, updated and stopped.

Run inside Odoo by `script/bench`.
"""

from harness import Measure, measured

DATABASE = "everything"

TARGETS = 10_000
CHANGED = 1_000
# (type, days after the start)
STEPS = (
    ("mail.mail_activity_data_email", 0),
    ("mail.mail_activity_data_call", 3),
    ("mail.mail_activity_data_email", 7),
    ("mail.mail_activity_data_call", 14),
)
TEXT = "<p>Here is our offer.</p>"


def run(env):
    """:return: list of :class:`harness.Measure`"""
    partners = env["res.partner"].create(
        [
            {
                "name": f"Customer {i}",
                "email": f"customer{i}@example.com",
                "phone": f"+346{i:08}",
                "is_company": True,
            }
            for i in range(TARGETS)
        ]
    )
    sequence = _create_sequence(env)
    env.flush_all()
    _start(env, partners[:10], sequence)
    _distribute(env, partners[:10])

    started = measured(env, lambda: _start(env, partners[10:], sequence))
    distributed = measured(env, lambda: _distribute(env, partners[10:]))
    return [
        Measure(
            f"{TARGETS:,} customers in a sequence of {len(STEPS)} steps",
            started,
            f"{TARGETS * len(STEPS):,} activities distributed",
            distributed,
            TARGETS,
        ),
        *_measure_changes(env, partners[-CHANGED:], sequence),
    ]


def _measure_changes(env, partners, sequence):
    _start(env, partners, sequence)
    enrollments = sequence.enrollment_ids.filtered(lambda one: one.res_id in set(partners.ids))
    activities = enrollments.activity_ids
    wizard = env["crm.activity.sequence.update"].create({"sequence_id": sequence.id})

    def change(action):
        action()
        _work_off(env["crm.activity.distribution"].search([], limit=1))

    peer = measured(env, activities.action_cancel, cpu=True)

    def row(what, action):
        return Measure(
            f"{CHANGED:,} in a sequence of {len(STEPS)} steps {what}",
            measured(env, lambda: change(action), cpu=True),
            f"{len(activities):,} activities cancelled",
            peer,
            CHANGED,
        )

    rows = [row("paused", enrollments.action_pause), row("stopped", enrollments.action_stop)]
    sequence.step_ids.name = "Our new offer"
    rows.append(row("updated", wizard.action_update))
    change(enrollments.action_pause)
    return [*rows, row("resumed", enrollments.action_resume)]


def _create_sequence(env):
    return env["crm.activity.sequence"].create(
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
                        "body": TEXT,
                        "delay_days": days,
                    },
                )
                for type_, days in STEPS
            ],
        }
    )


def _start(env, partners, sequence):
    _make_all(
        env["crm.activity.sequence.enroll"].create(
            {"sequence_id": sequence.id, "target_model": "res.partner", "target_ids": partners.ids}
        )
    )


def _distribute(env, partners):
    for type_, _days in STEPS:
        _make_all(
            env["crm.activity.distribute"].create(
                {
                    "target_model": "res.partner",
                    "target_ids": partners.ids,
                    "activity_type_id": env.ref(type_).id,
                    "name": "Our offer",
                    "body": TEXT,
                    "state": "pending",
                    "user_policy": "salesperson",
                }
            )
        )


def _make_all(wizard):
    wizard.action_distribute()
    _work_off(wizard.distribution_id)
    assert wizard.distribution_id.made_count == len(wizard._get_target_ids())


def _work_off(distribution):
    """What the cron does, but for its commits: all this is undone."""
    # sudo: as the cron, which alone works it off.
    distribution = distribution.sudo()
    while distribution.run_state != "done":
        distribution._process_chunk()
        distribution.env.invalidate_all()  # as the cron does
