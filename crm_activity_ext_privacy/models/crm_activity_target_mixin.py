# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models
from odoo.tools import email_normalize

# What the log is given of somebody without an address: it insists on one.
NO_ADDRESS = "-"


class CrmActivityTargetMixin(models.AbstractModel):
    _inherit = "crm.activity.target.mixin"

    def _log_crm_erasure(self, anonymized_ids, deleted_ids):
        """Write down in the privacy log what became of the activities of these records."""
        super()._log_crm_erasure(anonymized_ids, deleted_ids)
        if not (anonymized_ids or deleted_ids):
            return
        details = [
            self._describe_crm_erasure(ids, did)
            for ids, did in (
                (anonymized_ids, self.env._("Anonymized")),
                (deleted_ids, self.env._("Deleted")),
            )
            if ids
        ]
        # sudo: who deletes their own portal account may not write into the log.
        Log = self.env["privacy.log"].sudo()
        for target in self:
            address = email_normalize(target._get_crm_activity_email() or "")
            log = Log.create(
                {
                    "anonymized_name": target.display_name or NO_ADDRESS,
                    "anonymized_email": address or "nobody@invalid",
                    "execution_details": "\n".join(details),
                    "records_description": self._describe_crm_records(
                        [*anonymized_ids, *deleted_ids]
                    ),
                }
            )
            if not address:
                log.anonymized_email = NO_ADDRESS

    def _describe_crm_erasure(self, ids, did):
        return f"{did} {self._describe_crm_records(ids)}"

    def _describe_crm_records(self, ids):
        """:return: which activities, as the log tells which records were found"""
        model = self.env["ir.model"]._get("crm.activity")
        numbers = ", ".join(f"#{activity_id}" for activity_id in sorted(ids))
        return f"{model.name} ({len(ids)}): {numbers}"
