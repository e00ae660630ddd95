# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Salespeople at work: what the web client asks of Odoo for them. Run in locust by `script/load`.

In the folder LOAD_FOLDER, `world.json` has what they find to work with, and `journal.json` takes
what they asked and were answered, for `script/load` to compare with what came of it.
"""

import functools
import itertools
import json
import os
import random
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from pathlib import Path

import requests
from locust import User, between, events, task

ACTIVITY, HISTORY, PARTNER = "crm.activity", "crm.activity.history", "res.partner"
PAGE = 80
COUNT_LIMIT = 10_001
DISTRIBUTED = 100
# Of ten histories one is that of the customer with most of them.
BIG_CUSTOMER_SHARE = 0.1
TIMEOUT = 300

FOLDER = Path(os.environ["LOAD_FOLDER"])
WORLD = json.loads((FOLDER / "world.json").read_text())
# planned: {subject: number of activities} of all that was asked for; confirmed: the subjects whose
# creation was answered; done: ids of the activities, sent: subjects of the emails answered to be
# so; failures: (operation, from, to, error), by time.time().
JOURNAL = {"planned": {}, "confirmed": [], "done": [], "sent": [], "failures": []}


@events.request.add_listener
def note_failure(name, start_time, response_time, exception, **_more):
    if exception:
        end = start_time + response_time / 1000
        error = f"{type(exception).__name__}: {exception}"
        JOURNAL["failures"].append((name, start_time, end, error))


@events.quitting.add_listener
def write_journal(**_more):
    (FOLDER / "journal.json").write_text(json.dumps(JOURNAL))


class Refused(Exception):
    """What a user would see instead of an answer."""


class WebClient:
    """A session of the web client."""

    def __init__(self, address, database, login, password):
        self._address = address
        self._session = requests.Session()
        info = self._post("/web/session/authenticate", db=database, login=login, password=password)
        self.uid = info["uid"]
        self._context = {**info["user_context"], "allowed_company_ids": [1]}
        self.specifications, self._readonly = {}, {}

    def _post(self, path, **params):
        answer = self._session.post(
            self._address + path, json={"jsonrpc": "2.0", "params": params}, timeout=TIMEOUT
        )
        answer.raise_for_status()
        result = answer.json()
        if error := result.get("error"):
            raise Refused(f"{error['data']['name']}: {error['data']['message']}")
        return result["result"]

    def call(self, model, method, *arguments, context=(), route="call_kw", **keywords):
        return self._post(
            f"/web/dataset/{route}/{model}/{method}",
            model=model,
            method=method,
            args=arguments,
            kwargs={**keywords, "context": {**self._context, **dict(context)}},
        )

    def press(self, model, method, *ids, context=()):
        return self.call(model, method, ids, context=context, route="call_button")

    def load_view(self, model, kind, view_id=False):
        """Read a view, and remember what it asks of its records."""
        views = self.call(model, "get_views", views=[[view_id, kind], [False, "search"]])
        fields = views["models"][model]["fields"]
        root = ET.fromstring(views["views"][kind]["arch"])
        names = {node.get("name") for node in root.iter("field")} & fields.keys()
        self.specifications[model, kind] = {
            name: {"fields": {"display_name": {}}} if fields[name]["type"] == "many2one" else {}
            for name in names
        }
        self._readonly[model, kind] = {name for name in names if fields[name].get("readonly")}

    def read_page(self, model, domain, context=(), order=""):
        return self.call(
            model,
            "web_search_read",
            domain=domain,
            specification=self.specifications[model, "list"],
            offset=0,
            limit=PAGE,
            order=order,
            count_limit=COUNT_LIMIT,
            context=context,
        )["records"]

    def fill_form(self, model, values, context=()):
        """Open an empty form, fill it in and save it.

        :param dict values: what the user types
        :return dict: the record
        """
        specification = self.specifications[model, "form"]
        entered = {}

        def onchange(names, kept=()):
            answer = self.call(
                model, "onchange", [], entered, names, specification, context=context
            )
            for name, value in answer["value"].items():
                if name not in kept and not _is_lines(value):
                    entered[name] = _plain(value)

        onchange([])
        for name, value in values.items():
            entered[name] = value
            if specification.get(name):  # a choice, which others may follow
                onchange([name], kept=values)
        to_save = {name: entered[name] for name in entered.keys() - self._readonly[model, "form"]}
        [record] = self.call(model, "web_save", [], to_save, specification, context=context)
        return record

    def download(self, **parameters):
        answer = self._session.get(
            f"{self._address}/crm_activity_ext/activities.xlsx",
            params={name: json.dumps(value) for name, value in parameters.items()},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        if len(answer.content) != int(answer.headers["Content-Length"]):
            raise Refused("The file is cut off.")


def _plain(value):
    """As the client sends what it got: of a record its id."""
    return value["id"] if isinstance(value, dict) and "id" in value else value


def _is_lines(value):
    return isinstance(value, list) and any(isinstance(line, list) for line in value)


def operation(weight):
    """Do this so often, and count what it takes under its docstring."""

    def decorate(work):
        @task(weight)
        @functools.wraps(work)
        def timed(person):
            with person.environment.events.request.measure("", work.__doc__):
                work(person)

        return timed

    return decorate


class Salesperson(User):
    """One of them, from logging in until it is time to go."""

    wait_time = between(0.5 * WORLD["think"], 1.5 * WORLD["think"])
    numbers = itertools.count(1)

    def on_start(self):
        self._login = f"salesperson.{next(self.numbers)}"
        self._made = 0
        self._seen, self._open = [], []  # ids of activities, and of those to be done
        with self.environment.events.request.measure("", "log in, load the views"):
            self._client = self._log_in()

    def _log_in(self):
        client = WebClient(WORLD["address"], WORLD["database"], self._login, self._login)
        for model in (ACTIVITY, HISTORY):
            client.load_view(model, "list")
        for model in (ACTIVITY, "crm.activity.distribute"):
            client.load_view(model, "form")
        action = client.press("utm.campaign", "action_view_crm_customers", WORLD["campaigns"][0])
        [view_id] = [view for view, kind in action["views"] if kind == "list"]
        client.load_view(PARTNER, "list", view_id)
        return client

    @contextmanager
    def _planned(self, count=1):
        """:return: context manager giving a subject that nobody else uses"""
        self._made += 1
        subject = f"Load {self._login} {self._made}"
        JOURNAL["planned"][subject] = count
        yield subject
        JOURNAL["confirmed"].append(subject)

    @operation(20)
    def see_my_activities(self):
        """list of my pending activities"""
        domain = [("user_id", "=", self._client.uid), ("state", "=", "pending")]
        records = self._client.read_page(ACTIVITY, domain, order="date, id")
        self._seen = [record["id"] for record in records]

    @operation(15)
    def open_an_activity(self):
        """open an activity"""
        ids = [*self._seen, *self._open]
        if ids:
            self._client.call(
                ACTIVITY,
                "web_read",
                [random.choice(ids)],
                specification=self._client.specifications[ACTIVITY, "form"],
            )

    @operation(12)
    def create(self):
        """new activity: form, customer, save"""
        with self._planned() as subject:
            values = {
                "activity_type_id": WORLD["visit_type"],
                "partner_id": random.choice(WORLD["customers"]),
                "campaign_id": random.choice(WORLD["campaigns"]),
                "name": subject,
            }
            record = self._client.fill_form(ACTIVITY, values)
        self._open.append(record["id"])

    @operation(10)
    def mark_done(self):
        """mark done"""
        if self._open:
            activity = self._open.pop()
            self._client.press(ACTIVITY, "action_done", activity)
            JOURNAL["done"].append(activity)

    @operation(8)
    def send_an_email(self):
        """new email, set to pending"""
        with self._planned() as subject:
            values = {
                "activity_type_id": WORLD["email_type"],
                "contact_id": random.choice(WORLD["customers"]) + 1,
                "name": subject,
                "body": "<p>Our <b>offer</b>, as we said.</p>",
            }
            record = self._client.fill_form(ACTIVITY, values)
        self._client.press(ACTIVITY, "action_pending", record["id"])
        JOURNAL["sent"].append(subject)

    @operation(10)
    def open_a_history(self):
        """history of a customer"""
        is_big = random.random() < BIG_CUSTOMER_SHARE
        customer = WORLD["big_customer"] if is_big else random.choice(WORLD["customers"])
        action = self._client.press(PARTNER, "action_view_crm_history", customer)
        self._client.read_page(HISTORY, action["domain"], action["context"])

    @operation(6)
    def open_a_matrix(self):
        """matrix of a campaign"""
        campaign = random.choice(WORLD["campaigns"])
        action = self._client.press("utm.campaign", "action_view_crm_customers", campaign)
        self._client.call("utm.campaign", "get_crm_activity_types", [campaign])
        self._client.read_page(
            PARTNER, action["domain"], action["context"], order="complete_name, id"
        )

    @operation(2)
    def group_a_matrix(self):
        """matrix, grouped by salesperson"""
        campaign = random.choice(WORLD["campaigns"])
        action = self._client.press("utm.campaign", "action_view_crm_customers", campaign)
        self._client.call(
            ACTIVITY,
            "formatted_read_group",
            domain=[("campaign_id", "=", campaign), ("partner_id", "any", action["domain"])],
            groupby=["partner_id.user_id", "activity_type_id"],
            aggregates=["__count"],
            context=action["context"],
        )

    @operation(4)
    def open_a_pivot(self):
        """pivot of a campaign, targets × types"""
        campaign = random.choice(WORLD["campaigns"][1:])
        action = self._client.press("utm.campaign", "action_view_crm_activities", campaign)
        self._read_pivot(action["domain"], "target_ref")

    @operation(1)
    def analyse(self):
        """pivot of all activities, people × types"""
        self._read_pivot([], "user_id")

    def _read_pivot(self, domain, row):
        column = "activity_type_id"
        self._client.call(
            ACTIVITY,
            "formatted_read_grouping_sets",
            domain=domain,
            grouping_sets=[[], [row], [column], [row, column]],
            aggregates=["__count", "duration:sum"],
        )

    @operation(8)
    def look_at_the_bell(self):
        """the bell"""
        self._client._post("/mail/data", fetch_params=["systray_get_activities"])

    @operation(6)
    def search_activities(self):
        """search activities by words"""
        words = f"activity {random.randrange(1_000_000)}"
        self._client.read_page(ACTIVITY, ["|", ("name", "ilike", words), ("body", "ilike", words)])

    @operation(4)
    def search_customers(self):
        """search a customer by name"""
        name = f"Company {random.randrange(20_000)}"
        self._client.call(PARTNER, "name_search", name=name, domain=[], limit=8)

    @operation(2)
    def export(self):
        """Excel of a campaign"""
        domain = [("campaign_id", "=", random.choice(WORLD["campaigns"][1:]))]
        self._client.download(domain=domain, company_ids=[1])

    @operation(2)
    def distribute(self):
        """distribute to 100 customers"""
        customers = random.sample(WORLD["customers"], DISTRIBUTED)
        action = self._client.press(PARTNER, "action_new_crm_activity", *customers)
        with self._planned(DISTRIBUTED) as subject:
            wizard = self._client.fill_form(
                "crm.activity.distribute",
                {
                    "activity_type_id": WORLD["visit_type"],
                    "name": subject,
                    "target_model": PARTNER,
                    "target_ids": customers,
                },
                action["context"],
            )
            self._client.press("crm.activity.distribute", "action_distribute", wizard["id"])
