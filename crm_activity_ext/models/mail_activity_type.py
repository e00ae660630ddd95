# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

from ..tools.values import get_selection

# In hours. What is not here takes no time that anybody plans.
USUAL_DURATIONS = {"call_out": 0.25, "call_in": 0.25, "visit": 1, "meeting": 1}


class MailActivityType(models.Model):
    _name = "mail.activity.type"
    _inherit = ["mail.activity.type", "crm.activity.remembered.mixin"]

    crm_channel = fields.Selection(
        [
            ("call_out", "Outgoing call"),
            ("call_in", "Incoming call"),
            ("visit", "Visit"),
            ("meeting", "Meeting"),
            ("email_out", "Outgoing email"),
            ("email_in", "Incoming email"),
            ("sms", "SMS"),
            ("letter", "Letter"),
            ("fax", "Fax"),
            ("other", "Other"),
        ],
        string="CRM Channel",
        help="How a CRM activity of this type reaches the customer. Types without a channel are "
        "not available for CRM activities.",
    )
    # Not Odoo's mail_template_ids: its to-dos offer those on every document, whatever they are for.
    crm_template_ids = fields.Many2many(
        "mail.template",
        "crm_activity_type_template_rel",
        string="CRM Templates",
        domain=lambda self: [("model", "in", self.env["crm.activity"]._get_template_models())],
        help="Offered with one click in CRM activities of this type.",
    )
    crm_default_duration = fields.Float(
        string="Default Duration",
        compute="_compute_crm_default_duration",
        store=True,
        readonly=False,
        help="In hours. The time set aside for an activity of this type that is planned in the "
        "calendar.",
    )

    crm_record_done = fields.Boolean(
        string="Record When Done",
        compute="_compute_crm_record_done",
        store=True,
        readonly=False,
        help="A reminder of this type on a customer, contact or lead that is marked done is "
        "recorded as a CRM activity.",
    )
    crm_is_delivered = fields.Boolean(
        string="Sent by Odoo",
        compute="_compute_crm_is_delivered",
        help="Odoo itself sends CRM activities of this type.",
    )

    @api.model
    def _search_display_name(self, operator, value):
        """Find a type by what its channel is called, too: Odoo's "Call" is an "Outgoing call".

        Whole names, as in a file, are found in any language: it is not always that of the user.
        """
        named = super()._search_display_name(operator, value)
        if operator == "in":
            names = {name for name in value if isinstance(name, str)}
            # A type of this very name is the one that is meant.
            known = {name.casefold() for name in self.search(named).mapped("name")}
            names = [name for name in names if name.casefold() not in known]
            languages = self._in_all_languages() if names else []
            for model in languages:
                named |= Domain("id", "in", model.search([("name", "in", names)]).ids)
            labels = {name.casefold() for name in names}
            channels = self._get_channels(lambda label: label in labels, languages)
        elif operator == "ilike" and value:
            channels = self._get_channels(lambda label: str(value).casefold() in label, [self])
        else:
            channels = []
        return named | Domain("crm_channel", "in", channels) if channels else named

    @api.model
    def _in_all_languages(self):
        """:return: list of this model, once in each language that is installed"""
        languages = self.env["res.lang"].get_installed()
        return [self.with_context(lang=code) for code, _name in languages]

    @api.model
    def _get_channels(self, is_meant, languages):
        """:param languages: this model in each of the languages that are asked
        :return: list of the channels whose labels, in small letters, are meant
        """
        labels = {label for model in languages for label in get_selection(model, "crm_channel")}
        return sorted({channel for channel, label in labels if is_meant(label.casefold())})

    @api.onchange("crm_channel")
    def _onchange_crm_channel(self):
        """A type of leads' or contacts' reminders that gets a channel is for all records then."""
        if self.crm_channel and self.res_model != "crm.activity":
            self.res_model = False

    @api.depends("crm_channel")
    def _compute_crm_default_duration(self):
        """Propose what is usual for the channel, never over what somebody chose."""
        for activity_type in self:
            usual = USUAL_DURATIONS.get(activity_type.crm_channel, 0)
            activity_type.crm_default_duration = activity_type.crm_default_duration or usual

    @api.depends("crm_channel")
    def _compute_crm_record_done(self):
        """What is done is recorded, but for messages of ours: done would mean sent."""
        for activity_type in self:
            activity_type.crm_record_done = (
                activity_type.crm_channel and not activity_type.crm_is_delivered
            )

    @api.depends("crm_channel")
    def _compute_crm_is_delivered(self):
        delivered = self.env["crm.activity"]._get_delivered_channels()
        for activity_type in self:
            activity_type.crm_is_delivered = activity_type.crm_channel in delivered

    @api.constrains("crm_channel", "res_model")
    def _check_crm_channel_model(self):
        """A CRM type belongs to every model or to CRM activities alone.

        Odoo deletes the types of a model with the module of that model: an
        activity must not hang on a type that another module takes along.

        :raise ValidationError: naming the types
        """
        misplaced = self.filtered(
            lambda activity_type: (
                activity_type.crm_channel and activity_type.res_model not in (False, "crm.activity")
            )
        )
        if misplaced:
            raise ValidationError(
                self.env._(
                    "Only activity types for all models or for CRM activities can have a "
                    "CRM channel. Clear the model or the channel of: %(types)s",
                    types=", ".join(misplaced.mapped("name")),
                )
            )

    @api.model
    @ormcache("self.env.lang")
    def _get_looks(self):
        """:return: ``{id: (name in the user's language, icon)}`` of all"""
        # sudo: what they are called, and how they look, is the same for everybody.
        types = self.sudo().with_context(active_test=False).search(Domain.TRUE)
        return {
            activity_type.id: (activity_type.name, activity_type.icon) for activity_type in types
        }

    def _get_subject(self):
        """:return: the subject that the type proposes"""
        return self.summary or self.name

    def _is_recorded_when_done(self):
        """:return: whether a to-do of this type, or none, becomes an activity once it is done"""
        return bool(self.crm_channel) and self.crm_record_done and not self.crm_is_delivered

    def _get_offered_templates(self, models):
        """:return: ``mail.template`` of the models that the type offers, and the user may read"""
        return self.crm_template_ids._filtered_access("read").filtered(
            lambda template: template.model in models
        )

    def unlink(self):
        """An outcome of these types alone would become one of all types: it is archived."""
        # sudo: it follows from the deletion, whoever maintains outcomes.
        Outcome = self.env["crm.activity.outcome"].sudo().with_context(active_test=False)
        outcomes = Outcome.search([("activity_type_ids", "in", self.ids)])
        outcomes.filtered(lambda one: one.activity_type_ids <= self.sudo()).active = False
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_crm_activities(self):
        self.env["crm.activity"]._check_unreferenced("activity_type_id", self)
        self.env["crm.activity.distribution"]._check_unneeded("activity_type_id", self)
