# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import csv
import io
from datetime import datetime, time, timedelta
from unittest.mock import patch

from openpyxl import Workbook, load_workbook

from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.misc import file_open

from .common import CrmActivityCase
from .smtp import smtp_server

FORMATS = {"has_headers": True, "quoting": '"', "separator": ",", "encoding": "utf-8"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# What other systems call the columns of their exports, and what some of theirs say.
EXPORTS = {
    "HubSpot": {
        "Record ID": ("5001", "5002"),
        "Call Title": ("Ask about the order", "Call back"),
        "Activity date": ("2026-06-15 10:30:00", "2026-06-16 09:00:00"),
        "Activity type": ("Outgoing call", "Outgoing call"),
        "Call duration (HH:mm:ss)": ("00:15:00", ""),
        "Call notes": ('She\'s on holiday.\nBack "soon" & rested.', ""),
        "Associated Company": ("Oak & Sons", "Oak & Sons"),
        "Activity assigned to": ("Sam Own", "Sam Own"),
        "Task status": ("COMPLETED", "Not started"),
    },
    "Dynamics": {
        "(Do Not Modify) Activity": ("5001", "5002"),
        "Subject": ("Ask about the order", "Call back"),
        "Start Date": ("2026-06-15 10:30:00", "2026-06-16 09:00:00"),
        "Activity Type": ("Outgoing call", "Outgoing call"),
        "Duration": ("15 minutes", ""),
        "Description": ("She is on holiday.", ""),
        "Regarding": ("Oak & Sons", "Oak & Sons"),
        "Owner": ("Sam Own", "Sam Own"),
        "Activity Status": ("Completed", "Open"),
    },
    "Pipedrive": {
        "Activity ID": ("5001", "5002"),
        "Subject": ("Ask about the order", "Call back"),
        "Due date": ("2026-06-15 10:30:00", "2026-06-16 09:00:00"),
        "Type": ("Outgoing call", "Outgoing call"),
        "Duration": ("0:15", ""),
        "Note": ("She is on holiday.", ""),
        "Organization": ("Oak & Sons", "Oak & Sons"),
        "Assigned to user": ("Sam Own", "Sam Own"),
        "Done": ("Done", "To do"),
    },
    "the manual": {
        "Id. de registro": ("5001", "5002"),
        "Asunto": ("Ask about the order", "Call back"),
        "Fecha": ("2026-06-15 10:30:00", "2026-06-16 09:00:00"),
        "Tipo": ("Outgoing call", "Outgoing call"),
        "Duración (minutos)": ("15", ""),
        "Observaciones": ("She is on holiday.", ""),
        "Cliente": ("Oak & Sons", "Oak & Sons"),
        "Responsable": ("Sam Own", "Sam Own"),
        "Estado": ("Realizada", "Pendiente"),
    },
}


@tagged("post_install", "-at_install")
class TestImport(CrmActivityCase):
    """What other systems export, by Odoo's importer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("es_ES")
        cls.env["ir.module.module"]._load_module_terms(["crm_activity_ext"], ["es_ES"])

    def _open(self, content, mimetype="text/csv", user=None):
        """:return: an importer for the file, the columns that it matches and all its columns"""
        user = user or self.salesman
        Importer = self.env["base_import.import"].with_user(user).with_context(lang=user.lang)
        importer = Importer.create(
            {"res_model": "crm.activity", "file": content, "file_type": mimetype}
        )
        preview = importer.parse_preview(dict(FORMATS))
        self.assertNotIn("error", preview)
        headers = preview["headers"]
        paths = [
            "/".join(preview["matches"][index]) if index in preview["matches"] else False
            for index in range(len(headers))
        ]
        return importer, paths, headers

    def _import(self, content, mimetype="text/csv", user=None, chosen=None, **options):
        """:param dict chosen: ``{heading: field}``, by hand"""
        importer, paths, headers = self._open(content, mimetype, user)
        paths = [(chosen or {}).get(head, path) for head, path in zip(headers, paths, strict=True)]
        options = {
            **FORMATS,
            "datetime_format": "%Y-%m-%d %H:%M:%S",
            "date_format": "%Y-%m-%d",
            "float_decimal_separator": ".",
            "float_thousand_separator": ",",
            **options,
        }
        lowered = [header.strip().lower() for header in headers]
        return importer.execute_import(paths, lowered, options)

    def _make_csv(self, columns):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return text.getvalue().encode()

    def _find_imported(self):
        return self.Activity.search(
            [("origin", "=", "import"), ("partner_id", "=", self.customer.id)], order="date"
        )

    def test_exports_of_other_systems_come_in_as_they_are(self):
        for system, columns in EXPORTS.items():
            with self.subTest(system):
                _importer, paths, _headers = self._open(self._make_csv(columns))
                self.assertEqual(
                    set(paths),
                    {
                        *("id", "name", "date", "activity_type_id", "duration", "body"),
                        *("partner_id", "user_id", "state"),
                    },
                )
                self.assertEqual(self._import(self._make_csv(columns))["messages"], [])
                done, planned = self._find_imported()
                self.assertEqual((done.state, planned.state), ("done", "pending"))
                self.assertEqual(done.activity_type_id, self.type_call)
                self.assertEqual(done.duration, 0.25)
                self.assertIn("on holiday", done.body)
                self.assertEqual(done.user_id, self.salesman)
                # 10:30 in Madrid
                self.assertEqual(done.date, datetime(2026, 6, 15, 8, 30))
                self.assertEqual(done.date_done, done.date)
                (done | planned).sudo().unlink()

    def test_the_same_file_twice_makes_nothing_twice_where_it_carries_ids(self):
        content = self._make_csv(EXPORTS["HubSpot"])
        first = self._import(content)["ids"]
        again = self._import(content.replace(b"Call back", b"Call again"))["ids"]
        self.assertEqual(first, again)
        self.assertEqual(self.Activity.browse(first).mapped("name")[1], "Call again")

    def _make_xlsx(self, columns):
        book, file = Workbook(), io.BytesIO()
        book.active.append(list(columns))
        for row in zip(*columns.values(), strict=True):
            book.active.append(list(row))
        book.save(file)
        return file.getvalue()

    def _count_import(self, system, number, is_book, user):
        """Import a file of so many rows.

        :return: the ids, and how many queries it took
        """
        name, *_others = columns = {
            heading: [first] * number for heading, (first, _second) in EXPORTS[system].items()
        }
        columns[name] = [str(1000 * number + place) for place in range(number)]
        content = self._make_xlsx(columns) if is_book else self._make_csv(columns)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        result = self._import(content, XLSX if is_book else "text/csv", user)
        self.env.flush_all()
        self.assertEqual(result["messages"], [])
        return result["ids"], self.cr.sql_log_count - before

    def test_a_long_file_takes_no_query_a_row_and_the_same_once_more_makes_nothing(self):
        self.salesman_all.lang = "es_ES"
        for system, user in (("HubSpot", self.salesman), ("the manual", self.salesman_all)):
            for is_book in (False, True):
                with self.subTest(system, is_book=is_book):
                    self._count_import(system, 2, is_book, user)  # what is looked up once
                    few = [self._count_import(system, 20, is_book, user) for _time in range(2)]
                    many = [self._count_import(system, 120, is_book, user) for _time in range(2)]
                    for (some, cost), (more, more_cost) in zip(few, many, strict=True):
                        self.assertEqual((len(set(some)), len(set(more))), (20, 120))
                        # Odoo inserts a hundred rows at once.
                        self.assertLessEqual(more_cost - cost, 2)
                    self.assertEqual((few[0][0], many[0][0]), (few[1][0], many[1][0]))
                    self.Activity.search([("origin", "=", "import")]).unlink()

    def test_the_same_file_once_more_changes_what_it_says_otherwise(self):
        content = self._make_csv(EXPORTS["HubSpot"])
        done, planned = self.Activity.browse(self._import(content)["ids"])
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_activity SET write_date = '2026-01-01'")
        self.env.invalidate_all()
        self._import(content.replace(b"Call back", b"Call again"))
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(planned.name, "Call again")
        self.assertGreater(planned.write_date, done.write_date)
        self.assertEqual(str(done.write_date), "2026-01-01 00:00:00")

    def test_the_same_file_once_more_changes_nothing_that_it_says_in_other_words(self):
        """As activities have customers and contacts, and as nothing leaves by an import."""
        olga = "Oak & Sons, Olga Oak"
        cases = {
            "a person as the customer": {"Customer": olga},
            "a person as both": {"Customer": olga, "Contact": olga},
            "a company as both": {"Contact": "Oak & Sons"},
            "a contact alone": {"Customer": "", "Contact": olga},
            "an email to be sent": {"Type": "Email"},
            "a day on which it was not done": {"Done on": "2026-01-03 10:00:00"},
        }
        rows = [
            {
                "External ID": str(number),
                "Subject": case,
                "Type": "Outgoing call",
                "Date and Time": "2026-01-02 10:00:00",
                "Customer": "Oak & Sons",
                "Contact": "",
                "Status": "pending",
                "Text": "Hello",
                "Done on": "",
                **values,
            }
            for number, (case, values) in enumerate(cases.items(), start=1)
        ]
        columns = {heading: [row[heading] for row in rows] for heading in rows[0]}
        content = self._make_csv(columns)
        first = self._import(content)
        self.assertFalse(first["messages"])
        activities = self.Activity.browse(first["ids"])
        self.assertEqual(activities.partner_id, self.customer)
        self.assertEqual(
            [bool(one.contact_id) for one in activities], [True] * 2 + [False, True] + [False] * 2
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_activity SET write_date = '2026-01-01'")
        self.env.invalidate_all()
        self._import(content)
        self.env.flush_all()
        self.env.invalidate_all()
        changed = activities.filtered(lambda one: str(one.write_date) != "2026-01-01 00:00:00")
        self.assertFalse(changed.mapped("name"))

    def test_who_has_moved_since_stays_where_the_file_says_nothing_else(self):
        """As where one is written by hand: what happened stays with whom it happened."""
        cases = {
            "both": ("Oak & Sons", "contact"),
            "the person as the customer": ("person", ""),
            "the contact alone": ("", "contact"),
        }
        for case, (customer, contact) in cases.items():
            with self.subTest(case):
                person = self.contact.copy({"name": f"Nora {case}", "ref": case})
                said = {"person": case, "contact": case}
                columns = {
                    "External ID": ["nora_" + case.replace(" ", "_")],
                    "Subject": ["Call"],
                    "Type": ["Outgoing call"],
                    "Date and Time": ["2026-01-02 10:00:00"],
                    "Customer": [said.get(customer, customer)],
                    "Contact": [said.get(contact, contact)],
                }
                [id_] = self._import(self._make_csv(columns))["ids"]
                activity = self.Activity.browse(id_)
                self.assertEqual(
                    (activity.partner_id, activity.contact_id), (self.customer, person)
                )
                person.parent_id = self.other_customer
                self.env.flush_all()
                self.env.cr.execute("UPDATE crm_activity SET write_date = '2026-01-01'")
                self.env.invalidate_all()
                self.assertFalse(self._import(self._make_csv(columns))["messages"])
                self.assertEqual(str(activity.write_date), "2026-01-01 00:00:00")
                columns["Subject"] = ["Call again"]
                self.assertFalse(self._import(self._make_csv(columns))["messages"])
                self.assertEqual(
                    (activity.name, activity.partner_id, activity.contact_id),
                    ("Call again", self.customer, person),
                )

    def test_a_message_that_becomes_a_call_is_pending_as_the_file_says(self):
        columns = {
            "External ID": ["turned"],
            "Subject": ["Offer"],
            "Type": ["Email"],
            "Date and Time": ["2026-01-02 10:00:00"],
            "Customer": ["Oak & Sons"],
            "Status": ["pending"],
        }
        [id_] = self._import(self._make_csv(columns))["ids"]
        activity = self.Activity.browse(id_)
        for name, channel, state in (
            ("Email", "email_out", "draft"),
            ("Outgoing call", "call_out", "pending"),
            ("Email", "email_out", "draft"),
        ):
            columns["Type"] = [name]
            self._import(self._make_csv(columns))
            self.assertEqual((activity.channel, activity.state), (channel, state))

    def test_a_person_who_is_another_one_now_is_said_by_the_same_column(self):
        columns = {**EXPORTS["HubSpot"], "Associated Company": ("Oak & Sons, Olga Oak", "")}
        [id_, _second] = self._import(self._make_csv(columns))["ids"]
        activity = self.Activity.browse(id_)
        self.assertEqual((activity.partner_id, activity.contact_id), (self.customer, self.contact))
        columns["Associated Company"] = ("Oak & Sons, Oscar Oak", "")
        self._import(self._make_csv(columns))
        self.assertEqual(activity.contact_id, self.contact_2)

    def test_what_a_file_says_of_customer_and_contact_is_said_together(self):
        columns = {**EXPORTS["HubSpot"], "Associated Contact": ("Olga Oak", "")}
        content = self._make_csv(columns)
        chosen = {"Associated Contact": "contact_id"}
        [id_, _second] = self._import(content, chosen=chosen)["ids"]
        self.Activity.browse(id_).contact_id = self.contact_2
        self.env.flush_all()
        # Another customer with the contact of before: one of them is wrong.
        wrong = content.replace(b"Oak & Sons", b"Pine Ltd").replace(b"Olga Oak", b"Oscar Oak")
        self.assertTrue(self._import(wrong, chosen=chosen)["messages"])
        self.assertEqual(self.Activity.browse(id_).partner_id, self.customer)

    def test_another_type_leaves_what_the_file_says_and_once_more_changes_nothing(self):
        content = self._make_csv(EXPORTS["HubSpot"])
        done, _planned = self.Activity.browse(self._import(content)["ids"])
        changed = content.replace(b"Outgoing call", b"Visit")
        self._import(changed)
        self.env.flush_all()
        self.assertEqual((done.activity_type_id, done.state), (self.type_visit, "done"))
        self.assertEqual(done.name, "Ask about the order")
        with patch.object(type(self.Activity), "write") as write:
            self._import(changed)
        write.assert_not_called()

    def test_ids_of_another_system_are_no_ids_of_its_contacts(self):
        self.env["ir.model.data"].create(
            {
                "module": "__import__",
                "name": "5001",
                "model": "res.partner",
                "res_id": self.customer.id,
            }
        )
        self.assertEqual(self._import(self._make_csv(EXPORTS["HubSpot"]))["messages"], [])

    def test_durations_are_understood_as_people_write_them(self):
        spellings = {
            "Duration": {
                "1:30": 1.5,
                "01:30:00": 1.5,
                "15 minutes": 0.25,
                "15 min": 0.25,
                "1 h 30 min": 1.5,
                "2 hours": 2,
                "90 s": 0.025,
                "1.5": 1.5,
                "": 0,
            },
            "Duration (minutes)": {"90": 1.5, "00:15:00": 0.25},
            "Call duration (seconds)": {"261": 0.0725},
            "Duración (segundos)": {"1800": 0.5},
            "Duration (s)": {"1800": 0.5},
            "Duración seg.": {"1800": 0.5},
            "call_duration_seconds": {"1800": 0.5},
            "duration_in_sec": {"1800": 0.5},
            "Duration_minutes": {"90": 1.5},
            "DurationSeconds": {"1800": 0.5},
            "duration_s": {"1800": 0.5},
            "Duration (milliseconds)": {"1800000": 0.5},
            "Dauer (Sekunden)": {"1800": 0.5},
            "Durée (secondes)": {"1800": 0.5},
            "Duration (mm:ss)": {"04:30": 0.075, "01:04:30": 1.075, "2 h": 2},
            "Call's duration": {"1.5": 1.5},
            # No unit of the number, whatever letters are in the heading.
            "Admin. duration in hours": {"1.5": 1.5},
            "Tiempo de seguimiento": {"1.5": 1.5},
        }
        for heading, durations in spellings.items():
            for decimal_point in ".,":
                with self.subTest(heading, decimal_point=decimal_point):
                    rows = len(durations)
                    content = self._make_csv(
                        {
                            "Subject": [f"No. {row}" for row in range(rows)],
                            "Type": ["Visit"] * rows,
                            "Customer": ["Oak & Sons"] * rows,
                            heading: [text.replace(".", decimal_point) for text in durations],
                        }
                    )
                    other = "," if decimal_point == "." else "."
                    result = self._import(
                        content,
                        chosen={heading: "duration"},
                        float_decimal_separator=decimal_point,
                        float_thousand_separator=other,
                    )
                    self.assertEqual(result["messages"], [])
                    made = self.Activity.browse(result["ids"]).mapped("duration")
                    for duration, expected in zip(made, durations.values(), strict=True):
                        self.assertAlmostEqual(duration, expected, 4)

    def test_thousands_of_seconds_are_read_with_their_separator(self):
        columns = EXPORTS["Dynamics"] | {"Duration": ("1,800", "1,5")}
        columns["Duration (seconds)"] = columns.pop("Duration")
        result = self._import(self._make_csv(columns))
        self.assertEqual(result["messages"], [])
        first, second = self.Activity.browse(result["ids"])
        self.assertAlmostEqual(first.duration, 0.5, 4)
        self.assertAlmostEqual(second.duration, 1.5 / 3600, 4)
        # Two separators tell by themselves which is which.
        columns["Duration (seconds)"] = ("1.800,0", "1,800.0")
        made = self.Activity.browse(self._import(self._make_csv(columns))["ids"])
        self.assertEqual(made.mapped("duration"), [0.5, 0.5])
        for unreadable in ("1 2 3", "1 800"):
            columns["Duration (seconds)"] = (unreadable, "")
            [message] = self._import(self._make_csv(columns))["messages"]
            self.assertIn(unreadable, message["message"])

    def test_what_is_no_duration_is_refused(self):
        columns = EXPORTS["Dynamics"] | {"Duration": ("a while", "")}
        [message] = self._import(self._make_csv(columns))["messages"]
        self.assertIn("a while", message["message"])
        self.assertFalse(self._find_imported())

    def test_a_contact_is_found_by_name_email_and_reference(self):
        self.contact.write({"email": "olga@oak.example.com", "ref": "C-17"})
        for text in ("Olga Oak", "Oak & Sons, Olga Oak", "olga@oak.example.com", "C-17"):
            with self.subTest(text):
                columns = EXPORTS["HubSpot"] | {"Associated Contact": (text, "")}
                result = self._import(self._make_csv(columns))
                self.assertEqual(result["messages"], [])
                first, _second = self.Activity.browse(result["ids"])
                self.assertEqual(first.contact_id, self.contact)
                self.Activity.browse(result["ids"]).sudo().unlink()

    def test_an_empty_responsible_is_who_imports(self):
        columns = EXPORTS["HubSpot"] | {"Activity assigned to": ("", "")}
        self.assertEqual(self._import(self._make_csv(columns))["messages"], [])
        self.assertEqual(self._find_imported().user_id, self.salesman)

    def test_unknown_customers_and_types_are_named_with_their_lines(self):
        columns = EXPORTS["HubSpot"] | {
            "Associated Company": ("Oak & Sons", "Nobody Knows Inc"),
            "Activity type": ("Séance", "Outgoing call"),
        }
        with mute_logger("odoo.sql_db"):
            messages = self._import(self._make_csv(columns))["messages"]
        told = [(message["rows"]["from"], message["message"]) for message in messages]
        for row, unknown in enumerate(["Séance", "Nobody Knows Inc"]):
            self.assertTrue(any(line == row and unknown in message for line, message in told))
        self.assertFalse(self._find_imported())

    def test_templates_are_offered_in_the_language_of_the_user(self):
        for lang, name in {"en_US": "activities", "es_ES": "actividades"}.items():
            offered = self.Activity.with_context(lang=lang).get_import_templates()
            self.assertEqual(
                [template["template"] for template in offered],
                [f"/crm_activity_ext/static/import/{name}.{kind}" for kind in ("xlsx", "csv")],
            )

    def test_templates_match_by_themselves_and_a_spreadsheet_opens_them(self):
        names = {
            "en_US": ["Oak & Sons", "Pine Ltd", "Olga Oak"],
            "es_ES": ["Roble e Hijos", "Pino S.L.", "Olga Roble"],
        }
        answered = self.env.ref("crm_activity_ext.crm_activity_outcome_answered")
        nothing = answered.browse()
        for lang, (company, other_company, person) in names.items():
            if lang == "es_ES":
                companies = self.env["res.partner"].create(
                    [{"name": company}, {"name": other_company}]
                )
                self.env["res.partner"].create({"name": person, "parent_id": companies[0].id})
            self.salesman.lang = lang
            for template in self.Activity.with_context(lang=lang).get_import_templates():
                path = template["template"].removeprefix("/")
                with self.subTest(path), file_open(path, "rb") as file:
                    content = file.read()
                    is_book = path.endswith("xlsx")
                    if is_book:
                        [sheet] = load_workbook(io.BytesIO(content)).worksheets
                        self.assertEqual(sheet.max_row, 3)
                    importer, paths, _headers = self._open(content, XLSX if is_book else "text/csv")
                    self.assertEqual(
                        paths,
                        [
                            *("id", "name", "activity_type_id", "date", "duration", "partner_id"),
                            *("contact_id", "campaign_id", "user_id", "state", "outcome_id"),
                            "body",
                        ],
                    )
                    result = self._import(content, importer.file_type)
                    self.assertEqual(result["messages"], [])
                    done, planned = self.Activity.browse(result["ids"])
                    self.assertEqual((done.state, planned.state), ("done", "pending"))
                    self.assertEqual((done.outcome_id, planned.outcome_id), (answered, nothing))
                    self.assertEqual((done.duration, planned.duration), (0.25, 1.5))
                    self.assertEqual(done.contact_id.name, person)
                    (done | planned).sudo().unlink()

    def test_what_is_wrong_with_a_cell_is_said_once_and_in_words(self):
        columns = {
            "Subject": ("Fine", "No type", "", "No customer"),
            "Type": ("Visit", "Séance", "Visit", "Visit"),
            "Customer": ("Oak & Sons", "Oak & Sons", "Oak & Sons", "Nobody Knows Inc"),
        }
        with mute_logger("odoo.sql_db"):
            messages = self._import(self._make_csv(columns))["messages"]
        told = {
            (message["rows"]["from"], message["field"]): message["message"] for message in messages
        }
        self.assertEqual(len(told), len(messages))
        self.assertEqual(
            told,
            {
                (
                    1,
                    "activity_type_id",
                ): "No matching record found for name 'Séance' in field 'Type'",
                (2, "name"): "“Subject” is missing.",
                (3, "partner_id"): "No matching record found for name 'Nobody Knows Inc' in field "
                "'Customer'",
            },
        )

    def test_a_type_that_the_import_creates_can_be_chosen(self):
        admin = self.env.ref("base.user_admin")
        columns = {"Subject": ("A",), "Type": ("Factory tour",), "Customer": ("Oak & Sons",)}
        result = self._import(
            self._make_csv(columns),
            user=admin,
            name_create_enabled_fields={"activity_type_id": True},
        )
        self.assertEqual(result["messages"], [])
        [activity] = self.Activity.browse(result["ids"])
        self.assertEqual(activity.activity_type_id.name, "Factory tour")
        self.assertEqual((activity.activity_type_id.crm_channel, activity.channel), ("other",) * 2)
        again = activity.copy({"activity_type_id": activity.activity_type_id.id})
        self.assertEqual(again.channel, "other")

    def test_a_salesperson_creates_no_type_by_an_import(self):
        columns = {"Subject": ("A",), "Type": ("Factory tour",), "Customer": ("Oak & Sons",)}
        with mute_logger("odoo.sql_db"):
            [message] = self._import(
                self._make_csv(columns), name_create_enabled_fields={"activity_type_id": True}
            )["messages"]
        self.assertIn("Factory tour", message["message"])

    def test_a_date_and_a_time_in_two_columns_are_one(self):
        self.salesman.lang = "es_ES"
        columns = {
            "Asunto": ("A", "B", "C", "D"),
            "Tipo": ("Visita",) * 4,
            "Cliente": ("Oak & Sons",) * 4,
            # No day is beyond the twelfth: the language of the user says which is the day.
            "Fecha": ("03/06/2026", "04/06/2026", "05/06/2026", ""),
            "Hora": ("10:30", "9:05:10", "", "12:00"),
        }
        importer, paths, headers = self._open(self._make_csv(columns))
        self.assertEqual(headers, ["Asunto", "Tipo", "Cliente", "Fecha"])
        self.assertEqual(paths[-1], "date")
        options = importer.parse_preview(dict(FORMATS))["options"]
        result = importer.execute_import(paths, [head.lower() for head in headers], options)
        self.assertEqual(result["messages"], [])
        # In Madrid.
        self.assertEqual(
            self.Activity.browse(result["ids"][:3]).mapped("date"),
            [
                datetime(2026, 6, 3, 8, 30),
                datetime(2026, 6, 4, 7, 5, 10),
                datetime(2026, 6, 4, 22, 0),
            ],
        )

    def test_a_time_goes_with_its_own_date(self):
        for own, others in (
            (("Call date", "Call time"), ("Date", "Day", "Due date", "Fecha")),
            (("Fecha de llamada", "Hora de llamada"), ("Fecha", "Día", "Activity date")),
        ):
            columns = {other: ("2026-01-01",) for other in others}
            columns |= {own[0]: ("2026-06-03",), own[1]: ("10:30",)}
            importer, _paths, headers = self._open(self._make_csv(columns))
            self.assertEqual(headers, [*others, own[0]])
            _length, rows = importer._read_file(dict(FORMATS))
            self.assertEqual(rows[1], ["2026-01-01"] * len(others) + ["2026-06-03 10:30:00"])

    def test_a_time_is_read_as_people_write_it(self):
        times = {
            "10:30 PM": "22:30:00",
            "12:05 a.m.": "00:05:00",
            "9.15": "09:15:00",
            "10h30": "10:30:00",
            "": "00:00:00",
        }
        rows = len(times)
        content = self._make_csv(
            {
                "Subject": [f"No. {row}" for row in range(rows)],
                "Type": ["Visit"] * rows,
                "Customer": ["Oak & Sons"] * rows,
                "Start Date": ["2026-06-03"] * rows,
                "Start Time": list(times),
            }
        )
        self.salesman.tz = "UTC"
        made = self.Activity.browse(self._import(content)["ids"])
        self.assertEqual([str(activity.date.time()) for activity in made], list(times.values()))

    def test_a_file_of_a_call_centre_matches_by_itself(self):
        outcome = self.env["crm.activity.outcome"].create({"name": "Wants a visit"})
        columns = {
            "Fecha llamada": ("03/06/2026",),
            "Hora llamada": ("10:30",),
            "Duración seg.": ("261",),
            "Tipo": ("Llamada saliente",),
            "Resultado llamada": ("Wants a visit",),
            "Agente": ("Sam Own",),
            "Empresa": ("Oak & Sons",),
            "Asunto": ("Ask about the order",),
            "Comentarios": ("Next week.",),
            "Estado": ("Realizada",),
        }
        self.salesman.lang = "es_ES"
        importer, paths, headers = self._open(self._make_csv(columns))
        self.assertNotIn(False, paths)
        options = importer.parse_preview(dict(FORMATS))["options"]
        result = importer.execute_import(paths, [head.lower() for head in headers], options)
        self.assertEqual(result["messages"], [])
        [activity] = self.Activity.browse(result["ids"])
        self.assertEqual(activity.date, datetime(2026, 6, 3, 8, 30))
        self.assertAlmostEqual(activity.duration, 261 / 3600, 4)
        self.assertEqual(activity.outcome_id, outcome)
        self.assertEqual((activity.activity_type_id, activity.state), (self.type_call, "done"))

    def test_what_is_no_time_stays_a_column_of_its_own(self):
        columns = {"Date": ("2026-06-03",), "Time": ("in the morning",)}
        _importer, _paths, headers = self._open(self._make_csv(columns))
        self.assertEqual(headers, ["Date", "Time"])

    def test_a_spreadsheet_has_times_and_durations_of_its_own(self):
        book = Workbook()
        book.active.append(["Subject", "Type", "Customer", "Date", "Time", "Duration"])
        day = datetime(2026, 6, 3)
        for at, duration in ((time(10, 30), timedelta(minutes=15)), (time(9), timedelta(hours=30))):
            book.active.append(["A", "Visit", "Oak & Sons", day, at, duration])
        file = io.BytesIO()
        book.save(file)
        result = self._import(file.getvalue(), XLSX)
        self.assertEqual(result["messages"], [])
        made = self.Activity.browse(result["ids"])
        self.assertEqual(made.mapped("duration"), [0.25, 30])
        self.assertEqual(
            made.mapped("date"), [datetime(2026, 6, 3, 8, 30), datetime(2026, 6, 3, 7)]
        )

    def _export(self, activities):
        """:return: our workbook of these activities, as the salesman gets it"""
        Activity = self.Activity.with_user(self.salesman_all)
        domain = [("id", "in", activities.ids)]
        file = io.BytesIO()
        Activity._export_workbook(file, Activity._iter_export_rows(domain, "id"), domain, [])
        return file.getvalue()

    def test_our_own_workbook_comes_back_and_changes_only_what_was_changed(self):
        self.other_customer.name = self.customer.name  # the name is that of two
        activities = self.Activity.with_user(self.salesman_all).create(
            [
                {
                    "name": f"No. {number}",
                    "activity_type_id": self.type_visit.id,
                    "partner_id": customer.id,
                    "state": "done",
                    "date": datetime(2026, 6, 3, 8, 30, 7 + number),
                    "duration": duration,
                    "body": "<p>Hello <b>you</b></p>",
                    "campaign_id": self.campaign.id,
                }
                for number, (customer, duration) in enumerate(
                    ((self.customer, 0.25), (self.other_customer, 30), (self.customer, 0))
                )
            ]
        )
        book = load_workbook(io.BytesIO(self._export(activities)))
        [place] = [cell.column for cell in book["Activities"][1] if cell.value == "Subject"]
        book["Activities"].cell(3, place).value = "Another subject"
        changed = io.BytesIO()
        book.save(changed)
        names = [name for name, field in self.Activity._fields.items() if field.store]
        names = sorted({*names} - {"message_ids", "write_date", "write_uid"})
        before = activities.read(names)
        result = self._import(changed.getvalue(), XLSX, self.salesman_all)
        self.assertEqual(result["messages"], [])
        self.assertEqual(result["ids"], activities.ids)
        activities.invalidate_recordset()
        self.assertEqual(activities.mapped("name"), ["No. 0", "Another subject", "No. 2"])
        for old, new in zip(before, activities.read(names), strict=True):
            self.assertEqual({**old, "name": ""}, {**new, "name": ""})

    def _export_changed(self, activities, **changes):
        """:return: our workbook with other cells: ``{"heading": {number of the row: value}}``"""
        book = load_workbook(io.BytesIO(self._export(activities)))
        sheet = book["Activities"]
        places = {cell.value: cell.column for cell in sheet[1]}
        for heading, values in changes.items():
            for number, value in values.items():
                sheet.cell(number, places[heading]).value = value
        changed = io.BytesIO()
        book.save(changed)
        return changed.getvalue()

    def _create_visits(self, count=1, **values):
        return self.Activity.with_user(self.salesman_all).create(
            [
                {
                    "name": f"No. {number}",
                    "activity_type_id": self.type_visit.id,
                    "partner_id": self.customer.id,
                    "date": datetime(2026, 6, 3, 8, 30),
                    **values,
                }
                for number in range(count)
            ]
        )

    def test_what_our_workbook_says_is_done_has_a_date_and_nothing_else_has(self):
        pending = self._create_visits()
        done = self._create_visits(state="done")
        content = self._export_changed(
            pending | done, Status={2: "Done", 3: "Pending"}, Subject={2: "A"}
        )
        result = self._import(content, XLSX, self.salesman_all)
        self.assertEqual(result["messages"], [])
        self.assertEqual((pending.state, done.state), ("done", "pending"))
        self.assertTrue(pending.date_done)
        self.assertFalse(done.date_done)

    def test_a_date_of_what_is_done_goes_with_the_status(self):
        columns = {
            "Subject": ("A", "B", "C"),
            "Type": ("Visit",) * 3,
            "Customer": ("Oak & Sons",) * 3,
            "Date": ("2026-06-15 10:30:00",) * 3,
            "Status": ("Done", "Pending", "Done"),
            "Done on": ("", "2026-06-16 10:30:00", "2026-06-16 10:30:00"),
        }
        result = self._import(self._make_csv(columns), chosen={"Done on": "date_done"})
        self.assertEqual(result["messages"], [])
        first, second, third = self.Activity.browse(result["ids"])
        self.assertEqual(first.date_done, first.date)
        self.assertFalse(second.date_done)
        self.assertEqual(third.date_done, datetime(2026, 6, 16, 8, 30))

    def test_one_id_in_two_rows_is_refused(self):
        activities = self._create_visits(2)
        book = load_workbook(io.BytesIO(self._export(activities)))
        sheet = book["Activities"]
        sheet.append([cell.value for cell in sheet[2]])
        file = io.BytesIO()
        book.save(file)
        messages = self._import(file.getvalue(), XLSX, self.salesman_all)["messages"]
        self.assertEqual([message["rows"]["from"] for message in messages], [0, 2])
        self.assertIn("Another row has the same External ID", messages[0]["message"])
        columns = EXPORTS["HubSpot"] | {"Record ID": ("5001", "5001")}
        messages = self._import(self._make_csv(columns))["messages"]
        self.assertEqual(len(messages), 2)

    def test_activities_that_are_gone_are_told_row_by_row(self):
        activities = self._create_visits(3)
        mark = self.Activity._get_export_mark()
        content = self._export_changed(
            activities,
            **{
                "External ID": {3: f"crm_activity_00{activities[1].id}_{mark}"},
                "Subject": {3: "Another subject"},
            },
        )
        (activities[0] | activities[2]).sudo().unlink()
        with self.assertNoLogs("odoo.sql_db", "ERROR"):
            messages = self._import(content, XLSX, self.salesman_all)["messages"]
        self.assertEqual(
            [(message["rows"]["from"], message["message"]) for message in messages],
            [
                (row, "The activity of this row is not there any more, or not yours.")
                for row in (0, 2)
            ],
        )

    def test_what_a_cell_cannot_hold_is_no_change(self):
        for duration, utc in (
            (1 / 3, datetime(2026, 10, 25, 0, 30, 7)),  # 2:30 in Madrid, for the first time
            (7.123456, datetime(2026, 10, 25, 1, 30)),
        ):
            self.salesman_all.tz = "Europe/Madrid"
            activity = self._create_visits(state="done", duration=duration, date=utc)
            done_on = activity.date_done = datetime(2026, 10, 25, 0, 30, 9)
            self.env.flush_all()
            content = self._export_changed(activity, Subject={2: "Another subject"})
            # Their clock is another one.
            self.salesman_all.tz = "America/New_York"
            before = len(activity.message_ids)
            result = self._import(content, XLSX, self.salesman_all)
            self.assertEqual(result["messages"], [])
            activity.invalidate_recordset()
            self.assertEqual(activity.name, "Another subject")
            self.assertEqual((activity.date, activity.date_done), (utc, done_on))
            self.assertEqual(activity.duration, duration)
            messages = activity.sudo().message_ids
            told = messages[: len(messages) - before].tracking_value_ids
            self.assertLessEqual(set(told.field_id.mapped("name")), {"name"})

    def test_a_date_that_was_changed_is_by_the_clock_of_who_exported_it(self):
        self.salesman_all.tz = "Europe/Madrid"
        activity = self._create_visits()
        content = self._export_changed(activity, **{"Date and Time": {2: datetime(2026, 7, 1, 9)}})
        self.salesman_all.tz = "America/New_York"
        result = self._import(content, XLSX, self.salesman_all)
        self.assertEqual(result["messages"], [])
        self.assertEqual(activity.date, datetime(2026, 7, 1, 7))

    def test_a_sent_email_in_the_file_is_no_obstacle(self):
        email = self._create_activity(
            activity_type_id=self.type_email.id,
            user_id=self.salesman_all.id,
            body="<p>Hello <b>you</b></p>",
        )
        self.customer.email = "office@oak.example.com"
        email.action_pending()
        with smtp_server(self.env):
            self.env.flush_all()
            self.env["mail.mail"].process_email_queue()
        self.env.invalidate_all()
        self.assertTrue(email.is_sent)
        visit = self._create_visits()
        content = self._export_changed(email | visit, Subject={3: "Another subject"})
        result = self._import(content, XLSX, self.salesman_all)
        self.assertEqual(result["messages"], [])
        self.assertEqual(visit.name, "Another subject")

    def test_a_workbook_of_another_database_brings_activities_of_its_own_once(self):
        content = self._export(self._create_activity(user_id=self.salesman_all.id))
        # Another secret is another database.
        self.env["ir.config_parameter"].set_param("database.secret", "another")
        first = self._import(content, XLSX, self.salesman_all)["ids"]
        self.assertEqual(self._import(content, XLSX, self.salesman_all)["ids"], first)
        self.assertEqual(len(self.Activity.browse(first)), 1)

    def test_nobody_changes_by_a_workbook_what_they_may_not(self):
        theirs = self._create_activity(user_id=self.manager.id, name="Theirs")
        content = self._export(theirs)
        result = self._import(content, XLSX, self.salesman)
        self.assertTrue(result["messages"])
        self.assertEqual(theirs.name, "Theirs")
