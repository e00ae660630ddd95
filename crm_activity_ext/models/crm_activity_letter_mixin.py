# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from base64 import b64encode
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import consteq, format_date, get_lang, html2plaintext
from odoo.tools.mimetypes import guess_mimetype

from ..tools.letter_html import EMBEDDED_PICTURE, find_own_pictures, get_printable

# What goes out on paper: printed here, sent by somebody.
PRINTED_CHANNELS = ("letter", "fax")
# Reasons that are told in a message.
NAMED_COUNT = 3
# At the end of a text, where a name is a signature: name, job, company, phone number.
SIGNATURE_LINES = 4


class CrmActivityLetterMixin(models.AbstractModel):
    """What stands on the printed page of an activity: a letter, or the cover of a fax."""

    _name = "crm.activity.letter.mixin"
    _description = "CRM Activity Letter"

    def action_letters_done(self):
        """Mark pending letters and faxes done, after printing; others are left as they are, as are
        those that were not printed: see :meth:`get_letters_left_out`.
        """
        letters = self.filtered(
            lambda activity: activity.channel in PRINTED_CHANNELS and activity.state == "pending"
        )
        unwanted = letters._get_unwanted()
        return letters.filtered(lambda letter: letter not in unwanted).action_done()

    @api.readonly
    def get_letters_left_out(self):
        """Tell which letters and faxes are not printed, as those of a campaign are for nobody who
        does not want them.

        :return: how many of these, and why, in words, or False
        :raise AccessError: where the current user may not read one of the activities
        """
        self.check_access("read")
        reasons = list(self._get_unwanted_letters().values())
        return bool(reasons) and self.env._(
            "Not printed: %(count)s. %(reasons)s",
            count=len(reasons),
            reasons=" ".join(dict.fromkeys(reasons[:NAMED_COUNT])),
        )

    def _get_unwanted_letters(self):
        return self.filtered(lambda a: a.channel in PRINTED_CHANNELS)._get_unwanted()

    def _get_letters(self):
        """Take the letters and faxes, each in the language of its recipient.

        What was noted about a call or a visit is not meant for the customer: it is never
        printed along with a selection. Neither is marketing for who has opted out since.

        :return: list of one activity each
        :raise AccessError: where the current user may not read one of the activities
        :raise UserError: where none of them is a letter or a fax, or is wanted
        """
        self.check_access("read")
        letters = self.filtered(lambda activity: activity.channel in PRINTED_CHANNELS)
        if not letters:
            raise UserError(self.env._("Select at least one letter or fax to print."))
        unwanted = letters._get_unwanted()
        if len(unwanted) == len(letters):
            raise UserError(letters.get_letters_left_out())
        return [
            letter.with_context(lang=letter._get_letter_lang())
            for letter in letters
            if letter not in unwanted
        ]

    def _get_letter_pictures(self):
        """Read the pictures in what is printed, as far as the current user may see them.

        :return: ``{address in the text: data URI}``
        """
        params = self.env["ir.config_parameter"].sudo()  # sudo: how this database is called
        addresses = (params.get_param(name) for name in ("web.base.url", "report.url"))
        hosts = {urlsplit(address or "").hostname for address in addresses}
        texts = [*self.mapped("body"), *self.user_id.mapped("signature")]
        wanted = {}
        for text in filter(None, texts):
            wanted |= find_own_pictures(text, hosts)
        uris = self._read_letter_pictures(set(wanted.values()))
        return {source: uris[picture] for source, picture in wanted.items() if picture in uris}

    @api.model
    def _read_letter_pictures(self, pictures):
        """:param set pictures: tuples of an attachment's id and the access token in its address
        :return: ``{tuple: data URI}`` of those that the user, or the token, may read
        """
        attachments = self.env["ir.attachment"].browse({id_ for id_, _token in pictures}).exists()
        readable = attachments._filtered_access("read")
        # sudo: a token gives access to its attachment, as in the browser.
        by_id = {attachment.id: attachment for attachment in attachments.sudo()}
        uris = {}
        for id_, token in pictures:
            attachment = by_id.get(id_)
            if attachment and (
                id_ in readable._ids or (token and consteq(attachment.access_token or "", token))
            ):
                uri = _get_data_uri(attachment.raw or b"")
                if EMBEDDED_PICTURE.match(uri):
                    uris[id_, token] = uri
        return uris

    @api.model
    def _get_letter_text(self, html, pictures):
        """:return: Markup of what somebody wrote, with no picture but those given
        :param dict pictures: see :meth:`_get_letter_pictures`
        """
        return get_printable(html, pictures)

    def _is_letter_signed(self):
        """:return: whether the text ends with the name of who writes, as that of a template does"""
        lines = [
            line
            for line in html2plaintext(self.body or "", include_references=False).splitlines()
            if line.strip()
        ]
        return any(self.user_id.name in line for line in lines[-SIGNATURE_LINES:])

    def _get_letter_lang(self):
        """:return: code of an installed language: the recipient's, else the user's"""
        return get_lang(self.env, self._get_recipient()._get_crm_activity_lang()).code

    def _get_letter_names(self):
        """:return: list of who is written to, none where there is no recipient"""
        return self._get_recipient()._get_crm_activity_names()

    def _get_letter_address(self):
        """:return: list of the lines in the window of the envelope"""
        recipient = self._get_recipient()
        address = recipient._get_crm_activity_address() if recipient else []
        return self._get_letter_names() + address

    def _get_letter_number(self):
        """:return: the number that a fax goes to, or False"""
        return self._get_recipient()._get_crm_activity_number()

    def _get_letter_place_and_date(self):
        """:return: such as "Sevilla, 3 de marzo de 2026", on the responsible's calendar"""
        timezone = self.user_id.tz or self.env.user.tz
        moment = fields.Datetime.context_timestamp(self.with_context(tz=timezone), self.date)
        date = format_date(self.env, moment.date(), date_format="long")
        # sudo: of the company its letterhead alone is shown, as by Odoo's own layout.
        return ", ".join(filter(None, [self.company_id.sudo().city, date]))


def _get_data_uri(content):
    return f"data:{guess_mimetype(content)};base64,{b64encode(content).decode()}"
