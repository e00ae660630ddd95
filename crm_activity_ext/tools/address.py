# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re

from odoo.tools import remove_accents

# What a postal address is made of, on customers and on leads.
ADDRESS = ("street", "street2", "zip", "city", "country_id")
NO_DIGITS = re.compile(r"\D+")
NO_WORDS = re.compile(r"[\W_]+")
# A shorter one is an extension: of somebody's own exchange.
MIN_DIGITS = 7


def get_normal_number(record):
    """:return: a phone number as Odoo stores it, else its digits. What no program can read, as an
    extension, somebody can dial: it is told with whose it is; False where there is none
    """
    if record.phone_sanitized:
        return record.phone_sanitized
    number = (record.phone or "").strip()
    digits = NO_DIGITS.sub("", number)
    if len(digits) >= MIN_DIGITS:
        return digits
    return bool(number) and f"{number} ({record.display_name})"


def get_postal_address(record):
    """Tell a postal address in the form that envelopes have, by which two are told to be one.

    Complete is what has a street, a city and, where the country has them, a postal code: Odoo asks
    for no more. Without a country it is in that of the company.

    :param record: a record with the fields :data:`ADDRESS`
    :return: such as "CALLE MAYOR 1, 41001, SEVILLA, ES", or False where it is not complete
    """
    has_zip = record.zip or (record.country_id and not record.country_id.zip_required)
    if not (record.street and record.city and has_zip):
        return False
    country = record.country_id or record.env.company.country_id
    lines = (record.street, record.street2, record.zip, record.city, country.code)
    words = (NO_WORDS.sub(" ", remove_accents(line or "")).strip().upper() for line in lines)
    return ", ".join(filter(None, words))
