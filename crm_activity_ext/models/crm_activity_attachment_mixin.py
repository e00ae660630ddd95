# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import base64
import binascii
import mimetypes
import re
from collections import defaultdict
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import html as lxml_html

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import consteq, html_sanitize
from odoo.tools.mimetypes import guess_mimetype

# Where a text refers to an attachment: /web/image/12-a1b2c3/chair.png?access_token=…
LINK = re.compile(
    r"""
    (?<!\w) (?P<host> (?:https?:)?//[^/\s"'()]+ )?
    (?P<path> /web/(?:image|content)/(?:ir\.attachment/)? )
    (?P<id> \d{1,9} ) (?!\d) (?:-\w+)?
    (?P<rest> /[^\s"'()?#]* )?
    (?: \? (?P<query> [^\s"'()#]* ) )?
    """,
    re.VERBOSE,
)
EMBEDDED_PICTURE = re.compile(r"data:image/[\w.+-]+;base64,(?P<data>[\w+/=\s]*)", re.IGNORECASE)
# What programs for email show, and what carries no code.
PICTURE_MIMETYPES = {"image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp"}
MAX_PICTURE_MB = 10
# Bytes of files copied at a time.
BATCH_SIZE = 64 * 1024 * 1024


def may_link(text):
    """:return: whether a text may contain links or pictures at all: most do not"""
    lowered = (text or "").lower()
    return "/web/" in lowered or ";base64," in lowered


