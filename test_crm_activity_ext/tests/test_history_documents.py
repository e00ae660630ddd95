# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One window with everything: the documents in it, and what their rows say."""

import io
import itertools
import json
from datetime import date, datetime, timedelta

from openpyxl import load_workbook

from odoo import Command
from odoo.fields import Datetime, Domain
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from .common import HistoryCase


@tagged("post_install", "-at_install")
class TestHistory(HistoryCase):
    def test_every_kind_of_document_of_a_customer_is_there_newest_first(self):
        activity = self._create_activity(date=datetime(2030, 1, 1))
        quotation = self._create_order()
        order, delivery, invoice = self._sell()
        credit_note = self._credit(invoice)
        rows = self._rows()
        self.assertEqual(
            {(row.kind, row.res_model, row.res_id) for row in rows},
            {
                ("activity", "crm.activity", activity.id),
                ("quotation", "sale.order", quotation.id),
                ("order", "sale.order", order.id),
                ("delivery", "stock.picking", delivery.id),
                ("invoice", "account.move", invoice.id),
                ("invoice", "account.move", credit_note.id),
            },
        )
        self.assertEqual(rows[0].res_model, "crm.activity")
        self.assertEqual(rows.mapped("date"), sorted(rows.mapped("date"), reverse=True))

    def test_pages_in_any_order_make_up_the_whole(self):
        self._sell()
        order, _delivery, _invoice = self._sell(partner=self.contact, user=self.salesman_all)
        # Several at the same moment, of the same and of different kinds.
        for hours in (0, 0, 1):
            date = order.date_order + timedelta(hours=hours)
            self._create_activity(date=date, contact_id=self.contact.id)
        self._create_activity(partner_id=self.other_customer.id)
        self.env.flush_all()
        for user in (self.salesman, self.salesman_all):
            History = self.History.with_user(user)
            domain = self.customer.with_user(user).action_view_crm_history()["domain"]
            some = Domain(domain) & Domain("kind", "in", ["activity", "order", "invoice"])
            for asked, sort in itertools.product(
                (domain, some, [*domain, ("user_id.name", "ilike", "a")]),
                (History._order, "date, id", "name desc, id", "state, id desc", "user_id, id"),
            ):
                with self.subTest(user=user.login, domain=asked, order=sort):
                    whole = History.search(asked, order=sort)
                    pages = [
                        History.search(asked, order=sort, limit=3, offset=offset)
                        for offset in range(0, len(whole) + 3, 3)
                    ]
                    self.assertEqual(sum((page.ids for page in pages), []), whole.ids)
                    self.assertEqual(History.search_count(asked), len(whole))
            with self.subTest("among equals each comes once", user=user.login):
                pages = [History.search(domain, order="kind", limit=2, offset=n) for n in (0, 2, 4)]
                found = sum((page.ids for page in pages), [])
                self.assertEqual(len(set(found)), len(found))

    def test_documents_of_contacts_addresses_and_child_companies_count(self):
        partners = self.contact | self.address | self.child_company
        orders = [self._create_order(partner) for partner in partners]
        elsewhere = self._create_order(self.other_customer)
        documents = self._documents(self._rows())
        self.assertTrue(self._keys(*orders) <= documents)
        self.assertFalse(self._keys(elsewhere) & documents)

    def test_archived_contacts_count(self):
        order = self._create_order(self.contact)
        self.contact.active = False
        self.assertIn(("sale.order", order.id), self._documents(self._rows()))

    def test_a_contact_shows_its_own_and_leads_to_the_whole_company(self):
        own, companys = self._create_order(self.contact), self._create_order()
        activity = self._create_activity(contact_id=self.contact.id)
        rows = self._rows(self.contact)
        self.assertEqual(self._documents(rows), self._keys(own, activity))
        action = self.contact.with_user(self.salesman_all).action_view_crm_history()
        History = self.History.with_user(self.salesman_all).with_context(**action["context"])
        action = History.action_view_customer_history()
        rows = History.search(action["domain"])
        self.assertEqual(self._documents(rows), self._keys(own, activity, companys))
        self.assertFalse(action["context"]["crm_history_has_customer"])

    def test_several_selected_customers_show_the_history_of_all(self):
        orders = [self._create_order(self.contact), self._create_order(self.other_customer)]
        rows = self._rows(self.customer | self.other_customer)
        self.assertEqual(self._documents(rows), self._keys(*orders))

    def test_a_document_of_a_new_contact_is_there_without_opening_the_history_anew(self):
        domain = self.customer.with_user(self.salesman_all).action_view_crm_history()["domain"]
        newcomer = self.env["res.partner"].create(
            {"name": "Nina New", "parent_id": self.customer.id}
        )
        order = self._create_order(newcomer)
        rows = self.History.with_user(self.salesman_all).search(domain)
        self.assertIn(("sale.order", order.id), self._documents(rows))

    def test_vendor_bills_receipts_and_internal_transfers_are_no_customer_history(self):
        bill = self.env["account.move"].create(
            {"move_type": "in_invoice", "partner_id": self.customer.id}
        )
        entry = self.env["account.move"].create(
            {"move_type": "entry", "partner_id": self.customer.id}
        )
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company_a.id)], limit=1
        )
        transfers = self.env["stock.picking"].create(
            [
                {
                    "partner_id": self.customer.id,
                    "picking_type_id": picking_type.id,
                    "location_id": location.id,
                    "location_dest_id": warehouse.lot_stock_id.id,
                }
                for picking_type, location in (
                    (warehouse.in_type_id, self.env.ref("stock.stock_location_suppliers")),
                    (warehouse.int_type_id, warehouse.lot_stock_id),
                )
            ]
        )
        self.env.flush_all()
        documents = self._documents(self._rows(user=self.env.ref("base.user_admin")))
        self.assertFalse(self._keys(bill, entry, transfers) & documents)

    def test_goods_that_come_back_are_there(self):
        _order, delivery, _invoice = self._sell()
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_model="stock.picking", active_id=delivery.id)
            .create({})
        )
        wizard.product_return_moves.quantity = 1
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        self.env.flush_all()
        rows = self._rows().filtered(lambda row: row.kind == "delivery")
        self.assertEqual(self._documents(rows), self._keys(delivery, back))
        self.assertEqual(set(rows.mapped("type_name")), {"Delivery", "Receipt"})

    def test_a_row_says_what_its_document_says(self):
        order, delivery, invoice = self._sell(
            partner=self.contact, campaign_id=self.campaign.id, user=self.salesman_all
        )
        rows = {row.kind: row for row in self._rows()}
        self.assertEqual(rows["order"].name, order.name)
        self.assertEqual(rows["order"].date, order.date_order)
        self.assertEqual(rows["order"].state, "Sales Order")
        self.assertEqual(rows["order"].amount_total, 100)
        self.assertEqual(rows["order"].currency_id, order.currency_id)
        self.assertEqual(rows["order"].campaign_id, self.campaign)
        self.assertEqual(rows["order"].user_id, self.salesman_all)
        self.assertEqual(rows["order"].partner_id, self.contact)
        self.assertEqual(rows["order"].company_id, self.company_a)
        self.assertEqual(rows["order"].icon, "fa-shopping-cart")
        self.assertEqual(rows["delivery"].name, delivery.name)
        self.assertEqual(rows["delivery"].date, delivery.date_done)
        self.assertEqual(rows["delivery"].state, "Done")
        self.assertFalse(rows["delivery"].currency_id)
        self.assertEqual(rows["invoice"].name, invoice.name)
        self.assertEqual(rows["invoice"].state, "Not Paid")
        self.assertEqual(rows["invoice"].campaign_id, self.campaign)
        self.assertEqual(rows["invoice"].user_id, invoice.invoice_user_id)
        self.assertEqual(rows["invoice"].type_name, "Customer Invoice")
        for row in rows.values():
            self.assertFalse(row.is_void)
            self.assertEqual(row.display_name, row.name)

    def test_a_credit_note_is_negative_and_called_so(self):
        *_documents, invoice = self._sell()
        credit_note = self._credit(invoice)
        [row] = self._rows().filtered(
            lambda row: (row.res_model, row.res_id) == ("account.move", credit_note.id)
        )
        self.assertEqual((row.kind, row.type_name), ("invoice", "Customer Credit Note"))
        self.assertEqual((row.name, row.amount_total), (credit_note.name, -100))

    def test_what_is_cancelled_or_no_invoice_yet_is_void_and_can_be_hidden(self):
        sent, cancelled, not_sent_yet = (self._create_order() for _i in range(3))
        sent.action_quotation_sent()
        cancelled._action_cancel()
        draft_invoice = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": self.customer.id}
        )
        dropped = self._create_activity(state="cancelled")
        self.env.flush_all()
        void = self._documents(self._rows().filtered("is_void"))
        self.assertEqual(void, self._keys(cancelled, draft_invoice, dropped))
        shown = self._documents(self._rows(domain=[("is_void", "=", False)]))
        self.assertEqual(shown, self._keys(sent, not_sent_yet))
        domain = self.customer.with_user(self.salesman_all).action_view_crm_history()["domain"]
        self.assertEqual(self._totals(domain, ["kind"])["quotation"], 200)

    def test_a_draft_invoice_has_a_name(self):
        self.env["account.move"].create({"move_type": "out_refund", "partner_id": self.customer.id})
        self.env.flush_all()
        self.assertEqual(self._rows().mapped("name"), ["Customer Credit Note"])

    def test_an_order_stays_the_same_row_when_it_is_confirmed(self):
        order = self._create_order()
        [quotation_row] = self._rows()
        order.action_confirm()
        self.env.flush_all()
        self.env.invalidate_all()
        [order_row] = self._rows(domain=[("res_model", "=", "sale.order")])
        self.assertEqual(quotation_row, order_row)
        self.assertEqual(order_row.kind, "order")

    def test_a_row_opens_its_document(self):
        self._create_activity()
        self._sell()
        self.salesman_all.group_ids += self.env.ref("account.group_account_invoice")
        self._track_lots(False)
        for row in self._rows():
            with self.subTest(row.kind):
                action = row.action_open_document()
                self.assertEqual(
                    (action["res_model"], action["res_id"], action["views"]),
                    (row.res_model, row.res_id, [(False, "form")]),
                )

    def test_an_invoice_opens_on_a_page_that_asks_for_no_accounting_rights(self):
        *_documents, invoice = self._sell()
        [row] = self._rows(domain=[("kind", "=", "invoice")])
        action = row.action_open_document()
        self.assertEqual(
            (action["type"], action["url"]), ("ir.actions.act_url", f"/my/invoices/{invoice.id}")
        )

    def test_a_delivery_opens_as_its_slip_where_lots_are_not_the_users_to_read(self):
        _order, delivery, _invoice = self._sell()
        self._track_lots(True)
        [row] = self._rows(domain=[("kind", "=", "delivery")])
        self.assertEqual(row.action_open_document()["url"], f"/my/picking/pdf/{delivery.id}")
        self.salesman_all.group_ids += self.env.ref("stock.group_stock_user")
        self.assertEqual(row.action_open_document()["res_id"], delivery.id)

    def test_the_labels_are_in_the_users_language(self):
        self._load_language("es_ES", ["account", "sale", "stock"])
        self._sell()
        rows = self._rows().with_context(lang="es_ES")
        states = {row.kind: row.state for row in rows}
        selection = self.env["account.move"]._fields["status_in_payment"]
        labels = dict(selection._description_selection(self.env(context={"lang": "es_ES"})))
        self.assertEqual(states["invoice"], labels["not_paid"])
        self.assertNotEqual(states["invoice"], "Not Paid")

    def test_an_invoice_is_on_its_own_day_in_every_time_zone(self):
        invoices = self.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_date": day,
                }
                for day in (date(2026, 1, 31), date(2026, 3, 29), date(2026, 10, 25))
            ]
        )
        self.env.flush_all()
        for tz in ("Europe/Madrid", "Pacific/Kiritimati", "Etc/GMT+12", "America/Santiago"):
            user = self.salesman_all
            user.tz = tz
            for invoice in invoices:
                with self.subTest(tz=tz, day=invoice.invoice_date):
                    [row] = self._rows(domain=[("res_id", "=", invoice.id)])
                    row = row.with_context(tz=tz)
                    local = Datetime.context_timestamp(row, row.date)
                    self.assertEqual(local.date(), invoice.invoice_date)
                    [group] = (
                        self.History.with_user(user)
                        .with_context(tz=tz)
                        ._read_group([("id", "=", row.id)], ["date:day"], ["__count"])
                    )
                    self.assertEqual(group[0].date(), invoice.invoice_date)

    def test_an_invoice_of_today_follows_its_order(self):
        self._sell()
        # In a test everything is created at one moment: when the transaction began.
        self.env.cr.execute(
            "UPDATE sale_order SET date_order = now() - interval '2 seconds';"
            "UPDATE stock_picking SET date_done = now() - interval '1 second'"
        )
        self.env.invalidate_all()
        self.assertEqual(self._rows().mapped("kind"), ["invoice", "delivery", "order"])

    def test_totals_are_of_one_kind_and_one_currency_and_of_what_counts(self):
        currency = (
            self.env["res.currency"].with_context(active_test=False).search([("name", "=", "CHF")])
        )
        currency.active = True
        *_documents, invoice = self._sell()
        self._credit(invoice)
        self._sell()
        self.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "currency_id": in_currency.id,
                    "invoice_line_ids": [
                        Command.create({"name": "Repair", "price_unit": 30, "tax_ids": []})
                    ],
                }
                for in_currency in (self.company_a.currency_id, currency)
            ]
        )[1].action_post()
        self._create_activity()
        self.env.flush_all()
        domain = self.customer.with_user(self.salesman_all).action_view_crm_history()["domain"]
        totals = self._totals(domain, ["kind", "currency_id"])
        main = self.company_a.currency_id
        # 100 - 100 + 100; the draft of 30 is no invoice yet.
        self.assertEqual(totals["invoice", main], 100)
        self.assertEqual(totals["invoice", currency], 30)
        self.assertEqual(totals["order", main], 200)
        totals = self._totals(domain, ["kind"])
        self.assertFalse(totals["invoice"], "two currencies are not one sum")
        self.assertEqual(totals["order"], 200)
        [[total]] = self.History.with_user(self.salesman_all)._read_group(
            domain, [], ["amount_total:sum_currency"]
        )
        self.assertFalse(total, "an order and its invoice are one sale")

    def _totals(self, domain, groupby):
        groups = self.History.with_user(self.salesman_all)._read_group(
            domain, groupby, ["amount_total:sum"]
        )
        return {key[0] if len(key) == 1 else tuple(key): total for *key, total in groups}

    def test_the_web_client_groups_months_with_totals(self):
        self._sell()
        self._create_activity()
        self.env.flush_all()
        domain = self.customer.with_user(self.salesman_all).action_view_crm_history()["domain"]
        History = self.History.with_user(self.salesman_all)
        self.assertEqual(History.fields_get(["amount_total"])["amount_total"]["aggregator"], "sum")
        result = History.web_read_group(
            domain,
            ["kind"],
            ["amount_total:sum", "amount_total:sum_currency", "currency_id:array_agg_distinct"],
        )
        groups = {group["kind"]: group for group in result["groups"]}
        self.assertEqual(groups["invoice"]["amount_total:sum"], 100)
        self.assertEqual(
            groups["invoice"]["currency_id:array_agg_distinct"], self.company_a.currency_id.ids
        )
        self.assertEqual(groups["activity"]["currency_id:array_agg_distinct"], [])

    def test_search_and_filters(self):
        order, *_documents = self._sell(campaign_id=self.campaign.id)
        activity = self._create_activity(name="Ask for the order", user_id=self.manager.id)
        self.env.flush_all()
        for domain, expected in {
            (("name", "ilike", order.name),): self._keys(order),
            (("name", "ilike", "for the"),): self._keys(activity),
            (("user_id", "=", self.manager.id),): self._keys(activity),
            (("campaign_id.name", "=", "Spring"), ("kind", "=", "order")): self._keys(order),
            (("state", "ilike", "sales"),): self._keys(order),
            (("activity_type_id", "=", self.type_visit.id),): self._keys(activity),
        }.items():
            with self.subTest(domain):
                self.assertEqual(self._documents(self._rows(domain=domain)), expected)


