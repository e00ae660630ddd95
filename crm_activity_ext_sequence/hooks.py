# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from .models.crm_activity_sequence_enrollment import OPEN


def uninstall_hook(env):
    """Cancel the messages of sequences that wait: no answer would stop them any more.

    What people do themselves stays planned, also what was cancelled by a pause, as nobody could
    resume it any more. Everything that was done stays as it is.
    """
    # Before the messages: these go on as well, and wait.
    env["crm.activity.sequence.enrollment"].search([("state", "=", "paused")])._resume_wanted()
    # What was done with many has left nothing that these would tell of.
    env["crm.activity.distribution"].search([("enrollment_action", "!=", False)]).unlink()
    distributions = env["crm.activity.distribution"].search(
        [("sequence_id", "!=", False), ("run_state", "in", ("pending", "running", "stopped"))]
    )
    distributions.line_ids.filtered(lambda line: not line.kind).unlink()
    distributions.run_state = "done"
    # Odoo deletes the values of a selection with the module that has added them.
    distributions.search([("sequence_id", "!=", False)]).line_ids.filtered(
        lambda line: line.kind in ("enrolled", "won")
    ).unlink()
    waiting = env["crm.activity"].search(
        [
            "|",
            ("enrollment_id.state", "in", OPEN),
            # Stopped, and not yet out of the queue.
            ("enrollment_id.stop_ids", "!=", False),
            ("state", "=", "pending"),
            ("has_delivered_channel", "=", True),
        ]
    )
    waiting.with_context(tracking_disable=True).write({"state": "cancelled"})
