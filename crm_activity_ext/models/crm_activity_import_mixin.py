# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re

from lxml.html import defs
from psycopg2.errors import NotNullViolation

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import hmac, plaintext2html

from .ir_fields_converter import ImportNames

# No tags: <olga@example.com>, <see below>, "a<b and c>d".
MARKUP = re.compile(
    rf"</?(?:{'|'.join(sorted(defs.tags))})(?:\s+[\w:-]+\s*=[^<>]*|\s*/?)>", re.IGNORECASE
)

# How our workbook names an activity.
EXPORTED = re.compile(r"crm_activity_(\d{1,9})_(\w{8})")

# What other systems, and people, call a status; Odoo knows our own words in all its languages.
STATUSES = {
    word: status
    for status, words in {
        "done": "1, closed, complete, completed, finished, held, true, x, yes, cerrada, "
        "completada, completado, finalizada, hecha, realizada, sí, si",
        "pending": "0, false, in progress, no, not started, open, planned, scheduled, to do, todo, "
        "waiting, abierta, en curso, no iniciada, pendiente, planificada, por hacer, programada",
        "cancelled": "canceled, no show, anulada, cancelada",
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

    @api.model
    def load(self, fields, data):
        """Say what is wrong with a cell once; see ``load`` of Odoo's models.

        A name that is nobody's leaves its field empty: that it must not be says nothing new.
        """
        importer = self.with_context(crm_activity_import_names=ImportNames())
        result = super(CrmActivityImportMixin, importer).load(fields, data)
        told, messages = set(), []
        for message in result["messages"]:
            cell = (message.get("rows", {}).get("from"), message.get("field"))
            is_empty = message["message"] == self._get_missing_value_message(cell[1])
            if not (is_empty and cell in told):
                messages.append(message)
            told.add(cell)
        return {**result, "messages": messages}

    @api.model
    def _get_missing_value_message(self, name):
        """:return: that a field must not be empty, nothing for what is no field"""
        field = self._fields.get(name)
        return field and self.env._(
            "“%(field)s” is missing.", field=field._description_string(self.env)
        )

    @api.model
    def _sql_error_to_message(self, exc):
        """Say what is missing in words for people, in imports and over the API."""
        if isinstance(exc, NotNullViolation) and exc.diag.table_name == self._table:
            return self._get_missing_value_message(exc.diag.column_name)
        return super()._sql_error_to_message(exc)

    def _extract_records(self, *args, **kwargs):
        """Understand what other systems write.

        Plain texts keep their lines, which HTML would run together; a status in other words is
        the status. A contact who is named alone is the customer's. What an activity must have and
        a row leaves empty is proposed, as in a form. An external ID that is a number alone becomes
        one of activities: the contacts of the same system may well have the same number. What our
        own workbook has brought out is the activity that it came from.
        """
        proposed = [
            name for name, field in self._fields.items() if field.required and field.default
        ]
        rows = list(super()._extract_records(*args, **kwargs))
        self._leave_unchanged([record for record, _information in rows])
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

    def _leave_unchanged(self, records):
        """Take what our own workbook said already out of its rows, and name their activities.

        A text has lost its formats there, and a name may be that of several customers: what nobody
        has changed is left as it is.

        :param list records: dicts of raw values, changed in place
        """
        own = {}
        for record in records:
            match = EXPORTED.fullmatch(str(record.get("id") or ""))
            if match and match[2] == self._get_export_mark():
                own[record.pop("id")] = record
                record[".id"] = match[1]
        if not own:
            return
        ids = [int(record[".id"]) for record in own.values()]
        names = [column.name for column in self._get_export_columns()]
        for row in self._iter_export_rows([("id", "in", ids)], "id"):
            said = dict(zip(names, row, strict=True))
            record = own[said["id"]]
            for name, text in said.items():
                if self._says_the_same(record.get(name), text):
                    del record[name]

    @api.model
    def _says_the_same(self, raw, text):
        """:return: whether a raw value is this text of the workbook, or as much as a cell holds"""
        match raw:
            case [{None: str(written)}] | str(written):
                cut = self._get_cut_mark()
                is_cut = written.endswith(cut) and (text or "").startswith(
                    written.removesuffix(cut)
                )
                return is_cut or written == text
        return False

    @api.model
    def _get_export_mark(self):
        """:return str: what tells this database: in another one an id is another activity's"""
        # sudo: of the secret nothing can be told by this.
        return hmac(self.env(su=True), "crm_activity_export", "activities")[:8]

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
