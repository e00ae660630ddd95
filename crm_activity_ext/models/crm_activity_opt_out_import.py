# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class CrmActivityOptOutImport(models.Model):
    """What an opt-out list has noted, so that a wrong file can be taken back.

    Written by the system alone. It names nobody: records are known by their number, and nothing is
    kept of what was there before but who had noted it.
    """

    _name = "crm.activity.opt.out.import"
    _description = "Imported Opt-Out List"
    _inherit = ["crm.activity.system.fields.mixin"]
    _rec_name = "file_name"
    _order = "id desc"

    file_name = fields.Char(string="File", readonly=True)
    since = fields.Date(readonly=True)
    reason = fields.Char(string="Why", readonly=True)
    # [{model, ids: of who is on the list, fields: what they do not want}]
    listed = fields.Json(readonly=True)
    found_count = fields.Integer(string="Found", readonly=True, aggregator=None)
    # [{model, ids, fields: those that were empty, user_id: who had noted what was there}]; of
    # Odoo's blacklists, the entries that were not active
    changes = fields.Json(readonly=True)
    noted_count = fields.Integer(string="Noted", readonly=True, aggregator=None)
    undone_date = fields.Datetime(string="Undone on", readonly=True)

    @api.model
    def _get_system_fields(self):
        return {name for name, field in self._fields.items() if field.store}

    def action_undo(self):
        """Take back what the list has noted, and nothing else.

        Whoever had a wish before keeps it. So does who is on a list that was imported later, and
        whoever's wish somebody has changed since. Who may not edit a record leaves it as it is.

        :return: client action, a notification for how many
        :raise UserError: where it was undone before
        """
        self.ensure_one()
        self.check_access("read")
        if self.undone_date:
            raise UserError(self.env._("This can no longer be undone."))
        # sudo: what was undone is for the system to say. Of two at once, the second meets this.
        self.sudo().undone_date = fields.Datetime.now()
        self.flush_recordset()
        confirmed = self._get_confirmed()
        total = undone = 0
        for change in self.changes:
            total += len(change["ids"])
            lists = [confirmed.get((change["model"], name), set()) for name in change["fields"]]
            undone += self._undo(change, set().union(*lists))
        messages = [self.env._("Undone.")] if undone else []
        if total > undone:
            kept = self.env._("Kept as they are: %(count)s.", count=total - undone)
            messages.append(kept)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if undone else "warning",
                "message": " ".join(messages),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_confirmed(self):
        """:return: ``{(model, field): ids}`` of who is on a list imported after this one"""
        confirmed = {}
        for later in self.search([("id", ">", self.id), ("undone_date", "=", False)]):
            for listed in later.listed:
                for name in listed["fields"]:
                    ids = confirmed.setdefault((listed["model"], name), set())
                    ids.update(listed["ids"])
        return confirmed

    def _undo(self, change, confirmed):
        """:return: of how many records it was taken back"""
        Model = self.env.get(change["model"])
        if Model is None:  # its addon is gone
            return 0
        ids = [id_ for id_ in change["ids"] if id_ not in confirmed]
        if "active" in change["fields"]:
            return self._undo_blacklist(Model, ids)
        domain = Domain("id", "in", ids)
        domain &= Domain("crm_refusal_user_id", "=", self.create_uid.id)
        for name in change["fields"]:
            noted = self.reason if name == "crm_refusal_reason" else self.since
            domain &= Domain(name, "=", noted)
        companies = self.env.user._get_company_ids()
        Model = Model.with_context(active_test=False, allowed_company_ids=companies)
        unchanged = Model.search(domain)._filtered_access("write")
        unchanged.write(
            dict.fromkeys(change["fields"], False) | {"crm_refusal_user_id": change["user_id"]}
        )
        return len(unchanged)

    def _undo_blacklist(self, Model, ids):
        """Take off Odoo's blacklist whom nobody has put there since."""
        # sudo: as the list put them on it; salespeople do not edit the blacklist.
        entries = Model.sudo().search([("id", "in", ids)])
        unchanged = entries.filtered(lambda entry: entry.write_date <= self.create_date)
        unchanged.action_archive()
        return len(unchanged)
