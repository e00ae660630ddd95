# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from copy import deepcopy

from odoo import api, models

from ..tools.values import is_id

FORM = "crm_activity_ext.utm_campaign_view_form_crm"
FORM_OF_ALL = "utm.utm_campaign_view_form"
# Where apps put what is theirs, as a child.
PLACES = ("header", "sheet/div[@name='button_box']", "sheet", "sheet/notebook")


class UtmCampaign(models.Model):
    """The form of campaigns in CRM, which whoever sells can open whatever apps are installed.

    Odoo's own has what every app adds, and some of it without saying for whom: one figure that
    somebody may not read, and the form does not open. Ours stands beside it and takes from it
    what says for whom it is: our own buttons and audience, the mailings, quotations and revenues.
    A feature that the settings switch on for everybody says nothing of whom it is for.
    """

    _inherit = "utm.campaign"

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view.id and view.id == self.env["ir.model.data"]._xmlid_to_res_id(FORM):
            form_of_all = self.env.ref(FORM_OF_ALL).id
            source, _view = self._get_view(form_of_all, "form", **options)
            for place in PLACES:
                for target in arch.xpath(place):
                    guarded = [
                        node
                        for node in source.xpath(f"{place}/*[@groups]")
                        if self._is_for_somebody(node.get("groups"))
                    ]
                    # In CRM what is of CRM comes first; each has its own order otherwise.
                    guarded.sort(key=lambda node: "crm_" not in node.get("name", ""))
                    target.extend(deepcopy(node) for node in guarded)
        return arch, view

    def _is_for_somebody(self, groups):
        """:return: whether one of these groups is a right that people are given, as *Sales*"""
        names = [name.strip() for name in groups.split(",")]
        known = [self.env.ref(name, raise_if_not_found=False) for name in names if name[:1] != "!"]
        return any(group and group.privilege_id for group in known)

    def get_formview_id(self, access_uid=None):
        """Open a campaign from wherever it is linked in the form of CRM, for whoever sells.

        Whoever works with *Email Marketing* as well may read all of Odoo's, and finds A/B tests
        there.
        """
        # A program may send anything.
        user = self.env["res.users"].browse(access_uid) if is_id(access_uid) else self.env.user
        sells = user.has_group("sales_team.group_sale_salesman")
        if sells and not user.has_group("mass_mailing.group_mass_mailing_user"):
            return self.env["ir.model.data"]._xmlid_to_res_id(FORM)
        return super().get_formview_id(access_uid=access_uid)
