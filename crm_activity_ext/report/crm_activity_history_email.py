# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from contextlib import contextmanager

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, Query, ormcache

from ..tools.values import get_selection
from .crm_activity_history import COLUMNS_KEY, DOMAIN_KEY, NAMES_KEY, READER, HistorySource

# The documents in whose chatter emails are: their alias.
DOCUMENT = "document"
# What joins the messages to them.
JOINED = ("document_model", "document_id", "mail_message_id")
# The kind of partners, which no row is of.
PARTNER = "partner"
# What was written by somebody, and mailings: see the index of messages.
EMAIL_TYPES = ("comment", "email", "email_outgoing")
# As many rows are found without emails first, and asked for again with them.
MAX_FOUND = 1_000
# Of the statuses that the recipients of one email have, the worst is told.
FAILED = ["bounce", "exception"]
WAITING = ["ready", "process", "pending", "outgoing"]
SENT = ["sent", "received"]
# What an address is among others.
ADDRESS = r'[^\s<>,;"]+@[^\s<>,;"]+'


class CrmActivityHistory(models.Model):
    """Emails with the customer, in the chatter of the documents and of the customer.

    Odoo decides in Python who may read a message, of all that there are. Here they are joined to
    the documents that the user may read.
    """

    _inherit = "crm.activity.history"

    is_incoming = fields.Boolean(string="Incoming Email", readonly=True, depends_context=READER)

    @api.model
    def _get_technical_fields(self):
        return super()._get_technical_fields() | {"is_incoming"}

    @api.model
    def _get_sources(self):
        return [*super()._get_sources(), self._get_email_source()]

    @api.model
    def _get_email_source(self):
        return HistorySource(
            "mail.message", "email", self.env._("Email"), "fa-envelope", text="body"
        )

    @api.model
    def _get_document_sources(self):
        """:return: list of the sources in whose chatter emails that are asked for can be"""
        domain = self._get_asked(DOMAIN_KEY) or Domain.TRUE
        known = {"kind": "email", "res_model": "mail.message"}
        return [
            source
            for source in (self._get_partner_source(), *self._get_installed_sources())
            if source.kind != "email"
            and "message_ids" in self.env[source.model]._fields
            and self._is_possible(domain, {**known, "document_model": source.model})
        ]

    @api.model
    def _get_split_sources(self):
        """Split the sources of documents into those whose documents are rows, and the others.

        Who has found the rows of a domain that is about documents alone has found the former.

        :return: tuple of two lists
        """
        kinds = {source.kind for source in self._get_installed_sources()}
        sources = self._get_document_sources()
        return (
            [source for source in sources if source.kind in kinds],
            [source for source in sources if source.kind not in kinds],
        )

    @api.model
    def _get_partner_source(self):
        """:return: the source of partners, who are no row of their own"""
        columns = {"partner_id": "id", "name": "complete_name"}
        return HistorySource("res.partner", PARTNER, "", "", columns=columns)

    @api.model
    def _search_documents(self, source):
        if source.kind == PARTNER:
            # Odoo's rule of partners asks for this, and would read all that companies have.
            self.env.companies.sudo().fetch(["parent_path"])
        return super()._search_documents(source)

    @api.model
    def _get_document_columns(self):
        """:return: set of the columns that an email has from the document"""
        return {
            *("document_model", "document_id", "partner_id", "contact_id"),
            *("campaign_id", "company_id"),
        }

    @api.depends("is_incoming")
    @api.depends_context(*READER)
    def _compute_icon(self):
        result = super()._compute_icon()
        self.filtered("is_incoming").icon = "fa-inbox"
        return result

    @api.depends("partner_id", "contact_id", "res_id", "is_incoming")
    @api.depends_context(*READER)
    def _compute_customer_id(self):
        """The contact is whoever of the customer's has written the email, or got it."""
        result = super()._compute_customer_id()
        emails = self.filtered(lambda row: row.kind == "email")
        # sudo: only who it is, of a message that the user may read.
        messages = self.env["mail.message"].sudo().browse(emails.mapped("res_id"))
        for row, message in zip(emails, messages, strict=True):
            person = message.author_id
            if not row.is_incoming:
                recipients = (
                    message.notification_ids.res_partner_id
                    or message.mail_ids.recipient_ids
                    or message.partner_ids
                )
                person = recipients.filtered("partner_share")[:1]
            if not person:
                continue
            # Somebody else may write on what is of the customer: then it says who.
            row.customer_id = row.customer_id or person.commercial_partner_id
            row.person_id = person != row.customer_id and person.id
        return result

    def _get_message_to_show(self):
        return self.res_id if self.kind == "email" else super()._get_message_to_show()

    @api.model
    def _browse_documents(self, model_name, ids):
        documents = super()._browse_documents(model_name, ids)
        # sudo: who may read the document may read what is in its chatter.
        return documents.sudo() if model_name == "mail.message" else documents

    @api.model
    def _get_domain_of_documents(self, model_name, ids):
        """Emails are found by the documents, as the arm is made from these."""
        found = super()._get_domain_of_documents(model_name, ids)
        if model_name != "mail.message":
            return found
        # sudo: only where they are. What may be seen is decided by the documents.
        messages = (
            self.env[model_name].sudo().search_fetch([("id", "in", ids)], ["model", "res_id"])
        )
        return found & Domain.OR(
            Domain("document_model", "in", [name])
            & Domain("document_id", "in", messages.mapped("res_id"))
            for name, messages in messages.grouped("model").items()
            if name
        )

    @api.model
    def _count(self, query, limit):
        """Emails are counted by the documents that were counted, where no more is asked of them.

        To look for the documents once more takes as long as all the rest.
        """
        if not (self._can_have_emails() and self._is_about_documents()):
            return super()._count(query, limit)
        names = self._get_asked(NAMES_KEY) | set(JOINED)
        with self._asking_without_emails(), self._asking({COLUMNS_KEY: names}):
            arms = self._get_arms()
        counted = {kind: self._narrow(query, arm) for kind, arm in arms.items()}
        with_rows, without = self._get_split_sources()
        documents = [
            self._narrow(query, arm).select(*map(SQL.identifier, JOINED))
            for arm in self._make_document_arms(without, names)
        ]
        documents += [
            self._get_counted_documents(source) for source in with_rows if source.kind in counted
        ]
        if documents:
            counted["email"] = self._search_emails(documents)
        return self._count_in_turn(counted, limit, told=("document_id", "mail_message_id"))

    @api.model
    def _get_counted_documents(self, source):
        """:return: SQL of the documents that were counted, as :meth:`_count_in_turn` tells them"""
        return SQL(
            "SELECT %s::varchar AS document_model, UNNEST(document_id) AS document_id,"
            " UNNEST(mail_message_id) AS mail_message_id FROM %s",
            source.model,
            self._get_counted_table(source.kind),
        )

    @api.model
    def _limit(self, query, order):
        """Look for no emails that are older than the last row that the page has without them.

        They are found by the documents, of which a customer may have thousands: an index on the
        date, of the emails of all customers, is faster where those are few.
        """
        with self._asking_without_emails():
            others = self._get_arms().values()
        newest_first = SQL("%s DESC", SQL.identifier(self._table, "date")).code
        is_needed = self._can_have_emails() and others and order.code.startswith(newest_first)
        count = query.limit + (query.offset or 0)
        if not is_needed or count > MAX_FOUND:
            return super()._limit(query, order)
        without = self._limit_arms(others, query, order)
        without.limit, without.offset = count, None
        columns = self._get_columns()
        rows = self.env.execute_query(
            without.select(*(SQL.identifier(self._table, column.name) for column in columns))
        )
        # What was found need not be looked for again.
        found = self._get_found_arm(rows, columns)
        if len(rows) < count and self._is_about_documents():
            emails = self._get_emails_of(rows, columns)
        else:
            emails = self._get_arm(self._get_email_source())
        if emails and len(rows) == count:
            last = dict(zip((column.name for column in columns), rows[-1], strict=True))["date"]
            emails = SQL("SELECT * FROM (%s) AS email WHERE date >= %s", emails, last)
        return self._limit_arms(filter(None, (found, emails)), query, order)

    @api.model
    def _get_emails_of(self, rows, columns):
        """:return: SQL of the emails of documents whose rows were read, and of those without"""
        names = self._get_document_names()
        with_rows, without = self._get_split_sources()
        kinds = {source.kind for source in with_rows}
        kind = [column.name for column in columns].index("kind")
        kept = [i for i, column in enumerate(columns) if column.name in names]
        found = self._get_found_arm(
            [[row[i] for i in kept] for row in rows if row[kind] in kinds],
            [columns[i] for i in kept],
        )
        return self._make_arm_of_emails([*self._make_document_arms(without, names), found])

    @api.model
    def _can_have_emails(self):
        """:return: whether emails can be among the rows that are asked for"""
        domain = self._get_asked(DOMAIN_KEY)
        sources = self._get_installed_sources()
        return any(source.kind == "email" and self._can_match(source, domain) for source in sources)

    @contextmanager
    def _asking_without_emails(self):
        """Within it there is no arm of emails."""
        domain = self._get_asked(DOMAIN_KEY) & Domain("kind", "not in", ["email"])
        with self._asking({DOMAIN_KEY: domain}):
            yield

    @api.model
    def _is_about_documents(self):
        """:return: whether all that is asked of an email is the same of its document"""
        names = self._get_asked(NAMES_KEY) - {"participant_search"}
        return names <= self._get_document_columns()

    @api.model
    def _get_found_arm(self, rows, columns):
        """:param list rows: that were read of the other arms
        :param list columns: fields, of which these are the values
        :return: SQL of the same rows
        """
        values = zip(*rows, strict=True) if rows else ((),) * len(columns)
        return SQL(
            "SELECT * FROM UNNEST(%s) AS found (%s)",
            SQL(", ").join(
                SQL("%s::%s[]", list(column_values), self._get_sql_type(column))
                for column, column_values in zip(columns, values, strict=True)
            ),
            SQL(", ").join(SQL.identifier(column.name) for column in columns),
        )

    @api.model
    def _get_arms(self):
        """The emails last: a count up to a limit may end before it comes to them."""
        arms = super()._get_arms()
        return {kind: arms[kind] for kind in sorted(arms, key=lambda kind: kind == "email")}

    @api.model
    def _get_arm(self, source):
        if source.kind != "email":
            return super()._get_arm(source)
        documents = self._get_document_sources()
        kinds = tuple(document.kind for document in documents)
        key = ("arm", self.env, source.kind, self._get_asked(COLUMNS_KEY), kinds)
        return self._remember(key, lambda: self._make_email_arm(documents))

    @api.model
    def _make_email_arm(self, document_sources):
        """:return: SQL of the emails of documents that the user may see, or None"""
        arms = self._make_document_arms(document_sources, self._get_document_names())
        return self._make_arm_of_emails(arms)

    @api.model
    def _make_document_arms(self, sources, names):
        """:return: list of SQL of documents that the user may see"""
        return list(filter(None, (self._make_arm(source, names) for source in sources)))

    @api.model
    def _get_document_names(self):
        """:return: set of the columns that emails need of their documents"""
        needed = {column.name for column in self._get_columns()}
        return (self._get_document_columns() | {"name", "user_id"}) & needed | set(JOINED)

    @api.model
    def _make_arm_of_emails(self, documents):
        """:param list documents: of SQL of documents
        :return: SQL of the emails in their chatter, or None
        """
        if not documents:
            return None
        # sudo: who may read the document may read what is in its chatter.
        model = self.env["mail.message"].sudo()
        return self._select(self._search_emails(documents), self._get_email_source(), model)

    @api.model
    def _search_emails(self, documents):
        """:param documents: list of SQL of documents, each with what joins messages to them
        :return: Query of the emails in their chatter
        """
        query = Query(self.env, "mail_message")
        query.add_join(
            "JOIN",
            DOCUMENT,
            SQL("(%s)", self._unite(documents)),
            SQL(
                "%s = %s AND %s = %s",
                self._get_message_column("model"),
                SQL.identifier(DOCUMENT, "document_model"),
                self._get_message_column("res_id"),
                SQL.identifier(DOCUMENT, "document_id"),
            ),
        )
        query.add_where(self._get_exchanged_condition())
        query.add_where(self._get_not_activity_condition())
        return query

    @api.model
    def _get_email_domain(self):
        """:return: Domain of the messages that may have been exchanged by email

        What people wrote, and mailings, which have no subtype. What the system tells by itself, as
        of a document that was confirmed, is told by the document's own row.
        """
        is_mailing = Domain("message_type", "=", "email_outgoing") & Domain(
            "subtype_id", "=", False
        )
        Subtype = self.env["mail.message.subtype"].sudo()
        is_public = Domain("subtype_id", "in", Subtype.search([("internal", "=", False)]).ids)
        return (
            Domain("message_type", "in", EMAIL_TYPES)
            & Domain("is_internal", "=", False)
            & (is_public | is_mailing)
        )

    @api.model
    def _get_message_column(self, name):
        # sudo: a column of messages that the arm of their documents has let through.
        return self.env["mail.message"].sudo()._field_to_sql("mail_message", name)

    @api.model
    def _get_employees(self):
        """:return: SQL of the partners of all who work here"""

        def look_up():
            # sudo: only who does, whatever may be read of them.
            Users = self.env["res.users"].sudo().with_context(active_test=False)
            return Users._search([("share", "=", False)]).subselect("partner_id")

        return self._remember(("employees", self.env), look_up)

    @api.model
    def _get_incoming_condition(self):
        """:return: SQL, whether somebody outside has written a message"""
        return SQL(
            "CASE WHEN %(author)s IS NULL THEN %(message_type)s = 'email' ELSE"
            " %(message_type)s != 'email_outgoing' AND %(author)s NOT IN %(employees)s END",
            author=self._get_message_column("author_id"),
            message_type=self._get_message_column("message_type"),
            employees=self._get_employees(),
        )

    @api.model
    @ormcache()  # it is the same for everybody, and longer than all the rest
    def _get_exchanged_condition(self):
        """:return: SQL, whether a message is an email: from outside, or mailed to somebody there

        Of what Odoo's templates mail nobody is notified: the mail itself says to whom. Once that is
        sent, Odoo may delete it and keep the message, which then says to whom, if anything does.
        """
        # sudo: as the columns of the messages that these are of.
        written = self.env["mail.message"].sudo()._search(self._get_email_domain())
        return SQL(
            "%s AND (%s OR COALESCE(%s, %s = 'email_outgoing' AND COALESCE(%s, %s)))",
            written.where_clause,
            self._get_incoming_condition(),
            self._get_notification("BOOL_OR(%s)", self._get_outside_condition()),
            self._get_message_column("message_type"),
            self._get_mail("BOOL_OR(%s)", self._get_mail_outside_condition()),
            self._get_kept_condition(),
        )

    @api.model
    def _get_kept_condition(self):
        """:return: SQL, whether a mailing whose mail is gone may have been for somebody outside"""
        # sudo: as the columns of the messages that these are of.
        partners = self.env["mail.message"].sudo()._fields["partner_ids"]
        return SQL(
            "%s IS NULL AND COALESCE("
            "(SELECT BOOL_OR(%s NOT IN %s) FROM %s WHERE %s = mail_message.id), TRUE)",
            self._get_message_column("subtype_id"),
            SQL.identifier(partners.column2),
            self._get_employees(),
            SQL.identifier(partners.relation),
            SQL.identifier(partners.column1),
        )

    @api.model
    def _get_mail(self, value, *args, where=None, tail=None):
        """:return: SQL of a value of the mails of a message"""
        return SQL(
            "(SELECT %s FROM mail_mail AS mail WHERE %s = mail_message.id AND %s %s)",
            SQL(value, *args),
            self._get_mail_column("mail_message_id"),
            where or SQL("TRUE"),
            tail or SQL(),
        )

    @api.model
    def _get_mail_column(self, name):
        # sudo: as the columns of the messages that these are of.
        return self.env["mail.mail"].sudo()._field_to_sql("mail", name)

    @api.model
    def _get_mail_outside_condition(self):
        """:return: SQL, whether a mail is for somebody outside, and was not cancelled"""
        partners = self.env["mail.mail"]._fields["recipient_ids"]
        addresses = ("email_to", "email_cc")
        return SQL(
            """(
            %(state)s != 'cancel' AND (
                EXISTS (
                    SELECT FROM %(relation)s AS recipient
                    WHERE recipient.%(mail)s = mail.id
                        AND recipient.%(partner)s NOT IN %(employees)s
                ) OR EXISTS (
                    SELECT FROM REGEXP_MATCHES(LOWER(CONCAT_WS(',', %(to)s)), %(address)s, 'g')
                        AS addresses (address)
                    WHERE address[1] NOT IN %(own)s
                )
            )
            )""",
            state=self._get_mail_column("state"),
            relation=SQL.identifier(partners.relation),
            mail=SQL.identifier(partners.column1),
            partner=SQL.identifier(partners.column2),
            employees=self._get_employees(),
            to=SQL(", ").join(map(self._get_mail_column, addresses)),
            address=ADDRESS,
            own=self._get_own_addresses(),
        )

    @api.model
    def _get_own_addresses(self):
        """:return: SQL of the addresses of all who work here"""
        # sudo: only whether a mail went to them, whatever may be read of them.
        Users = self.env["res.users"].sudo().with_context(active_test=False)
        # sudo: the same. Of each by itself: for a join PostgreSQL reads all partners.
        address = SQL(
            "COALESCE((SELECT %s FROM res_partner WHERE id = %s), '')",
            self.env["res.partner"].sudo()._field_to_sql("res_partner", "email_normalized"),
            Users._field_to_sql(Users._table, "partner_id"),
        )
        return Users._search([("share", "=", False)]).subselect(address)

    @api.model
    def _get_not_activity_condition(self):
        """:return: SQL: what an activity has sent or got is there as this activity"""
        conditions = [
            SQL("mail_message.id IS DISTINCT FROM %s", SQL.identifier(DOCUMENT, "mail_message_id"))
        ]
        Activity = self.env["crm.activity"]
        if Activity.has_access("read"):
            answers = Activity._search([])
            answer = Activity._field_to_sql(Activity._table, "answer_message_id", answers)
            answers.add_where(SQL("%s = mail_message.id", answer))
            conditions.append(SQL("NOT EXISTS %s", answers.subselect("1")))
        return SQL(" AND ").join(conditions)

    @api.model
    def _get_notification(self, value, *args, where=None, tail=None):
        """:return: SQL of a value of those who were notified of a message"""
        return SQL(
            "(SELECT %s FROM mail_notification AS notified WHERE %s = mail_message.id AND %s %s)",
            SQL(value, *args),
            self._get_notification_column("mail_message_id"),
            where or SQL("TRUE"),
            tail or SQL(),
        )

    @api.model
    def _get_notification_column(self, name):
        # sudo: as the columns of the messages that these tell of.
        return self.env["mail.notification"].sudo()._field_to_sql("notified", name)

    @api.model
    def _get_outside_condition(self):
        """:return: SQL, whether who was notified is outside, and it was mailed"""
        return SQL(
            "(%s = 'email' AND %s != 'canceled' AND (%s IS NULL OR %s NOT IN %s))",
            *(
                self._get_notification_column(name)
                for name in ("notification_type", "notification_status")
            ),
            *[self._get_notification_column("res_partner_id")] * 2,
            self._get_employees(),
        )

    @api.model
    def _get_column(self, source, column, model, query):
        if source.kind != "email":
            return super()._get_column(source, column, model, query)
        if column.name in self._get_document_columns():
            return SQL.identifier(DOCUMENT, column.name)
        make = getattr(self, f"_get_email_{column.name}", None)
        return make() if make else super()._get_column(source, column, model, query)

    @api.model
    def _get_email_name(self):
        return SQL(
            "COALESCE(NULLIF(%s, ''), %s)",
            self._get_message_column("subject"),
            SQL.identifier(DOCUMENT, "name"),
        )

    @api.model
    def _get_email_mail_message_id(self):
        return SQL("mail_message.id")

    @api.model
    def _get_email_is_incoming(self):
        return self._get_incoming_condition()

    @api.model
    def _get_email_document_type(self):
        labels = dict(get_selection(self.env["mail.message"], "message_type"))
        return SQL(
            "CASE WHEN %s THEN %s ELSE %s END",
            self._get_incoming_condition(),
            labels["email"],
            labels["email_outgoing"],
        )

    @api.model
    def _get_email_user_id(self):
        """Whoever of us wrote it, else the responsible of the document."""
        # sudo: who reads a message is told who wrote it, whatever else they read of users.
        Users = self.env["res.users"].sudo()
        return SQL(
            "COALESCE((SELECT MIN(id) FROM res_users WHERE %s = %s AND %s), %s)",
            Users._field_to_sql("res_users", "partner_id"),
            self._get_message_column("author_id"),
            SQL("NOT %s", Users._field_to_sql("res_users", "share")),
            SQL.identifier(DOCUMENT, "user_id"),
        )

    @api.model
    def _get_email_state(self):
        """In the words of activities, which leave by the same queue."""
        words = dict(get_selection(self.env["crm.activity"], "state"))
        labels = [
            *((failed, words["failed"]) for failed in FAILED),
            *((waiting, words["pending"]) for waiting in WAITING),
            *((sent, self.env._("Sent")) for sent in SENT),
        ]
        statuses = [value for value, _label in labels]

        def get_worst(get, status, where):
            label = self._selection_to_label(status, labels)
            worst_first = "ORDER BY ARRAY_POSITION(%s::varchar[], %s) LIMIT 1"
            return get("%s", label, where=where, tail=SQL(worst_first, statuses, status))

        return SQL(
            "CASE WHEN NOT %s THEN COALESCE(%s, %s) END",
            self._get_incoming_condition(),
            get_worst(
                self._get_notification,
                self._get_notification_column("notification_status"),
                self._get_outside_condition(),
            ),
            get_worst(
                self._get_mail,
                self._get_mail_column("state"),
                self._get_mail_outside_condition(),
            ),
        )

    @api.model
    def _get_email_is_void(self):
        """It has reached nobody."""
        have_failed = "BOOL_AND(%s = ANY(%s::varchar[]))"
        status = self._get_notification_column("notification_status")
        return SQL(
            "(NOT %s AND COALESCE(%s, %s, FALSE))",
            self._get_incoming_condition(),
            self._get_notification(
                have_failed, status, FAILED, where=self._get_outside_condition()
            ),
            self._get_mail(
                have_failed,
                self._get_mail_column("state"),
                FAILED,
                where=self._get_mail_outside_condition(),
            ),
        )

    @api.model
    def _get_filled_models(self, column_name):
        filled = super()._get_filled_models(column_name)
        if column_name == "user_id":
            filled |= {source.model for source in self._get_installed_sources()}
        if self._get_field_names(self._get_partner_source(), column_name):
            filled.add("res.partner")
        return filled
