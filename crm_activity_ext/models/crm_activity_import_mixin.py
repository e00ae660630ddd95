# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re
from collections import Counter
from datetime import timedelta

import pytz
from lxml.html import defs
from psycopg2.errors import NotNullViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import hmac, plaintext2html

from ..report.activity_workbook import EPOCH
from ..tools.bell import KEY as TOLD_LATER
from ..tools.bell import BellChanges
from .ir_fields_converter import ImportNames

# No tags: <olga@example.com>, <see below>, "a<b and c>d".
MARKUP = re.compile(
    rf"</?(?:{'|'.join(sorted(defs.tags))})(?:\s+[\w:-]+\s*=[^<>]*|\s*/?)>", re.IGNORECASE
)

# How our workbook names an activity: its id, the database, the time zone of its dates.
EXPORTED = re.compile(r"crm_activity_(\d{1,9})_([0-9a-f]{8})(?:_(\S+))?")
SECOND = 1 / 3600  # in hours

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
        The dates of our own workbook are by the clock of who exported it. Web clients are told
        once how the numbers on activity menus change: Odoo writes row by row.
        """
        told_later = BellChanges()
        importer = self.with_context(
            **{TOLD_LATER: told_later}, crm_activity_import_names=ImportNames()
        )
        matches = (EXPORTED.fullmatch(name) for name in _get_external_ids(fields, data))
        zones = (match[3] for match in matches if match)
        if zone := next((zone for zone in zones if zone in pytz.all_timezones_set), None):
            importer = importer.with_context(tz=zone)
        result = super(CrmActivityImportMixin, importer).load(fields, data)
        if result["ids"]:
            told_later.commit()
            self._ring(told_later.committed)
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

    @api.model
    def _load_records(self, data_list, update=False):
        """Read at once what is there of a file already: Odoo does so row by row."""
        if self.env.context.get("import_file"):
            xml_ids = [data["xml_id"] for data in data_list if data.get("xml_id")]
            # sudo: nobody reads external IDs; of what they name the rules are asked.
            known = self.env["ir.model.data"].sudo()._lookup_xmlids(xml_ids, self)
            ids = {id_ for *_names, id_ in known if id_}
            ids.update(data["values"]["id"] for data in data_list if data["values"].get("id"))
            names = {name for data in data_list for name in data["values"]}
            names |= {"channel", "contact_id", "partner_id", "state"}  # what others follow from
            self.search_fetch([("id", "in", list(ids))], sorted(names - {"id"}))
            people = {
                data["values"].get(n) for data in data_list for n in ("partner_id", "contact_id")
            }
            # sudo: whom a row names already stays, and may be nobody's here to read any more.
            named = self.env["res.partner"].sudo().browse(people - {None, False})
            named.fetch(["commercial_partner_id"])
        return super()._load_records(data_list, update)

    def _load_records_write(self, values):
        """Leave alone what is as the file says: the same file once more takes no query a row.

        All or nothing: what is said of customer and contact is said together, and what a row says
        is not proposed anew by what else it says.
        """
        becoming = self._get_what_becomes_of(values)
        if any(
            name != "id" and self._would_change(self._fields[name], value)
            for name, value in becoming.items()
        ):
            return super()._load_records_write(becoming)
        return None

    def _get_what_becomes_of(self, values):
        """:return: dict of the values of a row as this activity will have them: a person in the
        place of the customer is its contact, nothing is sent, and what is not done was not done
        on any day. Whom it names already may have moved meanwhile, and stays
        """
        becoming = dict(values)
        people = {"partner_id", "contact_id"} & values.keys()
        if self._has_values(people, values) or self._has_contact(values):
            becoming = {name: value for name, value in values.items() if name not in people}
        else:
            self._complete_customers([becoming])
        state = becoming.get("state", self.state)
        if state != "done":
            becoming.pop("date_done", None)
        stays_message = self.has_delivered_channel and self._has_values(
            {"activity_type_id"} & values.keys(), values
        )
        if state == "pending" and self.state == "draft" and stays_message:
            becoming["state"] = "draft"
        return becoming

    def _has_contact(self, values):
        """:return: whether values name the contact of this, alone or with its customer"""
        partner, contact = (values.get(name) or False for name in ("partner_id", "contact_id"))
        person = self.contact_id.id
        return (
            bool(person)
            and (contact or partner) == person
            and partner in (False, person, self.partner_id.id)
        )

    def _extract_records(self, field_paths, data, log=lambda _message: None, **options):
        """Understand what other systems write.

        Plain texts keep their lines, which HTML would run together; a status in other words is
        the status. A contact who is named alone is the customer's. What an activity must have and
        a row leaves empty is proposed, as in a form. An external ID that is a number alone becomes
        one of activities: the contacts of the same system may well have the same number. What our
        own workbook has brought out is the activity that it came from. Of two rows for one
        activity the last would win: none does.
        """
        proposed = [
            name for name, field in self._fields.items() if field.required and field.default
        ]
        rows = list(super()._extract_records(field_paths, data, log=log, **options))
        # In all of the file, though a large one comes in parts.
        times = Counter(map(_get_key, _get_external_ids([path[0] for path in field_paths], data)))
        keys = [_get_key(str(record.get("id") or "")) for record, _information in rows]
        missing = self._leave_unchanged([record for record, _information in rows])
        self._complete_contacts([record for record, _information in rows])
        for number, (record, information) in enumerate(rows):
            refusal = None
            if keys[number] and times[keys[number]] > 1:
                refusal = self.env._(
                    "Another row has the same External ID. Empty it in the copied row to import "
                    "that as a new activity. In an exported workbook, the column is hidden."
                )
            elif record.get(".id") in missing:
                refusal = self.env._(
                    "The activity of this row is not there any more, or not yours."
                )
            if refusal:
                message = {"type": "error", "record": number, "field": "id", "message": refusal}
                log({**information, **message})
                continue
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

        A text has lost its formats there, a duration its digits, and a name may be that of several
        customers: what nobody has changed is left as it is.

        :param list records: dicts of raw values, changed in place
        :return: set of the ids, as the records have them, that are of no activity the user can read
        """
        own = {}
        for record in records:
            match = EXPORTED.fullmatch(str(record.get("id") or ""))
            if match and match[2] == self._get_export_mark():
                del record["id"]
                record[".id"] = int(match[1])
                own[record[".id"]] = record
            elif match:
                record["id"] = f"crm_activity_{match[1]}_{match[2]}"
        if not own:
            return set()
        columns = self._get_export_columns()
        missing = set(own)
        for row in self._iter_export_rows([("id", "in", list(own))], "id"):
            said = {
                column.name: (value, column.kind)
                for column, value in zip(columns, row, strict=True)
            }
            id_ = int(EXPORTED.fullmatch(said["id"][0])[1])
            missing.discard(id_)
            record = own[id_]
            for name, (value, kind) in said.items():
                if name in record and self._says_the_same(record[name], value, kind):
                    del record[name]
        return missing

    @api.model
    def _says_the_same(self, raw, said, kind):
        """:return: whether a raw value is what the workbook said, or as much as a cell holds"""
        if not raw or not said:
            return not raw and not said
        match raw:
            case [{None: written}] | written if kind == "text" and isinstance(written, str):
                cut = self._get_cut_mark()
                is_cut = written.endswith(cut) and said.startswith(written.removesuffix(cut))
                return is_cut or written == said
        try:
            if kind == "datetime":
                moment = EPOCH + timedelta(seconds=round(said * 86400))
                # Where only what is seen was kept, as in a CSV file, the seconds are gone.
                shown = moment.replace(second=0)
                written = fields.Datetime.to_datetime(raw)
                return written == shown or abs(written - moment) < timedelta(seconds=1)
            if kind == "duration":
                return abs(float(raw) - said * 24) < SECOND / 2 + 1e-5
        except (TypeError, ValueError, OverflowError):
            return False
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


def _get_external_ids(names, data):
    """:return: list of texts: what the rows of a file say there"""
    if "id" not in names:
        return []
    place = list(names).index("id")
    return [str(row[place]) for row in data if row[place]]


def _get_key(external_id):
    """:return: what two external IDs for one activity have in common"""
    match = EXPORTED.fullmatch(external_id)
    return (int(match[1]), match[2]) if match else external_id


def _to_html(text):
    """:return: the text, as HTML if it is none yet"""
    is_plain = isinstance(text, str) and text.strip() and not MARKUP.search(text)
    return plaintext2html(text.strip()) if is_plain else text
