# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.http import request


class CrmActivityGateMixin(models.AbstractModel):
    """Whether activities can be generated: only where CRM is installed.

    Every way to make one asks :meth:`_check_crm_installed`.
    """

    _name = "crm.activity.gate.mixin"
    _description = "CRM App Requirement"

    def _load_records_create(self, vals_list):
        """Tell an import why it is refused: it would list a redirection's raw arguments."""
        try:
            return super()._load_records_create(vals_list)
        except RedirectWarning as warning:
            raise UserError(warning.args[0]) from warning

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Offer nothing new that the gate would refuse: see ``_check_crm_installed``."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if not self._is_crm_installed():
            # The web client takes Duplicate and Import away with it.
            arch.set("create", "0")
        return arch, view

    @api.model
    def _is_crm_installed(self):
        """:return: whether activities can be generated in this database
        :rtype: bool
        """
        return "crm" in self.env["ir.module.module"]._installed()

    @api.model
    def _check_crm_installed(self):
        """Refuse to generate activities where CRM is not installed.

        :raise RedirectWarning: with a button to Apps, for users who may install modules
        :raise UserError: for other users, and for programs
        """
        if self._is_crm_installed():
            return
        message = self.env._(
            "Creating activities requires the CRM app. Install “CRM” (crm) first. Existing "
            "activities remain readable."
        )
        # A request outside a session is a program's: it sees no button, and JSON-2 makes
        # a server error of a redirection.
        is_program = request and not request.session.uid
        if is_program or not self.env.user.has_group("base.group_system"):
            raise UserError(message)
        raise RedirectWarning(
            message,
            self.env.ref("base.open_module_tree").id,
            self.env._("Open Apps"),
            {"search_default_name": "crm", "search_default_app": 1},
        )
