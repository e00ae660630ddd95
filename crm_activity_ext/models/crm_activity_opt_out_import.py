# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import split_every

# Records that are noted, or taken back, in one transaction.
PART_SIZE = 500
# Found while the user waits; more are left to the cron.
IMMEDIATE_LIMIT = 200


class CrmActivityOptOutImport(models.Model):
    """An opt-out list that was imported, so that a wrong file can be taken back.

    Written by the system alone. What it has noted of whom is in its parts, and names nobody.
    """

    _name = "crm.activity.opt.out.import"
    _description = "Imported Opt-Out List"
    _inherit = ["crm.activity.system.fields.mixin"]
    _rec_name = "file_name"
    _order = "id desc"

    file_name = fields.Char(string="File", readonly=True)
    since = fields.Date(readonly=True)
    reason = fields.Char(string="Why", readonly=True)
    # What the list is for, as the dialog calls it.
    choices = fields.Json(readonly=True)
    part_ids = fields.One2many("crm.activity.opt.out.part", "import_id", readonly=True)
    run_state = fields.Selection(
        [("running", "Running"), ("done", "Done"), ("undone", "Undone")],
        string="Progress",
        compute="_compute_progress",
    )
    found_count = fields.Integer(string="Found", readonly=True, aggregator=None)
    noted_count = fields.Integer(string="Noted", compute="_compute_progress")
    known_count = fields.Integer(compute="_compute_progress")
    failed_count = fields.Integer(
        string="Not Noted",
        compute="_compute_progress",
        help="Who imported the list may not edit them, or another app did not allow it.",
    )
    undone_count = fields.Integer(compute="_compute_progress")
    kept_count = fields.Integer(
        string="Kept",
        compute="_compute_progress",
        help="Left as they are by Undo: changed since, on another list, or not to be edited.",
    )
    is_undoable = fields.Boolean(compute="_compute_is_undoable", exportable=False)
    undone_date = fields.Datetime(string="Undone on", readonly=True)
    undone_user_id = fields.Many2one(
        "res.users", string="Undone by", readonly=True, ondelete="set null"
    )

    @api.model
    def _get_system_fields(self):
        return {name for name, field in self._fields.items() if field.store}

    @api.depends("undone_date", "part_ids.state", "part_ids.noted_count", "part_ids.kept_count")
    def _compute_progress(self):
        counts = ("noted_count", "known_count", "failed_count", "undone_count", "kept_count")
        states, sums = {}, {}
        for listing, state, *values in self.env["crm.activity.opt.out.part"]._read_group(
            [("import_id", "in", self.ids)],
            ["import_id", "state"],
            [f"{name}:sum" for name in counts],
        ):
            states.setdefault(listing, set()).add(state)
            so_far = sums.get(listing, [0] * len(counts))
            sums[listing] = [one + another for one, another in zip(so_far, values, strict=True)]
        for listing in self:
            is_undone = bool(listing.undone_date)
            still_open = {"waiting", "noted"} if is_undone else {"waiting"}
            is_open = states.get(listing, set()) & still_open
            listing.run_state = "running" if is_open else "undone" if is_undone else "done"
            listing.update(dict(zip(counts, sums.get(listing, [0] * len(counts)), strict=True)))

    @api.depends("found_count", "run_state", "undone_date", "undone_user_id")
    def _compute_is_undoable(self):
        """Also where all were known: they keep a wish for as long as one list says so.

        One whose user is deleted is gone on with, as long as anything is left of it.
        """
        for listing in self:
            is_left = not listing.undone_user_id and listing.run_state == "running"
            listing.is_undoable = listing.found_count and (not listing.undone_date or is_left)

    @api.model
    def _start(self, values, found):
        """Write down whom to note, and do it: a few at once, many in the background.

        :param dict values: of the list
        :param dict found: ``{model: records}``
        :return: the list
        :raise AccessError: for who may not edit such records
        """
        for records in found.values():
            if records:
                records.browse().check_access("write")
        parts = [
            {"model": model, "res_ids": ids}
            for model, records in found.items()
            for ids in split_every(PART_SIZE, records.ids, list)
        ]
        # sudo: what is noted later in somebody's name is written by this method alone.
        started = self.sudo().create(
            {
                **values,
                "found_count": sum(map(len, found.values())),
                "part_ids": [(0, 0, part) for part in parts],
            }
        )
        started._work_off()
        return started.sudo(False)

    def _work_off(self):
        """A few at once; many, and what comes while somebody is at another list, by the cron.

        One transaction notes or takes back at a time, who has the row of the cron: else one could
        take for known what another is taking back.
        """
        cron = self.env.ref("crm_activity_ext.ir_cron_opt_out").sudo()
        if self.found_count <= IMMEDIATE_LIMIT and cron.try_lock_for_update(allow_referencing=True):
            # Who began before this was done and has the row later, must begin again.
            cron.lastcall = fields.Datetime.now()
            self.part_ids._work_off()
        else:
            cron._trigger()

    def _get_wishes(self):
        """:return: list of the fields of a record that the list is for"""
        known = self.env["crm.activity.opt.out.list"]._get_refusals()
        return [f"crm_{name}_since" for name in known if name in self.choices]

    def _get_blacklists(self):
        """:return: list of Odoo's blacklists that the list is for"""
        blacklists = self.env["crm.activity.opt.out.list"]._get_blacklists()
        return [blacklists[name] for name in self.choices if name in blacklists]

    def action_undo(self):
        """Take back what the list has noted, and nothing else; what it has not noted yet, it never
        will.

        Whoever had a wish before keeps it. So does who is on another list, until that one is undone
        as well, and whoever's wish somebody has changed since. Who may not edit a record leaves it
        as it is. What somebody began who was deleted since, goes on.

        :return: client action, a notification for how many
        :raise UserError: where it was undone before
        """
        self.ensure_one()
        self.check_access("read")
        if not self.is_undoable:
            raise UserError(self.env._("This can no longer be undone."))
        # sudo: what was undone is for the system to say. Of two at once, the second meets this.
        undone = self.sudo()
        undone.write({"undone_date": fields.Datetime.now(), "undone_user_id": self.env.uid})
        undone.flush_recordset()
        undone._work_off()
        return self._get_notification({"type": "ir.actions.client", "tag": "soft_reload"})

    def _get_notification(self, following):
        """:param dict following: action that comes next
        :return: client action, a notification of what was done
        """
        kind, message = self._describe_result()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": message, "next": following},
        }

    def _describe_result(self):
        """:return: ``(type of a notification, what was done in words)``"""
        if self.run_state == "running":
            told = self.env._("This continues in the background: see Opt-Out Lists.")
            return "info", told
        if self.run_state == "undone":
            is_undone = bool(self.undone_count or not self.kept_count)
            messages = [self.env._("Undone.")] if is_undone else []
            if self.kept_count:
                messages.append(self.env._("Kept as they are: %(count)s.", count=self.kept_count))
            return "success" if is_undone else "warning", " ".join(messages)
        messages = [
            self.env._(
                "Noted: %(count)s. Already known: %(known)s.",
                count=self.noted_count,
                known=self.known_count,
            )
        ]
        if self.failed_count:
            messages.append(self.env._("Not noted: %(count)s.", count=self.failed_count))
        return "warning" if self.failed_count else "success", " ".join(messages)

    def _tell_if_done(self):
        """Tell who waits for it what was done in the background."""
        if self.run_state == "running":
            return
        if user := self.undone_user_id or self.create_uid:
            kind, message = self.with_context(lang=user.lang)._describe_result()
            user._bus_send("simple_notification", {"type": kind, "message": message})
