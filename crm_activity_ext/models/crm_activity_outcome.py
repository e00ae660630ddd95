# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import ormcache

# What is rather for some types than for all, to start with: {outcome: their channels}.
STARTER_CHANNELS = {
    "answered": {"call_out", "call_in"},
    "no_answer": {"call_out", "call_in"},
    "left_message": {"call_out"},
    "wrong_number": {"call_out"},
    "held": {"visit", "meeting"},
    "postponed": {"visit", "meeting"},
    "no_show": {"visit", "meeting"},
}
# Who could not be talked to is called, whoever has called.
STARTER_CALL_BACKS = ("no_answer", "left_message")


class CrmActivityOutcome(models.Model):
    """What came of an activity that was done, and what usually comes next."""

    _name = "crm.activity.outcome"
    _inherit = ["crm.activity.remembered.mixin", "crm.activity.dialog.mixin"]
    _description = "CRM Activity Outcome"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=100)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    activity_type_ids = fields.Many2many(
        "mail.activity.type",
        "crm_activity_outcome_type_rel",
        "outcome_id",
        "activity_type_id",
        string="Activity Types",
        domain=lambda self: self.env["crm.activity"]._fields["activity_type_id"].domain,
        help="The types of activities that can have this outcome. Leave empty for all types.",
    )
    is_contact = fields.Boolean(
        string="Reached",
        default=True,
        help="Somebody was reached: the activity counts as a contact, and its customer as reached "
        "in the campaign.",
    )
    is_response = fields.Boolean(
        string="Responded",
        help="The customer has responded to the campaign.",
    )
    next_type_id = fields.Many2one(
        "mail.activity.type",
        string="Next Activity",
        ondelete="set null",
        domain=lambda self: self.env["crm.activity"]._fields["activity_type_id"].domain,
        help="The type that is proposed for the next activity. Leave empty for the same type, or "
        "for none where no days are set.",
    )
    next_days = fields.Integer(
        string="Working Days",
        help="The next activity is proposed so many working days later, at the same hour.",
    )

    _next_days_within_reach = models.Constraint(
        "CHECK(next_days BETWEEN 0 AND 365)",
        "The next activity can be proposed up to 365 working days later.",
    )

    @api.model
    def _search_display_name(self, operator, value):
        """Find an outcome by its name in any language: files are not always in that of the user."""
        found = super()._search_display_name(operator, value)
        languages = [code for code, _name in self.env["res.lang"].get_installed()]
        if operator not in ("in", "=", "ilike", "=ilike", "like", "=like") or len(languages) < 2:
            return found
        others = (
            self.with_context(lang=code).search(
                super(CrmActivityOutcome, self.with_context(lang=code))._search_display_name(
                    operator, value
                )
            )
            for code in languages
            if code != self.env.lang
        )
        return found | Domain("id", "in", self.union(*others).ids)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_crm_activities(self):
        self.env["crm.activity"]._check_unreferenced("outcome_id", self)

    @api.model
    @ormcache()
    def _get_missed_ids(self):
        """:return: tuple of the ids of the outcomes by which nobody was reached"""
        return self._search_ids("is_contact", False)

    @api.model
    @ormcache()
    def _get_response_ids(self):
        """:return: tuple of the ids of the outcomes that are a response"""
        return self._search_ids("is_response", True)

    @api.model
    def _search_ids(self, name, value):
        # sudo: what counts is the same for everybody.
        outcomes = self.sudo().with_context(active_test=False)
        return tuple(outcomes.search([(name, "=", value)], order="id").ids)

    @api.model
    @ormcache("type_id")
    def _get_fitting_ids(self, type_id):
        """:return: tuple of the ids of the outcomes that activities of a type can have, archived
        ones as well, in their order
        """
        types = self.env["mail.activity.type"].browse(type_id or [])
        # sudo: for what an outcome is, is the same for everybody.
        outcomes = self.sudo().with_context(active_test=False)
        return tuple(outcomes.search(self._get_fitting_domain(types)).ids)

    @api.model
    @ormcache("self.env.lang")
    def _get_names(self):
        """:return: ``{id: (name in the user's language, whether it is offered)}`` of all, in their
        order
        """
        # sudo: as which they are, what they are called is the same for everybody.
        outcomes = self.sudo().with_context(active_test=False).search(Domain.TRUE)
        return {outcome.id: (outcome.display_name, outcome.active) for outcome in outcomes}

    @api.model
    @ormcache()
    def _get_next_steps(self):
        """:return: ``{id: (id of the next type or False, working days)}`` of the outcomes after
        which something comes
        """
        # sudo: what comes next is the same for everybody.
        outcomes = self.sudo().with_context(active_test=False)
        following = outcomes.search(
            Domain("next_type_id", "!=", False) | Domain("next_days", ">", 0)
        )
        return {one.id: (one.next_type_id.id, one.next_days) for one in following}

    @api.model
    def _get_offered(self, activity_types):
        """:return: the outcomes to choose from for activities of all these types, in their order"""
        fitting = [self._get_fitting_ids(type_.id) for type_ in activity_types._origin]
        return self.browse(
            id_
            for id_, (_name, is_offered) in self._get_names().items()
            if is_offered and all(id_ in ids for ids in fitting)
        )

    def _fits(self, activity_type):
        """:return: whether an activity of the type can have this outcome"""
        self.ensure_one()
        return self.id in self._get_fitting_ids(activity_type.id)

    @api.model
    def _get_fitting_domain(self, activity_types):
        """:return: Domain of the outcomes that activities of all these types can have"""
        return Domain.AND(
            Domain("activity_type_ids", "=", False)
            | Domain("activity_type_ids", "in", activity_type.ids)
            for activity_type in activity_types
        )

    def _get_next_type(self, activity_type):
        """:return: the type that comes after one of this type, or none"""
        type_id, days = self._get_next_step()
        if type_id:
            return activity_type.browse(type_id)
        return activity_type if days else activity_type.browse()

    def _get_next_days(self):
        """:return: int, in how many working days the next one comes"""
        _type_id, days = self._get_next_step()
        return days or 1

    def _get_next_step(self):
        """:return: one of :meth:`_get_next_steps`, also where nothing comes"""
        return self._get_next_steps().get(self._origin.id, (False, 0))

    @api.model
    def _set_starter_types(self):
        """Say for which types the outcomes are that came with us, once the types are there."""
        types = self.env["mail.activity.type"].search(
            [("crm_channel", "!=", False)], order="sequence, id"
        )
        for name, channels in STARTER_CHANNELS.items():
            outcome = self.env.ref(
                f"crm_activity_ext.crm_activity_outcome_{name}", raise_if_not_found=False
            )
            if outcome and not outcome.activity_type_ids:
                outcome.activity_type_ids = types.filtered(
                    lambda type_, channels=channels: type_.crm_channel in channels
                )
                if name in STARTER_CALL_BACKS and not outcome.next_type_id:
                    calls = types.filtered(lambda type_: type_.crm_channel == "call_out")
                    outcome.next_type_id = calls[:1]
