# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.bell import BellChanges

# Subjects listed in the notification about a batch of activities.
ASSIGNMENT_PREVIEW = 10
# What is still to be done.
OPEN_STATES = ("draft", "pending")
# What people write to each other; what the system notes has other types.
CONVERSATION = ("comment", "email")
# Where a transaction notes what moved to another company.
MOVED_KEY = "crm_activity_ext.moved_ids"


class CrmActivityResponsibleMixin(models.AbstractModel):
    """Who is responsible for an activity, and is notified of it: by message and activity menu."""

    _name = "crm.activity.responsible.mixin"
    _description = "CRM Activity Responsible"

    @api.constrains("user_id")
    def _check_user_id(self):
        """:raise ValidationError: naming who cannot be responsible"""
        self._check_responsibles(self.user_id)

    @api.model
    def _check_responsibles(self, users):
        """:raise ValidationError: naming those of the users who cannot be responsible"""
        # sudo: a salesperson may name a user of whom Odoo shows no more than the name.
        if refused := users.sudo().filtered(lambda user: not self._is_employee(user)):
            raise ValidationError(
                self.env._(
                    "%(names)s cannot be responsible for CRM activities. Choose an active "
                    "internal user.",
                    names=", ".join(refused.mapped("name")),
                )
            )

    @api.model
    def _is_employee(self, user):
        """:return: whether a user, or none, is an internal one who is not archived"""
        # OdooBot is archived, and works all the same.
        return bool(user) and (user.active or user._is_superuser()) and not user.share

    @api.model
    def _can_be_responsible(self, user, company):
        """:return: whether a user may be given activities of the company"""
        # sudo: users of companies that are closed to the current one are asked as well.
        user = user.sudo()
        return self._is_employee(user) and company.id in user._get_company_ids()

    def _follow_company(self):
        """Move to the company of the customer or lead, and see that somebody there does the work.

        Customers move one by one, with their contacts before them. So who takes over is
        asked at the end of the transaction, and everybody is told once.
        """
        self.env.add_to_compute(self._fields["company_id"], self)
        precommit = self.env.cr.precommit
        moved_ids = precommit.data.setdefault(MOVED_KEY, set())
        if not moved_ids:
            precommit.add(self.browse()._hand_over_moved)
        moved_ids.update(self.ids)

    def _hand_over_moved(self):
        """Give open work to who works in the company that it has moved to.

        A responsible who does not could not see it any more. It goes to the salesperson of
        the lead or the customer, else to the salesperson who moved them, else it stays. All
        are told. What was done stays with who did it.
        """
        moved = self.browse(self.env.cr.precommit.data.pop(MOVED_KEY, ())).exists()
        absent = moved.filtered(
            lambda activity: (
                activity.state in OPEN_STATES
                and activity.company_id not in activity.user_id.company_ids
            )
        )
        formers = {activity: activity.user_id for activity in absent}
        successors = {activity: activity._get_successor() for activity in absent}
        handed_over = absent.filtered(successors.get)
        # Odoo's tracking would take several queries for each.
        for user, activities in handed_over.grouped(successors.get).items():
            activities.with_context(tracking_disable=True).user_id = user
        handed_over._subscribe_responsibles()
        absent._message_log_batch({a.id: a._describe_move(formers[a]) for a in absent})
        absent._notify_former_responsibles(formers)

    def _get_successor(self):
        """:return: ``res.users`` who may take an activity over in its company, or none"""
        self.ensure_one()
        fields_by_model = reversed(self._get_target_fields().values())
        targets = [self[name] for names in fields_by_model for name in names if self[name]]
        candidates = [target._get_crm_activity_salesperson() for target in targets]
        if self.env.user.has_group("sales_team.group_sale_salesman"):
            candidates.append(self.env.user)
        return next(
            (user for user in candidates if self._can_be_responsible(user, self.company_id)),
            self.env["res.users"],
        )

    def _describe_move(self, former):
        """:return: what the chatter says of a move to where the former responsible does not work"""
        self.ensure_one()
        if self.user_id != former:
            return self.env._(
                "This activity now belongs to %(company)s. %(former)s has no access to this "
                "company, so %(user)s is now responsible.",
                company=self.company_id.name,
                former=former.name,
                user=self.user_id.name,
            )
        return self.env._(
            "This activity now belongs to %(company)s. %(former)s has no access to this company, "
            "and the customer has no salesperson there. Choose a new responsible.",
            company=self.company_id.name,
            former=former.name,
        )

    def _notify_former_responsibles(self, formers):
        """Tell former responsibles, once for each company, what they do not see any more.

        :param dict formers: ``{activity: its former responsible}``
        """
        moves = self.grouped(lambda activity: (formers[activity], activity.company_id))
        for (former, company), activities in moves.items():
            if not former.active:
                continue
            reader = self.with_context(lang=former.lang)
            body = reader.env["ir.qweb"]._render(
                "crm_activity_ext.message_activities_moved",
                {
                    "activities": activities[:ASSIGNMENT_PREVIEW].with_env(reader.env),
                    "company": company,
                    "count": len(activities),
                    "former": former,
                },
                minimal_qcontext=True,
            )
            self.env["mail.thread"].message_notify(
                subject=reader.env._(
                    "Some of your CRM activities now belong to %(company)s",
                    company=company.name,
                ),
                body=body,
                partner_ids=former.partner_id.ids,
                email_layout_xmlid="mail.mail_notification_layout",
                model_description=reader.env["ir.model"]._get(self._name).display_name,
            )

    def _subscribe_responsibles(self):
        """Let each responsible follow, and tell those who were given work by others."""
        for user, activities in self.grouped("user_id").items():
            activities._message_auto_subscribe({"user_id": user.id})

    def message_post(self, **kwargs):
        """Let the responsible follow what is written here, from the first message on.

        Who plans their own work does not follow it before: most activities never get a message,
        and a follower takes half as much space as an activity. Who has stopped following after
        that is left alone.
        """
        self.ensure_one()
        # sudo: whoever is told by e-mail may answer, whether or not they can open the activity.
        quiet_self = self.sudo().with_context(mail_auto_subscribe_no_notify=True)
        is_written_to = quiet_self.env["mail.message"].search_count(
            [
                ("model", "=", self._name),
                ("res_id", "=", self.id),
                ("message_type", "in", CONVERSATION),
            ],
            limit=1,
        )
        if not is_written_to:
            quiet_self._message_auto_subscribe({"user_id": quiet_self.user_id.id})
        return super().message_post(**kwargs)

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

    def _count_open(self):
        """:return: ``Counter({(res.users, datetime): how many of these are to be done then})``"""
        return Counter(
            (activity.user_id, activity.date) for activity in self if activity.state in OPEN_STATES
        )

    def _update_bell(self, open_before):
        """Move the number on the responsibles' activity menus, without a reload.

        :param Counter open_before: what :meth:`_count_open` gave before
        """
        changes = self._count_open()
        changes.subtract(open_before)
        told_later = BellChanges.of(self.env)
        if told_later:
            told_later.add(changes)
        else:
            self._ring(changes)

    @api.model
    def _ring(self, changes):
        """Tell web clients how many more are due up to today, on each responsible's clock.

        :param Counter changes: ``{(res.users, datetime): how many more are to be done then}``
        """
        changes = {key: change for key, change in changes.items() if change}
        Users = self.env["res.users"]
        # As Odoo remembers it, so that nobody's partner is read for it. What is changed on the
        # partner, and not on the user, counts once Odoo forgets.
        zones = {user: Users.with_user(user).context_get().get("tz") for user, _date in changes}
        clocks = {user: self.with_context(tz=zone) for user, zone in zones.items()}
        todays = {user: fields.Date.context_today(clock) for user, clock in clocks.items()}
        due = Counter()
        for (user, date), change in changes.items():
            if fields.Datetime.context_timestamp(clocks[user], date).date() <= todays[user]:
                due[user] += change
        for user, change in due.items():
            if change:
                direction = "activity_created" if change > 0 else "activity_deleted"
                user._bus_send("mail.activity/updated", {direction: True, "count_diff": change})
