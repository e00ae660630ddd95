# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from markupsafe import Markup

from odoo.http import request, route

from odoo.addons.web.controllers.action import Action

# How the addresses of a campaign's windows begin, after that of the campaign itself.
PATH = "crm-campaign-"


class CampaignAction(Action):
    """The windows of a campaign, whose address somebody types without the campaign."""

    @route()
    def load(self, action_id, context=None):
        """Show nothing there, and say where to go; see the web client's ``/web/action/load``."""
        action = super().load(action_id, context)
        path = str((action or {}).get("path") or "")
        if path.startswith(PATH) and not (context or {}).get("active_id"):
            help_ = Markup("<p class='o_view_nocontent_smiling_face'>%s</p>") % request.env._(
                "Select a campaign first"
            )
            action |= {"context": {}, "domain": [(0, "=", 1)], "help": help_}
        return action
