# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re
from base64 import b64decode

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize, remove_accents, split_every

# What lists call their columns, in English and in Spanish.
COLUMNS = {
    word: name
    for name, words in {
        "phone": "phone, phone number, telephone, mobile, telefono, movil, numero de telefono",
        "email": "email, e mail, mail, email address, correo, correo electronico",
        "name": "name, full name, nombre, nombre completo, nombre y apellidos",
        "street": "street, address, street address, calle, direccion, domicilio",
        "zip": "zip, zip code, postal code, postcode, cp, c p, codigo postal",
        "on_list": "on list, on the list, listed, en la lista, esta en la lista, robinson",
    }.items()
    for word in words.split(", ")
}
# What a cell says of who is not on it.
NOT_LISTED = {"", "0", "0 0", "no", "n", "false", "falso"}
NO_WORDS = re.compile(r"[\W_]+")
NO_CODE = re.compile(r"[^0-9a-z]+")
NO_DIGITS = re.compile(r"[^0-9]+")
# Rows that are looked for at once.
BATCH_SIZE = 5000
# Bytes and rows of a file: more are several files.
MAX_MEGABYTES = 10
MAX_ROWS = 50_000
# Names of who was found.
NAMED_COUNT = 10
OPTIONS = {"quoting": '"', "separator": "", "encoding": "", "has_headers": True}


def _normalize(text):
    """:return: the words of a text, as two that mean the same have them"""
    return NO_WORDS.sub(" ", remove_accents(str(text or ""))).strip().casefold()


def _get_code(zip_code):
    """:return: a postal code without separators and the zeros that spreadsheets take off it"""
    return NO_CODE.sub("", str(zip_code or "").lower()).lstrip("0")


def _get_person(name, zip_code, street):
    """:return: who somebody is, by name and address"""
    return _normalize(name), _get_code(zip_code), _normalize(street)


def _is_at(places):
    """:return: SQL of a domain: whose postal code and house number, "1001/12", is one of these"""

    def to_sql(_model, alias, _query):
        code = SQL(
            "LTRIM(REGEXP_REPLACE(LOWER(%s), '[^0-9a-z]+', '', 'g'), '0')",
            SQL.identifier(alias, "zip"),
        )
        house = SQL(
            "REGEXP_REPLACE(%s, '[^0-9]+', '', 'g')",
            SQL.identifier(alias, "street"),
        )
        return SQL("COALESCE(%s || '/' || %s = ANY(%s), FALSE)", code, house, list(places))

    return to_sql


