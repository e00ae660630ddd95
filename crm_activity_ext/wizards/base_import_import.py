# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re

from odoo import models

# How many make an hour, by a word of the column's heading: what a number without a unit counts.
UNITS = {
    re.compile(r"\b(h|hrs?|hours?|horas?)\b"): 1,
    re.compile(r"\b(mins?|minutes?|minutos?)\b"): 60,
    re.compile(r"\b(secs?|seconds?|segs?|segundos?)\b"): 3600,
}
CLOCK = re.compile(r"(\d+):(\d\d)(?::(\d\d))?")
IN_WORDS = re.compile(
    r"(?:(\d+(?:[.,]\d+)?)\s*h[a-z]*\.?)?\s*(?:(\d+(?:[.,]\d+)?)\s*m[a-z]*\.?)?"
    r"\s*(?:(\d+(?:[.,]\d+)?)\s*s[a-z]*\.?)?",
    re.IGNORECASE,
)


class BaseImportImport(models.TransientModel):
    """The duration of activities, as other systems and people write it."""

    _inherit = "base_import.import"

    def execute_import(self, fields, columns, options, dryrun=False):
        """Remember the heading of the duration, which may say its unit; see ``base_import``."""
        importer = self
        if self.res_model == "crm.activity" and "duration" in fields:
            heading = columns[fields.index("duration")]
            # From a context that is somebody else's, it reads a number in another unit at most.
            importer = self.with_context(crm_activity_duration_heading=str(heading or ""))
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
