# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models


class CrmActivityReferencedMixin(models.AbstractModel):
    """What takes along, when it is deleted, the activities that never happened."""

    _name = "crm.activity.referenced.mixin"
    _description = "Referenced by CRM Activities"

    def _get_crm_activity_fields(self):
        """:return: list of fields of ``crm.activity`` that point at records of this model"""
        raise NotImplementedError

    @api.readonly
    def get_crm_deletion_notice(self):
        """Tell what is deleted along with these records, before they are.

        :return: a sentence for the question whether to delete them; empty where nothing goes
        :raise AccessError: for who may not delete them
        """
        self.check_access("unlink")
        count = len(self._get_crm_activities_going_along())
        if not count:
            return ""
        if count == 1:
            return self.env._(
                "This will also delete 1 CRM activity that never took place (draft, pending, "
                "failed or cancelled)."
            )
        return self.env._(
            "This will also delete %(count)s CRM activities that never took place (draft, "
            "pending, failed or cancelled).",
            count=count,
        )

    def _get_crm_activities_going_along(self):
        return self.env["crm.activity"]._search_never_happened(
            self._get_crm_activity_fields(), self
        )

    def unlink(self):
        """Delete activities that never happened along; done or sent ones hold the records.

        :raise UserError: saying how many activities hold them
        """
        self.check_access("unlink")
        self._get_crm_activities_going_along().unlink()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_crm_activities(self):
        for field_name in self._get_crm_activity_fields():
            self.env["crm.activity"]._check_unreferenced(field_name, self)
