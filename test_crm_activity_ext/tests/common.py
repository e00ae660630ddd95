# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import Command
from odoo.tests import new_test_user

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


class HistoryCase(CrmActivityCase):
    """A customer with a delivery address, a contact and a child company; documents of each kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.History = cls.env["crm.activity.history"]
        Partner = cls.env["res.partner"].with_context(tracking_disable=True)
        cls.address, cls.child_company = Partner.create(
            [
                {"name": "Oak Warehouse", "type": "delivery", "parent_id": cls.customer.id},
                {"name": "Acorn Ltd", "is_company": True, "parent_id": cls.customer.id},
            ]
        )
        cls.product = cls.env["product.product"].create(
            {"name": "Chair", "list_price": 100.0, "taxes_id": [], "is_storable": True}
        )
        cls.colleague = new_test_user(
            cls.env, "cleo", "base.group_user,sales_team.group_sale_salesman", tz="UTC"
        )

    @classmethod
    def _create_order(cls, partner=None, user=None, **values):
        order = cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.customer).id,
                "user_id": (user or cls.salesman).id,
                "order_line": [Command.create({"product_id": cls.product.id})],
                **values,
            }
        )
        cls.env.flush_all()
        return order

    @classmethod
    def _sell(cls, **values):
        """Through the real flows: an order, its delivery and its invoice.

        :return: tuple (order, delivery, invoice)
        """
        order = cls._create_order(**values)
        order.action_confirm()
        delivery = order.picking_ids
        delivery.move_ids.quantity = 1
        delivery.move_ids.picked = True
        delivery.button_validate()
        invoice = order._create_invoices()
        invoice.action_post()
        cls.env.flush_all()
        return order, delivery, invoice

    @classmethod
    def _track_lots(cls, tracked):
        """Turn *Lots & Serial Numbers* on or off, for everybody: demo data turns it on."""
        command = Command.link if tracked else Command.unlink
        lots = cls.env.ref("stock.group_production_lot")
        cls.env.ref("base.group_user").implied_ids = [command(lots.id)]

    @classmethod
    def _credit(cls, invoice):
        reversal = (
            cls.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        reversal.reverse_moves()
        credit_note = reversal.new_move_ids
        credit_note.action_post()
        cls.env.flush_all()
        return credit_note

    def _rows(self, partners=None, user=None, domain=()):
        """:return: the rows of the history of partners, as a user opens it"""
        partners = (partners or self.customer).with_user(user or self.salesman_all)
        action = partners.action_view_crm_history()
        History = self.env[action["res_model"]].with_user(user or self.salesman_all)
        return History.search([*action["domain"], *domain])

    def _documents(self, rows):
        """:return: set of what rows stand for: ``{(model, id)}``"""
        return {(row.res_model, row.res_id) for row in rows}

    def _keys(self, *records):
        return {(record._name, record.id) for recordset in records for record in recordset}