@tagged("post_install", "-at_install")
class TestHistoryExport(HistoryCase, HttpCase):
    """Odoo's own export, opened by another library."""

    def _export(self, **values):
        self.salesman_all.group_ids += self.env.ref("base.group_allow_export")
        self.authenticate(self.salesman_all.login, self.salesman_all.login)
        domain = self.customer.with_user(self.salesman_all).action_view_crm_history()["domain"]
        names = ["kind", "date", "name", "type_name", "state", "amount_total", "currency_id"]
        fields = self.History.fields_get(names)
        data = {
            "model": "crm.activity.history",
            "fields": [
                {"name": name, "label": fields[name]["string"], "type": fields[name]["type"]}
                for name in names
            ],
            "ids": False,
            "domain": domain,
            "groupby": [],
            "import_compat": False,
            "context": {},
            **values,
        }
        response = self.url_open(
            "/web/export/xlsx", {"data": json.dumps(data), "csrf_token": Request.csrf_token(self)}
        )
        response.raise_for_status()
        sheet = load_workbook(io.BytesIO(response.content)).active
        return list(sheet.iter_rows(values_only=True))

    def test_export_of_the_whole_history(self):
        order, delivery, invoice = self._sell()
        header, *rows = self._export()
        self.assertEqual(header[2], "Reference or Subject")
        self.assertEqual(
            {(row[0], row[2], row[5]) for row in rows},
            {
                ("Order", order.name, 100),
                ("Delivery", delivery.name, 0),
                ("Invoice", invoice.name, 100),
            },
        )

    def test_a_grouped_export_adds_nothing_up(self):
        self._sell()
        rows = self._export(groupby=["date:month"])
        self.assertEqual(sum(row[5] == 200 for row in rows), 0)
        self.assertEqual(len(rows), 1 + 1 + 3)
