# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import itertools
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.http import request
from odoo.tools import is_html_empty

from .mail_activity_type import DELIVERED_CHANNELS

# So many subjects are named in the message about a batch of new activities.
ASSIGNMENT_PREVIEW = 10
# So much is shown of a value that cannot be.
SHOWN_LENGTH = 100


class CrmActivity(models.Model):
    """What was done, or will be done, for a customer.

    Unlike Odoo's ``mail.activity``, a to-do that goes away when it is done, this
    record stays: it is what the history, the campaign matrix and the export read.
    """

    _name = "crm.activity"
    _description = "CRM Activity"
    _inherit = [
        "crm.activity.template.mixin",
        "crm.activity.delivery.mixin",
        "crm.activity.export.mixin",
        "crm.activity.letter.mixin",
        "crm.activity.target.ref.mixin",
        "mail.thread",
    ]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Subject",
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Type",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[
            ("crm_channel", "!=", False),
            ("res_model", "in", [False, "crm.activity"]),
        ],
    )
    activity_type_icon = fields.Char(related="activity_type_id.icon")
    channel = fields.Selection(
        selection="_selection_channel",
        compute="_compute_channel",
        store=True,
        precompute=True,
        help="The channel of the type at the time it was chosen.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        required=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
        domain=[("share", "=", False)],
        check_company=True,
        tracking=True,
    )
    date = fields.Datetime(
        string="Date and Time",
        required=True,
        default=fields.Datetime.now,
        index=True,
        tracking=True,
    )
    duration = fields.Float(help="In hours.")
    date_done = fields.Datetime(
        string="Done On",
        compute="_compute_date_done",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
    )
    is_overdue = fields.Boolean(compute="_compute_is_overdue")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        ondelete="restrict",
        domain=["|", ("is_company", "=", True), ("parent_id", "=", False)],
        check_company=True,
        help="The company or person the activity is for: its own commercial entity.",
    )
    contact_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('is_company', '=', False), "
        "('commercial_partner_id', '=?', partner_id), ('parent_id', '!=', False)]",
        check_company=True,
        help="The person at the customer.",
    )
    campaign_id = fields.Many2one("utm.campaign", index="btree_not_null", ondelete="restrict")
    distribution_id = fields.Many2one(
        "crm.activity.distribution",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="What made this activity, together with those for others.",
    )
    body = fields.Html(
        string="Text",
        compute="_compute_body",
        store=True,
        readonly=False,
        precompute=True,
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("pending", "Pending"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        compute="_compute_state",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        copy=False,
        group_expand="_group_expand_state",
        tracking=True,
    )
    failure_reason = fields.Text(readonly=True, copy=False)

    # What the campaign matrix shows, sorts and filters by is read from these alone, with
    # what the record rules ask: see the bridge for those of leads.
    _campaign_partner_type_idx = models.Index(
        "(campaign_id, partner_id, activity_type_id) INCLUDE (state, date, user_id, company_id)"
    )
    _campaign_contact_type_idx = models.Index(
        "(campaign_id, contact_id, activity_type_id) INCLUDE (state, date, user_id, company_id) "
        "WHERE contact_id IS NOT NULL"
    )
    _partner_date_idx = models.Index("(partner_id, date)")
    _user_pending_idx = models.Index("(user_id, date) WHERE state = 'pending'")
    _duration_not_negative = models.Constraint(
        "CHECK(duration >= 0)",
        "The duration of an activity cannot be negative.",
    )

    @api.model
    def _selection_channel(self):
        channel = self.env["mail.activity.type"]._fields["crm_channel"]
        return channel._description_selection(self.env)

    @api.model
    def _group_expand_state(self, states, domain):
        """Columns to drag to, empty or not; drafts and failures only where there are."""
        shown = {*states, "pending", "done", "cancelled"}
        return [code for code, _label in self._fields["state"].selection if code in shown]

    @api.depends("activity_type_id")
    def _compute_name(self):
        self._propose_from_type("name", "summary")

    @api.depends("activity_type_id")
    def _compute_body(self):
        self._propose_from_type("body", "default_note")

    def _propose_from_type(self, field_name, type_field_name):
        """Fill a field from the type, never over what somebody typed.

        A value that equals what some type proposes was proposed, not typed.

        :param str field_name: field of the activity
        :param str type_field_name: field of the type that holds the proposal
        """
        types = self.env["mail.activity.type"].search([("crm_channel", "!=", False)])
        proposals = set(types.mapped(type_field_name))
        for activity in self:
            value = activity[field_name]
            proposal = activity.activity_type_id[type_field_name]
            was_typed = not is_html_empty(value) and value not in proposals
            activity[field_name] = value if was_typed else proposal or value

    # Not on the type's channel: a type that is given another channel later, or none,
    # does not rewrite what was done before.
    @api.depends("activity_type_id")
    def _compute_channel(self):
        for activity in self:
            activity.channel = activity.activity_type_id.crm_channel

    @api.depends("activity_type_id")
    def _compute_state(self):
        for activity in self:
            state = activity.state
            is_new = not activity._origin
            if not state or (is_new and state in ("draft", "pending")):
                channel = activity.activity_type_id.crm_channel
                state = "draft" if channel in DELIVERED_CHANNELS else "pending"
            activity.state = state

    @api.depends("state")
    def _compute_date_done(self):
        for activity in self:
            activity.date_done = activity.state == "done" and (
                activity.date_done or fields.Datetime.now()
            )

    @api.depends("state", "date")
    @api.depends_context("tz")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for activity in self:
            activity.is_overdue = (
                activity.state == "pending"
                and bool(activity.date)
                and fields.Datetime.context_timestamp(activity, activity.date).date() < today
            )

    @api.depends("partner_id.company_id", "contact_id.company_id")
    def _compute_company_id(self):
        target_fields = [name for names in self._get_target_fields().values() for name in names]
        for activity in self:
            companies = (activity[name].company_id for name in target_fields)
            activity.company_id = next(
                filter(None, companies), activity.company_id or self.env.company
            )

    @api.constrains("activity_type_id")
    def _check_activity_type(self):
        """Accept only types that are offered for CRM activities.

        :raise ValidationError: naming the types that are not
        """
        types = self.activity_type_id
        refused = types - types.filtered_domain(self._fields["activity_type_id"].domain)
        if refused:
            raise ValidationError(
                self.env._(
                    "These activity types are not meant for CRM activities: %(types)s. "
                    "Give them a CRM channel first.",
                    types=", ".join(type_.name or "?" for type_ in refused),
                )
            )

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        self.partner_id, self.contact_id = self._resolve_customer(
            self.partner_id,
            self.contact_id
            if self.contact_id.commercial_partner_id == self.partner_id
            else self.contact_id.browse(),
        )

    @api.onchange("contact_id")
    def _onchange_contact_id(self):
        if self.contact_id:
            self.partner_id, self.contact_id = self._resolve_customer(
                self.env["res.partner"], self.contact_id
            )

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Offer nothing new that the gate would refuse: see ``_check_crm_installed``."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if not self._is_crm_installed():
            # The web client takes Duplicate and Import away with it.
            arch.set("create", "0")
        return arch, view

    @api.model_create_multi
    def create(self, vals_list):
        self._check_crm_installed()
        vals_list = [vals.copy() for vals in vals_list]
        self._complete_customers(vals_list)
        # Odoo subscribes and notifies record by record, fifteen queries each; here
        # followers and notifications come below, once for each responsible.
        quiet_self = self.with_context(tracking_disable=True)
        activities = super(CrmActivity, quiet_self).create(vals_list).with_env(self.env)
        if any("attachment_ids" in vals for vals in vals_list):
            activities._adopt_attachments()
        activities._load_template_unless_given(vals_list)
        activities._follow_status()
        if not self.env.context.get("tracking_disable"):
            activities._subscribe_responsibles()
        activities._update_bell(Counter())
        return activities

    def _load_records_create(self, vals_list):
        """Tell an import why it is refused: it would list a redirection's raw arguments."""
        try:
            return super()._load_records_create(vals_list)
        except RedirectWarning as warning:
            raise UserError(warning.args[0]) from warning

    def write(self, vals):
        self._check_final(vals)
        if vals.get("state", "failed") != "failed":
            vals = {"failure_reason": False, **vals}
        changing = self.filtered(lambda a: a.state != vals.get("state", a.state))
        moved = self.browse()
        if {"partner_id", "contact_id"} & vals.keys():
            vals = vals.copy()
            self._complete_customers([vals])
            if "contact_id" not in vals:
                moved = self.filtered(lambda a: a.partner_id.id != vals["partner_id"])
        bell_fields = {"user_id", "date", "state"} & vals.keys()
        due_before = self._count_due_by_user() if bell_fields else None
        result = super().write(vals)
        if contacts_left_behind := moved.filtered(
            lambda a: a.contact_id.commercial_partner_id != a.partner_id
        ):
            contacts_left_behind.contact_id = False
        if "attachment_ids" in vals:
            self._adopt_attachments()
        self._follow_template(vals)
        changing._follow_status()
        if "date" in vals:
            self._reschedule()
        if bell_fields:
            self._update_bell(due_before)
        return result

    def unlink(self):
        self._check_not_sent()  # before mail.thread deletes the message that tells
        due_before = self._count_due_by_user()
        result = super().unlink()
        self.browse()._update_bell(due_before)
        return result

    def _check_not_sent(self):
        """:raise UserError: for what was sent, or is on its way out"""
        sent = self.filtered(
            lambda activity: (
                activity.channel in DELIVERED_CHANNELS
                and (
                    activity.state == "done"
                    or (activity.state == "pending" and activity.mail_message_id)
                )
            )
        )
        if sent:
            raise UserError(
                self.env._(
                    "What was sent to a customer, or is in the outbox, cannot be deleted: "
                    "%(subjects)s",
                    subjects=", ".join(sent[:ASSIGNMENT_PREVIEW].mapped("name")),
                )
            )

    def action_pending(self):
        """Make the activities pending: to be done, or on their way out."""
        return self.write({"state": "pending"})

    def action_done(self):
        """Record that the activities were done, now."""
        return self.write({"state": "done"})

    def action_cancel(self):
        """Cancel the activities. They stay in the history."""
        return self.write({"state": "cancelled"})

    def action_retry(self):
        """Make failed activities pending again; others are left as they are."""
        failed = self.filtered(lambda activity: activity.state == "failed")
        return failed.action_pending()

    def action_replicate(self):
        """Copy the activities with their data, as new ones.

        :return: window action on the copies
        :raise UserError: where CRM is not installed
        """
        # A program may name one twice.
        return self.union().copy()._get_records_action(name=self.env._("Replicated Activities"))

    def action_open_customer(self):
        """Open the customers of the activities.

        :return: window action on ``res.partner``
        :raise UserError: where no activity has a customer
        """
        return self._action_open(
            self.partner_id,
            self.env._("Customers"),
            self.env._("There is no customer on these activities."),
        )

    def action_open_contact(self):
        """Open the contacts of the activities.

        :return: window action on ``res.partner``
        :raise UserError: where no activity has a contact
        """
        return self._action_open(
            self.contact_id,
            self.env._("Contacts"),
            self.env._("There is no contact on these activities."),
        )

    def _action_open(self, records, name, nothing_message):
        if not records:
            raise UserError(nothing_message)
        return records._get_records_action(name=name)

    @api.model
    def _is_crm_installed(self):
        """:return: whether activities can be generated in this database
        :rtype: bool
        """
        return "crm" in self.env["ir.module.module"]._installed()

    @api.model
    def _check_crm_installed(self):
        """Refuse to generate activities where CRM is not installed.

        :raise RedirectWarning: with a button to Apps, for whoever may install
        :raise UserError: for everybody else, and for programs
        """
        if self._is_crm_installed():
            return
        message = self.env._(
            "Activities can only be created with the CRM module. "
            "Install the app “CRM” (crm) to create them; existing ones stay readable."
        )
        # A request outside a session is a program's: it sees no button, and JSON-2 makes
        # a server error of a redirection.
        is_program = request and not request.session.uid
        if is_program or not self.env.user.has_group("base.group_system"):
            raise UserError(message)
        raise RedirectWarning(
            message,
            self.env.ref("base.open_module_tree").id,
            self.env._("Open Apps"),
            {"search_default_name": "crm", "search_default_app": 1},
        )

    @api.model
    def _get_target_fields(self):
        return {**super()._get_target_fields(), "res.partner": ["partner_id", "contact_id"]}

    @api.model
    def _action_new_for(self, targets):
        """Ask for the activity to be made for the targets.

        :param targets: records of a model in :meth:`_get_target_fields`
        :return: window action of a dialog: the activity itself for one target, else
            one definition for all
        :raise UserError: where CRM is not installed or nothing is selected
        :raise AccessError: for users who may not create activities
        """
        self._check_crm_installed()
        self.check_access("create")
        if not targets:
            raise UserError(self.env._("Select at least one record first."))
        context = self._get_new_defaults()
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("New Activity"),
            "target": "new",
            "view_mode": "form",
        }
        if len(targets) > 1:
            return {
                **action,
                "name": self.env._("New Activity for %(count)s Records", count=len(targets)),
                "res_model": "crm.activity.distribute",
                "context": {
                    **context,
                    "default_target_model": targets._name,
                    "default_target_ids": targets.ids,
                },
            }
        target_field = self._get_target_fields()[targets._name][0]
        view = self.env.ref("crm_activity_ext.crm_activity_view_form_dialog")
        return {
            **action,
            "name": self.env._("New Activity for %(target)s", target=targets.display_name),
            "res_model": self._name,
            "views": [(view.id, "form")],
            "context": {
                **context,
                f"default_{target_field}": targets.id,
                "crm_activity_hide_target": True,
            },
        }

    @api.model
    def _get_new_defaults(self):
        """:return: context of a new activity: the campaign it is asked from, the type clicked"""
        asked = {
            "default_campaign_id": self._get_context_id("crm_campaign_id"),
            "default_activity_type_id": self._get_context_id("default_activity_type_id"),
        }
        return {key: value for key, value in asked.items() if value}

    @api.model
    def _get_context_id(self, key):
        """:return: the id that the context has under this key; None for anything else"""
        value = self.env.context.get(key)
        # A boolean is an int to Python.
        return value if type(value) is int else None

    @api.model
    def _get_given(self, vals, field_name):
        """:return: the record that values to be written have in a field, or none
        :raise ValidationError: for what is no id
        """
        value = vals.get(field_name) or False
        # A boolean is an int to Python.
        if value is not False and type(value) is not int:
            field = self._fields[field_name]
            raise ValidationError(
                self.env._(
                    "“%(field)s” takes the ID of one record, and not: %(value)s",
                    field=field._description_string(self.env),
                    value=str(value)[:SHOWN_LENGTH],
                )
            )
        return self.env[self._fields[field_name].comodel_name].browse(value or ())

    @api.model
    def _resolve_customer(self, partner, contact):
        """Tell customer and contact apart.

        :param partner: what was given as the customer, maybe a person below it
        :param contact: what was given as the contact, maybe the customer itself
        :return: ``(customer, contact)``, each one ``res.partner`` or none
        :raise ValidationError: for a contact of another customer
        """
        customer = (partner or contact).commercial_partner_id
        contact = contact or partner
        if contact and contact.commercial_partner_id != customer:
            raise ValidationError(
                self.env._(
                    "%(contact)s is not a contact of %(customer)s. "
                    "Choose one of its contacts, or change the customer.",
                    contact=contact.display_name,
                    customer=customer.display_name,
                )
            )
        return customer, contact - customer

    @api.model
    def _complete_customers(self, vals_list):
        """Make customer and contact follow each other in values to be written.

        Whichever is not given follows the other, as :meth:`_resolve_customer` says.

        :param list vals_list: values, changed in place
        """
        given = [
            [self._get_given(vals, name) for name in ("partner_id", "contact_id")]
            for vals in vals_list
        ]
        self.env["res.partner"].union(*itertools.chain(*given)).fetch(["commercial_partner_id"])
        for vals, (partner, contact) in zip(vals_list, given, strict=True):
            if not (partner or contact):
                continue
            customer, contact = self._resolve_customer(partner, contact)
            vals["partner_id"] = customer.id
            if contact or "contact_id" in vals:
                vals["contact_id"] = contact.id

    @api.model
    def _realign_customers(self, partners):
        """Follow partners that moved: into another company, or by a merge.

        Activities of a person who has become a contact belong to the customer above,
        with that person as the contact; a customer's company is its activities'.

        :param partners: ``res.partner`` that moved
        """
        activities = self.search([("partner_id", "in", partners.ids)])
        for partner, moved in activities.grouped("partner_id").items():
            customer = partner.commercial_partner_id
            if customer != partner:
                with_contact = moved.filtered("contact_id")
                with_contact.write({"partner_id": customer.id})
                (moved - with_contact).write({"contact_id": partner.id})
        self.env.add_to_compute(self._fields["company_id"], activities)

    @api.model
    def _check_unreferenced(self, field_name, records):
        """Refuse to delete what activities are about.

        :param str field_name: field of the activity that points at the records
        :param records: what is to be deleted
        :raise UserError: saying how many activities there are and what to do
        """
        # sudo: the activities of others count too; no more than their number is told.
        groups = self.sudo()._read_group(
            [(field_name, "in", records.ids)], [field_name], ["__count"]
        )
        if not groups:
            return
        raise UserError(
            self.env._(
                "This cannot be deleted, as CRM activities refer to it: %(names)s "
                "(activities: %(count)s). Archive instead, and their history stays.",
                count=sum(count for _record, count in groups),
                names=", ".join(record.display_name for record, _count in groups),
            )
        )

    def _subscribe_responsibles(self):
        """Let each responsible follow, and tell those who were given work by others."""
        for user, activities in self.grouped("user_id").items():
            activities._message_auto_subscribe({"user_id": user.id})

    def _message_auto_subscribe_notify(self, partner_ids, template):
        """Tell a responsible once about all the activities handed over together."""
        if (
            len(self) <= 1
            or self.env.context.get("mail_auto_subscribe_no_notify")
            or not self.env.registry.ready
        ):
            return super()._message_auto_subscribe_notify(partner_ids, template)
        subject = self.env._("You have been assigned %(count)s CRM activities", count=len(self))
        body = self.env["ir.qweb"]._render(
            "crm_activity_ext.message_activities_assigned",
            {"activities": self[:ASSIGNMENT_PREVIEW], "count": len(self)},
            minimal_qcontext=True,
        )
        self.env["mail.thread"].message_notify(
            subject=subject,
            body=self.env["mail.render.mixin"]._replace_local_links(body),
            partner_ids=partner_ids,
            email_layout_xmlid="mail.mail_notification_layout",
            model_description=self.env["ir.model"]._get(self._name).display_name,
        )

    def _count_due_by_user(self):
        """How many of these are pending up to today, on each responsible's clock.

        :return: ``Counter({res.users: number})``
        """
        due = Counter()
        for user, activities in self.grouped("user_id").items():
            activities = activities.with_context(tz=user.tz)
            today = fields.Date.context_today(activities)
            due[user] = sum(
                activity.state == "pending"
                and fields.Datetime.context_timestamp(activity, activity.date).date() <= today
                for activity in activities
            )
        return due

    def _update_bell(self, due_before):
        """Move the number on the responsibles' activity menus, without a reload.

        :param Counter due_before: what :meth:`_count_due_by_user` gave before
        """
        due = self._count_due_by_user()
        for user in due.keys() | due_before.keys():
            change = due[user] - due_before[user]
            if change:
                direction = "activity_created" if change > 0 else "activity_deleted"
                user._bus_send("mail.activity/updated", {direction: True, "count_diff": change})
