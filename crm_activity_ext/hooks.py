# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

# The types that Odoo itself brings become CRM types; {external id: channel}.
ODOO_TYPES = {
    "mail.mail_activity_data_call": "call_out",
    "mail.mail_activity_data_meeting": "meeting",
    "mail.mail_activity_data_email": "email_out",
}


def post_init_hook(env):
    """Give Odoo's own types their channel.

    Done once, at installation: what an administrator decides afterwards is not
    undone by an upgrade. A type that somebody deleted is not brought back.
    """
    for xmlid, channel in ODOO_TYPES.items():
        activity_type = env.ref(xmlid, raise_if_not_found=False)
        if activity_type and not activity_type.res_model:
            activity_type.crm_channel = channel


def uninstall_hook(env):
    """Clear the way for Odoo's raw ``DELETE FROM mail_activity_type``.

    Uninstalling deletes our activity types before it drops our table; the
    restricting foreign key would stop it half way and leave the table behind.
    Odoo's uninstall dialogue has already announced that the records go.
    """
    env.cr.execute("DELETE FROM crm_activity")
