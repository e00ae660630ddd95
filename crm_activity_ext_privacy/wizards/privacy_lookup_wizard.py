# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class PrivacyLookupWizardLine(models.TransientModel):
    _inherit = "privacy.lookup.wizard.line"

    def action_unlink(self):
        """Forget a person in activities before the person is deleted.

        What was done or sent for somebody is anonymized and stays: figures stay true.
        """
        self.ensure_one()
        self.check_access("write")
        if self.is_unlinked or self.res_model not in self.env:
            return super().action_unlink()
        # sudo: as Odoo deletes what is found.
        record = self.env[self.res_model].sudo().browse(self.res_id)
        if not record.exists():
            # It went with the record of another line.
            return self._note_crm_done(self.env._("Deleted"))
        if self.res_model == "crm.activity":
            anonymized, _deleted_ids = record._anonymize()
            return self._note_crm_done(
                self.env._("Anonymized") if anonymized else self.env._("Deleted")
            )
        if isinstance(record, self.env.registry["crm.activity.target.mixin"]):
            self.env["crm.activity"]._anonymize_for(record)
        return super().action_unlink()

    def _note_crm_done(self, did):
        self.execution_details = f"{did} {self.res_model_id.name} #{self.res_id}"
        self.is_unlinked = True
