# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain


class CrmActivityRecipientMixin(models.AbstractModel):
    """Whom an activity is made for, and who of them is written to.

    Nothing else decides that: templates, delivery and letters ask here. A model may have several
    fields that hold targets, and the last one that is filled counts: a contact before the customer.
    """

    _name = "crm.activity.recipient.mixin"
    _description = "Recipient of CRM Activities"

    recipient_phone = fields.Char(
        string="Phone",
        compute="_compute_recipient_phone_email",
        help="The number of who is to be contacted.",
    )
    recipient_email = fields.Char(
        string="Email",
        compute="_compute_recipient_phone_email",
        help="The address of who is to be contacted.",
    )

    @api.depends(lambda self: sorted(self._get_recipient_fields()))
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_recipient_phone_email(self):
        """Tell them to who may read the recipient, and to nobody else."""
        recipients = {record: record._get_recipient() for record in self}
        known = {}
        for model in self._get_target_fields():
            targets = self.env[model].union(*(r for r in recipients.values() if r._name == model))
            for target in targets._filtered_access("read"):
                known[target] = self._get_phone_and_email(target)
        for record, recipient in recipients.items():
            phone, email = known.get(recipient, (False, False))
            record.recipient_phone, record.recipient_email = phone, email

    @api.model
    def _get_phone_and_email(self, target):
        """:return: ``(number, address)``, each False where there is none"""
        # It may be the company's, which may be hidden where its contact is not.
        is_readable = target._is_crm_address_readable()
        phone = is_readable and target._get_crm_activity_number()
        return phone, target._get_crm_activity_email()

    @api.model
    def _get_target_fields(self):
        """Which fields hold the record that an activity is made for.

        :return: ``{model name: [field to fill in, further field, …]}``
        :rtype: dict
        """
        return {}

    @api.model
    def _get_recipient_fields(self):
        """:return: set of the names of the fields that a recipient comes from"""
        return {name for names in self._get_target_fields().values() for name in names}

    def _get_target(self, model):
        """:return: the record of a model that this is made for, or none"""
        self.ensure_one()
        candidates = (self[name] for name in reversed(self._get_target_fields().get(model, ())))
        return next(filter(None, candidates), self.env[model])

    @api.model
    def _get_target_domain(self, target):
        """:return: Domain of those that :meth:`_get_target` gives the target for"""
        names = self._get_target_fields()[target._name]
        return Domain.OR(
            Domain([(name, "=", target.id), *((further, "=", False) for further in names[i + 1 :])])
            for i, name in enumerate(names)
        )

    def _get_recipient(self):
        """:return: who an outgoing activity goes to: the contact, else the customer,
        else another target; an empty ``res.partner`` where there is nobody
        """
        targets = (self._get_target(model) for model in self._get_target_fields())
        return next(filter(None, targets), self.env["res.partner"])

    @api.model
    def _get_recipient_of(self, target):
        """:return: who an activity for the target will go to, before there is one"""
        return target._get_crm_activity_partner() or target
