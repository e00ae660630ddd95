# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import io
import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta

from openpyxl import load_workbook

from odoo import models

# How many make an hour, by a word of the column's heading: what a number without a unit counts.
UNITS = {
    word: count
    for count, words in {
        1: "h hr hrs hour hours hora horas hores heure heures ora ore std stunde stunden ordu "
        "orduak ordutan",
        60: "min mins minute minutes minuto minutos minuten minuti minut minuts minutu minutuak "
        "minututan",
        3600: "sec secs second seconds seg segs segundo segundos sek sekunde sekunden seconde "
        "secondes secondo secondi segon segons segundoak segundotan",
        3_600_000: "ms msec msecs millis millisecond milliseconds milisegundo milisegundos "
        "millisekunden milliseconde millisecondes millisecondi milissegundos mil·lisegons "
        "milisegundoak",
    }.items()
    for word in words.split()
}
# A letter alone says it in parentheses or behind an underscore: "Duration (s)", no "Call's".
LETTER = re.compile(r"(?:\(|_)([ms])(?:\)|$)")
LETTERS = {"m": 60, "s": 3600}
WORD = re.compile(r"[^\W\d_]+(?:['’·][^\W\d_]+)*")
# What units are written together with: "durationseconds".
DURATION = re.compile("duration|duraci[oó]n|dauer")
MINUTES_AND_SECONDS = re.compile(r"(?<![a-z:])m{1,2}:s{1,2}(?![a-z:])")
CLOCK = re.compile(r"(\d+):(\d\d)(?::(\d\d))?")
NUMBER = r"\d+(?:[.,\s]\d+)*"
IN_WORDS = re.compile(
    rf"(?:({NUMBER})\s*h[a-z]*\.?)?\s*(?:({NUMBER})\s*m(?!s\b)[a-z]*\.?)?"
    rf"\s*(?:({NUMBER})\s*s[a-z]*\.?)?",
    re.IGNORECASE,
)

# What a time and its date are called, where they are in two columns.
PAIRS = (
    ("time", "date"),
    ("activity time", "activity date"),
    ("call time", "call date"),
    ("hour", "day"),
    ("due time", "due date"),
    ("hora", "fecha"),
    ("hora de la actividad", "fecha de la actividad"),
    ("hora de la llamada", "fecha de la llamada"),
    ("hora de llamada", "fecha de llamada"),
    ("hora llamada", "fecha llamada"),
    ("hora", "día"),
    ("hora de vencimiento", "fecha de vencimiento"),
)
BEGINNINGS = (
    ("start time", "start date"),
    ("hora de inicio", "fecha de inicio"),
    ("hora de inicio", "fecha de comienzo"),
)
# Which dates a time may belong to: its own before others.
TIME_HEADINGS = {
    name: list(
        dict.fromkeys([date for time, date in PAIRS + BEGINNINGS if time == name])
        | dict.fromkeys(date for _time, date in PAIRS)
    )
    for name, _date in PAIRS + BEGINNINGS
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
            divisor = _get_divisor(heading)
            is_short = bool(MINUTES_AND_SECONDS.search(heading))
            decimal_point = options.get("float_decimal_separator") or "."
            thousands = options.get("float_thousand_separator") or " "
            for line in data:
                with suppress(ValueError):  # which Odoo refuses in words
                    hours = _to_hours(line[index].strip(), divisor, thousands, is_short)
                    line[index] = hours.replace(".", decimal_point)
        return super()._parse_float_from_data(data, index, name, options)


def _get_divisor(heading):
    """:return int: how many of the unit that a heading names make an hour, 1 where it names none"""
    words = WORD.findall(DURATION.sub(" ", heading))
    units = {UNITS[word] for word in words if word in UNITS}
    units.update(LETTERS[letter] for letter in LETTER.findall(heading))
    return min(units, default=1)


def _to_hours(text, divisor, thousands, is_short):
    """Read how long something took.

    :param str text: a number, a time (1:30, 00:15:00), or in words (15 minutes, 1 h 30 min)
    :param int divisor: how many of the unit of a mere number make an hour
    :param str thousands: what separates thousands in a number
    :param bool is_short: whether 1:30 are minutes and seconds
    :return str: hours, with a decimal point; nothing for nothing
    :raise ValueError: where it is none of these
    """
    if not text:
        return ""
    if re.fullmatch(NUMBER, text):
        hours = _read_number(text, thousands) / divisor
    elif match := CLOCK.fullmatch(text) or IN_WORDS.fullmatch(text):
        units = (60, 3600) if is_short and re.fullmatch(r"\d+:\d\d", text) else (1, 60, 3600)
        parts = zip(match.groups(default="0"), units, strict=False)
        hours = sum(_read_number(part, thousands) / unit for part, unit in parts)
    else:
        raise ValueError(text)
    return f"{hours:.6f}"


def _read_number(text, thousands):
    """Read a number; what does not separate groups of three is its decimal point.

    :raise ValueError: for what is none, as ``1 2 3``
    """
    if len(separators := re.findall(r"[.,\s]", text)) > 1:
        thousands = separators[0]  # the file knows better than the options
    separator = re.escape(thousands)
    if re.fullmatch(rf"\d{{1,3}}(?:{separator}\d{{3}})+(?:[.,]\d+)?", text):
        text = text.replace(thousands, "")
    return float(text.replace(",", "."))


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
