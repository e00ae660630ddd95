# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A list of people who do not want to be contacted, as a Robinson list, in a file."""

import csv
import io
from base64 import b64encode
from datetime import date
from json import loads
from unittest.mock import patch

from lxml import etree
from openpyxl import Workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .test_consent import ConsentCase


class OptOutListCase(ConsentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._create_reachable(6)

    def _make_csv(self, *rows):
        file = io.StringIO()
        csv.writer(file, delimiter=";").writerows(rows)
        return b64encode(file.getvalue().encode())

    def _make_workbook(self, *rows):
        workbook = Workbook()
        for row in rows:
            workbook.active.append(row)
        file = io.BytesIO()
        workbook.save(file)
        return b64encode(file.getvalue())

    def _ask(self, file, name="list.csv", **values):
        return (
            self.env["crm.activity.opt.out.list"]
            .with_user(self.manager)
            .create({"file": file, "file_name": name, "since": "2026-03-03", **values})
        )

    def _apply(self, *rows, **values):
        """:return: what was imported of a file with these rows"""
        wizard = self._ask(self._make_csv(*rows), **values)
        wizard.action_apply()
        return self.env["crm.activity.opt.out.import"].search([], limit=1).with_user(self.manager)


@tagged("post_install", "-at_install")
class TestOptOutList(OptOutListCase):
    def test_people_are_found_by_number_address_or_name_and_street(self):
        by_phone, by_email, by_name, archived, *others = self.customers
        archived.active = False
        wizard = self._ask(
            self._make_csv(
                ["Teléfono", "Correo electrónico", "Nombre", "Dirección", "C.P."],
                ["600 000 000", "", "", "", ""],
                ["", " CUSTOMER1@Example.com ", "", "", ""],
                ["", "", "CUSTOMER 2", "calle  mayor, 2", "41001"],
                ["0034 600000003", "", "", "", ""],
                ["", "nobody@example.com", "Customer 4", "Calle Menor 4", "41001"],
                ["912 345 678", "", "Customer 5", "", ""],
            )
        )
        self.env.user.company_id.country_id = self.env.ref("base.es")
        self.assertIn("4 (", wizard.found)
        wizard.action_apply()
        found = by_phone | by_email | by_name | archived
        self.assertEqual(self.customers.filtered("crm_refuses_call"), found)
        self.assertEqual(set(found.mapped("crm_refuses_post_since")), {date(2026, 3, 3)})
        self.assertFalse(found.filtered("crm_refuses_visit"))
        self.assertEqual(set(found.mapped("crm_refusal_reason")), {"Robinson list"})
        self.assertEqual(found.crm_refusal_user_id, self.manager)
        self.assertEqual(len(others), 2)

    def test_a_workbook_that_has_lost_the_zeros_of_its_postal_codes_is_understood(self):
        customer = self.customers[0]
        customer.zip = "08001"
        file = self._make_workbook(
            ["Name", "Street", "ZIP"], ["Customer 0", "Calle Mayor 0", 8001], ["Ana", "Mar 1", 8001]
        )
        self._ask(file, "list.xlsx").action_apply()
        self.assertEqual(self.customers.filtered("crm_refuses_call"), customer)

    def test_postal_codes_of_any_country_are_found_whatever_a_spreadsheet_makes_of_them(self):
        codes = {"0150": 150, "1000-001": "1000-001", "00-950": "00-950", "010100": 10100}
        codes |= {"01310-100": "01310100", "SW1A 1AA": "sw1a1aa"}
        rows = [["Name", "Street", "ZIP"]]
        for customer, (code, cell) in zip(self.customers, codes.items(), strict=True):
            customer.zip = code
            rows.append([customer.name, customer.street, cell])
        self._ask(self._make_workbook(*rows), "list.xlsx").action_apply()
        self.assertEqual(self.customers.filtered("crm_refuses_call"), self.customers)

    def test_neighbours_are_not_read(self):
        neighbour = self.customers[1]
        people = {("customer 0", "41001", "calle mayor 0")}
        wizard = self.env["crm.activity.opt.out.list"].with_user(self.manager)
        Partner = self.env["res.partner"].with_user(self.manager)
        self.env.invalidate_all()
        self.assertEqual(wizard._find_people(Partner, people), self.customers[0])
        self.assertNotIn(neighbour, self.env.cache.get_records(Partner, Partner._fields["zip"]))

    def test_a_wish_that_is_known_keeps_its_day_and_reason(self):
        customer = self.customers[0]
        customer.write({"crm_refuses_call_since": "2020-01-01", "crm_refusal_reason": "By phone"})
        self._ask(self._make_csv(["email"], [customer.email])).action_apply()
        self.assertRecordValues(
            customer,
            [
                {
                    "crm_refuses_call_since": date(2020, 1, 1),
                    "crm_refuses_post_since": date(2026, 3, 3),
                    "crm_refusal_reason": "By phone",
                }
            ],
        )

    def test_the_emails_of_who_is_found_are_blacklisted_and_no_others(self):
        customer = self.customers[0]
        file = self._make_csv(["email"], [customer.email], ["nobody@example.com"])
        only = dict.fromkeys(("refuses_call", "refuses_post"), False)
        for _again in range(2):
            self._ask(file, refuses_email=True, **only).action_apply()
        blacklisted = self.env["mail.blacklist"].search([("email", "like", "@example.com")])
        self.assertEqual(blacklisted.mapped("email"), [customer.email])
        self.assertFalse(customer.crm_refuses_call)

    def test_an_address_that_was_taken_off_the_blacklist_is_put_on_it_again(self):
        customer = self.customers[0]
        blacklist = self.env["mail.blacklist"]
        blacklist._add(customer.email)
        blacklist._remove(customer.email)
        file = self._make_csv(["email"], [customer.email])
        self._ask(file, refuses_email=True).action_apply()
        self.env.invalidate_all()
        self.assertTrue(customer.is_blacklisted)
        self.assertTrue(blacklist.search([("email", "=", customer.email)]))

    def test_what_was_noted_is_told_apart_from_what_was_known(self):
        known, new, _other = self.customers[:3]
        known.write({"crm_refuses_call": True, "crm_refuses_post": True})
        file = self._make_csv(["email"], [known.email], [new.email])

        def apply():
            return self._ask(file).action_apply()["params"]["message"]

        self.assertEqual(apply(), "Noted: 1. Already known: 1.")
        self.assertEqual(apply(), "Noted: 0. Already known: 2.")

    def test_people_of_all_ones_companies_are_found(self):
        company = self.env["res.company"].create({"name": "Oak Portugal"})
        elsewhere, unknown = self.customers[:2]
        self.manager.company_ids |= company
        elsewhere.company_id = company
        unknown.company_id = self.env["res.company"].create({"name": "Oak France"})
        wizard = self._ask(self._make_csv(["email"], [elsewhere.email], [unknown.email]))
        wizard = wizard.with_context(allowed_company_ids=self.manager.company_id.ids)
        self.assertIn("1 (Customer 0)", wizard.found)
        wizard.action_apply()
        self.assertEqual(self.customers.filtered("crm_refuses_call"), elsewhere)

    def test_the_file_is_not_kept_and_nobody_else_s(self):
        wizard = self._ask(self._make_csv(["email"], [self.customers[0].email]))
        colleague = new_test_user(self.env, "boss", "sales_team.group_sale_manager")
        with self.assertRaises(AccessError):
            wizard.with_user(colleague).read(["file"])
        wizard.action_apply()
        self.assertFalse(wizard.file)
        with self.assertRaisesRegex(UserError, "Choose a file"):
            wizard.action_apply()

    def test_a_file_that_is_too_large_is_refused_unread(self):
        row = b"a@example.com\n"
        file = b64encode(b"email\n" + row * (10 * 1024 * 1024 // len(row) + 1))
        with patch.object(type(self.env["base_import.import"]), "_read_file") as read_file:
            with self.assertRaisesRegex(UserError, "larger than 10 MB"):
                self._ask(file).action_apply()
        read_file.assert_not_called()

    def test_the_form_tells_who_is_found_before_anything_is_noted(self):
        form = Form(self.env["crm.activity.opt.out.list"].with_user(self.manager))
        form.file = self._make_csv(["email"], [self.customers[0].email])
        self.assertIn("1 (Customer 0)", form.found)
        self.assertFalse(self.customers.filtered("crm_refuses_call"))
        form.file = self._make_csv(["email"], ["nobody@example.com"])
        self.assertIn("Nobody on this list", form.found)

    def test_what_cannot_be_read_or_says_nothing_is_refused_in_words(self):
        for file, name in (
            (self._make_csv(["a", "b"], ["1", "2"]), "list.csv"),
            (b64encode(b"PK\x03\x04 nothing"), "list.xlsx"),
            (b64encode(b"\x00\x01"), "list.bin"),
        ):
            with self.subTest(name), self.assertRaises(UserError):
                self._ask(file, name).action_apply()
        only = dict.fromkeys(("refuses_call", "refuses_post"), False)
        with self.assertRaisesRegex(UserError, "what the list is for"):
            self._ask(self._make_csv(["email"], ["a@example.com"]), **only).action_apply()

    def test_salespeople_do_not_import_lists(self):
        for user in (self.salesman, self.salesman_all):
            with self.assertRaises(AccessError):
                self.env["crm.activity.opt.out.list"].with_user(user).create(
                    {"file": self._make_csv(["email"])}
                )

    def test_many_rows_take_as_many_queries_as_a_few(self):
        def count(rows):
            wizard = self._ask(self._make_csv(["phone", "email"], *rows))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertTrue(wizard._find())
            return self.cr.sql_log_count - before

        rows = [[f"+34 611 000 {i:03}", f"x{i}@example.com"] for i in range(500)]
        count(rows[:1])
        self.assertEqual(count(rows), count(rows[:5]))

    def test_of_a_file_that_says_who_is_on_the_list_the_others_are_left_alone(self):
        one, two, three, four = self.customers[:4]
        for heading, yes, no in (("On list", "1", "0"), ("En la lista", "Sí", "No")):
            with self.subTest(heading), self.env.cr.savepoint() as savepoint:
                rows = [[one.email, yes], [two.email, no], [three.email, ""], [four.email, yes]]
                self._apply(["Email", heading], *rows)
                self.assertEqual(self.customers.filtered("crm_refuses_call"), one | four)
                savepoint.rollback()
            self.env.invalidate_all()
        file = self._make_workbook(["Email", "Listed"], [one.email, 0], [two.email, 1])
        self._ask(file, "list.xlsx").action_apply()
        self.assertEqual(self.customers.filtered("crm_refuses_call"), two)

    def test_what_the_client_of_the_robinson_list_answers_is_understood(self):
        """It adds columns without a name to the file, and asks for the headings as well."""
        one, two = self.customers[:2]
        told = [[one.phone, "1", "3#5", "c2ln"], [two.phone, "0", "", "c2ln"]]
        for heading in (["Phone", "0", "", "c2ln"], ["Phone", "", "", ""], ["Teléfono"]):
            with self.subTest(heading), self.env.cr.savepoint() as savepoint:
                file = self._make_workbook(heading, *told)
                self._ask(file, "list.xlsx").action_apply()
                self.assertEqual(self.customers.filtered("crm_refuses_call"), one)
                savepoint.rollback()
            self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "must name the columns"):
            self._apply(*told)


@tagged("post_install", "-at_install")
class TestOptOutListUndone(OptOutListCase):
    """A wrong file, or a wrong column, is taken back."""

    def _get_message(self, imported):
        return imported.action_undo()["params"]["message"]

    def test_what_a_list_has_noted_is_taken_back_and_what_was_known_stays(self):
        known, partly, new, other = self.customers[:4]
        known.with_user(self.salesman).write(
            {
                "crm_refuses_call_since": "2020-01-01",
                "crm_refuses_post_since": "2020-01-01",
                "crm_refusal_reason": "By phone",
            }
        )
        partly.with_user(self.salesman).write({"crm_refuses_call_since": "2021-01-01"})
        other.crm_refuses_visit = True
        names = [*new._get_crm_consent_fields()]
        before = self.customers.read(names)
        imported = self._apply(["email"], *([one.email] for one in known | partly | new))
        self.assertRecordValues(
            imported,
            [{"file_name": "list.csv", "found_count": 3, "noted_count": 2, "undone_date": False}],
        )
        self.assertNotEqual(self.customers.read(names), before)
        self.assertEqual(self._get_message(imported), "Undone.")
        self.assertEqual(self.customers.read(names), before)
        self.assertTrue(imported.undone_date)
        with self.assertRaisesRegex(UserError, "can no longer be undone"):
            imported.action_undo()

    def test_what_somebody_has_changed_since_stays(self):
        day, reason, user, untouched = self.customers[:4]
        imported = self._apply(["email"], *([one.email] for one in self.customers[:4]))
        day.with_user(self.manager).crm_refuses_call_since = "2026-01-01"
        reason.with_user(self.manager).crm_refusal_reason = "Said so on the phone"
        user.with_user(self.salesman).crm_refuses_visit = True
        self.assertEqual(self._get_message(imported), "Undone. Kept as they are: 3.")
        self.assertEqual(self.customers.filtered("crm_refuses_call"), day | reason | user)
        self.assertFalse(untouched.crm_refusal_reason)

    def test_who_is_on_a_later_list_as_well_stays(self):
        both, first_only = self.customers[:2]
        first = self._apply(["email"], [both.email], [first_only.email])
        visits = {"refuses_call": False, "refuses_post": False, "refuses_visit": True}
        self._apply(["email"], [first_only.email], **visits)
        second = self._apply(["email"], [both.email], refuses_post=False)
        self.assertEqual(second.noted_count, 0)
        first.action_undo()
        self.assertTrue(both.crm_refuses_call)
        self.assertFalse(first_only.crm_refuses_call)
        self.assertTrue(first_only.crm_refuses_visit)

    def test_a_file_that_was_imported_again_is_undone_in_any_order(self):
        only_here, *rest = self.customers
        rest[0].with_user(self.salesman).crm_refuses_call = True
        rows = [[one.email] for one in rest]
        names = rest[0]._get_crm_consent_fields()
        before = self.customers.read(names)
        for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
            with self.subTest(order):
                lists = [
                    self._apply(["email"], [only_here.email], *rows, refuses_email=True),
                    self._apply(["email"], *rows, since="2026-03-04", refuses_email=True),
                    self._apply(["email"], *rows, refuses_email=True),
                ]
                self.env.invalidate_all()
                for place in order:
                    self.assertTrue(rest[1].crm_refuses_call)
                    self.assertTrue(rest[1].is_blacklisted)
                    lists[place].action_undo()
                    self.env.invalidate_all()
                self.assertEqual(self.customers.read(names), before)
                self.assertFalse(self.customers.filtered("is_blacklisted"))

    def test_lists_for_different_wishes_are_undone_from_the_newest_on(self):
        self.customers[0].with_user(self.salesman).crm_refuses_call = True
        rows = [[one.email] for one in self.customers]
        names = self.customers._get_crm_consent_fields()
        visits = {"refuses_visit": True, "refuses_post": False, "since": "2026-03-04"}
        first_user, colleague = self.manager, self.manager.copy({"login": "a.colleague"})
        for user in (first_user, colleague):
            with self.subTest(user.login):
                before = self.customers.read(names)
                self.manager = first_user
                first = self._apply(["email"], *rows)
                between = self.customers.read(names)
                self.manager = user
                second = self._apply(["email"], *rows, **visits)
                self.assertNotEqual(self.customers.read(names), between)
                second.action_undo()
                self.assertEqual(self.customers.read(names), between)
                first.action_undo()
                self.assertEqual(self.customers.read(names), before)

    def test_what_somebody_has_changed_since_stays_whichever_list_is_undone_last(self):
        customer, entry_of = self.customers[:2]
        rows = [[one.email] for one in self.customers]
        first = self._apply(["email"], *rows, refuses_email=True)
        second = self._apply(["email"], *rows, refuses_email=True)
        customer.with_user(self.salesman).crm_refusal_reason = "Said so on the phone"
        entry = self.env["mail.blacklist"].search([("email", "=", entry_of.email)])
        self.env.flush_all()
        self.cr.execute(
            "UPDATE mail_blacklist SET write_date = write_date + interval '1 hour' WHERE id = %s",
            (entry.id,),
        )
        first.action_undo()
        self.env.invalidate_all()
        second.action_undo()
        self.env.invalidate_all()
        self.assertEqual(self.customers.filtered("crm_refuses_call"), customer)
        self.assertEqual(self.customers.filtered("is_blacklisted"), entry_of)

    def test_undo_is_offered_for_as_long_as_there_is_something_to_undo(self):
        def get_offered(listing):
            [values] = listing.read(["is_undoable"])
            return [
                not safe_eval(button.get("invisible"), values)
                for view_type in ("list", "kanban")
                for button in etree.fromstring(listing.get_view(view_type=view_type)["arch"]).xpath(
                    "//button[@name='action_undo']"
                )
            ]

        nobody = self._apply(["email"], ["nobody@example.com"])
        first, again = (self._apply(["email"], [self.customers[0].email]) for _list in range(2))
        self.assertEqual(get_offered(nobody), [False, False])
        self.assertEqual(get_offered(first), [True, True])
        self.assertEqual((again.noted_count, get_offered(again)), (0, [True, True]))
        waiting = self._apply(["email"], [self.customers[1].email])
        waiting.sudo().part_ids.state = "waiting"
        self.assertEqual(get_offered(waiting), [True, True])
        first.action_undo()
        self.assertEqual(get_offered(first), [False, False])
        # Somebody was deleted while it was being undone.
        first.sudo().undone_user_id = False
        self.assertEqual(get_offered(first), [False, False])
        first.sudo().part_ids.state = "noted"
        self.assertEqual(get_offered(first), [True, True])
        with self.assertRaisesRegex(UserError, "can no longer be undone"):
            nobody.action_undo()

    def test_which_lists_somebody_is_on_is_asked_once_for_all(self):
        rows = [[one.email] for one in self.customers]
        self.customers[0].with_user(self.salesman).crm_refuses_call = True
        first = self._apply(["email"], *rows, refuses_email=True)
        for _list in range(3):
            self._apply(["email"], *rows, refuses_visit=True)
        part = first.sudo().part_ids
        self.assertGreater(len(part.changes), 2)
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.assertEqual(len(part._search_others()), 3)
        search, asked = type(part)._search_others, []

        def watch(part):
            asked.append(part)
            return search(part)

        with patch.object(type(part), "_search_others", watch):
            first.action_undo()
        self.assertEqual((part.state, asked), ("undone", [part]))

    def test_emails_are_taken_off_the_blacklist_but_not_who_was_on_it(self):
        known, new, later, again = self.customers[:4]
        blacklist = self.env["mail.blacklist"]
        blacklist._add(known.email)
        only = {"refuses_call": False, "refuses_post": False, "refuses_email": True}
        rows = [[one.email] for one in self.customers[:4]]
        imported = self._apply(["email"], *rows, **only)
        self._apply(["email"], [later.email], **only)
        entry = blacklist.search([("email", "=", again.email)])
        self.env.flush_all()
        self.cr.execute(
            "UPDATE mail_blacklist SET write_date = write_date + interval '1 hour' WHERE id = %s",
            (entry.id,),
        )
        self.env.invalidate_all()
        self.assertEqual(self._get_message(imported), "Undone. Kept as they are: 2.")
        self.env.invalidate_all()
        self.assertEqual(self.customers.filtered("is_blacklisted"), known | later | again)

    def test_another_sales_administrator_takes_it_back_and_nobody_else(self):
        customer = self.customers[0]
        imported = self._apply(["email"], [customer.email])
        for user in (self.salesman, self.salesman_all):
            with self.subTest(user.login), self.assertRaises(AccessError):
                imported.with_user(user).action_undo()
        for values in ({"undone_date": False}, {"choices": []}, {"reason": "x"}):
            with self.subTest(values), self.assertRaises(AccessError):
                imported.write(values)
        with self.assertRaises(AccessError):
            imported.create({"choices": []})
        with self.assertRaises(AccessError):
            imported.unlink()
        boss = new_test_user(
            self.env, "boss", "sales_team.group_sale_manager,base.group_partner_manager"
        )
        imported.with_user(boss).action_undo()
        self.assertFalse(customer.crm_refuses_call)

    def test_a_sales_administrator_without_all_companies_of_who_imported_it_knows_nothing_of_it(
        self,
    ):
        imported = self._apply(["email"], [self.customers[0].email])
        groups = "sales_team.group_sale_manager,base.group_partner_manager"
        company = self.env["res.company"].create({"name": "Oak France"})
        values = {"company_id": company.id, "company_ids": [(6, 0, company.ids)]}
        elsewhere = new_test_user(self.env, "elsewhere", groups, **values)
        # Who has some of the companies would take back a part, and stop the rest.
        elsewhere.company_ids |= self.manager.company_ids
        self.manager.company_ids |= self.env["res.company"].create({"name": "Oak Portugal"})
        self.assertFalse(imported.with_user(elsewhere).search([]))
        self.assertFalse(imported.part_ids.with_user(elsewhere).search([]))
        with self.assertRaises(AccessError):
            imported.with_user(elsewhere).action_undo()
        colleague = new_test_user(self.env, "colleague", groups)
        colleague.company_ids = self.manager.company_ids
        self.manager.active = False
        self.assertEqual(imported.with_user(colleague).search([]), imported)
        imported.with_user(colleague).action_undo()
        self.assertFalse(self.customers[0].crm_refuses_call)

    def test_what_is_gone_or_nobodys_business_is_left_alone(self):
        gone, hidden, merged, survivor = self.customers[:4]
        imported = self._apply(["email"], *([one.email] for one in gone | hidden | merged))
        hidden.company_id = self.env["res.company"].create({"name": "Oak France"})
        self.env["base.partner.merge.automatic.wizard"]._merge((merged | survivor).ids, survivor)
        gone.unlink()
        self.assertEqual(self._get_message(imported), "Kept as they are: 3.")
        self.assertTrue(hidden.crm_refuses_call)
        self.assertTrue(survivor.crm_refuses_call)

    def test_who_is_merged_is_still_on_the_lists_of_all_who_were(self):
        one, other, alone = self.customers[:3]
        first = self._apply(["email"], [one.email], [alone.email])
        second = self._apply(["email"], [other.email])
        self.env["base.partner.merge.automatic.wizard"]._merge((one | other).ids, one)
        self.assertEqual(self._get_message(first), "Undone. Kept as they are: 1.")
        self.assertTrue(one.crm_refuses_call)
        self.assertFalse(alone.crm_refuses_call)
        self.assertEqual(second.run_state, "done")

    def test_who_had_noted_something_before_and_was_deleted_keeps_no_list_from_being_undone(self):
        customer = self.customers[0]
        groups = "sales_team.group_sale_manager,base.group_partner_manager"
        colleague = new_test_user(self.env, "colleague", groups)
        customer.with_user(colleague).crm_refuses_call_since = "2020-01-01"
        imported = self._apply(["email"], [customer.email])
        self.assertTrue(customer.crm_refuses_post)
        colleague.unlink()
        self.assertEqual(self._get_message(imported), "Undone.")
        self.assertFalse(customer.crm_refuses_post)
        self.assertEqual(customer.crm_refuses_call_since, date(2020, 1, 1))
        self.assertFalse(customer.crm_refusal_user_id)

    def test_what_was_undone_stays_so_when_who_has_done_it_is_deleted(self):
        imported = self._apply(["email"], *([one.email] for one in self.customers))
        imported.action_undo()
        undone_date = imported.undone_date
        imported.sudo().undone_user_id = False
        with self.assertRaisesRegex(UserError, "can no longer be undone"):
            imported.action_undo()
        self.assertRecordValues(
            imported,
            [{"noted_count": 6, "undone_date": undone_date, "undone_user_id": False}],
        )

    def test_it_names_nobody(self):
        customer = self.customers[0]
        imported = self._apply(["email"], [customer.email])
        told = str(imported.read()) + str(imported.sudo().read())
        self.assertNotIn(customer.name, told)
        self.assertNotIn(customer.email, told)

    def test_many_are_noted_and_undone_in_a_number_of_queries_that_does_not_grow(self):
        def count(customers):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            imported = self._apply(["email"], *([one.email] for one in customers))
            self.assertEqual(imported.noted_count, len(customers))
            imported.action_undo()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        customers = self._create_customers(150)
        for customer in customers:
            customer.email = f"many{customer.id}@example.com"
        # Odoo tells of each in the chatter, by queries of its own.
        partner_class = self.env.registry["res.partner"]
        with patch.object(partner_class, "_message_track", lambda *_args: {}):
            count(customers[:2])
            self.assertLessEqual(count(customers[50:]), count(customers[2:12]) + 2)


@tagged("post_install", "-at_install")
class TestLongOptOutList(OptOutListCase):
    """Many are noted in the background, so many in each transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        path = "odoo.addons.crm_activity_ext.models.crm_activity_opt_out_import"
        cls.startClassPatcher(patch(f"{path}.IMMEDIATE_LIMIT", 1))
        cls.startClassPatcher(patch(f"{path}.PART_SIZE", 2))
        cls.cron = cls.env.ref("crm_activity_ext.ir_cron_opt_out")
        cls.rows = [[one.email] for one in cls.customers]

    def _work_off(self):
        """:return: list of how many were known to refuse calls after each commit"""
        counts = []

        def commit_progress(_cron, _processed=0, **_options):
            self.env.invalidate_all()
            counts.append(len(self.customers.filtered("crm_refuses_call")))
            return 100

        with patch.object(self.env.registry["ir.cron"], "_commit_progress", commit_progress):
            self.env["crm.activity.opt.out.part"].sudo()._cron_work_off()
        return counts

    def _count_triggers(self):
        return self.env["ir.cron.trigger"].sudo().search_count([("cron_id", "=", self.cron.id)])

    def _get_told(self):
        """:return: list of the messages that were told since the last time"""
        self.env.cr.precommit.run()
        told = self.env["bus.bus"].sudo().search([("message", "like", "simple_notification")])
        messages = [loads(one.message)["payload"]["message"] for one in told]
        told.unlink()
        return messages

    def _refusing(self, refused):
        """:return: context manager in which an app does not allow the wishes of one customer"""
        write = type(refused).write

        def refuse(records, vals):
            if refused in records and "crm_refuses_call_since" in vals:
                raise UserError(str(refused))
            return write(records, vals)

        return patch.object(type(refused), "write", refuse)

    def test_many_are_noted_and_taken_back_part_by_part_and_who_asked_is_told(self):
        imported = self._apply(["email"], *self.rows)
        self.assertEqual(self._count_triggers(), 1)
        self.assertRecordValues(
            imported, [{"found_count": 6, "noted_count": 0, "run_state": "running"}]
        )
        self.assertEqual(self._work_off(), [0, 2, 4, 6])
        self.assertRecordValues(imported, [{"noted_count": 6, "run_state": "done"}])
        self.assertEqual(set(self.customers.mapped("crm_refusal_user_id")), {self.manager})
        self.assertEqual(self._get_told(), ["Noted: 6. Already known: 0."])
        answer = imported.action_undo()
        self.assertEqual(self._count_triggers(), 2)
        self.assertIn("in the background", answer["params"]["message"])
        self.assertEqual(imported.run_state, "running")
        self.assertEqual(self._work_off(), [6, 4, 2, 0])
        self.assertRecordValues(imported, [{"run_state": "undone", "kept_count": 0}])
        self.assertEqual(self._get_told(), ["Undone."])
        self.assertEqual(self._work_off(), [0])

    def test_what_was_not_noted_yet_never_is_once_the_list_is_undone(self):
        imported = self._apply(["email"], *self.rows)
        imported.sudo().part_ids[0]._work_off()
        imported.action_undo()
        self._work_off()
        self.assertFalse(self.customers.filtered("crm_refuses_call"))
        self.assertEqual(imported.part_ids.mapped("state"), ["undone"])
        self.assertRecordValues(imported, [{"noted_count": 2, "run_state": "undone"}])

    def test_one_that_cannot_be_noted_keeps_no_others_from_theirs(self):
        refused = self.customers[1]
        imported = self._apply(["email"], *self.rows)
        with self._refusing(refused):
            self._work_off()
        self.assertEqual(self.customers.filtered("crm_refuses_call"), self.customers - refused)
        self.assertRecordValues(
            imported, [{"noted_count": 5, "failed_count": 1, "run_state": "done"}]
        )
        self.assertEqual(self._get_told(), ["Noted: 5. Already known: 0. Not noted: 1."])
        imported.action_undo()
        with self._refusing(refused):
            self._work_off()
        self.assertFalse(self.customers.filtered("crm_refuses_call"))

    def test_one_that_cannot_be_taken_back_keeps_no_others_from_it(self):
        refused = self.customers[1]
        imported = self._apply(["email"], *self.rows)
        self._work_off()
        imported.action_undo()
        with self._refusing(refused):
            self._work_off()
        self.assertEqual(self.customers.filtered("crm_refuses_call"), refused)
        self.assertEqual(imported.kept_count, 1)

    def test_who_is_deleted_meanwhile_and_who_has_left_hold_nothing_up(self):
        imported = self._apply(["email"], *self.rows)
        self.customers[0].unlink()
        self.customers = self.customers[1:]
        self.manager.active = False
        self._work_off()
        self.assertEqual(len(self.customers.filtered("crm_refuses_call")), 5)
        self.assertEqual(imported.run_state, "done")
        self.assertEqual(self._get_told(), ["Noted: 5. Already known: 0."])

    def test_who_is_on_another_list_keeps_the_wish_whichever_was_noted_first(self):
        waiting = self._apply(["email"], *self.rows)
        path = "odoo.addons.crm_activity_ext.models.crm_activity_opt_out_import.IMMEDIATE_LIMIT"
        with patch(path, 100):
            noted = self._apply(["email"], *self.rows[:3])
        self.assertEqual(noted.run_state, "done")
        self._work_off()
        noted.action_undo()
        self._work_off()
        self.assertEqual(noted.kept_count, 3)
        self.assertEqual(self.customers.filtered("crm_refuses_call"), self.customers)
        waiting.action_undo()
        self._work_off()
        self.assertFalse(self.customers.filtered("crm_refuses_call"), "no list says it any more")

    def test_what_an_addon_that_is_gone_had_on_it_holds_nothing_up(self):
        imported = self._apply(["email"], *self.rows)
        imported.sudo().part_ids[0].model = "crm.gone"
        self._work_off()
        self.assertRecordValues(
            imported, [{"noted_count": 4, "failed_count": 2, "run_state": "done"}]
        )

    def test_an_undo_whose_user_is_deleted_waits_for_somebody_else(self):
        imported = self._apply(["email"], *self.rows)
        self._work_off()
        imported.action_undo()
        imported.sudo().undone_user_id = False
        self._work_off()
        self.assertEqual(imported.run_state, "running")
        self.assertEqual(self.customers.filtered("crm_refuses_call"), self.customers)
        imported.action_undo()
        self._work_off()
        self.assertEqual(imported.run_state, "undone")
        self.assertFalse(self.customers.filtered("crm_refuses_call"))

    def test_what_was_taken_back_is_not_forgotten_when_somebody_else_goes_on(self):
        imported = self._apply(["email"], *self.rows)
        self._work_off()
        imported.action_undo()
        imported.sudo().part_ids[0]._work_off()
        imported.sudo().undone_user_id = False
        path = "odoo.addons.crm_activity_ext.models.crm_activity_opt_out_import.IMMEDIATE_LIMIT"
        with patch(path, 100):
            imported.action_undo()
        self.assertRecordValues(imported, [{"noted_count": 6, "run_state": "undone"}])
        self.assertFalse(self.customers.filtered("crm_refuses_call"))

    def test_a_list_whose_importer_is_deleted_does_not_run_for_ever(self):
        imported, undone = (self._apply(["email"], *self.rows) for _list in range(2))
        undone.action_undo()
        self.env.flush_all()
        lists = tuple((imported | undone).ids)
        query = "UPDATE crm_activity_opt_out_import SET create_uid = NULL WHERE id IN %s"
        self.cr.execute(query, [lists])
        self.env.invalidate_all()
        self._work_off()
        self.assertRecordValues(
            (imported | undone).sudo(),
            [
                {"noted_count": 0, "failed_count": 6, "run_state": "done"},
                {"noted_count": 0, "failed_count": 0, "run_state": "undone"},
            ],
        )
        self.assertFalse(undone.sudo().part_ids)
        self.assertFalse(self.customers.filtered("crm_refuses_call"))

    def test_who_is_merged_meanwhile_is_still_on_the_list(self):
        merged, survivor = self.customers[0], self._create_reachable(1)
        self._apply(["email"], *self.rows)
        self.env["base.partner.merge.automatic.wizard"]._merge((merged | survivor).ids, survivor)
        self.customers = self.customers[1:]
        self._work_off()
        self.assertTrue(survivor.crm_refuses_call)

    def test_who_may_edit_no_customers_notes_none(self):
        wizard = self._ask(self._make_csv(["email"], *self.rows))
        access = self.env["ir.model.access"].sudo()
        access.search([("model_id.model", "=", "res.partner")]).perm_write = False
        with self.assertRaises(AccessError):
            wizard.action_apply()
        self.assertFalse(self.env["crm.activity.opt.out.import"].search([]))

    def test_its_parts_are_the_systems(self):
        imported = self._apply(["email"], *self.rows)
        part = imported.part_ids[0]
        for user in (self.salesman, self.salesman_all):
            with self.subTest(user.login), self.assertRaises(AccessError):
                part.with_user(user).read(["res_ids"])
        for call in (
            lambda: part.write({"state": "undone"}),
            lambda: part.create({"import_id": imported.id}),
            part.unlink,
        ):
            with self.assertRaises(AccessError):
                call()
        told = str(imported.part_ids.read())
        self.assertFalse([one for one in self.customers if one.email in told])
