# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re

from lxml.html import defs

from odoo import models
from odoo.exceptions import UserError
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

    def _deliver(self):
        """Send nothing by an import: what a file says is pending becomes a draft.

        :raise UserError: for what is in the outbox already, and waits for a retry
        """
        # Whoever sets this key sends less, and not more.
        if not self.env.context.get("import_file"):
            return super()._deliver()
        messages = self.filtered("has_delivered_channel")
        if retried := messages.filtered("mail_message_id"):
            raise UserError(
                self.env._(
                    "“%(subject)s” cannot be sent by an import. Use its Retry button.",
                    subject=retried[0].name,
                )
            )
        if messages:
            messages.state = "draft"
            self.env.user._bus_send(
                "simple_notification",
                {
                    "type": "warning",
                    "sticky": True,
                    "message": self.env._(
                        "Imported as drafts: %(messages)s. An import does not send anything. "
                        "Check them, then select them and choose Send.",
                        messages=messages._count_in_words(),
                    ),
                },
            )
        return super(CrmActivityImportMixin, self - messages)._deliver()


def _to_html(text):
    """:return: the text, as HTML if it is none yet"""
    is_plain = isinstance(text, str) and text.strip() and not MARKUP.search(text)
    return plaintext2html(text.strip()) if is_plain else text
