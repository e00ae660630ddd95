# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re

from lxml.html import defs

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import plaintext2html

# No tags: <olga@example.com>, <see below>, "a<b and c>d".
MARKUP = re.compile(
    rf"</?(?:{'|'.join(sorted(defs.tags))})(?:\s+[\w:-]+\s*=[^<>]*|\s*/?)>", re.IGNORECASE
)

# What other systems, and people, call a status; Odoo knows our own words in all its languages.
STATUSES = {
    word: status
    for status, words in {
        "done": "1, closed, complete, completed, finished, held, true, x, yes, cerrada, "
        "completada, completado, finalizada, hecha, realizada, sí, si",
        "pending": "0, false, in progress, no, not started, open, planned, scheduled, to do, todo, "
        "waiting, abierta, en curso, no iniciada, planificada, por hacer, programada",
        "cancelled": "canceled, no show, anulada",
    }.items()
    for word in words.split(", ")
}


class CrmActivityImportMixin(models.AbstractModel):
    """What an import brings into activities."""

    _name = "crm.activity.import.mixin"
    _description = "CRM Activity Import"

    @api.model
    def get_import_templates(self):
        """:return: list of dicts, of what the import offers to begin with; see ``base_import``"""
        name = "actividades" if (self.env.lang or "").startswith("es") else "activities"
        return [
            {
                "label": self.env._("Import Template for Activities (Excel)"),
                "template": f"/crm_activity_ext/static/import/{name}.xlsx",
            },
            {
                "label": self.env._("Import Template for Activities (CSV)"),
                "template": f"/crm_activity_ext/static/import/{name}.csv",
            },
        ]

    def _extract_records(self, *args, **kwargs):
        """Understand what other systems write.

        Plain texts keep their lines, which HTML would run together; a status in other words is
        the status. A contact who is named alone is the customer's. What an activity must have and
        a row leaves empty is proposed, as in a form. An external ID that is a number alone becomes
        one of activities: the contacts of the same system may well have the same number.
        """
        proposed = [
            name for name, field in self._fields.items() if field.required and field.default
        ]
        rows = list(super()._extract_records(*args, **kwargs))
        self._complete_contacts([record for record, _information in rows])
        for record, information in rows:
            if "body" in record:
                record["body"] = _to_html(record["body"])
            if isinstance(state := record.get("state"), str):
                record["state"] = STATUSES.get(state.strip().casefold(), state)
            for name in proposed:
                if not record.get(name):
                    record.pop(name, None)
            if (xmlid := str(record.get("id") or "")).isdecimal():
                record["id"] = f"crm_activity_{xmlid}"
            yield record, information

    def _complete_contacts(self, records):
        """Name contacts as Odoo does, by their company as well, where it does not know them so.

        :param list records: dicts of raw values, changed in place
        """
        people = {}  # {name: [(name of the company, what Odoo is asked)]}
        for record in records:
            match record:
                case {
                    "partner_id": [{None: str(company)}],
                    "contact_id": [{None: str(name)} as it],
                }:
                    if company and name:
                        people.setdefault(name, []).append((company, it))
        if not people:
            return
        Partner = self.env["res.partner"]
        names = Partner._rec_names_search
        domain = Domain.OR(Domain(one, "in", list(people)) for one in names)
        known = Partner.search_fetch(domain, names)
        found = {partner[one] for partner in known for one in names}
        for name in people.keys() - found:
            for company, asked in people[name]:
                asked[None] = f"{company}, {name}"

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
