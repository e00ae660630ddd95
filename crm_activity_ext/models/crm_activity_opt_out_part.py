# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
import logging
from collections import Counter
from datetime import datetime

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ..tools.values import SystemValue

_logger = logging.getLogger(__name__)


class CrmActivityOptOutPart(models.Model):
    """As many of who is on an opt-out list as one transaction is for.

    They are noted, or taken back, together with the status that says so: wherever a process dies,
    what is left is exactly what is still to do. Written by the system alone. It names nobody:
    records are known by their number, and nothing is kept of what was there before but who had
    noted it.
    """

    _name = "crm.activity.opt.out.part"
    _description = "Part of an Imported Opt-Out List"
    _inherit = ["crm.activity.system.fields.mixin"]
    _order = "id"

    import_id = fields.Many2one(
        "crm.activity.opt.out.import", required=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(
        [("waiting", "Waiting"), ("noted", "Noted"), ("undone", "Undone")],
        string="Status",
        required=True,
        default="waiting",
    )
    # Who is on the list: what is still to be noted.
    model = fields.Char()
    res_ids = fields.Json(string="Records")
    # [{model, ids: of who is on the list, fields: what they do not want}]
    listed = fields.Json()
    # [{model, ids, fields: those that were empty, user_id: who had noted what was there}]; of
    # Odoo's blacklists, the entries that were not active. What another list had noted, and has
    # left to this one, says how as well (see ``_get_terms``).
    changes = fields.Json()
    noted_count = fields.Integer()
    known_count = fields.Integer()
    failed_count = fields.Integer()
    undone_count = fields.Integer()
    kept_count = fields.Integer()

    _waiting_idx = models.Index("(id) WHERE state = 'waiting'")

    @api.model
    def _get_system_fields(self):
        return {name for name, field in self._fields.items() if field.store}

    @api.model
    def _get_open_domain(self):
        """What is to be noted, and what is to be taken back; this not for who has been deleted.

        :return: Domain
        """
        to_undo = Domain("state", "=", "noted") & Domain("import_id.undone_date", "!=", False)
        to_undo &= Domain("import_id.undone_user_id", "!=", False)
        return Domain("state", "=", "waiting") | to_undo

    @api.model
    def _cron_work_off(self):
        """Work off what is open, part by part; each is committed with its progress."""
        commit_progress = self.env["ir.cron"]._commit_progress
        remaining = self.search_count(self._get_open_domain())
        commit_progress(remaining=remaining)
        while part := self.search(self._get_open_domain(), limit=1):
            # The list itself stays free: whoever undoes it meanwhile waits for nobody.
            if not part.try_lock_for_update():
                return
            processed = int(part._try_to_work_off())
            self.env.invalidate_all()  # memory stays that of one part
            remaining = self.search_count(self._get_open_domain())
            if not commit_progress(processed, remaining=remaining):
                return

    def _try_to_work_off(self):
        """:return: whether it is done; where somebody has changed one of them meanwhile it is not,
        and is tried again with what there is then
        """
        listing = self.import_id
        try:
            self._work_off()
            listing._tell_if_done()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            self.env.cr.rollback()
            return False
        return True

    @api.model
    def _follow_merge(self, merged, survivor):
        """Who is on a list stays on it: the one that is left stands for those that go.

        What was noted of these is not taken back of that one, who may have had a wish before.
        """
        self.flush_model(["state", "model", "res_ids", "listed"])

        def follow(ids):
            return SQL(
                "(SELECT jsonb_agg(DISTINCT CASE WHEN on_list.id::int = ANY(%s) THEN %s"
                " ELSE on_list.id::int END) FROM jsonb_array_elements_text(%s) AS on_list (id))",
                merged.ids,
                survivor.id,
                ids,
            )

        # Past the ORM: when something was noted is the date of a part, and that does not change.
        self.env.cr.execute(
            SQL(
                "UPDATE crm_activity_opt_out_part SET"
                " res_ids = CASE WHEN model = %(model)s THEN %(res_ids)s ELSE res_ids END,"
                " listed = (SELECT jsonb_agg(CASE WHEN entry.listed->>'model' = %(model)s"
                " THEN jsonb_set(entry.listed, '{ids}', COALESCE(%(ids)s, '[]'))"
                " ELSE entry.listed END) FROM jsonb_array_elements(listed) AS entry (listed))"
                " WHERE state != 'undone'"
                " AND EXISTS (SELECT FROM unnest(%(merged)s::int[]) AS gone (id)"
                " WHERE (model = %(model)s AND res_ids @> to_jsonb(gone.id))"
                " OR listed @> jsonb_build_array(jsonb_build_object("
                "'model', %(model)s, 'ids', jsonb_build_array(gone.id))))",
                model=merged._name,
                merged=merged.ids,
                res_ids=follow(SQL("res_ids")),
                ids=follow(SQL("entry.listed->'ids'")),
            )
        )
        self.invalidate_model(["res_ids", "listed"])

    def _work_off(self):
        for part in self:
            if part.state == "noted":
                part._take_back()
            elif part.state == "waiting" and part.import_id.undone_date:
                part.unlink()
            elif part.state == "waiting":
                part._note()

    def _as_user(self, user):
        """:return: an environment with somebody's rights, in all of their companies"""
        return self.env(
            user=user.id,
            su=False,
            context={"allowed_company_ids": user._get_company_ids(), "lang": user.lang},
        )

    def _note(self):
        """Note of whom it has that they do not want what the list is for."""
        done = []

        def note(records):
            result = self._note_together(records)
            self.env.flush_all()
            done.append(result)

        importer = self.import_id.create_uid
        if not importer or self.model not in self.env:  # who imported it, or its addon, is gone
            self.write({"state": "noted", "failed_count": len(self.res_ids), "res_ids": False})
            return
        records = self._as_user(importer)[self.model].browse(self.res_ids).exists()
        noted = self._do_where_possible(records, note)
        noted_count = sum(len(new) for new, _listed, _changes in done)
        self.write(
            {
                "state": "noted",
                "res_ids": False,
                "listed": [one for _new, listed, _changes in done for one in listed],
                "changes": [one for _new, _listed, changes in done for one in changes],
                "noted_count": noted_count,
                "known_count": len(noted) - noted_count,
                "failed_count": len(records - noted),
            }
        )

    @api.model
    def _do_where_possible(self, records, change):
        """All together, or one by one where that fails: none keeps the others from theirs.

        :param change: function of records
        :return: those of the records that it was done to
        """
        if self._is_done(records, change):
            return records
        return records.filtered(lambda record: self._is_done(record, change))

    @api.model
    def _is_done(self, records, change):
        try:
            with self.env.cr.savepoint():
                change(records)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.info("Opt-out list: %r could not be changed.", records, exc_info=True)
            return False
        return True

    def _note_together(self, records):
        """:return: ``(those of which something was not known, listed, changes)``"""
        # What is noted on a lead is noted on its customer as well. sudo: whoever's that is.
        holders = [records, records.sudo()._get_crm_activity_partner()]
        known = {one: self._get_known(one) for some in holders for one in some.sudo()}
        new, listed, changes = records.browse(), [], []
        if names := self.import_id._get_wishes():
            listed += (
                {"model": one._name, "ids": one.ids, "fields": names} for one in holders if one
            )
            new |= self._note_wishes(records, names)
            changes += self._get_changes(known)
        for blacklist in self.import_id._get_blacklists():
            new |= self._blacklist(records, blacklist, listed, changes)
        return new, listed, changes

    def _note_wishes(self, records, names):
        """:return: those of the records of which a wish was not known, each written once"""

        def get_missing(record):
            missing = tuple(name for name in names if not record[name])
            return missing, bool(record.crm_refusal_reason)

        new = records.browse()
        for (missing, has_reason), group in records.grouped(get_missing).items():
            if missing:
                reason = {} if has_reason else {"crm_refusal_reason": self.import_id.reason}
                group.write(dict.fromkeys(missing, self.import_id.since) | reason)
                new |= group
        return new

    @api.model
    def _get_known(self, record):
        """:return: set of the fields that say something of a wish, and the id of who noted it"""
        user = record.crm_refusal_user_id
        told = {name for name in record._get_crm_consent_fields() if record[name]}
        return told - {"crm_refusal_user_id"}, user.id

    @api.model
    def _get_changes(self, known):
        """:param dict known: ``{record: what _get_known gave before}``"""
        added = {}
        for one, (former, user_id) in known.items():
            if noted := tuple(sorted(self._get_known(one)[0] - former)):
                added.setdefault((one._name, noted, user_id), []).append(one.id)
        return [
            {"model": model, "ids": ids, "fields": list(noted), "user_id": user_id}
            for (model, noted, user_id), ids in added.items()
        ]

    @api.model
    def _blacklist(self, records, blacklist, listed, changes):
        """:return: those of the records whose address or number was not blacklisted"""
        model, key, name = blacklist
        # sudo: salespeople do not edit the blacklist; the list says that these do not want it.
        Blacklist = records.env[model].sudo()
        values = set(records.mapped(name)) - {False}
        before = Blacklist.search([(key, "in", list(values))])
        blacklisted = set(before.mapped(key))
        # What is on it already is returned as it is, and by Odoo's of emails what was once.
        entries = Blacklist.create([{key: value} for value in sorted(values)])
        entries.filtered(lambda entry: not entry.active).action_unarchive()
        listed.append({"model": model, "ids": entries.ids, "fields": ["active"]})
        changes.append({"model": model, "ids": (entries - before).ids, "fields": ["active"]})
        return records.filtered(lambda record: record[name] and record[name] not in blacklisted)

    def _take_back(self):
        """Take back what it has noted, and nothing else: see ``action_undo`` of the list."""
        env = self._as_user(self.import_id.undone_user_id)
        others = self._search_others()
        totals, undone = Counter(), Counter()
        for change in self.changes or []:
            model = change["model"]
            totals[model] += len(change["ids"])
            if model not in env:  # its addon is gone
                continue
            ids = set(change["ids"]) - self._leave_to(others, change)
            take_back = self._undo_blacklist if "active" in change["fields"] else self._undo_wishes
            undone[model] += len(take_back(env[model], ids, change))
        # A lead, its customer and their address are one of whom the list has found.
        told = self.model if self.model in totals else next(iter(totals), False)
        self.write(
            {
                "state": "undone",
                "undone_count": undone[told],
                "kept_count": totals[told] - undone[told],
            }
        )

    def _search_others(self):
        """:return: the parts of other lists, not undone, with somebody of whom this has noted"""
        self.flush_model(["changes", "import_id", "listed"])
        self.import_id.flush_model(["undone_date"])
        ids = {id_ for change in self.changes or [] for id_ in change["ids"]}
        rows = self.env.execute_query(
            SQL(
                "SELECT part.id FROM crm_activity_opt_out_part part"
                " JOIN crm_activity_opt_out_import listing ON listing.id = part.import_id"
                " WHERE listing.undone_date IS NULL AND listing.id != %s"
                " AND EXISTS (SELECT FROM jsonb_array_elements(part.listed) AS entry (listed),"
                " jsonb_array_elements_text(entry.listed->'ids') AS on_list (id)"
                " WHERE on_list.id::int = ANY(%s)) ORDER BY part.id",
                self.import_id.id,
                list(ids),
            )
        )
        return self.browse(id_ for (id_,) in rows)

    def _leave_to(self, others, change):
        """Leave to other lists what they say as well: it goes with the last that is undone.

        :param others: what :meth:`_search_others` gave
        :return: set of the ids of the change that others have for the same
        """
        left = set()
        for other in others:
            for entry in other.listed:
                more = self._get_common_ids(entry, change) - left
                if more:
                    other._take_over({**self._get_terms(), **change, "ids": sorted(more)})
                    left |= more
        return left

    @api.model
    def _get_common_ids(self, entry, change):
        """:return: set of the ids of a change that are on a list for one of its fields"""
        is_same = entry["model"] == change["model"]
        if not is_same or set(entry["fields"]).isdisjoint(change["fields"]):
            return set()
        return set(change["ids"]) & set(entry["ids"])

    def _take_over(self, change):
        # Past the ORM: when something was noted is the date of a part, and that does not change.
        self.env.cr.execute(
            SQL(
                "UPDATE crm_activity_opt_out_part"
                " SET changes = COALESCE(changes, '[]') || %s::jsonb WHERE id = %s",
                json.dumps([change]),
                self.id,
            )
        )
        self.invalidate_recordset(["changes"], flush=False)

    def _get_terms(self):
        """:return: dict, how this has noted something: what is like that still can be taken back"""
        listing = self.import_id
        return {
            "since": fields.Date.to_string(listing.since),
            "reason": listing.reason,
            "noted_by": listing.create_uid.id,
            "noted_at": self.write_date.isoformat(),
        }

    def _undo_wishes(self, Model, ids, change):
        """:return: those of the records that are still as they were noted, and are not now"""
        terms = self._get_terms() | change
        domain = Domain("id", "in", list(ids))
        domain &= Domain("crm_refusal_user_id", "=", terms["noted_by"])
        for name in change["fields"]:
            noted = terms["reason" if name == "crm_refusal_reason" else "since"]
            domain &= Domain(name, "=", noted)
        noted_before = self.env["res.users"].browse(change["user_id"]).exists()
        noted_by = {"crm_refusal_user_id": SystemValue(noted_before.id)}
        values = dict.fromkeys(change["fields"], False) | noted_by

        def undo(records):
            records.write(values)
            records.env.flush_all()

        found = Model.browse(Model.with_context(active_test=False)._search(domain))
        return self._do_where_possible(found._filtered_access("write"), undo)

    def _undo_blacklist(self, Model, ids, change):
        """Take off Odoo's blacklist whom nobody has put there since."""
        # sudo: as the list put them on it; salespeople do not edit the blacklist.
        entries = Model.sudo().search([("id", "in", list(ids))])
        noted_at = datetime.fromisoformat((self._get_terms() | change)["noted_at"])
        unchanged = entries.filtered(lambda entry: entry.write_date <= noted_at)
        unchanged.action_archive()
        return unchanged
