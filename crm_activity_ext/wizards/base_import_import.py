# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import io
import re
from datetime import date, datetime, time, timedelta

from openpyxl import load_workbook

from odoo import models

# How many make an hour, by a word of the column's heading: what a number without a unit counts.
UNITS = {
    re.compile(r"\b(h|hrs?|hours?|horas?)\b"): 1,
    re.compile(r"\b(mins?|minutes?|minutos?)\b"): 60,
    re.compile(r"\b(secs?|seconds?|segs?|segundos?)\b|\(s\)"): 3600,
}
CLOCK = re.compile(r"(\d+):(\d\d)(?::(\d\d))?")
IN_WORDS = re.compile(
    r"(?:(\d+(?:[.,]\d+)?)\s*h[a-z]*\.?)?\s*(?:(\d+(?:[.,]\d+)?)\s*m[a-z]*\.?)?"
    r"\s*(?:(\d+(?:[.,]\d+)?)\s*s[a-z]*\.?)?",
    re.IGNORECASE,
)


# What a date and its time are called, where they are in two columns.
DATES = {
    *("date", "activity date", "call date", "day", "due date"),
    *("fecha", "fecha de la actividad", "fecha de la llamada", "fecha de llamada"),
    *("fecha llamada", "fecha de vencimiento", "día"),
}
TIMES = {
    *("time", "activity time", "call time", "hour", "due time"),
    *("hora", "hora de la actividad", "hora de la llamada", "hora de llamada"),
    *("hora llamada", "hora de vencimiento"),
}
TIME_HEADINGS = {
    **dict.fromkeys(TIMES, DATES),
    "start time": {"start date", *DATES},
    "hora de inicio": {"fecha de inicio", "fecha de comienzo", *DATES},
}
TIME = re.compile(r"(\d{1,2})[:.h](\d\d)(?:[:.](\d\d))?\s*(?:([ap])\.?\s?m\.?)?", re.IGNORECASE)
# Imports that bring activities.
MODELS = ("crm.activity", "utm.campaign")


class BaseImportImport(models.TransientModel):
    """When activities were and how long they took, as other systems and people write it."""

    _inherit = "base_import.import"

    def _read_file(self, options):
        """Read a date and a time that are in two columns as one."""
        read = super()._read_file(options)
        if read and self.res_model == "crm.activity" and options.get("has_headers"):
            length, rows = read
            return length, _join_date_and_time(rows)
        return read

    def _read_xlsx(self, options):
        """Read times and durations, which no reader of Odoo's takes, as texts."""
        importer = self
        if self.res_model in MODELS:
            importer = self.new({"file": _write_times_as_texts(self.file)}, origin=self)
        return super(BaseImportImport, importer)._read_xlsx(options)

    def execute_import(self, fields, columns, options, dryrun=False):
        """Say what the columns do not; see ``base_import``.

        The heading of the duration may say its unit. A type that is new is one of activities: to
        be chosen by them, it needs a channel.
        """
        importer = self
        if self.res_model in MODELS:
            importer = importer.with_context(default_crm_channel="other")
        if self.res_model == "crm.activity" and "duration" in fields:
            heading = columns[fields.index("duration")]
            # From a context that is somebody else's, it reads a number in another unit at most.
            importer = importer.with_context(crm_activity_duration_heading=str(heading or ""))
        return super(BaseImportImport, importer).execute_import(fields, columns, options, dryrun)

    def _parse_float_from_data(self, data, index, name, options):
        if self.res_model == "crm.activity" and name == "duration":
            heading = str(self.env.context.get("crm_activity_duration_heading", "")).casefold()
            divisor = next((UNITS[unit] for unit in UNITS if unit.search(heading)), 1)
            decimal_point = options.get("float_decimal_separator") or "."
            for line in data:
                line[index] = _to_hours(line[index].strip(), divisor, decimal_point)
        return super()._parse_float_from_data(data, index, name, options)


def _to_hours(text, divisor, decimal_point):
    """Read how long something took.

    :param str text: a number, a time (1:30, 00:15:00), or in words (15 minutes, 1 h 30 min)
    :param int divisor: how many of the unit of a mere number make an hour
    :param str decimal_point: how the result is written
    :return str: hours; the text itself where it is none of these, and for Odoo to refuse
    """
    match = CLOCK.fullmatch(text) or IN_WORDS.fullmatch(text)
    if text and match:
        parts = zip(match.groups(default="0"), (1, 60, 3600), strict=True)
        hours = sum(float(part.replace(",", ".")) / divisor for part, divisor in parts)
    elif divisor != 1 and re.fullmatch(r"\d+(?:[.,]\d+)?", text):
        hours = float(text.replace(",", ".")) / divisor
    else:
        return text
    return f"{hours:.6f}".replace(".", decimal_point)


def _join_date_and_time(rows):
    """Put a column that has nothing but times into that of the date.

    :param list rows: of lists, the first with the headings; a date as text or as an object
    :return list: as the parameter, without the column of the times
    """
    headings = [str(heading).strip().casefold() for heading in rows[0]]
    for place, heading in enumerate(headings):
        dates = [
            headings.index(name) for name in TIME_HEADINGS.get(heading, ()) if name in headings
        ]
        times = [_read_time(row[place]) for row in rows[1:]]
        if dates and None not in times:
            for row, at in zip(rows[1:], times, strict=True):
                row[dates[0]] = _join(row[dates[0]], at)
            return [[*row[:place], *row[place + 1 :]] for row in rows]
    return rows


def _read_time(value):
    """:return: ``time``, midnight for nothing; None for what is none"""
    match = TIME.fullmatch(str(value).strip())
    if not match:
        return None if str(value).strip() else time()
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    if half := match[4]:
        hour = hour % 12 + 12 * (half.lower() == "p")
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _join(day, at):
    """:return: the day, a text or a date, with the time behind it"""
    if isinstance(day, date):
        return datetime.combine(day, at)
    return f"{day.strip()} {at}" if day.strip() else day


def _write_times_as_texts(content):
    """:return: the workbook, with ``0:15:00`` for what is a time or a duration and no date"""
    book = load_workbook(io.BytesIO(content), data_only=True)
    is_changed = False
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, time | timedelta):
                    cell.value, cell.number_format = _clock(cell.value), "@"
                    is_changed = True
    if not is_changed:
        return content
    changed = io.BytesIO()
    book.save(changed)
    return changed.getvalue()


def _clock(value):
    """:return: the text of a ``time``, or of a ``timedelta`` with as many hours as it has"""
    if isinstance(value, time):
        return str(value.replace(microsecond=0))
    seconds = round(value.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
