# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re

from lxml.html import defs

from odoo import models
from odoo.tools import plaintext2html

# No tags: <olga@example.com>, <see below>, "a<b and c>d".
MARKUP = re.compile(
    rf"</?(?:{'|'.join(sorted(defs.tags))})(?:\s+[\w:-]+\s*=[^<>]*|\s*/?)>", re.IGNORECASE
)


class CrmActivityImportMixin(models.AbstractModel):
    """What an import brings into activities."""

    _name = "crm.activity.import.mixin"
    _description = "CRM Activity Import"

    def _extract_records(self, *args, **kwargs):
        """Keep the lines of plain texts: HTML would run them together."""
        for record, information in super()._extract_records(*args, **kwargs):
            if "body" in record:
                record["body"] = _to_html(record["body"])
            yield record, information


def _to_html(text):
    """:return: the text, as HTML if it is none yet"""
    is_plain = isinstance(text, str) and text.strip() and not MARKUP.search(text)
    return plaintext2html(text.strip()) if is_plain else text
