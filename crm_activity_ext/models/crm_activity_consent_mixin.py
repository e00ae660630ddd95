# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..tools.values import SystemValue

# {what somebody does not want: since when}
SINCE = {
    "crm_refuses_call": "crm_refuses_call_since",
    "crm_refuses_post": "crm_refuses_post_since",
    "crm_refuses_visit": "crm_refuses_visit_since",
}


def is_blacklisted(model, alias, _query):
    """:return: SQL of a domain: whose phone number is on Odoo's blacklist"""
    return SQL(
        "COALESCE(%s IN (SELECT number FROM phone_blacklist WHERE active), FALSE)",
        SQL.identifier(alias, "phone_sanitized", to_flush=model._fields["phone_sanitized"]),
    )


class CrmActivityConsentMixin(models.AbstractModel):
    """By what somebody does not want to be contacted.

    A wish is the day since which it is known; that there is one follows from it. So there is none
    without a day, and where records are merged, what one of them has is what stays: the strictest.
    Mail and SMS have Odoo's own blacklists, of addresses and numbers.
    """

    _name = "crm.activity.consent.mixin"
    _description = "Consent to Be Contacted"

    crm_refuses_call = fields.Boolean(
        string="Does Not Want Calls",
        compute="_compute_crm_refuses_call",
        inverse="_inverse_crm_refuses_call",
        search="_search_crm_refuses_call",
        groups="base.group_user",
        help="Nobody calls for a campaign. Calls without one are still possible.",
    )
    crm_refuses_post = fields.Boolean(
        string="Does Not Want Post",
        compute="_compute_crm_refuses_post",
        inverse="_inverse_crm_refuses_post",
        search="_search_crm_refuses_post",
        groups="base.group_user",
        help="No letters and faxes for a campaign. Those without one are still possible.",
    )
    crm_refuses_visit = fields.Boolean(
        string="Does Not Want Visits",
        compute="_compute_crm_refuses_visit",
        inverse="_inverse_crm_refuses_visit",
        search="_search_crm_refuses_visit",
        groups="base.group_user",
        help="No visits for a campaign. Those without one are still possible.",
    )
    crm_refuses_call_since = fields.Date(
        string="No Calls since",
        index="btree_not_null",
        tracking=True,
        groups="base.group_user",
    )
    crm_refuses_post_since = fields.Date(
        string="No Post since",
        index="btree_not_null",
        tracking=True,
        groups="base.group_user",
    )
    crm_refuses_visit_since = fields.Date(
        string="No Visits since",
        index="btree_not_null",
        tracking=True,
        groups="base.group_user",
    )
    crm_refusal_user_id = fields.Many2one(
        "res.users",
        string="Noted by",
        ondelete="set null",
        copy=False,
        groups="base.group_user",
        help="Who last noted what is not wanted.",
    )
    crm_refusal_reason = fields.Char(
        string="Opt-Out Reason",
        tracking=True,
        groups="base.group_user",
        help="Where the wish comes from: what was said, or the list that it stands on.",
    )

    crm_refusal_summary = fields.Char(
        string="Does Not Want",
        compute="_compute_crm_refusal_summary",
        exportable=False,
        groups="base.group_user",
        help="Their own wish, that of their company, and the blacklists of email addresses and "
        "phone numbers.",
    )
    crm_may_be_called = fields.Boolean(
        string="May Be Called",
        compute="_compute_crm_may_be_called",
        search="_search_crm_may_be_called",
        exportable=False,
        groups="sales_team.group_sale_salesman",
        help="There is a phone number that is not blacklisted, and nobody has said that they do "
        "not want calls.",
    )

    # A method for each: what shares one is protected together, and one would undo the others.
    @api.depends("crm_refuses_call_since")
    def _compute_crm_refuses_call(self):
        self._compute_crm_refusal("crm_refuses_call")

    @api.onchange("crm_refuses_call")
    def _inverse_crm_refuses_call(self):
        self._inverse_crm_refusal("crm_refuses_call")

    @api.model
    def _search_crm_refuses_call(self, operator, value):
        return self._search_crm_refusal("crm_refuses_call", operator, value)

    @api.depends("crm_refuses_post_since")
    def _compute_crm_refuses_post(self):
        self._compute_crm_refusal("crm_refuses_post")

    @api.onchange("crm_refuses_post")
    def _inverse_crm_refuses_post(self):
        self._inverse_crm_refusal("crm_refuses_post")

    @api.model
    def _search_crm_refuses_post(self, operator, value):
        return self._search_crm_refusal("crm_refuses_post", operator, value)

    @api.depends("crm_refuses_visit_since")
    def _compute_crm_refuses_visit(self):
        self._compute_crm_refusal("crm_refuses_visit")

    @api.onchange("crm_refuses_visit")
    def _inverse_crm_refuses_visit(self):
        self._inverse_crm_refusal("crm_refuses_visit")

    @api.model
    def _search_crm_refuses_visit(self, operator, value):
        return self._search_crm_refusal("crm_refuses_visit", operator, value)

    def _compute_crm_refusal(self, name):
        for record in self:
            record[name] = bool(record[SINCE[name]])

    def _inverse_crm_refusal(self, name):
        """From today on, or not any more; a day that is known stays."""
        changed = self.filtered(lambda record: record[name] != bool(record[SINCE[name]]))
        for refuses, records in changed.grouped(name).items():
            records[SINCE[name]] = refuses and fields.Date.context_today(self)

    @api.model
    def _search_crm_refusal(self, name, operator, value):
        if operator != "in":
            return NotImplemented
        refused = Domain(SINCE[name], "!=", False)
        found = refused if True in value else Domain.FALSE
        return found | ~refused if False in value else found

    @api.depends_context("lang")
    def _compute_crm_refusal_summary(self):
        labels = {
            "crm_refuses_call_since": self.env._("Calls"),
            "crm_refuses_post_since": self.env._("Post"),
            "crm_refuses_visit_since": self.env._("Visits"),
        }
        for record in self:
            # sudo: a wish holds whoever may read whose it is.
            holders = record.sudo()._get_crm_consent_holders()
            refused = {name for name in labels if any(holder[name] for holder in holders)}
            # sudo: Odoo shows the blacklists to fewer people than have to heed them.
            if record.sudo().phone_sanitized_blacklisted:
                refused.add("crm_refuses_call_since")
            words = [label for name, label in labels.items() if name in refused]
            # sudo: see above.
            if record.sudo().is_blacklisted:
                words.append(self.env._("Emails"))
            record.crm_refusal_summary = ", ".join(words)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_crm_may_be_called(self):
        """By the rule of the channel: see ``crm.activity.reach.mixin``."""
        Activity = self.env["crm.activity"]
        recipients = {record: Activity._get_recipient_of(record) for record in self}
        unreachable = Activity._get_unreachable("call_out", list(recipients.values()))
        wishes = Activity._get_refusals("call_out", list(recipients))
        for record, recipient in recipients.items():
            record.crm_may_be_called = recipient not in unreachable and record not in wishes

    @api.model
    def _search_crm_may_be_called(self, operator, value):
        if operator != "in":
            return NotImplemented
        found = self._get_crm_callable_domain()
        return (found if True in value else Domain.FALSE) | (
            ~found if False in value else Domain.FALSE
        )

    @api.model
    def _get_crm_callable_domain(self):
        """The rule of calls, asked of the database: of a hundred thousand, a page is shown.

        :return: Domain, who has a number and may be called
        """
        return self._get_crm_number_domain() & Domain("crm_refuses_call_since", "=", False)

    @api.model
    def _get_crm_number_domain(self):
        """:return: Domain, of those with a number of their own that is not blacklisted"""
        return Domain("phone", "not in", [False, ""]) & ~Domain.custom(to_sql=is_blacklisted)

    @api.model_create_multi
    def create(self, vals_list):
        noted = {"crm_refusal_user_id": self.env.uid}
        told = map(self._tell_who_noted, vals_list)
        return super().create(
            [
                noted | vals if any(vals.get(since) for since in SINCE.values()) else vals
                for vals in told
            ]
        )

    def write(self, vals):
        """Whoever notes a wish, or takes one back, has noted it."""
        vals = self._tell_who_noted(vals)
        names = set(SINCE.values()) & vals.keys()
        if not names or "crm_refusal_user_id" in vals:
            return super().write(vals)
        noted = self.filtered(
            lambda record: any(record[name] != fields.Date.to_date(vals[name]) for name in names)
        )
        super(CrmActivityConsentMixin, noted).write({**vals, "crm_refusal_user_id": self.env.uid})
        return super(CrmActivityConsentMixin, self - noted).write(vals)

    @api.model
    def _tell_who_noted(self, vals):
        """:return: the values; who has noted a wish is there only where the system says so"""
        user = vals.get("crm_refusal_user_id")
        if isinstance(user, SystemValue):
            return {**vals, "crm_refusal_user_id": user.value}
        if self.env.su:
            return vals
        return {name: value for name, value in vals.items() if name != "crm_refusal_user_id"}

    @api.model
    def _get_crm_consent_fields(self):
        """:return: list of the stored fields that a wish is made of"""
        return [*SINCE.values(), "crm_refusal_user_id", "crm_refusal_reason"]

    def _get_strictest_crm_wishes(self):
        """What the one has to have that these, which are one person's, are merged into.

        :return: values of the consent fields: of each wish the first day, and the reason and user
            of who was the first to give a reason
        """
        wishes = {
            since: min(filter(None, self.mapped(since)), default=False) for since in SINCE.values()
        }
        refusing = self.filtered(lambda record: any(record[since] for since in wishes))
        first = refusing.sorted(
            lambda record: (
                not record.crm_refusal_reason,
                min(record[since] for since in wishes if record[since]),
            )
        )[:1]
        return {
            **wishes,
            "crm_refusal_user_id": SystemValue(first.crm_refusal_user_id.id),
            "crm_refusal_reason": first.crm_refusal_reason,
        }

    @api.model
    def _get_crm_refusal_fields(self):
        """:return: ``{channel: the field since when it is not wanted}``; a fax is a letter"""
        return {
            "call_out": "crm_refuses_call_since",
            "letter": "crm_refuses_post_since",
            "fax": "crm_refuses_post_since",
            "visit": "crm_refuses_visit_since",
        }

    def _get_crm_consent_holders(self):
        """:return: list of the records whose wishes hold for this one: the strictest counts"""
        return [self]

    def _get_crm_refusing(self, channel):
        """:return: list of those of its consent holders that do not want this channel"""
        name = self._get_crm_refusal_fields().get(channel)
        return [holder for holder in self._get_crm_consent_holders() if name and holder[name]]

    def _get_crm_refusal(self, channel):
        """Whether somebody does not want this channel: the record itself, or whom it belongs to.

        :param str channel: code of the channel
        :return: the reason in words, or False
        """
        # sudo: a wish holds whoever may read whose it is.
        refusing = self.sudo()._get_crm_refusing(channel)
        if not refusing:
            return False
        name = self._get_crm_refusal_fields()[channel]
        first = min(refusing, key=lambda holder: holder[name])
        # Who may not read whose wish it is, is told that it holds for whom they ask of.
        named = first if first.sudo(self.env.su).has_access("read") else self.sudo()
        values = {
            "name": named.display_name,
            "date": format_date(self.env, first[name], date_format="long"),
        }
        if name == "crm_refuses_call_since":
            return self.env._("%(name)s does not want calls (since %(date)s).", **values)
        if name == "crm_refuses_post_since":
            return self.env._("%(name)s does not want post (since %(date)s).", **values)
        return self.env._("%(name)s does not want visits (since %(date)s).", **values)