class CrmActivityOptOutList(models.TransientModel):
    """A list of people who do not want to be contacted, as a Robinson list, in a file.

    Who of one's own, in all of one's companies, is on it is found by phone number, email address,
    or name and address. Nothing is kept of those who are not found, and the file is not either.
    """

    _name = "crm.activity.opt.out.list"
    _description = "Import an Opt-Out List"
    _inherit = ["crm.activity.dialog.mixin"]

    # Required on the form only: it is emptied once it has been used.
    file = fields.Binary(attachment=False)
    file_name = fields.Char()
    refuses_call = fields.Boolean(string="Calls", default=True)
    refuses_post = fields.Boolean(string="Post", default=True)
    refuses_visit = fields.Boolean(string="Visits")
    refuses_email = fields.Boolean(
        string="Emails", help="The addresses of who is found go on Odoo's blacklist."
    )
    since = fields.Date(required=True, default=fields.Date.context_today)
    reason = fields.Char(
        string="Why", required=True, default=lambda self: self.env._("Robinson list")
    )
    found = fields.Text(compute="_compute_found")

    @api.depends("file", "file_name")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_found(self):
        for wizard in self:
            try:
                wizard.found = bool(wizard.file) and wizard._describe(wizard._find())
            except UserError as error:
                wizard.found = str(error.args[0])

    def _describe(self, found):
        """:return: how many there are of which model, and the first of them, in words"""
        lines = [
            self.env._(
                "%(model)s: %(count)s (%(names)s)",
                model=self.env["ir.model"]._get(model).display_name,
                count=len(records),
                names=", ".join(records[:NAMED_COUNT].mapped("display_name"))
                + ("…" if len(records) > NAMED_COUNT else ""),
            )
            for model, records in found.items()
            if records
        ]
        return "\n".join(lines) or self._describe_nobody()

    def _describe_nobody(self):
        return self.env._("Nobody on this list was found in your companies.")

    def action_apply(self):
        """Note for all who are found that they do not want what the list is for.

        A wish that is known stays as it is, with its day. Of whom the list was, is not kept: see
        ``crm.activity.opt.out.import``, which notes many in the background.

        :return: client action, a notification how many there were
        :raise AccessError: for who may not edit such records
        :raise UserError: for a file that cannot be read, and where nothing is chosen
        """
        self.ensure_one()
        self.check_access("write")
        possible = [*self._get_refusals(), *self._get_blacklists()]
        choices = [name for name in possible if self[name]]
        if not choices:
            raise UserError(self.env._("Choose what the list is for."))
        listing = self.env["crm.activity.opt.out.import"]._start(
            {
                "file_name": self.file_name,
                "since": self.since,
                "reason": self.reason,
                "choices": choices,
            },
            self._find(),
        )
        self.file = False
        closing = {"type": "ir.actions.act_window_close"}
        notification = listing._get_notification(closing)
        if not listing.found_count:
            notification["params"] |= {"type": "warning", "message": self._describe_nobody()}
        return notification

    @api.model
    def _get_refusals(self):
        return ("refuses_call", "refuses_post", "refuses_visit")

    @api.model
    def _get_blacklists(self):
        """Odoo's own blacklists, and what they have of a record of ours.

        :return: ``{choice: (model, its field, the field of a record in the same form)}``
        """
        return {"refuses_email": ("mail.blacklist", "email", "email_normalized")}

    def _find(self):
        """:return: ``{model: records}`` of who is on the list, archived ones too
        :raise UserError: for a file that cannot be read
        """
        # A wish holds whichever companies are chosen at the moment.
        companies = {"allowed_company_ids": self.env.user._get_company_ids()}
        models = {
            model: self.env[model].with_context(**companies)
            for model in self.env["crm.activity"]._get_target_fields()
        }
        found = dict(models)
        for rows in split_every(BATCH_SIZE, self._read_rows(), list):
            numbers, emails, people = self._get_keys(rows)
            for model, Model in models.items():
                records = Model.with_context(active_test=False).search(
                    Domain("phone_sanitized", "in", numbers)
                    | Domain("email_normalized", "in", emails)
                )
                found[model] |= Model.concat(records, self._find_people(Model, people))
        return {model: records.with_env(models[model].env) for model, records in found.items()}

    @api.model
    def _get_keys(self, rows):
        """:return: sets of the numbers, addresses and people of some rows, in normal form"""
        user = self.env.user
        cells = [cell for row in rows for cell in row]
        numbers = {user._phone_format(number=value) for name, value in cells if name == "phone"}
        emails = {email_normalize(value) for name, value in cells if name == "email"}
        addresses = ({"name": "", "zip": "", "street": ""} | dict(row) for row in rows)
        people = {
            _get_person(row["name"], row["zip"], row["street"])
            for row in addresses
            if row["name"] and row["zip"] and row["street"]
        }
        return numbers - {False}, emails - {False}, people

    @api.model
    def _find_people(self, Model, people):
        """:return: those whose name, postal code and street are on the list"""
        if not people:
            return Model
        places = {f"{code}/{NO_DIGITS.sub('', street)}" for _name, code, street in people}
        Model.flush_model(["street", "zip"])
        near = Model.with_context(active_test=False).search_fetch(
            Domain.custom(to_sql=_is_at(places)), ["street", "zip"]
        )
        return near.filtered(
            lambda record: any(
                _get_person(name, record.zip, record.street) in people
                for name in record._get_crm_activity_names()
            )
        )

    def _read_rows(self):
        """Read the file as Odoo's importer reads one.

        :return: list of the rows, each a list of ``(column, value)`` of those that are known
        :raise UserError: where it cannot be read, is too long, or has none of them
        """
        content = b64decode(self.with_context(bin_size=False).file or b"")
        if not content:
            raise UserError(self.env._("Choose a file."))
        if len(content) > MAX_MEGABYTES * 1024 * 1024:
            raise UserError(
                self.env._("The file is larger than %(count)s MB. Split it.", count=MAX_MEGABYTES)
            )
        reader = self.env["base_import.import"].new(
            {
                "file": content,
                "file_name": self.file_name or "list.csv",
            }
        )
        try:
            _length, rows = reader._read_file(dict(OPTIONS))
        except Exception as error:
            raise UserError(self.env._("The file cannot be read: %s", error)) from error
        if len(rows) > MAX_ROWS:
            raise UserError(
                self.env._("The file has more than %(count)s rows. Split it.", count=MAX_ROWS)
            )
        columns = self._name_columns(rows)
        if not {"phone", "email", "name"} & set(columns):
            raise UserError(
                self.env._(
                    "The first row must name the columns: Phone, Email, or Name, Street and ZIP."
                )
            )
        known = [
            [
                (name, str(value).strip())
                for name, value in zip(columns, row, strict=False)
                if name and value
            ]
            for row in rows[1:]
        ]
        if "on_list" not in columns:
            return known
        return [row for row in known if _normalize(dict(row).get("on_list")) not in NOT_LISTED]

    @api.model
    def _name_columns(self, rows):
        """Tell what is in which column.

        The client of the Spanish Robinson list gives back the file that was asked of it, with three
        more columns that nobody has named: whether somebody is on the list, by 1 or 0; for which
        sectors; and the proof. It takes the headings for one more row, which is not on it.

        :return: list of the names of the columns, or None for what is not known
        """
        width = max(map(len, rows), default=0)
        headings = [_normalize(heading) for heading in (rows[0] if rows else [])]
        headings += [""] * (width - len(headings))
        columns = [COLUMNS.get(heading) for heading in headings]
        if "on_list" not in columns:
            for place, heading in enumerate(headings):
                cells = {str(row[place]).strip() for row in rows[1:] if len(row) > place}
                if heading in ("", "0") and cells and cells <= {"0", "1"}:
                    columns[place] = "on_list"
                    break
        return columns
