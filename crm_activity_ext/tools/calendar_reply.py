# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What programs for calendars answer to an invitation by email (RFC 5546)."""

import re

# A long line goes on in the next one, behind a blank.
FOLD = re.compile(r"\r?\n[ \t]")
COMMENT = re.compile(r'^COMMENT(?:;(?:"[^"]*"|[^":\r\n])*)?:(.*)$', re.IGNORECASE | re.MULTILINE)
# Where Google's has it.
RESPONSE_COMMENT = re.compile(r';X-RESPONSE-COMMENT=(?:"([^"]*)"|([^";:\r\n]*))', re.IGNORECASE)
ESCAPED = re.compile(r"\\(.)")
# An answer is short: a text that is made to be searched for long is not.
MAX_LENGTH = 50_000


def get_calendar_comment(email_message):
    """What somebody has added to their answer.

    :return: str, empty where they have only accepted or declined; None for any other mail, as one
        that proposes another time
    """
    for part in email_message.walk():
        if part.get_content_type() == "text/calendar":
            text = FOLD.sub("", part.get_content()[:MAX_LENGTH])
            if re.search(r"^METHOD:REPLY\s*$", text, re.IGNORECASE | re.MULTILINE):
                return _get_comment(text)
    return None


def _get_comment(text):
    found = [match[1] for match in COMMENT.finditer(text)]
    found += [match[1] or match[2] for match in RESPONSE_COMMENT.finditer(text)]
    comments = (ESCAPED.sub(_unescape, comment).strip() for comment in found)
    return "\n".join(dict.fromkeys(filter(None, comments)))


def _unescape(match):
    return "\n" if match[1] in "nN" else match[1]
