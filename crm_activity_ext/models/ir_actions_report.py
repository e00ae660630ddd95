# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from itertools import zip_longest

from lxml import html as lxml_html
from lxml.html.builder import E

from odoo import models

from odoo.addons.base.models.ir_actions_report import _wkhtml

# In millimetres, where the letterhead is part of the page and not of its margin.
PAGE_MARGIN = 12
# Without patches, what is laid out in millimetres is printed at four fifths, or smaller.
PRINT_SCALE = 0.8


def _divs(name):
    """:return: XPath of the ``div`` elements with this class, as Odoo looks for them"""
    return f"//div[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _prepare_html(self, html, report_model=False):
        """Print letters completely with every build of wkhtmltopdf.

        Odoo gives it one document for each record and, apart, all headers and footers.
        The build of the distributions (Qt without patches) leaves out headers and footers
        and refuses several documents. There the letters become one document in which each
        has its letterhead in the page itself.
        """
        if report_model != "crm.activity":
            return super()._prepare_html(html, report_model=report_model)
        root = lxml_html.fromstring(html, parser=lxml_html.HTMLParser(encoding="utf-8"))
        # A text may come from an e-mail template that has such classes of its own.
        for node in root.xpath(f"{_divs('article')}//div"):
            if {"header", "article", "footer"} & set(node.get("class", "").split()):
                node.tag = "article"
        if not _wkhtml().is_patched_qt:
            self._join_documents(root)
        html = lxml_html.tostring(root, encoding="utf-8")
        bodies, res_ids, *others = super()._prepare_html(html, report_model=report_model)
        if not self.attachment:
            # Nothing is stored for each record, so Odoo need not take the PDF apart again,
            # which it would do by headings: those in a letter's text mislead it.
            res_ids = [None] * len(bodies)
        return bodies, res_ids, *others

    def _join_documents(self, root):
        """Make one document of all, each with its own header and footer on its pages.

        :param root: the report's html element, changed in place: afterwards there is one
            ``div.article``, and no ``div.header`` or ``div.footer``
        """
        parts = [root.xpath(_divs(name)) for name in ("header", "article", "footer")]
        paper = self.get_paperformat()
        # Where the patched build has them: the address in the window of the envelope, and
        # the footer at the bottom of the last page.
        head, foot, full = (
            f"{max(size, 0) / PRINT_SCALE:.1f}mm"
            for size in (
                paper.margin_top - PAGE_MARGIN,
                paper.margin_bottom - PAGE_MARGIN,
                paper.print_page_height - 2 * PAGE_MARGIN,
            )
        )
        joined = E.div({"class": "article"})
        for header, article, footer in zip_longest(*parts):
            page = E.div(
                {
                    "style": "page-break-after: always; position: relative; "
                    f"box-sizing: border-box; min-height: {full};"
                }
            )
            for node, tag, style in (
                (header, "header", f"min-height: {head};"),
                (article, "article", ""),
                (footer, "footer", "position: absolute; bottom: 0; left: 0; right: 0;"),
            ):
                if node is not None:
                    # Odoo looks for div only, and keeps every section on one page.
                    node.tag = tag
                    node.set("style", style + node.get("style", ""))
                    page.append(node)
            # Room for the footer: with the signature, that no sheet is left with it alone.
            last = (page.xpath(".//div[@name='signature']") or [page])[-1]
            last.set("style", f"{last.get('style', '')} padding-bottom: {foot};")
            joined.append(page)
        # Nobody counts the pages, and drawings are meant for the margin behind the page.
        for lost in joined.xpath("//span[@class='page']/.. | ./div/*/svg"):
            lost.drop_tree()
        if len(parts[1]) == 1:
            for name in ("data-oe-model", "data-oe-id", "data-oe-lang"):
                joined.set(name, parts[1][0].get(name, ""))
        if len(joined):
            style = joined[-1].get("style")
            joined[-1].set("style", style.replace("page-break-after: always;", ""))
        [main] = root.xpath("//main")
        main.clear()
        main.append(joined)
        root.set("data-report-margin-top", str(PAGE_MARGIN))
        root.set("data-report-margin-bottom", str(PAGE_MARGIN))
