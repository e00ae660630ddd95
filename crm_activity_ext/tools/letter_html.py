# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re
from urllib.parse import parse_qs, urlsplit

from lxml import html as lxml_html
from markupsafe import Markup

from odoo.tools import html_sanitize

OWN_PICTURE = re.compile(r"/web/(?:image|content)/(\d+)(?:[-/]|$)")
# Pictures of pixels: an SVG could load others.
EMBEDDED_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|bmp|webp);base64,", re.IGNORECASE)
# Functions that are not colours may load something, and escapes may spell one.
LOADING_STYLE = re.compile(r"\\|/\*|@|(?<!rgb)(?<!rgba)\(", re.IGNORECASE)
# What takes a text out of the page's width, or off the page.
LOOSE_STYLE = re.compile(r"(?:position|min-width):|white-space:\s*(?:nowrap|pre)\b(?!-)")


def find_own_pictures(html, hosts):
    """Look for the pictures of a text that are attachments of this database.

    :param str html: the text
    :param set hosts: the names under which this database is reached; an address without a host
        is its own as well
    :return: ``{address: (attachment id, access token or None)}``
    """
    sources = {image.get("src", "").strip() for image in _parse(html).iter("img")}
    found = {source: _read_address(source, hosts) for source in sources}
    return {source: picture for source, picture in found.items() if picture}


def get_printable(html, pictures):
    """Take out of a text whatever a program would fetch from somewhere to print it.

    :param str html: the text
    :param dict pictures: ``{address: data URI}`` of those that may be shown
    :return: Markup
    """
    root = _parse(html_sanitize(html, sanitize_attributes=True))
    for node in root.iter(lxml_html.etree.Element):
        _keep_own(node, pictures)
    for image in root.xpath(".//img[not(@src)]"):
        image.drop_tree()
    content = lxml_html.tostring(root, encoding="unicode")
    return Markup(content)  # noqa: S704 just sanitized


def _parse(html):
    return lxml_html.fragment_fromstring(html or "", create_parent="div")


def _read_address(source, hosts):
    """:return: tuple of the attachment's id and the access token, or None"""
    try:
        address = urlsplit(source)
        host = address.hostname
    except ValueError:
        return None
    match = OWN_PICTURE.match(address.path)
    if not match or address.scheme not in ("", "http", "https") or (host and host not in hosts):
        return None
    [token] = parse_qs(address.query).get("access_token", [None])[:1]
    return int(match[1]), token


def _keep_own(node, pictures):
    if source := node.attrib.pop("src", "").strip():
        if not EMBEDDED_PICTURE.match(source):
            source = pictures.get(source)
        if node.tag == "img" and source:
            node.set("src", source)
    if style := node.attrib.pop("style", ""):
        node.set("style", ";".join(_get_kept_declarations(style, is_picture=node.tag == "img")))


def _get_kept_declarations(style, is_picture):
    """:return: list of ``name:value``"""
    parts = (part.partition(":") for part in style.split(";"))
    declarations = {name.strip().lower(): value.strip() for name, _colon, value in parts}
    if is_picture and declarations.get("width", "auto") != "auto":
        # Narrowed to the page's width, it keeps its shape.
        declarations.pop("height", None)
    return [
        declaration
        for name, value in declarations.items()
        if not LOADING_STYLE.search(declaration := f"{name}:{value}")
        and not LOOSE_STYLE.match(declaration.lower())
    ]
