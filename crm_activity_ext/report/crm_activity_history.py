# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import defaultdict
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, Query

from ..models.crm_activity_participant_mixin import PARTICIPANTS_TABLE
from ..models.crm_activity_target_mixin import NO_WORKERS
from ..tools.html_text import html_to_text
from ..tools.values import get_selection, is_id, is_id_list

# What a row shows is up to who looks, so the ORM's cache keeps what it shows to each apart.
READER = ("uid", "lang", "tz", "allowed_company_ids")
# No row shows more of the first line of a text.
MAX_TEXT = 200
# Where a transaction remembers, for as long as one question takes, what it has looked up for it.
MEMO_KEY = "crm_activity_ext.history"
# And in there what is asked: see ``_get_asked``.
DOMAIN_KEY, NAMES_KEY, PAGE_KEY, COLUMNS_KEY = "domain", "names", "page", "columns"
# The columns that say where a row is.
LOCATING = {"document_id", "document_model", "kind", "mail_message_id", "res_id", "res_model"}
# How many ids PostgreSQL looks at to estimate what they have, unless the plan depends on it.
MAX_ESTIMATED = 100
# How PostgreSQL plans what is asked of a history, until the end of the transaction. It expects so
# much of a customer with thousands of entries that it starts workers and compiles, which take
# longer than all the rest. And it takes the first rows of an index by date for as many pages as are
# their share of the table, where each is on another page: it would read ten thousand rows of others
# rather than sort those of the customer. With pages in memory, which cost as little, it does not.
PLANNING = SQL(
    "%s; SET LOCAL jit = off; SET LOCAL seq_page_cost = 0.05; SET LOCAL random_page_cost = 0.1;",
    NO_WORKERS,
)
# The largest integer of PostgreSQL's.
MAX_ID = 2**31 - 1


@dataclass(frozen=True)
class HistorySource:
    """Documents of one kind that belong into the history of their customer.

    :ivar str model: where the documents are. A model that is not installed has no rows
    :ivar str kind: value of ``kind`` in the rows
    :ivar str label: what users call the kind
    :ivar str icon: a name of Font Awesome 4
    :ivar Domain domain: which records of the model are of this kind; or a function that gives it,
        which is asked where such documents can be among the rows at all
    :ivar Domain void: those that came to nothing, or to nothing yet: they are greyed, and totals
        leave them out
    :ivar dict columns: ``{column of the history: field of the model}`` where the names differ,
        or the names of several fields, of which the first that is filled counts. A column for
        which the model stores no field is empty
    :ivar tuple form_models: names of models that the document's form reads as well. Who may not
        read them opens the document's page on the customer portal, which asks for nothing else
    :ivar str page: where that page is, with ``%s`` for the id; by default the model says
    :ivar tuple participants: the table of a relation with people who took part, its column of the
        document, and that of the partner. They find the document as those whom it names do
    :ivar text: the field that holds the text, as HTML, of which a row shows the first line; or the
        names of several fields: the first line that there is
    """

    model: str
    kind: str
    label: str
    icon: str
    domain: Domain = Domain.TRUE
    void: Domain = Domain("state", "in", ["draft", "cancel", "cancelled"])
    columns: dict = field(default_factory=dict)
    form_models: tuple = ()
    page: str = ""
    participants: tuple = ()
    text: str | tuple = ()


