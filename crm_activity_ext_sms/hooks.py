# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def uninstall_hook(env):
    """Cancel queued SMS, as nothing would hold them back until their date any more."""
    queued = env["sms.sms"].search([("crm_activity_id", "!=", False), ("state", "=", "outgoing")])
    activities = queued.crm_activity_id
    queued.action_set_canceled()
    activities._report_delivery_status(
        "cancelled", env._("SMS was uninstalled from CRM activities before this message was sent.")
    )
