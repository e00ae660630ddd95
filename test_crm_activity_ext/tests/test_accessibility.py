# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
import os
import unittest
from pathlib import Path

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import HistoryCase

AXE_CORE = Path(os.environ.get("AXE_CORE") or "axe.min.js")
# A form without its chatter, which is Odoo's.
SHEET = ".o_control_panel, .o_form_sheet_bg"
COMPARE = """
    odoo.loader.modules.get("@test_crm_activity_ext/../tests/accessibility")
        .compare("/web/content/%s", %s)
        .then(() => console.log("test successful"), (error) => console.error(error.message));
"""


@tagged("post_install", "-at_install")
class TestAccessibility(HistoryCase, HttpCase):
    """axe-core finds nothing on our screens that is ours (WCAG 2.2, A and AA).

    They are made of Odoo's views and fields, and Odoo's have violations of their own. What is
    ours is told by comparison: a violation is Odoo's if an element of the same kind, by tag and
    classes, violates the same rule on a screen of Odoo's alone. All others are ours.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager.group_ids |= cls.env.ref("base.group_system")
        cls.manager.tour_enabled = False
        cls.customer.write({"phone": "+34 955 000 111", "user_id": cls.manager.id})
        # Some on one day, for Odoo's own calendar to leave some out.
        leads = cls.env["crm.lead"].create(
            [
                {
                    "name": f"Chairs {number}",
                    "type": "opportunity",
                    "partner_id": cls.customer.id,
                    "user_id": cls.manager.id,
                }
                for number in range(12)
            ]
        )
        leads.activity_schedule(date_deadline=fields.Date.today(), user_id=cls.manager.id)
        cls.lead = leads[0]
        cls.lead.message_post(body="Hello", author_id=cls.contact.id)
        common = {
            "user_id": cls.manager.id,
            "campaign_id": cls.campaign.id,
            "contact_id": cls.contact.id,
        }
        # As Odoo's own, on one day: what goes over midnight looks otherwise.
        noon = fields.Datetime.now().replace(hour=12)
        for state in ("draft", "pending", "done", "failed", "cancelled"):
            cls._create_activity(name=f"A {state} visit", state=state, date=noon, **common)
        cls.late = cls._create_activity(date="2026-01-02 10:00:00", **common)
        cls.mail = cls._create_activity(
            activity_type_id=cls.type_email.id, state="pending", body="<p>Come.</p>", **common
        )
        cls.failed = cls._create_activity(
            activity_type_id=cls.type_email.id,
            partner_id=cls.child_company.id,
            state="pending",
            body="<p>Come.</p>",
            user_id=cls.manager.id,
        )
        cls.order = cls._create_order(user=cls.manager)
        cls._create_order(user=cls.manager).action_confirm()
        cls._create_order(user=cls.manager).action_cancel()
        cls.env["crm.activity.distribute"].with_user(cls.manager).create(
            {
                "target_model": "res.partner",
                "target_ids": (cls.customer | cls.other_customer).ids,
                "activity_type_id": cls.type_visit.id,
            }
        ).action_distribute()
        cls.distribution = cls.env["crm.activity.distribution"].search([], limit=1)
        cls.sequence = cls.env["crm.activity.sequence"].create(
            {
                "name": "Visits",
                "target_model": "res.partner",
                # Far away: the calendar stays as it is.
                "step_ids": [(0, 0, {"activity_type_id": cls.type_visit.id, "delay_days": 300})],
            }
        )
        sequence = cls.sequence.with_user(cls.manager)
        sequence.action_enroll("res.partner", cls.customer.ids)
        cls.enrollment = cls.sequence.enrollment_ids
        cls.env["crm.activity.opt.out.import"].with_user(cls.manager).sudo().create(
            {
                "file_name": "list.csv",
                "reason": "Robinson list",
                "part_ids": [(0, 0, {"state": "noted", "noted_count": 2})],
            }
        )

    def test_nothing_on_our_screens_is_inaccessible_that_is_not_odoos(self):
        self._compare(self._get_screens())

    def _compare(self, screens):
        if not AXE_CORE.exists():
            raise unittest.SkipTest("AXE_CORE names no axe.min.js of npm's axe-core")
        # Odoo logs the code that it is given: half a megabyte of it comes another way.
        axe_core = self.env["ir.attachment"].create(
            {"name": "axe.txt", "raw": AXE_CORE.read_bytes(), "public": True}
        )
        shown = {"ours": screens, "odoo": self._get_screens_of_odoo()}
        self.browser_js(
            "/odoo",
            COMPARE % (axe_core.id, json.dumps(shown)),
            "odoo.isReady === true",
            login=self.manager.login,
            timeout=180,
        )

    def _screen(self, model, views, shows, **more):
        """:return: what the script looks at; names of views are external ids"""
        view_ids = [
            [self.env.ref(view).id, kind] if view else [False, kind]
            for kind, view in (view.split(":") if ":" in view else (view, None) for view in views)
        ]
        part = more.pop("part", None)
        action = {"type": "ir.actions.act_window", "res_model": model, "views": view_ids, **more}
        name = f"{model} {views[0]}"
        return {"name": name, "action": action, "shows": shows, "clicks": [], "part": part}

    def _of_action(self, action, shows, name):
        context = {**action.get("context", {}), "search_default_crm_has_bought": 0}
        action = {"views": [[False, "form"]], **action, "context": context}
        action = json.loads(json.dumps(action, default=str))
        return {"name": name, "action": action, "shows": shows, "clicks": [], "part": None}

    def _get_screens(self):
        core = "crm_activity_ext"
        activity, campaign = "crm.activity", self.campaign.with_user(self.manager)
        choose_email = f".modal .o_selection_badge:nth-child({self._get_position_of_email()})"
        targets = (self.customer | self.other_customer).with_user(self.manager)
        return [
            self._screen(activity, ["list"], ".o_data_row"),
            self._screen(activity, ["kanban"], ".o_kanban_record:not(.o_kanban_ghost)"),
            self._screen(activity, ["calendar"], ".fc-view"),
            self._screen(activity, ["pivot"], ".o_pivot table"),
            self._screen(activity, ["graph"], ".o_graph_renderer canvas"),
            self._screen(activity, ["form"], "[name=body]", res_id=self.late.id, part=SHEET),
            self._screen(activity, ["form"], "[name=body]", res_id=self.mail.id, part=SHEET),
            self._screen(activity, ["form"], ".o_selection_badge", part=SHEET),
            self._screen(
                activity, [f"list:{core}.crm_activity_view_list_outbox"], ".o_crm_icon_only"
            ),
            self._screen(
                "utm.campaign", [f"list:{core}.utm_campaign_view_list_crm"], ".o_data_row"
            ),
            self._screen(
                "utm.campaign",
                [f"form:{core}.utm_campaign_view_form_crm"],
                ".o_crm_campaign_progress table",
                res_id=campaign.id,
            ),
            self._of_action(
                campaign.action_view_crm_customers(), ".o_crm_campaign_matrix_count", "customers"
            ),
            self._of_action(
                campaign.action_view_crm_contacts(), ".o_crm_campaign_matrix_count", "contacts"
            ),
            self._of_action(
                self.customer.with_user(self.manager).action_view_crm_history(),
                ".o_data_row",
                "history",
            ),
            {
                **self._of_action(
                    targets[:1].action_new_crm_activity(), ".modal [aria-pressed]", "dialog"
                ),
                "clicks": [choose_email],
            },
            {
                **self._of_action(
                    targets.action_new_crm_activity(), ".modal [aria-pressed]", "many"
                ),
                "clicks": [choose_email],
            },
            self._of_action(
                self.late.with_user(self.manager).action_mark_done(),
                ".modal .o_selection_badge",
                "done",
            ),
            self._of_action(
                targets[:1].action_log_crm_activity(), ".modal .o_selection_badge", "log"
            ),
            self._screen(
                activity,
                [f"list:{core}.crm_activity_view_list_day"],
                ".o_group_header",
                context={"group_by": ["due"]},
            ),
            self._of_action(
                self.late.with_user(self.manager).action_work_through(), ".o_work_done", "work"
            ),
            self._screen("crm.activity.outcome", ["list"], ".o_data_row"),
            self._screen("crm.activity.outcome", ["form"], "[name=is_contact] input"),
            self._screen(
                "crm.activity.outcome", ["kanban"], ".o_kanban_record:not(.o_kanban_ghost)"
            ),
            self._screen(
                "crm.activity.opt.out.list", ["form"], "[name=refuses_call] input", part=SHEET
            ),
            self._screen("crm.activity.opt.out.import", ["list"], ".o_data_row"),
            self._screen(
                "crm.activity.opt.out.import",
                ["kanban"],
                ".o_kanban_record:not(.o_kanban_ghost)",
            ),
            self._screen("crm.activity.sequence", ["form"], ".o_data_row", res_id=self.sequence.id),
            self._screen(
                "crm.activity.sequence", ["kanban"], ".o_kanban_record:not(.o_kanban_ghost)"
            ),
            self._screen("crm.activity.sequence.enrollment", ["list"], ".o_data_row"),
            self._screen(
                "crm.activity.sequence.enrollment",
                ["form"],
                ".o_data_row",
                res_id=self.enrollment.id,
            ),
            self._of_action(
                targets.action_start_crm_sequence(), ".modal [name=sequence_id]", "start"
            ),
            self._screen("crm.activity.distribution", ["list"], ".o_data_row"),
            self._screen(
                "crm.activity.distribution",
                ["kanban"],
                ".o_kanban_record:not(.o_kanban_ghost)",
            ),
            self._screen(
                "crm.activity.distribution",
                ["form"],
                ".o_progressbar",
                res_id=self.distribution.id,
            ),
            self._screen(
                "mail.activity.type",
                ["form"],
                ".o_field_crm_activity_icon",
                res_id=self.type_email.id,
                # The form is Odoo's, with these fields of ours in it.
                part=":is([name=icon], [name=crm_channel])",
            ),
        ]

    def _get_position_of_email(self):
        types = self.env["mail.activity.type"].search(
            [("crm_channel", "!=", False), ("res_model", "in", [False, "crm.activity"])]
        )
        return types.ids.index(self.type_email.id) + 1

    def _make_view(self, kind, content):
        """:return: what the script looks at: Odoo's fields on one of Odoo's models"""
        view = self.env["ir.ui.view"].create(
            {
                "name": "Odoo's own",
                "model": "crm.lead",
                "priority": 99,
                "arch": f"<{kind}>{content}</{kind}>",
            }
        )
        return [view.id, kind]

    def _get_screens_of_odoo(self):
        lead = "crm.lead"
        form = """
            <field name="probability" widget="progressbar"/>
            <field name="type"/><field name="tag_ids" widget="many2many_tags"/>
        """
        listing = """
            <field name="probability" widget="progressbar"/>
            <field name="type" widget="badge" decoration-success="1"/>
            <field name="tag_ids" widget="many2many_tags"/>
        """
        # As many colours as the outcomes have.
        tags = self.env["crm.tag"].create(
            [{"name": f"Tag {color}", "color": color} for color in (0, 1, 2, 3, 10)]
        )
        self.lead.tag_ids = tags[:1]
        made = [
            {
                **self._screen(lead, [kind], shows, res_id=self.lead.id),
                "name": f"Odoo's own {kind}",
            }
            for kind, shows in (("form", ".o_progressbar"), ("list", ".o_data_row"))
        ]
        made[0]["action"]["views"] = [self._make_view("form", form)]
        made[1]["action"]["views"] = [self._make_view("list", listing)]
        return [
            *made,
            self._screen(lead, ["list"], ".o_data_row"),
            self._screen(lead, ["kanban"], ".o_kanban_record:not(.o_kanban_ghost)"),
            self._screen(lead, ["calendar"], ".fc-more-link"),
            self._screen(lead, ["pivot"], ".o_pivot table"),
            self._screen(lead, ["graph"], ".o_graph_renderer canvas"),
            self._screen(lead, ["form"], ".o-mail-DateSection", res_id=self.lead.id),
            self._screen("crm.tag", ["list"], ".o_data_row"),
            self._screen("crm.tag", ["form"], ".o_colorlist_toggler", res_id=tags[:1].id),
            self._screen("sale.order", ["list"], ".o_data_row"),
            self._screen("sale.order", ["form"], "[name=order_line]", res_id=self.order.id),
            self._screen("res.partner", ["list"], ".o_data_row"),
            self._screen("res.partner", ["form"], ".o-mail-Followers", res_id=self.customer.id),
            self._screen("mail.mail", ["list"], ".o_list_view"),
            self._screen("mail.template", ["form"], "[name=body_html]"),
            self._screen(lead, ["form"], ".modal .o_field_widget[name=name]", target="new"),
        ]
