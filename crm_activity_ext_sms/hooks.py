# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def post_init_hook(env):
    """From now on SMS are done when Odoo has sent them: those of before were sent elsewhere.

    What was still to be sent by hand becomes a draft, as nothing leaves before somebody says so.
    """
    # In SQL: there may be hundreds of thousands.
    env["crm.activity"].flush_model()
    env.cr.execute(
        """
        UPDATE crm_activity
           SET sent_elsewhere = (state = 'done'),
               state = CASE state WHEN 'pending' THEN 'draft' ELSE state END
         WHERE channel = 'sms'
           AND state IN ('done', 'pending')
        """
    )
    env["crm.activity"].invalidate_model()
    forget_reminders(env)


def forget_reminders(env):
    """Record no reminder of sending an SMS: done would mean that Odoo has sent one."""
    types = env["mail.activity.type"].with_context(active_test=False)
    types.search([("crm_channel", "=", "sms")]).crm_record_done = False


def uninstall_hook(env):
    """Cancel queued SMS, as nothing would hold them back until their date any more."""
    queued = env["sms.sms"].search([("crm_activity_id", "!=", False), ("state", "=", "outgoing")])
    activities = queued.crm_activity_id
    queued.action_set_canceled()
    activities._report_delivery_status(
        "cancelled", env._("SMS was uninstalled from CRM activities before this message was sent.")
    )
