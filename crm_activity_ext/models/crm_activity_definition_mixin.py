# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import is_html_empty

from ..tools.values import get_selection
from .crm_activity_reach_mixin import OPTED_OUT
from .crm_activity_responsible_mixin import OPEN_STATES


class CrmActivityDefinitionMixin(models.AbstractModel):
    """What many activities have in common, and for which targets none is made.

    The dialog asks for it and tells what will come of it; the distribution keeps it and
    works it off. Both have a ``target_model``.
    """

    _name = "crm.activity.definition.mixin"
    _description = "CRM Activity Definition"
    _inherit = ["crm.activity.system.fields.mixin", "crm.activity.spread.mixin"]

    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Type",
        required=True,
        domain=lambda self: self.env["crm.activity"]._fields["activity_type_id"].domain,
    )
    name = fields.Char(string="Subject")
    mail_template_id = fields.Many2one(
        "mail.template",
        string="Template",
        domain="[('model', '=', target_model)]",
        help="Fills in subject and text for each record, in its recipient's language.",
    )
    body = fields.Html(string="Text")
    date = fields.Datetime(string="Date and Time", required=True, default=fields.Datetime.now)
    state = fields.Selection(selection="_selection_state", string="Status", required=True)
    campaign_id = fields.Many2one("utm.campaign")
    user_policy = fields.Selection(
        [
            ("me", "Me"),
            ("salesperson", "Salesperson of each record"),
            ("user", "A specific user"),
        ],
        string="Responsible",
        required=True,
        default="me",
        help="Salesperson of each record: the salesperson of the lead or customer, or you if "
        "there is none.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible User",
        domain=[("share", "=", False)],
    )
    skip_existing = fields.Boolean(
        help="Do not create activities for records that already have one of this type in this "
        "campaign.",
    )

    @api.model
    def _selection_state(self):
        return get_selection(self.env["crm.activity"], "state")

    @api.constrains("user_policy", "user_id")
    def _check_user_id(self):
        """:raise ValidationError: naming who cannot be responsible"""
        chosen = self.filtered(lambda definition: definition.user_policy == "user").user_id
        self.env["crm.activity"]._check_responsibles(chosen)

    def _prepare_definition(self):
        """:return: values for a copy of this definition in another model"""
        common = self.env["crm.activity.definition.mixin"]._fields
        names = [name for name, field in common.items() if field.store and name != "id"]
        return self._convert_to_write({name: self[name] for name in names})

    def _prepare_activities_values(self, targets, dates=None):
        """Prepare the activities for some targets.

        :param dict dates: ``{target id: datetime}`` where they are spread
        :return: list of the values of the activities, in the order of the targets
        """
        target_field = self.env["crm.activity"]._get_target_fields()[self.target_model][0]
        common = {
            "activity_type_id": self.activity_type_id.id,
            "name": self.name or self.activity_type_id._get_subject(),
            "state": self.state,
            "campaign_id": self.campaign_id.id,
            "mail_template_id": self.mail_template_id.id,
            "body": False,
        }
        # Without a text the template's comes in.
        if not (is_html_empty(self.body) or self._is_body_replaced()):
            common["body"] = self.body
        return [
            {
                **common,
                "date": (dates or {}).get(target.id) or self.date,
                target_field: target.id,
                "user_id": self._get_responsible(target).id,
            }
            for target in targets
        ]

    def _is_body_replaced(self):
        """:return: whether the text is what the type proposes, and a template has another"""
        return bool(self.mail_template_id) and self.body == self.activity_type_id.default_note

    def _get_responsible(self, target):
        """:return: ``res.users`` who the activity for the target is given to: the current user
        where whoever was meant has left
        """
        Activity = self.env["crm.activity"]
        user = self.env.user
        if self.user_policy == "user" and Activity._is_employee(self.user_id):
            user = self.user_id
        elif self.user_policy == "salesperson":
            salesperson = target._get_crm_activity_salesperson()
            company = target.company_id or self.env.company
            if Activity._can_be_responsible(salesperson, company):
                user = salesperson
        return user

    def _get_left_out(self, targets):
        """Which targets get no activity, and why; in a number of queries that does not grow.

        :param targets: records, each of them readable; the first of two counts
        :return: ``{target: (kind, reason)}``, the kind one of
            ``crm.activity.distribution.line``'s
        """
        targets._fetch_for_crm_activities()
        left_out = self._get_existing_targets(targets)
        for target in targets:
            if not target.active:
                left_out[target] = (
                    "archived",
                    self.env._("%(name)s is archived.", name=target.display_name),
                )
        left_out |= self._get_unassignable_targets(targets.filtered(lambda t: t not in left_out))
        if self.state in OPEN_STATES:  # else it has happened
            self._leave_out_unreachable(self.activity_type_id.crm_channel, targets, left_out)
        return left_out

    def _get_existing_targets(self, targets):
        """:return: those of the targets that have such an activity: see ``_get_left_out``"""
        if not (self.skip_existing and self.campaign_id):
            return {}
        domain = (
            Domain("activity_type_id", "=", self.activity_type_id.id)
            & Domain("campaign_id", "=", self.campaign_id.id)
            & ~self.env["crm.activity.distribution"]._get_being_undone_domain()
            & Domain(self._get_others_domain())
        )
        # sudo: those of colleagues count too; no more is told than that there is one.
        rows = targets.sudo()._group_crm_activities(
            targets._get_crm_activity_fields(), domain, lambda _query: []
        )
        found = {target_id for (target_id,) in rows}
        return {
            target: (
                "existing",
                self.env._(
                    "%(name)s already has an activity of this type in this campaign.",
                    name=target.display_name,
                ),
            )
            for target in targets
            if target.id in found
        }

    def _get_others_domain(self):
        """:return: domain of the activities that were made by others than this"""
        return []

    def _get_unassignable_targets(self, targets):
        """:return: those that would be somebody else's, for who may only make their own"""
        if self.user_policy == "me" or self.env.user.has_group(
            "sales_team.group_sale_salesman_all_leads"
        ):
            return {}
        responsible = {target: self._get_responsible(target) for target in targets}
        return {
            target: (
                "not_mine",
                self.env._(
                    "%(name)s would be responsible, but you can only create activities for "
                    "yourself.",
                    name=user.name,
                ),
            )
            for target, user in responsible.items()
            if user != self.env.user
        }

    def _get_problems(self, channel, recipients):
        """Who gets no activity as the channel does not reach them, or must not.

        Who does not want what is personal is no problem: see ``crm.activity.reach.mixin``.

        :param dict recipients: ``{target: who an activity for it goes to}``
        :return: ``{target: (kind, reason)}``
        """
        problems = self._get_all_problems(channel, recipients)
        if self.env["crm.activity"]._is_bound_by_opt_out(channel, self.campaign_id):
            return problems
        return {target: it for target, it in problems.items() if it[0] != OPTED_OUT}

    @api.model
    def _get_all_problems(self, channel, recipients):
        """Asked of the target, as a lead, and of who is reached in its place."""
        Activity = self.env["crm.activity"]
        unreachable = Activity._get_unreachable(channel, list(recipients.values()))
        others = [target for target, recipient in recipients.items() if target != recipient]
        wishes = Activity._get_refusals(channel, others)
        problems = {target: unreachable.get(recipient) for target, recipient in recipients.items()}
        # Who cannot be reached is not, even where a wish would be no obstacle.
        return wishes | {target: it for target, it in problems.items() if it}

    def _leave_out_unreachable(self, channel, targets, left_out):
        """Leave out whom the channel does not reach, and second targets of one address.

        :param dict left_out: see ``_get_left_out``; changed in place
        """
        Activity = self.env["crm.activity"]
        recipients = {target: Activity._get_recipient_of(target) for target in targets}
        problems = self._get_problems(channel, recipients)
        # sudo: two share an address whoever may read it; what is told of it is asked as the user.
        superuser = self.sudo().env
        first_by_address = {}
        kinds = {target: left_out.get(target, (None,))[0] for target in targets}
        for target in sorted(targets, key=lambda target: kinds[target] != "existing"):
            kind, recipient = kinds[target], recipients[target]
            if not kind and target in problems:
                left_out[target] = problems[target]
                continue
            address = Activity._get_channel_address(channel, recipient.with_env(superuser))
            # Who already has one has been, or will be, written to at this address.
            if not address or kind not in (None, "existing"):
                continue
            first = first_by_address.setdefault(address, target)
            if first != target and not kind:
                left_out[target] = (
                    "same_address",
                    self._describe_same_address(target, recipient, address),
                )

    @api.model
    def _describe_same_address(self, target, recipient, address):
        if recipient._is_crm_address_readable():
            return self.env._(
                "%(address)s is also the address of another selected record.", address=address
            )
        return self.env._(
            "%(name)s has the same address as another selected record.", name=target.display_name
        )