class CrmActivityAttachmentMixin(models.AbstractModel):
    """What an activity shows and sends is its own: its files, and the pictures in its text.

    Who reads the activity reads them, and deleting a template or another activity takes
    none of them away.
    """

    _name = "crm.activity.attachment.mixin"
    _description = "CRM Activity Attachments"

    attachment_ids = fields.Many2many("ir.attachment", string="Attachments")
    template_attachment_ids = fields.Many2many(
        "ir.attachment",
        "crm_activity_template_attachment_rel",
        string="Template Attachments",
        readonly=True,
        copy=False,
        help="Attachments that came with the template and are removed with it.",
    )

    def _adopt_attachments(self):
        """Make the files of these activities their own.

        What was uploaded and belongs to nothing yet becomes the activity's; of what belongs
        to something else it gets a copy.
        """
        # sudo: whether the user may write the activity has been checked by writing it.
        activities = self.sudo()
        (activities._get_template_attachments() - activities.attachment_ids).unlink()
        foreign = [
            (activity, file)
            for activity in activities
            for file in activity.attachment_ids
            if not self._is_file_of(activity, file)
        ]
        if not foreign:
            return
        files = self.env["ir.attachment"].union(*(file for _activity, file in foreign))
        # Nobody gets a file by naming its id, or through code with more rights.
        readable = files.sudo(False)._filtered_access("read")
        of_templates = self._filter_template_files(files)
        own = self._get_own_files([(a, file) for a, file in foreign if file in readable])
        self._link_files(
            [(a, new) for (a, file), new in own.items()],
            [(a, new) for (a, file), new in own.items() if file in of_templates],
            [(a, file) for (a, file), new in own.items() if file != new],
        )

    def _get_template_attachments(self):
        """:return: files that came with templates, and that the system may delete with them"""
        # sudo: as the system alone makes them, it alone cleans them up.
        files = self.sudo().template_attachment_ids
        ids = set(self.ids)
        return files.filtered(lambda file: file.res_model == self._name and file.res_id in ids)

    def _filter_template_files(self, files):
        """:return: those of the files that came from a template, here or in another activity"""
        # sudo: whose activity it is makes no difference.
        activities = self.sudo().search([("template_attachment_ids", "in", files.ids)])
        # sudo: which files a template has is no secret of theirs; they are only compared.
        of_templates = self.mail_template_id.sudo().attachment_ids
        return (activities.template_attachment_ids | of_templates) & files

    def _link_files(self, linked, of_templates, unlinked=()):
        """Change which files the activities have, in a few queries for all of them.

        :param list linked: ``(activity, file)`` to add
        :param list of_templates: those of them that came with a template
        :param list unlinked: ``(activity, file)`` to take away
        """
        unlink = [(activity, [Command.unlink(file.id)]) for activity, file in unlinked]
        for name, pairs in (("attachment_ids", linked), ("template_attachment_ids", of_templates)):
            link = [(activity, [Command.link(file.id)]) for activity, file in pairs]
            # Not by writing each activity, which would be two queries for each.
            self._fields[name].write_batch(unlink + link)

    def _adopt_linked_files(self):
        """Make the pictures and files that the texts refer to the activities' own."""
        texts = self._get_own_texts({activity: activity.body for activity in self})
        for activity, text in texts.items():
            activity._write_text({"body": text})

    def _write_text(self, values):
        """Write a text whose pictures and files are the activity's own already."""
        # sudo: whether the user may write the activity has been checked before; and what is
        # remembered of the text is for the system alone to write.
        # Nothing of it is tracked: spare the chatter looking for it in each write.
        activity = self.sudo().with_context(tracking_disable=True, crm_activity_text_is_own=True)
        return activity.write(values)

    def _is_text_own(self):
        """:return: whether the system writes a text just now: see :meth:`_write_text`"""
        return self.env.su and bool(self.env.context.get("crm_activity_text_is_own"))

    @api.model
    def _is_file_of(self, record, file):
        return (file.res_model, file.res_id) == (record._name, record.id)

    @api.model
    def _get_own_files(self, pairs):
        """Turn files that belong to nothing, or to something else, into the records' own.

        :param list pairs: ``(record, file)``: the user may write the record and read the file
        :return: ``{(record, file): the record's own file}``
        """
        own = {}
        for record, file in pairs:
            # sudo: whoever uploaded a file may put it where they may write.
            upload = file.sudo()
            if not upload.res_id and not upload.public and upload.create_uid == self.env.user:
                upload.write({"res_model": record._name, "res_id": record.id})
                own[record, file] = upload
        return own | self._copy_files([pair for pair in pairs if pair not in own])

    @api.model
    def _copy_files(self, pairs):
        """Copy files in one batch, whatever the number of records that each is copied for.

        :param list pairs: ``(record, file)``
        :return: ``{(record, file): the record's copy}``
        """
        # sudo: the user may write the records and read the files; see the callers.
        # What was uploaded once need not be scaled again.
        Attachment = self.env["ir.attachment"].sudo().with_context(image_no_postprocess=True)
        records_by_file = defaultdict(list)
        for record, file in pairs:
            records_by_file[file].append(record)
        default = {"res_field": False, "public": False, "access_token": False}
        copies = {}
        for files in self._split_by_size(records_by_file):
            keys, vals_list = [], []
            for file in files:
                # One content for all copies of a file: the filestore keeps it once, too.
                (vals,) = file.sudo().copy_data(default)
                for record in records_by_file[file]:
                    keys.append((record, file))
                    vals_list.append({**vals, "res_model": record._name, "res_id": record.id})
            copies.update(zip(keys, Attachment.create(vals_list).with_env(self.env), strict=True))
            self.env["ir.attachment"].union(*files).invalidate_recordset(["raw"])
        # sudo: the copies are the records' own, whose access the callers have checked.
        return {pair: copies[pair].sudo() for pair in pairs}

    @api.model
    def _split_by_size(self, files):
        """:return: lists of files, each small enough to be held in memory"""
        batches, size = [], 0
        for file in files:
            # sudo: no more than the size is asked; see the caller for who may.
            file_size = file.sudo().file_size
            size += file_size
            if not batches or size > BATCH_SIZE:
                batches.append([])
                size = file_size
            batches[-1].append(file)
        return batches

    @api.model
    def _get_own_texts(self, texts):
        """Let texts refer to pictures and files of their own records.

        Of attachments of other records, which the user may read or the text has the access
        token of, there are copies; pictures embedded in a text become attachments, as what
        is pasted into an editor does. Public attachments stay as they are.

        :param dict texts: ``{record: HTML}``: the user may write the records
        :return: ``{record: HTML}`` of those whose text has to change
        :raise UserError: for an embedded picture that is too large
        """
        roots = {
            record: lxml_html.fragment_fromstring(
                html_sanitize(text, sanitize_attributes=True), create_parent="div"
            )
            for record, text in texts.items()
            if may_link(text)
        }
        # Each remembers the element and the name of the attribute that it is the value of.
        values = [
            (record, value) for record, root in roots.items() for value in root.xpath(".//@*")
        ]
        pictures = self._create_embedded_pictures(values)
        linked = self._get_own_linked_files(values)
        changed = set()
        for record, value in values:
            new_value = self._replace_links(record, value, linked, pictures)
            if new_value != value:
                value.getparent().set(value.attrname, new_value)
                changed.add(record)
        # Without the element that was put around it.
        return {
            record: lxml_html.tostring(roots[record], encoding="unicode")[
                len("<div>") : -len("</div>")
            ]
            for record in roots
            if record in changed
        }

    @api.model
    def _get_own_linked_files(self, values):
        """Copy the attachments of others that attributes refer to, with the right to do so.

        :param list values: ``(record, value of an attribute)``
        :return: ``{(record, id): the record's own}``, each with an access token
        """
        tokens = {}
        for record, value in values:
            for link in LINK.finditer(value):
                if self._is_own_host(record, link["host"]):
                    token = dict(parse_qsl(link["query"] or "")).get("access_token")
                    tokens.setdefault((record, int(link["id"])), set()).add(token)
        # sudo: who may is decided below, by right or by token.
        files = (
            self.env["ir.attachment"].sudo().browse({file_id for _r, file_id in tokens}).exists()
        )
        readable = files.sudo(False)._filtered_access("read")
        files_by_id = {file.id: file for file in files if not file.public}
        pairs = []
        for (record, file_id), known_tokens in tokens.items():
            file = files_by_id.get(file_id)
            if not file or self._is_file_of(record, file):
                continue
            if file in readable or self._is_token_valid(file, known_tokens):
                pairs.append((record, file))
        own = self._get_own_files(pairs)
        # sudo: as the records' own they are to be opened by who gets the text.
        self.env["ir.attachment"].union(*own.values()).sudo().generate_access_token()
        return {(record, file.id): new for (record, file), new in own.items()}

    @api.model
    def _is_token_valid(self, file, tokens):
        right = file.access_token
        return bool(right) and any(consteq(token or "", right) for token in tokens)

    @api.model
    def _is_own_host(self, record, host):
        return not host or urlsplit(host).netloc == urlsplit(record.get_base_url()).netloc

    @api.model
    def _create_embedded_pictures(self, values):
        """Make attachments of the pictures that attributes have the content of.

        :param list values: ``(record, value of an attribute)``
        :return: ``{(record, content in base64): attachment}``, each with an access token;
            without those that are no pictures
        :raise UserError: for a picture that is too large
        """
        found = [
            (record, match["data"])
            for record, value in values
            for match in EMBEDDED_PICTURE.finditer(value)
        ]
        contents = {data: self._decode_picture(data) for _record, data in found}
        keys = [key for key in dict.fromkeys(found) if contents[key[1]]]
        # sudo: whether the user may write the records has been checked by writing them.
        pictures = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {
                        **contents[data],
                        "res_model": record._name,
                        "res_id": record.id,
                        "type": "binary",
                        "public": False,
                    }
                    for record, data in keys
                ]
            )
        )
        pictures.generate_access_token()
        return dict(zip(keys, pictures, strict=True))

    @api.model
    def _decode_picture(self, data):
        """:return: values of an attachment; empty for what is no picture"""
        try:
            raw = base64.b64decode(data)
        except binascii.Error:
            return {}
        # What Odoo has already, in a to-do that was done, is not refused.
        if len(raw) > MAX_PICTURE_MB * 1024 * 1024 and not self._is_cascading():
            raise UserError(
                self.env._(
                    "An image in a text cannot exceed %(size)s MB. Resize it or attach it as a "
                    "file.",
                    size=MAX_PICTURE_MB,
                )
            )
        mimetype = guess_mimetype(raw)
        if mimetype not in PICTURE_MIMETYPES:
            return {}
        return {
            "name": f"picture{mimetypes.guess_extension(mimetype) or ''}",
            "raw": raw,
            "mimetype": mimetype,
        }

    @api.model
    def _replace_links(self, record, value, linked, pictures):
        """:return: the value of an attribute with the record's own pictures and files"""

        def link_to_own(link):
            file = linked.get((record, int(link["id"])))
            if not file or not self._is_own_host(record, link["host"]):
                return link[0]
            query = {**dict(parse_qsl(link["query"] or "")), "access_token": file.access_token}
            head = f"{link['host'] or ''}{link['path']}{file.id}{link['rest'] or ''}"
            return f"{head}?{urlencode(query)}"

        def link_to_picture(match):
            picture = pictures.get((record, match["data"]))
            # Anything but a picture is removed from the text.
            return f"/web/image/{picture.id}?access_token={picture.access_token}" if picture else ""

        return EMBEDDED_PICTURE.sub(link_to_picture, LINK.sub(link_to_own, value))