class CrmActivityHistory(models.Model):
    """Everything with a customer, in one list: activities and documents.

    There is no table and no view. Each query reads the documents themselves, as the user who
    looks may read them: each source (:meth:`_get_sources`) is one arm of a ``UNION ALL``, made by
    its model's own ``_search``, with that model's access rights and record rules in it.
    """

    _name = "crm.activity.history"
    _inherit = [
        "crm.activity.input.mixin",
        "crm.activity.search.mixin",
        "crm.activity.technical.fields.mixin",
    ]
    _description = "Customer History"
    _auto = False
    _order = "date desc, id desc"

    date = fields.Datetime(
        readonly=True,
        depends_context=READER,
        help="Date of the document in the user's time zone. If it has no time, the creation time "
        "is used when it was created on that day, otherwise the start of the day.",
    )
    kind = fields.Selection(selection="_selection_kind", readonly=True, depends_context=READER)
    icon = fields.Char(compute="_compute_icon")
    name = fields.Char(string="Reference or Subject", readonly=True, depends_context=READER)
    type_name = fields.Char(string="Type", compute="_compute_type_name")
    activity_type_id = fields.Many2one("mail.activity.type", readonly=True, depends_context=READER)
    document_type = fields.Char(readonly=True, depends_context=READER)
    text = fields.Char(compute="_compute_text", help="The first line of the document's text.")
    # Whom the document names, the customer or somebody there: rows are found by these two, which
    # the indexes of the documents know. What a row shows are the two below.
    partner_id = fields.Many2one(
        "res.partner", string="Customer or Contact", readonly=True, depends_context=READER
    )
    contact_id = fields.Many2one(
        "res.partner", string="Contact of the Activity", readonly=True, depends_context=READER
    )
    participant_search = fields.Many2one(
        "res.partner",
        string="Participant",
        store=False,
        exportable=False,
        search="_search_participant_search",
    )
    customer_id = fields.Many2one(
        "res.partner",
        compute="_compute_customer_id",
        help="The company or individual that the document is for (commercial entity).",
    )
    person_id = fields.Many2one(
        "res.partner",
        string="Contact",
        compute="_compute_customer_id",
        help="The contact or address of the customer that the document names.",
    )
    user_id = fields.Many2one(
        "res.users", string="Responsible", readonly=True, depends_context=READER
    )
    campaign_id = fields.Many2one("utm.campaign", readonly=True, depends_context=READER)
    outcome_id = fields.Many2one("crm.activity.outcome", readonly=True, depends_context=READER)
    state = fields.Char(string="Status", readonly=True, depends_context=READER)
    is_void = fields.Boolean(
        string="Draft, Cancelled or Lost", readonly=True, depends_context=READER
    )
    # The aggregator is for the web client alone: see ``fields_get``.
    amount_total = fields.Monetary(
        string="Amount",
        readonly=True,
        aggregator=None,
        depends_context=READER,
        help="Credit notes are negative. Totals exclude grayed-out rows (draft, cancelled or "
        "lost) and are shown for one kind and one currency at a time.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True, depends_context=READER)
    company_id = fields.Many2one("res.company", readonly=True, depends_context=READER)
    res_model = fields.Char(string="Model", readonly=True, depends_context=READER)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", readonly=True, depends_context=READER
    )
    # Of an activity what it has sent: it stands for that.
    mail_message_id = fields.Many2one("mail.message", readonly=True, depends_context=READER)
    # Mostly the same. Of an email, which is a message, it is the document whose chatter has it.
    document_model = fields.Char(readonly=True, depends_context=READER)
    document_id = fields.Many2oneReference(
        string="Record to Open",
        model_field="document_model",
        readonly=True,
        depends_context=READER,
    )

    @api.model
    def _selection_kind(self):
        sources = self._get_installed_sources()
        return list({source.kind: source.label for source in sources}.items())

    @api.depends("name")
    @api.depends_context(*READER)
    def _compute_display_name(self):
        return super()._compute_display_name()

    @api.depends("kind", "activity_type_id")
    @api.depends_context(*READER)
    def _compute_icon(self):
        icons = {source.kind: source.icon for source in self._get_installed_sources()}
        for row in self:
            _name, icon = row._get_type_looks()
            row.icon = icon or icons.get(row.kind)

    @api.depends("activity_type_id", "document_type")
    @api.depends_context(*READER)
    def _compute_type_name(self):
        for row in self:
            name, _icon = row._get_type_looks()
            row.type_name = name or row.document_type

    def _get_type_looks(self):
        """:return: ``(name, icon)`` of the activity's type; each False where there is none"""
        activity_type = self.activity_type_id
        looks = activity_type._get_looks().get(activity_type.id)
        # One that has come since another process remembered them.
        return looks or (activity_type.name, activity_type.icon)

    @api.depends("partner_id", "contact_id")
    @api.depends_context(*READER)
    def _compute_customer_id(self):
        """Customer and contact as activities have them, whoever a document names."""
        for row in self:
            # sudo: only which customer it is. Its name can be seen on the document.
            partner = row.partner_id.sudo()
            customer = partner.commercial_partner_id
            row.customer_id = customer.id
            row.person_id = row.contact_id.id or (partner != customer and partner.id)

    @api.depends("res_model", "res_id")
    @api.depends_context(*READER)
    def _compute_text(self):
        """Read the texts of each model at once, as the user who looks."""
        texts = {source.model: source.text for source in self._get_installed_sources()}
        self.text = False
        for model_name, rows in self.grouped("res_model").items():
            model = self.env[model_name]
            names = texts.get(model_name, ())
            names = (names,) if isinstance(names, str) else names
            names = [name for name in names if self._can_read(model, name)]
            documents = self._browse_documents(model_name, rows.mapped("res_id"))
            for row, document in zip(rows, documents, strict=True):
                lines = (
                    line.strip()
                    for name in names
                    for line in html_to_text(document[name] or "").splitlines()
                )
                row.text = next(filter(None, lines), "")[:MAX_TEXT]

    @api.model
    def _browse_documents(self, model_name, ids):
        """:return: what rows stand for, as the user who looks"""
        return self.env[model_name].browse(ids)

    @api.model
    def _get_technical_fields(self):
        return super()._get_technical_fields() | LOCATING - {"kind"} | {"icon"}

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Let the web client ask for totals of amounts: :meth:`_read_group_select` makes them.

        The field itself has no aggregator: Odoo's export would add up by itself, whatever the
        currencies are.
        """
        result = super().fields_get(allfields, attributes)
        if "amount_total" in result and (not attributes or "aggregator" in attributes):
            result["amount_total"]["aggregator"] = "sum"
        return result

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Offer no filter for what is not installed."""
        arch, view = super()._get_view(view_id, view_type, **options)
        kinds = {f"kind_{source.kind}" for source in self._get_installed_sources()}
        for node in arch.xpath("//filter[starts-with(@name, 'kind_')]"):
            if node.get("name") not in kinds:
                node.getparent().remove(node)
        return arch, view

    @api.model
    @api.readonly
    def web_search_read(
        self, domain, specification, offset=0, limit=None, order=None, count_limit=None
    ):
        # A page and its number of rows.
        with self._remembering():
            return super().web_search_read(domain, specification, offset, limit, order, count_limit)

    @api.model
    def search_count(self, domain, limit=None):
        if type(self)._search is not CrmActivityHistory._search:
            # What another module asks as well is known once all is searched.
            return super().search_count(domain, limit)
        with self._asking_for(domain) as prepared:
            names = self._get_asked(NAMES_KEY)
            is_stored = all(self._fields[n].store for n in names - {"participant_search"})
            with self._asking({COLUMNS_KEY: names if is_stored else None}):
                # Without its page: a count puts its arms in turn.
                query = super()._search(prepared)  # pylint: disable=super-method-mismatch
                return 0 if query.is_empty() else self._count(query, limit)

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **kwargs):
        with self._asking_for(domain, is_page=bool(limit and order)) as prepared:
            query = super()._search(prepared, offset, limit, order, **kwargs)
            return query if query.is_empty() else self._put_arms(query)

    @contextmanager
    def _asking_for(self, domain, is_page=False):
        """Within it there are no arms but those that can have rows of a domain.

        They are put into a query once all that it asks is known: until then it has no rows.

        :param bool is_page: whether only the first rows are asked for
        :return: context manager of the domain, in words that the indexes of each source understand
        """
        with self._refusing_wrong_searches(), self._remembering():
            domain = Domain(domain or []).optimize(self)
            prepared = domain.map_conditions(self._prepare_condition)
            rule = self.env["ir.rule"]._compute_domain(self._name, "read")
            conditions = (domain & prepared & rule).iter_conditions()
            names = frozenset(condition.field_expr.partition(".")[0] for condition in conditions)
            with self._asking({DOMAIN_KEY: prepared, NAMES_KEY: names, PAGE_KEY: is_page}):
                yield prepared

    @api.model
    def _count(self, query, limit):
        """:param Query query: with all that is asked of the rows
        :param int limit: of how many no more is needed
        :return int: how many rows there are
        """
        counted = {kind: self._narrow(query, arm) for kind, arm in self._get_arms().items()}
        return self._count_in_turn(counted, limit)

    @api.model
    def _count_in_turn(self, counted, limit, told=()):
        """Count what several queries find, each up to what those before it leave of a limit.

        To put their rows together before takes a sixth more.

        :param dict counted: ``{name: Query}``
        :param told: names of columns. An array of all values of each is told to the queries after
            one, in its :meth:`_get_counted_table`
        :return int: the number of all
        """
        tables, number, last = [], SQL("0"), next(reversed(counted), None)
        for name, rows in counted.items():
            columns = [] if name == last else [SQL.identifier(column) for column in told]
            rows.limit = limit and SQL("%s - %s", limit, number)
            tables.append(
                SQL(
                    "%s AS MATERIALIZED (SELECT %s + COUNT(*) AS number%s FROM (%s) AS rows)",
                    self._get_counted_table(name),
                    number,
                    SQL().join(SQL(", ARRAY_AGG(%s) AS %s", column, column) for column in columns),
                    rows.select(*columns or [""]),
                )
            )
            number = SQL("(SELECT number FROM %s)", self._get_counted_table(name))
        counting = SQL("WITH %s", SQL(", ").join(tables)) if tables else SQL()
        [[number]] = self.env.execute_query(SQL("%s %s SELECT %s", PLANNING, counting, number))
        return number

    @api.model
    def _get_counted_table(self, name):
        return SQL.identifier(f"counted_{name}")

    @api.model
    def _narrow(self, query, rows):
        """:return: Query that asks of some rows what another one asks of all"""
        narrowed = copy(query)
        narrowed._tables = {self._table: SQL("(%s)", rows)}
        return narrowed

    @api.model
    def _put_arms(self, query):
        """Let each arm find its first rows by an index, in place of all rows being sorted.

        :param Query query: with all that is asked of the rows in it
        :return: Query of the same rows in the same order
        """
        # What the rows are sorted by has to be in the arm: nothing that is joined to the rows.
        if not (query.limit and query.order) or query._joins:
            return self._narrow(query, self._unite(self._get_arms().values()))
        # Among equals the same ones come first in each arm and in all of them, page after page.
        order = SQL("%s, %s", query.order, SQL.identifier(self._table, "id"))
        return self._limit(query, order)

    @api.model
    def _limit(self, query, order):
        """:return: Query of the rows that another one asks for, in this order"""
        return self._limit_arms(self._get_arms().values(), query, order)

    @api.model
    def _limit_arms(self, arms, query, order):
        """:return: Query of the rows that another one asks for, of these arms and in this order"""
        limited_arms = []
        for arm in arms:
            rows = self._narrow(query, arm)
            rows.order, rows.limit, rows.offset = order, query.limit + (query.offset or 0), None
            limited_arms.append(SQL("(%s)", rows.select("*")))
        limited = Query(self.env, self._table, SQL("(%s)", self._unite(limited_arms)))
        limited.order, limited.limit, limited.offset = order, query.limit, query.offset
        return limited

    @api.model
    def _unite(self, arms):
        """:return: SQL of the rows of all arms"""
        return SQL(" UNION ALL ").join(arms or [self._get_empty_arm()])

    @api.model
    def _can_match(self, source, domain):
        """:return: whether a document of a source can be among the rows of a domain"""
        known = {"kind": source.kind, "res_model": source.model}
        if source.kind != "email":
            known["document_model"] = source.model
        return self._is_possible(domain, known)

    @api.model
    def _is_possible(self, domain, known):
        """:return: whether a domain may hold where some columns are known: ``{name: value}``"""
        match getattr(domain, "OPERATOR", None):
            case "&":
                return all(self._is_possible(part, known) for part in domain.children)
            case "|":
                return any(self._is_possible(part, known) for part in domain.children)
        name, operator = (getattr(domain, n, None) for n in ("field_expr", "operator"))
        if name in known and operator in ("in", "not in"):
            return (known[name] in domain.value) == (operator == "in")
        return not domain.is_false()

    @contextmanager
    def _remembering(self):
        """Look up once what all of one question rests on: what may be read, and who is whose.

        Not for the whole transaction: that may change both.
        """
        cache = self.env.cr.cache
        if MEMO_KEY in cache:
            yield
            return
        cache[MEMO_KEY] = {}
        try:
            yield
        finally:
            cache.pop(MEMO_KEY, None)

    @contextmanager
    def _asking(self, asked):
        """Within it, and within :meth:`_remembering`, there are no arms and no columns but those
        that are needed.

        :param dict asked: see :meth:`_get_asked`
        """
        memo = self.env.cr.cache[MEMO_KEY]
        before = {key: memo.get(key) for key in asked}
        memo.update(asked)
        try:
            yield
        finally:
            memo.update(before)

    @api.model
    def _get_asked(self, key):
        """:param str key: ``DOMAIN_KEY``, which rows; ``NAMES_KEY``, the names of the fields that
            are asked about; ``PAGE_KEY``, whether only the first rows; ``COLUMNS_KEY``, the names
            of the columns that are needed
        :return: what is asked for; None where nothing is, and so everything
        """
        return self.env.cr.cache.get(MEMO_KEY, {}).get(key)

    @api.model
    def _remember(self, key, look_up):
        """:return: what a function gives; within :meth:`_remembering` it is asked once"""
        memo = self.env.cr.cache.get(MEMO_KEY, {})
        if key not in memo:
            memo[key] = look_up()
        return memo[key]

    def exists(self):
        # By _search: the ORM would look for the ids in all documents there are. sudo: whether
        # a document exists is not up to who looks.
        existing_ids = set(self.sudo().search([("id", "in", self.ids)])._ids)
        return self.filtered(lambda row: row.id in existing_ids)

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """Never add up over kinds or currencies, nor what came to nothing.

        A quotation, its order and its invoice are one sale and not three.
        """
        if aggregate_spec in ("amount_total:sum", "amount_total:sum_currency"):
            kind, currency, amount, is_void = (
                self._field_to_sql(self._table, name, query)
                for name in ("kind", "currency_id", "amount_total", "is_void")
            )
            counted = SQL("FILTER (WHERE %s IS NOT NULL AND NOT %s)", amount, is_void)
            return SQL(
                "CASE WHEN COUNT(DISTINCT (%s, %s)) %s = 1 THEN SUM(%s) %s END",
                kind,
                currency,
                counted,
                amount,
                counted,
            )
        if aggregate_spec == "currency_id:array_agg_distinct":
            # What has no amount has no currency: the web client would take it for another one.
            currencies = super()._read_group_select(aggregate_spec, query)
            return SQL("COALESCE(ARRAY_REMOVE(%s, NULL), '{}')", currencies)
        return super()._read_group_select(aggregate_spec, query)

    def action_open_document(self):
        """Open what the row stands for.

        :return: window action on the document's form, or action with the address of its page on
            the customer portal for users who would get an error there
        """
        row = self._origin.ensure_one()
        document = self.env[row.document_model].browse(row.document_id)
        sources = [src for src in self._get_installed_sources() if src.model == document._name]
        needed = {name for source in sources for name in source.form_models}
        if all(self.env[name].has_access("read") for name in needed):
            # What names the customer in the address is no context of the document.
            return document._get_records_action(
                context={"active_id": False, "highlight_message_id": row._get_message_to_show()}
            )
        [page, *_others] = [source.page for source in sources]
        url = page % document.id if page else document.access_url
        return {"type": "ir.actions.act_url", "url": url, "target": "self"}

    def _get_message_to_show(self):
        """:return: the id of the message that this row is, in the chatter of its document"""
        return False

    def action_view_customer_history(self):
        """From the history of contacts to that of their whole companies.

        :return: window action
        """
        return self._get_targets()._get_crm_history_customers().action_view_crm_history()

    def action_view_last_months(self):
        """Show the last twelve months of the same history as a graph.

        :return: window action
        """
        return self._get_targets().action_view_crm_history_months()

    @api.model
    def _action_view_for(self, targets):
        """Show the history of records.

        The web client keeps neither domain nor context in the address. It keeps ``active_id``,
        and asks the server action of this path for the window again: after the browser's *Back*
        and *Reload*, and for an address that somebody was sent.

        :param targets: records of a model with ``crm.activity.target.mixin``; without any, the
            window is empty and says where to go
        :return: window action; its context tells buttons there whose history it is
        :raise AccessError: for users who may not see histories
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_activity_ext.crm_activity_history_action"
        )
        name, help_ = action["name"], action["help"]
        if len(targets) == 1:
            name = self.env._("History of %(name)s", name=targets.display_name)
        if not targets:
            help_ = Markup("<p class='o_view_nocontent_smiling_face'>%s</p><p>%s</p>") % (
                self.env._("Select a customer"),
                self.env._("Open the history from a customer, contact, lead or opportunity."),
            )
        return {
            **action,
            "path": targets._crm_history_path,
            "help": help_,
            "name": name,
            "display_name": name,
            "domain": list(targets._get_crm_history_domain()),
            "context": {
                "active_id": targets._get_crm_history_address(),
                "crm_history_model": targets._name,
                "crm_history_ids": targets.ids,
                "crm_history_has_customer": bool(targets._get_crm_history_customers()),
            },
        }

    @api.model
    def _get_targets(self):
        """:return: the records whose history is shown, as the context tells
        :raise UserError: where it tells none
        """
        context = self.env.context
        name, ids = context.get("crm_history_model"), context.get("crm_history_ids")
        is_target = isinstance(name, str) and name in self.env["crm.activity"]._get_target_fields()
        if not (is_target and is_id_list(ids)):
            raise UserError(
                self.env._("Open the history from a customer, contact, lead or opportunity.")
            )
        return self.env[name].browse(ids)

    @api.model
    def _get_sources(self):
        """Declare what belongs into the history. Extend the list by inheritance.

        :return: list of :class:`HistorySource`; the labels are in the user's language
        """
        is_order = Domain("state", "=", "sale")
        # Whoever may read a transfer may be told whether it went to a customer: any!.
        at_customer = Domain("usage", "=", "customer")
        # Where lots are tracked, a form of Odoo's reads them that salespeople may not.
        has_lots = self.env.user.has_group("stock.group_production_lot")
        return [
            HistorySource(
                "crm.activity",
                "activity",
                self.env._("Activity"),
                "fa-comments-o",
                participants=(PARTICIPANTS_TABLE, "activity_id", "partner_id"),
                text=("body", "answer_body"),
            ),
            HistorySource(
                "sale.order",
                "quotation",
                self.env._("Quotation"),
                "fa-tag",
                domain=~is_order,
                # Not the drafts: what is not sent yet is alive.
                void=Domain("state", "=", "cancel"),
                columns={"date": "date_order"},
            ),
            HistorySource(
                "sale.order",
                "order",
                self.env._("Order"),
                "fa-shopping-cart",
                domain=is_order,
                columns={"date": "date_order"},
            ),
            HistorySource(
                "stock.picking",
                "delivery",
                self.env._("Delivery"),
                "fa-truck",
                # Returns come from the customer.
                domain=Domain("location_dest_id", "any!", at_customer)
                | Domain("location_id", "any!", at_customer),
                columns={
                    "date": ("date_done", "scheduled_date"),
                    "document_type": "picking_type_code",
                },
                form_models=("stock.lot",) if has_lots else (),
                page="/my/picking/pdf/%s",
            ),
            HistorySource(
                "account.move",
                "invoice",
                self.env._("Invoice"),
                "fa-pencil-square-o",
                domain=Domain("move_type", "in", ["out_invoice", "out_refund", "out_receipt"]),
                columns={
                    "date": ("invoice_date", "date"),
                    "name": ("name", "move_type"),
                    "document_type": "move_type",
                    "user_id": "invoice_user_id",
                    "state": "status_in_payment",
                    "amount_total": "amount_total_in_currency_signed",
                },
                form_models=("account.payment",),
            ),
        ]

    @api.model
    def _get_installed_sources(self):
        """:return: list of the sources whose model is installed"""

        def look_up():
            return [source for source in self._get_sources() if source.model in self.env]

        return self._remember(("sources", self.env), look_up)

    @api.model
    def _get_model_names(self):
        """:return: list of the names of the models of all sources, each once"""
        return list(dict.fromkeys(source.model for source in self._get_installed_sources()))

    @property
    def _table_query(self):
        is_put_later = self._get_asked(DOMAIN_KEY) is not None
        return self._unite([] if is_put_later else self._get_arms().values())

    @api.model
    def _get_arms(self):
        """:return: dict ``{kind: SQL of those of its rows that the user may see}``"""
        domain = self._get_asked(DOMAIN_KEY) or Domain.TRUE
        arms = {
            source.kind: self._get_arm(source)
            for source in self._get_installed_sources()
            if self._can_match(source, domain)
        }
        return {kind: arm for kind, arm in arms.items() if arm}

    @api.model
    def _get_arm(self, source):
        """:return: SQL of those rows of a source that the user may see, or None"""
        key = ("arm", self.env, source.kind, self._get_asked(COLUMNS_KEY))
        return self._remember(key, lambda: self._make_arm(source))

    @api.model
    def _make_arm(self, source, names=None):
        """:param set names: of the columns, by default all that are needed"""
        query = self._remember(
            ("query", self.env, source.kind), lambda: self._search_documents(source)
        )
        if query is None:
            return None
        return self._select(query, source, self.env[source.model], names)

    @api.model
    def _search_documents(self, source):
        """:return: Query of the documents of a source that the user may see, or None"""
        model = self.env[source.model]
        domain = source.domain() if callable(source.domain) else source.domain
        if not model.has_access("read") or not self._can_search(model, domain):
            return None
        # Archived ones as well: a lost opportunity is part of the history.
        query = model._search(domain, active_test=False)
        return None if query.is_empty() else query

    @api.model
    def _select(self, query, source, model, names=None):
        """:return: SQL of the columns of the documents that a query finds"""
        values = [
            self._cast(column, self._get_column(source, column, model, query))
            for column in self._get_columns(names)
        ]
        return query.select(*values)

    @api.model
    def _get_empty_arm(self):
        """:return: SQL of no rows, for those who may see none"""
        nulls = [self._cast(column, SQL("NULL")) for column in self._get_columns()]
        return SQL("SELECT %s WHERE FALSE", SQL(", ").join(nulls))

    @api.model
    def _get_columns(self, names=None):
        """:param set names: of the columns, by default all that are needed
        :return: list of the fields that the rows have
        """
        needed = self._get_asked(COLUMNS_KEY) if names is None else names
        return [
            column
            for column in self._fields.values()
            if column.store and (needed is None or column.name in needed)
        ]

    @api.model
    def _cast(self, column, value):
        """All arms give a column the same type: PostgreSQL would not use their indexes else."""
        sql_type = self._get_sql_type(column)
        return SQL("%s::%s AS %s", value, sql_type, SQL.identifier(column.name))

    @api.model
    def _get_sql_type(self, column):
        return SQL("int8" if column.name == "id" else column.column_type[0])

    @api.model
    def _get_column(self, source, column, model, query):
        """:return: SQL of a column in an arm, by ``_get_<column>_column`` where there is one"""
        make = getattr(self, f"_get_{column.name}_column", self._get_field_column)
        return make(source, column, model, query)

    @api.model
    def _get_id_column(self, source, column, model, query):
        """Ids interleave the models': small enough for XML-RPC, which knows no large integers."""
        names = self._get_model_names()
        doc_id = SQL.identifier(model._table, "id")
        return SQL("%s::int8 * %s + %s", doc_id, len(names), names.index(source.model))

    @api.model
    def _get_kind_column(self, source, column, model, query):
        return SQL("%s", source.kind)

    @api.model
    def _get_res_model_column(self, source, column, model, query):
        return SQL("%s", source.model)

    @api.model
    def _get_res_id_column(self, source, column, model, query):
        return SQL.identifier(model._table, "id")

    @api.model
    def _get_document_model_column(self, source, column, model, query):
        return self._get_res_model_column(source, column, model, query)

    @api.model
    def _get_document_id_column(self, source, column, model, query):
        return self._get_res_id_column(source, column, model, query)

    @api.model
    def _get_is_void_column(self, source, column, model, query):
        if not self._can_search(model, source.void):
            return SQL("FALSE")
        domain = source.void.optimize_full(model)
        return SQL("COALESCE(%s, FALSE)", domain._to_sql(model, model._table, query))

    @api.model
    def _get_currency_id_column(self, source, column, model, query):
        """The currency of the amount; of the company, where the document stores none."""
        amount_names = self._get_field_names(source, "amount_total")
        if not amount_names:
            return SQL("NULL")
        currency_name = model._fields[amount_names[0]].get_currency_field(model)
        if model._fields[currency_name].store:
            return self._convert(column, model, currency_name, query)
        company = model._fields["company_id"]
        # sudo: an amount that may be seen has a currency.
        companies, alias = company.join(model.sudo(), model._table, query)
        return SQL(
            "COALESCE(%s, (SELECT currency_id FROM res_company WHERE id = %s))",
            companies._field_to_sql(alias, "currency_id", query),
            self.env.company.id,
        )

    @api.model
    def _get_field_column(self, source, column, model, query):
        values = [
            self._convert(column, model, name, query)
            for name in self._get_field_names(source, column.name)
        ]
        if len(values) == 1:
            return values[0]
        return SQL("COALESCE(%s)", SQL(", ").join(values)) if values else SQL("NULL")

    @api.model
    def _convert(self, column, model, field_name, query):
        """:return: SQL of a field's value, as what the column shows"""
        source_field = model._fields[field_name]
        value = model._field_to_sql(model._table, field_name, query)
        if source_field.type == "date" and column.type == "datetime":
            return self._date_to_datetime(value, model)
        if source_field.type == "selection":
            return self._selection_to_label(value, get_selection(model, field_name))
        if source_field.type == "many2one" and column.type == "char":
            # sudo: the name of what a document refers to can be seen on the document.
            comodel, alias = source_field.join(model.sudo(), model._table, query)
            return comodel._field_to_sql(alias, comodel._rec_name, query)
        return value

    @api.model
    def _date_to_datetime(self, day, model):
        """:return: SQL of a moment on that day of the user's: see the help of ``date``"""
        tz = str(self.env.tz)
        created = SQL.identifier(model._table, "create_date")
        return SQL(
            "CASE WHEN (%(created)s AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date = %(day)s"
            " THEN %(created)s"
            " ELSE %(day)s::timestamp AT TIME ZONE %(tz)s AT TIME ZONE 'UTC' END",
            created=created,
            day=day,
            tz=tz,
        )

    @api.model
    def _selection_to_label(self, value, selection):
        """:return: SQL of the label in the user's language"""
        cases = [SQL("WHEN %s THEN %s", code, label) for code, label in selection]
        return SQL("CASE %s %s END", value, SQL(" ").join(cases)) if cases else SQL("NULL")

    @api.model
    def _get_field_names(self, source, column_name):
        """:return: list of the names of the fields that fill a column, those the user may see"""
        model = self.env[source.model]
        names = source.columns.get(column_name)
        if names is None:
            same_name = model._fields.get(column_name)
            names = [column_name] if same_name is not None and same_name.store else []
        elif isinstance(names, str):
            names = [names]
        return [name for name in names if self._can_read(model, name)]

    @api.model
    def _can_read(self, model, field_name):
        """:return: whether there is such a field, and the user may see it"""
        source_field = model._fields.get(field_name)
        return source_field is not None and model._has_field_access(source_field, "read")

    @api.model
    def _can_search(self, model, domain):
        return all(
            self._can_read(model, condition.field_expr.partition(".")[0])
            for condition in domain.iter_conditions()
        )

    @api.model
    def _prepare_condition(self, condition):
        """Put a condition on rows into words that the indexes of each source understand."""
        name, operator, value = condition.field_expr, condition.operator, condition.value
        if name == "id" and operator in ("in", "not in"):
            located = self._get_document_domain(value)
            return located if operator == "in" else ~located
        column = self._fields.get(name)
        if column is None or column.type != "many2one":
            return condition
        if operator == "child_of" and column.comodel_name == "res.partner":
            ids = tuple([value] if isinstance(value, int | str) else value)
            if all(isinstance(partner_id, int) for partner_id in ids):
                family_ids, participations = self._remember(
                    ("family", ids), lambda: self._get_family(ids)
                )
                if name == "participant_search":
                    return self._get_participations_domain(participations)
                return self._get_filled_domain(name, family_ids)
        if operator == "in" and column.store and False not in value:
            return self._get_filled_domain(name, value)
        return condition

    @api.model
    def _search_participant_search(self, operator, value):
        """Find documents by who took part; the record rules are those of the sources.

        :param str operator: ``in``; ``any``, which Odoo makes of it for a query
        :param value: collection of ids of partners, a query or a domain of them
        """
        if operator not in ("in", "any"):
            return NotImplemented
        if isinstance(value, Domain):
            value = self.env["res.partner"]._search(value)
        if isinstance(value, Query):
            partners = value.select()
        else:
            partners = SQL(
                "SELECT UNNEST(%s::int8[])",
                [id_ for id_ in value if is_id(id_) and 0 < id_ <= MAX_ID],
            )
        lookups = self._get_participation_lookups(partners)
        if not lookups:
            return Domain.FALSE
        [found] = self.env.execute_query(SQL("SELECT %s", SQL(", ").join(lookups)))
        return self._get_participations_domain(found)

    @api.model
    def _get_participated_sources(self):
        """:return: list of the sources whose documents have people who took part"""
        return [source for source in self._get_installed_sources() if source.participants]

    @api.model
    def _get_participation_lookups(self, partners):
        """:return: list of SQL, an array for each of those sources: ids of what partners joined"""
        lookups = []
        for source in self._get_participated_sources():
            table, document, partner = map(SQL.identifier, source.participants)
            found = SQL(
                "SELECT DISTINCT %s FROM %s WHERE %s IN (%s)", document, table, partner, partners
            )
            lookups.append(SQL("ARRAY(%s)", found))
        return lookups

    @api.model
    def _get_participations_domain(self, participations):
        """:return: Domain of the rows of documents; nothing where there are none, as with most"""
        return Domain.OR(
            Domain("document_model", "in", [source.model]) & Domain("document_id", "in", ids)
            for source, ids in zip(self._get_participated_sources(), participations, strict=True)
            if ids
        )

    @api.model
    def _get_document_domain(self, row_ids):
        """:return: Domain of rows by their documents, which have indexes"""
        names = self._get_model_names()
        doc_ids = defaultdict(list)
        # What is no whole number is the id of nothing.
        for row_id in filter(None, (row_id for row_id in row_ids if isinstance(row_id, int))):
            doc_id, index = divmod(row_id, len(names))
            doc_ids[names[index]].append(doc_id)
        return Domain.OR(self._get_domain_of_documents(name, ids) for name, ids in doc_ids.items())

    @api.model
    def _get_domain_of_documents(self, model_name, ids):
        """:return: Domain of the rows of documents of a model"""
        return Domain("res_model", "in", [model_name]) & Domain("res_id", "in", ids)

    @api.model
    def _get_family(self, partner_ids):
        """Find partners and all below them, archived ones too, and what they took part in.

        The ORM asks level by level. The ids are given to the sources as they are: as a join,
        they would make PostgreSQL read all documents. Nothing is shown of the partners: the
        rules of the documents hold.

        :param partner_ids: collection of ids
        :return: ``(ids of the partners, [ids of what they took part in])``, for each of the sources
            that have participants
        """
        partner_ids = list(filter(None, partner_ids))
        if not partner_ids:
            return [], [[] for _source in self._get_participated_sources()]
        parent_id = self.env["res.partner"]._fields["parent_id"]
        family = SQL("SELECT id FROM family")
        arrays = [SQL("ARRAY(%s)", family), *self._get_participation_lookups(family)]
        # OFFSET 0: by the index, of each. PostgreSQL expects so many that it reads all partners.
        # All goes in one round trip.
        [[family_ids, *participations]] = self.env.execute_query(
            SQL(
                "%s WITH RECURSIVE family(id) AS (SELECT UNNEST(%s) UNION"
                " SELECT child.id FROM family CROSS JOIN LATERAL"
                " (SELECT id FROM res_partner AS partner WHERE %s = family.id OFFSET 0) AS child)"
                " SELECT %s",
                PLANNING,
                partner_ids,
                SQL.identifier("partner", "parent_id", to_flush=parent_id),
                SQL(", ").join(arrays),
            )
        )
        return family_ids, participations

    @api.model
    def _get_filled_domain(self, column_name, values):
        """:return: Domain of the rows with one of the values in a column

        Sources that have nothing in the column are left out in so many words: PostgreSQL drops
        them, where beside another condition it would read the whole table for ``NULL IN …``.
        """
        models = self._get_filled_models(column_name)
        return Domain("document_model", "in", models) & self._get_ids_domain(column_name, values)

    @api.model
    def _get_filled_models(self, column_name):
        """:return: set of the names of models whose documents have something in a column"""
        return {
            source.model
            for source in self._get_installed_sources()
            if self._get_field_names(source, column_name)
        }

    @api.model
    def _get_ids_domain(self, column_name, values):
        """:return: Domain of the rows with one of the values in a column

        Each arm repeats them: thousands of ids are read much faster as one text. To estimate how
        many rows they have, PostgreSQL looks at each, in each arm, which takes longer than to count
        those; only whether the first rows are best found by their date depends on it.
        """
        if not all(map(is_id, values)):
            return Domain(column_name, "in", values)
        # What is too large is the id of nothing.
        ids = [str(id_) for id_ in values if 0 < id_ <= MAX_ID]
        array = f"{{{','.join(ids)}}}"

        def to_sql(model, alias, query):
            column = model._field_to_sql(alias, column_name, query)
            if len(ids) > MAX_ESTIMATED and not self._get_asked(PAGE_KEY):
                return SQL("%s = ANY((SELECT %s::int4[])::int4[])", column, array)
            return SQL("%s = ANY(%s::int4[])", column, array)

        return Domain.custom(to_sql=to_sql) if ids else Domain.FALSE
