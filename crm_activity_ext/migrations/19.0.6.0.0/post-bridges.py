# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import SUPERUSER_ID, api

# What came after the first version, and installs itself.
BRIDGES = ("crm_activity_ext_gamification", "crm_activity_ext_privacy")
READY = {"installed", "to install", "to upgrade"}


def migrate(cr, version):
    """Bring what a new installation has, and Odoo does not bring by an upgrade.

    Odoo looks for what installs itself only where something is installed. Without the bridge
    Privacy Lookup would leave people in their activities.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    bridges = env["ir.module.module"].search([("name", "in", BRIDGES)])
    bridges.filtered(
        lambda bridge: (
            bridge.state == "uninstalled"
            and READY.issuperset(bridge.dependencies_id.mapped("state"))
        )
    ).button_install()
    _rename_cron(cr)


def _rename_cron(cr):
    """Call by its present name what still has its first one; translations come by themselves."""
    cr.execute(
        """
        UPDATE ir_act_server
           SET name = '{"en_US": "CRM Activities: Process Distributions"}'
         WHERE name->>'en_US' = 'CRM Activities: work off distributions'
        """
    )
