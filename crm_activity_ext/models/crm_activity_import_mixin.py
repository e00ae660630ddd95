# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re

from odoo import api, models
from odoo.tools import plaintext2html

MARKUP = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)


class CrmActivityImportMixin(models.AbstractModel):
    """What an import brings into activities."""

    _name = "crm.activity.import.mixin"
    _description = "Import of CRM Activities"

    @api.model
    def load(self, fields, data):
        """Keep the lines of plain texts: HTML would run them together.

        :param list fields: paths of the columns, as for every import
        :param list data: rows, a list of texts each
        :return: dict: see Odoo's ``load``
        """
        if "body" in fields:
            place = fields.index("body")
            data = [
                [*row[:place], _to_html(row[place]), *row[place + 1 :]] if len(row) > place else row
                for row in data
            ]
        return super().load(fields, data)


def _to_html(text):
    """:return: the text, as HTML if it is none yet"""
    is_plain = isinstance(text, str) and text.strip() and not MARKUP.search(text)
    return plaintext2html(text.strip()) if is_plain else text
