# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import defaultdict

from odoo import api, fields, models

# Tracked whatever the status: who does what when.
ALWAYS_TRACKED = {"date", "state", "user_id"}
# Where a transaction gathers what is tracked, to be written at once.
NOTES_KEY = "crm_activity_ext.notes"


class CrmActivityTraceMixin(models.AbstractModel):
    """What was done is not rewritten without a trace.

    Once an activity was done, the chatter tells what is changed on it, and the text keeps its
    former versions. Plans change without a word, so that they stay fast and the chatter readable.
    """

    _name = "crm.activity.trace.mixin"
    _description = "CRM Activity Trace"
    _inherit = ["html.field.history.mixin"]

    # A replica has a history of its own.
    html_field_history = fields.Json(copy=False)

    def _get_versioned_fields(self):
        # Odoo asks this of the records that are about to be written.
        if self._is_forgetting() or not any(self.mapped("was_done")):
            return []
        return ["body"]

    def write(self, vals):
        if "body" in vals and self._get_versioned_fields():
            self.fetch(["html_field_history"])  # Odoo reads it record by record
        return super().write(vals)

    def _forgetting(self):
        """:return: these, to write into them what leaves no trace: who is forgotten is not noted"""
        # A context key comes from anybody, and counts for the superuser alone.
        return self.with_context(crm_activity_forgetting=True, tracking_disable=True)

    def _is_forgetting(self):
        return self.env.su and bool(self.env.context.get("crm_activity_forgetting"))

    def _track_prepare(self, fields_iter):
        """Leave alone what was only planned, and what follows from a change of people."""
        names = self._track_get_fields().intersection(fields_iter)
        if not names - ALWAYS_TRACKED:
            return super()._track_prepare(names)
        was_done = self.browse() if self._is_cascading() else self.filtered("was_done")
        super(CrmActivityTraceMixin, was_done)._track_prepare(names)
        return super(CrmActivityTraceMixin, self - was_done)._track_prepare(names & ALWAYS_TRACKED)

    def _message_track(self, fields_iter, initial_values_dict):
        """Write the notes of all of these together, where Odoo takes two queries for each."""
        data = self.env.cr.precommit.data
        data[NOTES_KEY] = notes = defaultdict(list)
        try:
            tracking = super()._message_track(fields_iter, initial_values_dict)
        finally:
            data.pop(NOTES_KEY)
        for options, gathered in notes.items():
            self._write_notes(gathered, dict(options))
        return tracking

    def _message_log(self, *, tracking_value_ids=False, **options):
        notes = self.env.cr.precommit.data.get(NOTES_KEY)
        if notes is None or not tracking_value_ids:
            return super()._message_log(tracking_value_ids=tracking_value_ids, **options)
        body = options.pop("body", "")
        notes[tuple(options.items())].append((self, body, tracking_value_ids))
        return self.env["mail.message"]

    @api.model
    def _write_notes(self, notes, options):
        """:param list notes: ``(activity, text, commands that create what was changed)``
        :param dict options: see ``mail.thread._message_log``
        """
        activities = self.browse().union(*(activity for activity, _body, _changes in notes))
        bodies = {activity.id: body for activity, body, _changes in notes}
        messages = activities._message_log_batch(bodies, **options)
        # One for each, in their order: not asked of the database, which would tell no more.
        message_ids = dict(zip(activities, messages.ids, strict=True))
        # Already superuser: what was changed is noted whoever reads it, as Odoo does.
        messages.env["mail.tracking.value"].create(
            [
                {**values, "mail_message_id": message_ids[activity]}
                for activity, _body, changes in notes
                for _command, _id, values in changes
            ]
        )

    @api.model
    def _forget_tracked(self, targets):
        """Delete what the chatter tells of targets that an activity had before.

        :param targets: records of a model with ``crm.activity.target.mixin``
        """
        names = self._get_target_fields()[targets._name]
        columns = self.env["ir.model.fields"].search(
            [("model", "=", self._name), ("name", "in", names)]
        )
        self.env["mail.tracking.value"].search(
            [
                ("field_id", "in", columns.ids),
                "|",
                ("old_value_integer", "in", targets.ids),
                ("new_value_integer", "in", targets.ids),
            ]
        ).unlink()
