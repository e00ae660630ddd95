# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from .tools.values import get_selection

# The types that Odoo itself brings become CRM types.
# {channel: (external id, icon of our own type where Odoo's cannot be had)}
ODOO_TYPES = {
    "call_out": ("mail.mail_activity_data_call", "fa-phone"),
    "meeting": ("mail.mail_activity_data_meeting", "fa-users"),
    "email_out": ("mail.mail_activity_data_email", "fa-envelope"),
}
# What an outgoing email offers with one click, to start with.
EMAIL_TEMPLATES = ("introduction", "follow_up", "offer_reminder", "thank_you")


def post_init_hook(env):
    """Give Odoo's own types their channel, or the channel a type of its own.

    Done once, at installation: what an administrator decides afterwards is not
    undone by an upgrade. A type of Odoo's that was deleted, archived or kept for
    other documents before stays as it is.
    """
    for channel, (xmlid, icon) in ODOO_TYPES.items():
        activity_type = env.ref(xmlid, raise_if_not_found=False)
        if activity_type and activity_type.active and not activity_type.res_model:
            activity_type.crm_channel = channel
        else:
            _create_type(env, channel, icon)
    offer_templates(env)
    env["crm.activity.outcome"]._set_starter_types()


def offer_templates(env):
    """Let outgoing emails offer the templates that came with us, those that are still there."""
    templates = env["mail.template"].union(
        *(
            env.ref(f"crm_activity_ext.mail_template_{name}", raise_if_not_found=False)
            or env["mail.template"]
            for name in EMAIL_TEMPLATES
        )
    )
    types = env["mail.activity.type"].search([("crm_channel", "=", "email_out")])
    types.filtered(lambda type_: not type_.crm_template_ids).crm_template_ids = templates


def _create_type(env, channel, icon):
    activity_type = env["mail.activity.type"].create(
        {"name": channel, "icon": icon, "res_model": "crm.activity", "crm_channel": channel}
    )
    for lang, _name in env["res.lang"].get_installed():
        translated = activity_type.with_context(lang=lang)
        translated.name = dict(get_selection(translated, "crm_channel"))[channel]


def uninstall_hook(env):
    """Clear the way for Odoo's raw ``DELETE FROM mail_activity_type``.

    Uninstalling deletes our activity types before it drops our table; the
    restricting foreign key would stop it half way and leave the table behind.
    Odoo's uninstall dialogue has already announced that the records go.
    """
    env.cr.execute("DELETE FROM crm_activity")
