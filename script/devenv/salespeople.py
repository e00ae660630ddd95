# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Salespeople at work: what the web client asks of Odoo for them, and what came of it.

Run by `script/load`, in the environment of Odoo: system Pythons lack `requests`.
"""

import json
import random
import threading
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import requests

ACTIVITY, HISTORY, PARTNER = "crm.activity", "crm.activity.history", "res.partner"
PAGE = 80
COUNT_LIMIT = 10_001
DISTRIBUTED = 100
# Of ten histories one is that of the customer with most of them.
BIG_CUSTOMER_SHARE = 0.1
TIMEOUT = 300


class Refused(Exception):
    """What a user would see instead of an answer."""


class Call(NamedTuple):
    """:ivar float start, end: by `time.time()`"""

    operation: str
    start: float
    end: float
    error: str


@dataclass
class World:
    """What there is to work with.

    :ivar list customers: ids of companies, each with a contact that has the next id
    :ivar list campaigns: ids, the big one first
    """

    address: str
    database: str
    customers: list
    big_customer: int
    campaigns: list
    visit_type: int
    email_type: int


@dataclass
class Journal:
    """What was asked and answered, of all salespeople.

    :ivar dict planned: ``{subject: number of activities}`` of everything that was asked for
    :ivar set confirmed: the subjects whose creation was answered
    :ivar set done: ids of the activities that were answered to be done
    :ivar set sent: subjects of the emails that were answered to be pending
    """

    calls: list = field(default_factory=list)
    planned: dict = field(default_factory=dict)
    confirmed: set = field(default_factory=set)
    done: set = field(default_factory=set)
    sent: set = field(default_factory=set)

    @contextmanager
    def timed(self, operation):
        start, error = time.time(), ""
        try:
            yield
        except (Refused, requests.RequestException) as problem:
            error = f"{type(problem).__name__}: {problem}"
        self.calls.append(Call(operation, start, time.time(), error))


class WebClient:
    """A session of the web client."""

    def __init__(self, address, database, login, password):
        self._address = address
        self._session = requests.Session()
        info = self._post("/web/session/authenticate", db=database, login=login, password=password)
        self.uid = info["uid"]
        self._context = {**info["user_context"], "allowed_company_ids": [1]}
        self._specifications = {}

    def _post(self, path, **params):
        answer = self._session.post(
            self._address + path, json={"jsonrpc": "2.0", "params": params}, timeout=TIMEOUT
        )
        if answer.status_code != requests.codes.ok:
            raise Refused(f"HTTP {answer.status_code}")
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
        self._specifications[model, kind] = {
            name: {"fields": {"display_name": {}}} if fields[name]["type"] == "many2one" else {}
            for name in names
        }

    def specification(self, model, kind):
        return self._specifications[model, kind]

    def read_page(self, model, domain, context=(), order=""):
        return self.call(
            model,
            "web_search_read",
            domain=domain,
            specification=self.specification(model, "list"),
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
        specification = self.specification(model, "form")
        opened = self.call(model, "onchange", [], {}, [], specification, context=context)
        defaults = {name: _plain(value) for name, value in opened["value"].items()}
        entered = {name: value for name, value in defaults.items() if not _is_lines(value)}
        for name, value in values.items():
            entered[name] = value
            if specification.get(name):  # a choice, which others may follow
                proposed = self.call(
                    model, "onchange", [], entered, [name], specification, context=context
                )["value"]
                entered.update(
                    {
                        other: _plain(value)
                        for other, value in proposed.items()
                        if other not in values and not _is_lines(value)
                    }
                )
        entered.update(values)
        [record] = self.call(model, "web_save", [], entered, specification, context=context)
        return record

    def download(self, **parameters):
        """:return: seconds until the answer began, and its size in bytes"""
        start = time.monotonic()
        answer = self._session.get(
            f"{self._address}/crm_activity_ext/activities.xlsx",
            params={name: json.dumps(value) for name, value in parameters.items()},
            stream=True,
            timeout=TIMEOUT,
        )
        if answer.status_code != requests.codes.ok:
            raise Refused(f"HTTP {answer.status_code}")
        first_byte = time.monotonic() - start
        size = sum(map(len, answer.iter_content(1 << 16)))
        if size != int(answer.headers["Content-Length"]):
            raise Refused("The file is cut off.")
        return first_byte, size


def _plain(value):
    """As the client sends what it got: of a record its id."""
    return value["id"] if isinstance(value, dict) and "id" in value else value


def _is_lines(value):
    return isinstance(value, list) and any(isinstance(line, list) for line in value)


class Salesperson(threading.Thread):
    """One of them, from logging in until it is time to go."""

    def __init__(self, number, world, journal, think_seconds, until):
        super().__init__(daemon=True)
        self._login = f"salesperson.{number}"
        self._world, self._journal = world, journal
        self._think_seconds, self._until = think_seconds, until
        self._random = random.Random(number)
        self._made = 0
        self._open = []  # ids of activities to be done
        self._work = {
            self._see_my_activities: 20,
            self._open_an_activity: 15,
            self._create: 12,
            self._mark_done: 10,
            self._look_at_the_bell: 8,
            self._send_an_email: 8,
            self._open_a_history: 10,
            self._open_a_matrix: 6,
            self._group_a_matrix: 2,
            self._open_a_pivot: 4,
            self._analyse: 1,
            self._search_activities: 6,
            self._search_customers: 4,
            self._export: 2,
            self._distribute: 2,
        }

    def run(self):
        while not hasattr(self, "_client") and time.time() < self._until:
            with self._journal.timed("log in, load the views"):
                self._start_client()
        while time.time() < self._until:
            [work] = self._random.choices([*self._work], [*self._work.values()])
            with self._journal.timed(work.__doc__):
                work()
            time.sleep(self._random.uniform(0.5, 1.5) * self._think_seconds)

    def _start_client(self):
        client = WebClient(self._world.address, self._world.database, self._login, self._login)
        for model in (ACTIVITY, HISTORY):
            client.load_view(model, "list")
        for model in (ACTIVITY, "crm.activity.distribute"):
            client.load_view(model, "form")
        action = client.press("utm.campaign", "action_view_crm_customers", self._world.campaigns[0])
        [view_id] = [view for view, kind in action["views"] if kind == "list"]
        client.load_view(PARTNER, "list", view_id)
        self._client = client

    @contextmanager
    def _planned(self, count=1):
        """:return: context manager giving a subject that nobody else uses"""
        self._made += 1
        subject = f"Load {self._login} {self._made}"
        self._journal.planned[subject] = count
        yield subject
        self._journal.confirmed.add(subject)

    def _choose_customer(self):
        return self._random.choice(self._world.customers)

    def _choose_campaign(self):
        return self._random.choice(self._world.campaigns)

    def _see_my_activities(self):
        """list of my pending activities"""
        domain = [("user_id", "=", self._client.uid), ("state", "=", "pending")]
        records = self._client.read_page(ACTIVITY, domain, order="date, id")
        self._seen = [record["id"] for record in records]

    def _open_an_activity(self):
        """open an activity"""
        ids = [*getattr(self, "_seen", []), *self._open]
        if ids:
            self._client.call(
                ACTIVITY,
                "web_read",
                [self._random.choice(ids)],
                specification=self._client.specification(ACTIVITY, "form"),
            )

    def _create(self):
        """new activity: form, customer, save"""
        with self._planned() as subject:
            values = {
                "activity_type_id": self._world.visit_type,
                "partner_id": self._choose_customer(),
                "campaign_id": self._choose_campaign(),
                "name": subject,
            }
            record = self._client.fill_form(ACTIVITY, values)
        self._open.append(record["id"])

    def _mark_done(self):
        """mark done"""
        if self._open:
            activity = self._open.pop()
            self._client.press(ACTIVITY, "action_done", activity)
            self._journal.done.add(activity)

    def _send_an_email(self):
        """new email, set to pending"""
        with self._planned() as subject:
            values = {
                "activity_type_id": self._world.email_type,
                "contact_id": self._choose_customer() + 1,
                "name": subject,
                "body": "<p>Our <b>offer</b>, as we said.</p>",
            }
            record = self._client.fill_form(ACTIVITY, values)
        self._client.press(ACTIVITY, "action_pending", record["id"])
        self._journal.sent.add(subject)

    def _open_a_history(self):
        """history of a customer"""
        is_big = self._random.random() < BIG_CUSTOMER_SHARE
        customer = self._world.big_customer if is_big else self._choose_customer()
        action = self._client.press(PARTNER, "action_view_crm_history", customer)
        self._client.read_page(HISTORY, action["domain"], action["context"])

    def _open_a_matrix(self):
        """matrix of a campaign"""
        campaign = self._choose_campaign()
        action = self._client.press("utm.campaign", "action_view_crm_customers", campaign)
        self._client.call("utm.campaign", "get_crm_activity_types", [campaign])
        self._client.read_page(
            PARTNER, action["domain"], action["context"], order="complete_name, id"
        )

    def _group_a_matrix(self):
        """matrix, grouped by salesperson"""
        campaign = self._choose_campaign()
        action = self._client.press("utm.campaign", "action_view_crm_customers", campaign)
        self._client.call(
            ACTIVITY,
            "formatted_read_group",
            domain=[("campaign_id", "=", campaign), ("partner_id", "any", action["domain"])],
            groupby=["partner_id.user_id", "activity_type_id"],
            aggregates=["__count"],
            context=action["context"],
        )

    def _open_a_pivot(self):
        """pivot of a campaign, targets × types"""
        action = self._client.press(
            "utm.campaign",
            "action_view_crm_activities",
            self._random.choice(self._world.campaigns[1:]),
        )
        self._read_pivot(action["domain"], "target_ref")

    def _analyse(self):
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

    def _look_at_the_bell(self):
        """the bell"""
        self._client._post("/mail/data", fetch_params=["systray_get_activities"])

    def _search_activities(self):
        """search activities by words"""
        words = f"activity {self._random.randrange(1_000_000)}"
        self._client.read_page(ACTIVITY, ["|", ("name", "ilike", words), ("body", "ilike", words)])

    def _search_customers(self):
        """search a customer by name"""
        name = f"Company {self._random.randrange(20_000)}"
        self._client.call(PARTNER, "name_search", name=name, domain=[], limit=8)

    def _export(self):
        """Excel of a campaign"""
        domain = [("campaign_id", "=", self._random.choice(self._world.campaigns[1:]))]
        self._client.download(domain=domain, company_ids=[1])

    def _distribute(self):
        """distribute to 100 customers"""
        customers = self._random.sample(self._world.customers, DISTRIBUTED)
        action = self._client.press(PARTNER, "action_new_crm_activity", *customers)
        with self._planned(DISTRIBUTED) as subject:
            wizard = self._client.fill_form(
                "crm.activity.distribute",
                {
                    "activity_type_id": self._world.visit_type,
                    "name": subject,
                    "target_model": PARTNER,
                    "target_ids": customers,
                },
                action["context"],
            )
            self._client.press("crm.activity.distribute", "action_distribute", wizard["id"])


def summarize(calls):
    """:return: list of ``(operation, calls, p50, p95, max, errors)``, times in seconds"""
    by_operation = defaultdict(list)
    for call in calls:
        by_operation[call.operation].append(call)
    rows = []
    for operation, its_calls in sorted(by_operation.items()):
        seconds = sorted(call.end - call.start for call in its_calls)
        rows.append(
            (
                operation,
                len(seconds),
                seconds[len(seconds) // 2],
                seconds[int(len(seconds) * 0.95)],
                seconds[-1],
                sum(bool(call.error) for call in its_calls),
            )
        )
    return rows
