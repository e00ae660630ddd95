# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Each activity's SMS goes out once, as its mail does; a batch of them is one request."""

import contextlib
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xmlrpc.client import Fault

import pytest


class Provider(ThreadingHTTPServer):
    """Takes SMS as Odoo's own service does, over JSON-RPC, and can hold its answer back.

    :ivar list numbers: those it has taken a message for
    :ivar int patience: how many numbers to take before an answer is held back
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), ProviderRequest)
        self.numbers = []
        self.patience = 0
        self.released = threading.Event()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, messages):
        targets = [target for message in messages for target in message["numbers"]]
        self.numbers += [target["number"] for target in targets]
        if len(self.numbers) >= self.patience:
            self.released.wait(timeout=60)
        return [{"uuid": target["uuid"], "state": "success", "credit": 1} for target in targets]


class ProviderRequest(BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        result = self.server.take(request["params"]["messages"])
        answer = json.dumps({"jsonrpc": "2.0", "id": request.get("id"), "result": result}).encode()
        with contextlib.suppress(OSError):  # whoever asked may be dead
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture
def provider():
    with Provider() as provider:
        threading.Thread(target=provider.serve_forever, daemon=True).start()
        yield provider
        provider.released.set()
        provider.shutdown()


def test_a_killed_worker_sends_no_sms_twice_and_loses_none(
    scratch_database, inside, sql, server, provider, wait_until
):
    database = scratch_database("crm")
    inside(database, "make_sms", provider.endpoint, 30, 10)
    provider.patience = 20
    worker = server(database)
    worker.run_queues()
    wait_until(lambda: len(provider.numbers) >= 20)
    worker.kill()
    provider.released.set()

    worker = server(database)
    worker.run_queues()
    pending = "SELECT count(*) FROM crm_activity WHERE state = 'pending'"
    wait_until(lambda: sql(database, pending) == ["0"])
    assert set(Counter(provider.numbers).values()) == {1}, "nobody gets two"
    assert len(provider.numbers) == 30, "none is lost"
    states = (
        "SELECT state, failure_reason LIKE '%interrupted%', count(*) FROM crm_activity "
        "GROUP BY 1, 2 ORDER BY 1"
    )
    assert sql(database, states) == ["done||20", "failed|t|10"]


def test_cancelling_while_the_provider_is_asked_comes_too_late_and_is_told(
    scratch_database, inside, sql, server, provider, wait_until
):
    database = scratch_database("crm")
    made = inside(database, "make_sms", provider.endpoint, 3, 500)
    worker = server(database)
    worker.run_queues()
    wait_until(lambda: len(provider.numbers) == 3)

    def cancel():
        with pytest.raises(Fault) as refusal:
            worker.call(
                made["user"], "sam.sales", "crm.activity", "action_cancel", made["activities"][:1]
            )
        return refusal.value.faultString

    with ThreadPoolExecutor(1) as session:
        cancelling = session.submit(cancel)
        time.sleep(1)
        assert not cancelling.done(), "it waits for the provider"
        provider.released.set()
        assert "follows its message" in cancelling.result(timeout=60)
    assert sql(database, "SELECT DISTINCT state FROM crm_activity") == ["done"]
    assert len(provider.numbers) == 3
