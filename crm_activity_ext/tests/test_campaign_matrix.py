# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from lxml import etree

from odoo.tests import BaseCase, tagged
from odoo.tools import file_open

MATRIX = "crm_activity_ext/static/src/campaign_matrix/campaign_matrix_renderer.xml"
LIST = "web/static/src/views/list/list_renderer.xml"


@tagged("post_install", "-at_install")
class TestCampaignMatrixAnchors(BaseCase):
    """The matrix changes Odoo's list at as few places as can be: these have to be there."""

    def _get_anchors(self):
        """:return: list of ``(name of Odoo's template, expression)``"""
        with file_open(MATRIX) as file:
            templates = etree.parse(file).xpath("//t[@t-inherit]")
        return [
            (template.get("t-inherit"), anchor.get("expr"))
            for template in templates
            for anchor in template.findall("xpath")
        ]

    def test_each_anchor_is_once_in_odoos_template(self):
        with file_open(LIST) as file:
            templates = {node.get("t-name"): node for node in etree.parse(file).getroot()}
        anchors = self._get_anchors()
        self.assertTrue(anchors)
        for name, expression in anchors:
            with self.subTest(template=name, anchor=expression):
                found = templates[name].xpath(f".{expression}")
                self.assertEqual(len(found), 1, f"Odoo has moved {expression} in {name}")
