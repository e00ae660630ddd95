# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .crm_activity_responsible_mixin import OPEN_STATES

# Why nothing is planned: see crm.activity.distribution.line.
OPTED_OUT = "opted_out"
# Where a transaction notes, for as long as one step takes, which phone numbers are blacklisted:
# {number: whether it is, None where nobody has asked yet}.
NUMBERS_KEY = "crm_activity_ext.numbers"
# Reasons that are told in an error message.
NAMED_COUNT = 10


class CrmActivityReachMixin(models.AbstractModel):
    """Who may be reached by which channel, and who does not want to be.

    What is part of a campaign is marketing: it is not planned for who does not want it, by no way
    in. What is not is personal, as a call about somebody's order: whoever makes it is told, and
    decides. What has happened has happened, and is recorded.
    """

    _name = "crm.activity.reach.mixin"
    _description = "Who May Be Reached by CRM Activities"
    _inherit = ["crm.activity.recipient.mixin"]

    opt_out_warning = fields.Char(
        string="Not Wanted",
        compute="_compute_opt_out_warning",
        exportable=False,
        help="Who does not want to be contacted this way, and since when.",
    )

    @api.depends(lambda self: ["channel", *sorted(self._get_wanted_fields())])
    @api.depends_context("lang", "uid", "allowed_company_ids")
    def _compute_opt_out_warning(self):
        # What Odoo delivers says so in its envelope.
        asked = self.filtered(lambda a: a.state in OPEN_STATES and not a.has_delivered_channel)
        reasons = asked._get_opt_outs()
        for activity in self:
            activity.opt_out_warning = reasons.get(activity, False)

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        # A distribution, and nobody else says what is one's, has asked a moment ago.
        activities.filtered(lambda activity: not activity.distribution_id)._check_wanted()
        return activities

    def write(self, vals):
        """Ask of what is written, and of nothing that was like that before."""
        decisive = self._get_wanted_fields() & vals.keys()
        is_closed = vals.get("state", OPEN_STATES[0]) not in OPEN_STATES
        # What the system writes follows from what has happened elsewhere.
        if not decisive or is_closed or self.env.su:
            return super().write(vals)
        before = {activity: activity._get_wanted_basis() for activity in self}
        result = super().write(vals)
        self.filtered(lambda a: a._is_asked_anew(before[a]))._check_wanted()
        return result

    @api.model
    def _get_wanted_fields(self):
        """:return: set of the names of the fields that decide whether somebody wants this"""
        decisive = {"activity_type_id", "campaign_id", "state", "participant_ids"}
        return decisive | self._get_recipient_fields()

    def _get_wanted_basis(self):
        """:return: ``(channel, whom it is for)``, or None where nobody is asked what they want"""
        return (self.channel, self._get_targets()) if self._is_planned_marketing() else None

    def _is_asked_anew(self, before):
        """:param before: what :meth:`_get_wanted_basis` gave before
        :return: whether there is more to be asked now; nobody is by being taken off
        """
        after = self._get_wanted_basis()
        is_same_channel = before and after and before[0] == after[0]
        return after and not (is_same_channel and set(before[1]).issuperset(after[1]))

    def _is_planned_marketing(self):
        return bool(self.campaign_id) and self.state in OPEN_STATES

    def _get_unwanted(self):
        """:return: ``{activity: why not}`` for those planned in a campaign for who does not want
        it, as one who has opted out since
        """
        return self.filtered(lambda a: a._is_planned_marketing())._get_opt_outs()

    def _check_wanted(self):
        """:raise ValidationError: naming who does not want what is planned in a campaign"""
        if reasons := list(dict.fromkeys(self._get_unwanted().values())):
            raise ValidationError(
                self.env._(
                    "%(reasons)s\n\nCampaigns leave out people who do not want to be contacted. If "
                    "this is not marketing, plan it without a campaign.",
                    reasons="\n".join(reasons[:NAMED_COUNT]),
                )
            )

    def _get_opt_outs(self, channel=None):
        """Ask of activities whether whom they are for want them, in a constant number of queries.

        :param str channel: code of another channel than their own
        :return: ``{activity: why not, in words}`` for those that are not wanted
        """
        opt_outs = {}
        groups = {channel: self} if channel else self.grouped("channel")
        for channel, activities in groups.items():
            recipients = {activity: activity._get_recipient() for activity in activities}
            unreachable = self._get_unreachable(channel, list(filter(None, recipients.values())))
            wishes = self._get_refusals(channel, activities._get_targets())
            for activity, recipient in recipients.items():
                problems = [wishes.get(target) for target in activity._get_targets()]
                problems.append(unreachable.get(recipient))
                reasons = (reason for kind, reason in filter(None, problems) if kind == OPTED_OUT)
                if reason := next(reasons, False):
                    opt_outs[activity] = reason
        return opt_outs

    def _get_targets(self):
        """:return: list of the records that these are made for, of any model, and who takes part"""
        names = [*sorted(self._get_recipient_fields()), "participant_ids"]
        targets = (target for activity in self for name in names for target in activity[name])
        return list(dict.fromkeys(targets))

    @api.model
    def _is_bound_by_opt_out(self, channel, campaign):
        """:return: whether nobody who has opted out gets such an activity; a message of Odoo's
        never leaves for them, whatever it is for
        """
        return bool(campaign) or channel in self._get_delivered_channels()

    @api.model
    def _get_refusals(self, channel, targets):
        """Who does not want a channel, whatever there is to reach them by.

        :param list targets: records of models with ``crm.activity.target.mixin``
        :return: ``{target: (kind, reason)}``: see ``_get_unreachable``
        """
        if channel not in self.env["crm.activity.consent.mixin"]._get_crm_refusal_fields():
            return {}
        # sudo: a wish holds whoever may read whose it is. Once, as few of thousands have one.
        superuser = self.sudo().env
        refusing = (t for t in targets if t.with_env(superuser)._get_crm_refusing(channel))
        return {target: (OPTED_OUT, target._get_crm_refusal(channel)) for target in refusing}

    @api.model
    def _get_refused_numbers(self, numbers):
        """:return: set of those of the phone numbers, in normal form, that are blacklisted"""
        numbers = set(filter(None, numbers))
        known = self.env.cr.cache.get(NUMBERS_KEY, {})
        if any(known.get(number) is None for number in numbers):
            asked = numbers.union(
                number for number, is_refused in known.items() if is_refused is None
            )
            refused = self._find_refused_numbers(asked)
            known.update((number, number in refused) for number in asked)
        return {number for number in numbers if known[number]}

    @api.model
    def _find_refused_numbers(self, numbers):
        # sudo: salespeople may not read the blacklist, but must not use its numbers either.
        blacklist = self.env["phone.blacklist"].sudo()
        # Past its search, which would read each of thousands of numbers anew.
        blacklist.flush_model(["active", "number"])
        rows = self.env.execute_query(
            SQL(
                "SELECT number FROM phone_blacklist WHERE active AND number = ANY(%s)",
                list(numbers),
            )
        )
        return {number for (number,) in rows}

    @contextmanager
    def _asking_of_numbers(self):
        """Within it, the blacklist is asked once of all numbers that these are called by: nothing
        there changes it.
        """
        recipients = (activity._get_recipient() for activity in self)
        numbers = (r and self._get_channel_address_call_out(r) for r in recipients)
        cache = self.env.cr.cache
        is_within = NUMBERS_KEY in cache
        known = cache.setdefault(NUMBERS_KEY, {})
        for number in filter(None, numbers):
            known.setdefault(number)
        try:
            yield
        finally:
            if not is_within:
                cache.pop(NUMBERS_KEY, None)

    @api.model
    def _get_channel_address_call_out(self, recipient):
        # sudo: a contact has the number of its company, which may be hidden where it is not.
        return recipient.sudo()._get_crm_activity_normal_number()

    @api.model
    def _get_channel_address_fax(self, recipient):
        return self._get_channel_address_call_out(recipient)

    @api.model
    def _get_channel_address_letter(self, recipient):
        return recipient._get_crm_activity_postal_address()

    @api.model
    def _get_unreachable_call_out(self, recipients):
        """Whom no call reaches, or must not: see ``_get_unreachable``."""
        # sudo: as whose address it is; once for all.
        superuser = self.sudo().env
        numbers = {r: self._get_channel_address_call_out(r.with_env(superuser)) for r in recipients}
        refused = self._get_refused_numbers(numbers.values())
        unreachable = {}
        for recipient, number in numbers.items():
            if not number:
                reason = self.env._("%(name)s has no phone number.", name=recipient.display_name)
                unreachable[recipient] = ("no_address", reason)
            elif number in refused:
                # Who may not read the number is told the name.
                is_readable = recipient._is_crm_address_readable()
                told = number if is_readable else recipient.display_name
                reason = self.env._("%(number)s is blacklisted.", number=told)
                unreachable[recipient] = (OPTED_OUT, reason)
        return unreachable

    @api.model
    def _get_unreachable_fax(self, recipients):
        """There is no other number than that of the phone."""
        return self._get_unreachable_call_out(recipients)

    @api.model
    def _get_unreachable_letter(self, recipients):
        """Whom no letter reaches: see ``_get_unreachable``."""
        return {
            recipient: (
                "no_address",
                self.env._("%(name)s has no complete postal address.", name=recipient.display_name),
            )
            for recipient in recipients
            if not self._get_channel_address_letter(recipient)
        }
