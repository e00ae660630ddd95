# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import io
from unittest.mock import patch

from openpyxl import load_workbook

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_activity_ext.controllers import activity_export
from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestExportTours(CrmActivityCase, HttpCase):
    """What a salesperson does in a real browser, and the file that comes of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesman.group_ids |= cls.env.ref("base.group_allow_export")
        cls.lead = cls.env["crm.lead"].create({"name": "Forty desks", "type": "lead"})
        for name, values in {
            "Show the samples": {"lead_id": cls.lead.id, "date": "2026-03-02 09:00:00"},
            "A second visit": {"campaign_id": cls.campaign.id, "date": "2026-03-03 09:00:00"},
            "Not pending": {"state": "done"},
            "Not mine": {"user_id": cls.salesman_all.id},
        }.items():
            cls._create_activity(**{"name": name, "user_id": cls.salesman.id, **values})

    def _export(self, tour):
        """:return: the workbook that the browser got, as openpyxl reads it"""
        files = []
        respond = activity_export._respond

        def keep_and_respond(file, name):
            file.seek(0)
            files.append(file.read())
            return respond(file, name)

        with patch.object(activity_export, "_respond", keep_and_respond):
            self.start_tour("/odoo", tour, login=self.salesman.login)
        [file] = files
        return load_workbook(io.BytesIO(file))

    def _column(self, sheet, label):
        header, *rows = sheet.iter_rows(values_only=True)
        place = header.index(label)
        return [row[place] for row in rows]

    def test_the_button_exports_the_search_in_its_order(self):
        book = self._export("crm_activity_export_button")
        sheet = book["Activities"]
        self.assertEqual(self._column(sheet, "Subject"), ["A second visit", "Show the samples"])
        self.assertEqual(self._column(sheet, "Lead/Opportunity"), [None, "Forty desks"])
        self.assertEqual(self._column(sheet, "Campaign"), ["Spring", None])
        about = dict(book["About"].iter_rows(values_only=True))
        self.assertEqual(about["Exported by"], "Sam Own")
        self.assertEqual(about["Activities"], 2)
        self.assertEqual(about["Filters"], "My Activities\nTo Do")

    def test_the_gear_menu_exports_the_search(self):
        sheet = self._export("crm_activity_export_gear")["Activities"]
        self.assertEqual(self._column(sheet, "Subject"), ["Show the samples", "A second visit"])

    def test_the_actions_menu_exports_the_selected_rows(self):
        book = self._export("crm_activity_export_selection")
        self.assertEqual(self._column(book["Activities"], "Subject"), ["Show the samples"])
        about = dict(book["About"].iter_rows(values_only=True))
        self.assertEqual(about["Filters"], "My Activities\nTo Do\nSelected rows only")

    def test_the_list_of_a_customer_says_whose_it_is(self):
        book = self._export("crm_activity_export_customer")
        self.assertEqual(
            self._column(book["Activities"], "Customer"),
            ["Oak & Sons"] * 3,
            "newest first, done too",
        )
        about = dict(book["About"].iter_rows(values_only=True))
        self.assertIn("Oak & Sons", about["Filters"])

    def test_the_analysis_exports_what_it_shows(self):
        sheet = self._export("crm_activity_export_analysis")["Activities"]
        self.assertEqual(len(self._column(sheet, "Subject")), 3)

    def test_who_may_not_export_is_not_offered_to(self):
        self.salesman.group_ids -= self.env.ref("base.group_allow_export")
        self.start_tour("/odoo", "crm_activity_export_refused", login=self.salesman.login)
