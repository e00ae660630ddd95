# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The queues that activities leave by, each with a server on loopback that takes its messages."""

import asyncio
import contextlib
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller

from devenv import paths

# The mail server that the addon's own tests use; imported as a file, since importing the
# addon would need a database.
sys.path.insert(0, str(paths.CHECKOUT / "crm_activity_ext" / "tests"))
import smtp  # noqa: E402


class Receiver:
    """Takes messages, not too fast, so that there is a middle to be killed in.

    :ivar list received: the addresses that it has taken a message for
    :ivar int hold_at: after so many it holds its answer back until it is released; 0 for never
    :ivar bool breaks: whether it breaks the connection where it should answer
    """

    def __init__(self, *args):
        super().__init__(*args)
        self.received = []
        self.hold_at = 0
        self.breaks = False
        self._released = threading.Event()

    def take(self, addresses):
        time.sleep(0.01 * len(addresses))
        self.received += addresses
        if self.hold_at and len(self.received) >= self.hold_at:
            self._released.wait(60)

    def release(self):
        """Answer what was held back, and hold nothing back any more."""
        self.hold_at = 0
        self._released.set()


class MailServer(Receiver, smtp.Mailbox):
    async def handle_DATA(self, server, session, envelope):
        # Colleagues get mails as well.
        customers = [address for address in envelope.rcpt_tos if address.startswith("customer")]
        await asyncio.to_thread(self.take, customers)
        if self.breaks:
            server.transport.abort()
        return "250 Message accepted"


class SmsProvider(Receiver, ThreadingHTTPServer):
    """Takes SMS as Odoo's own service does, over JSON-RPC: a batch is one request."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), SmsRequest)


class SmsRequest(BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        messages = request["params"]["messages"]
        targets = [target for message in messages for target in message["numbers"]]
        self.server.take([target["number"] for target in targets])
        if self.server.breaks:
            return
        result = [{"uuid": target["uuid"], "state": "success", "credit": 1} for target in targets]
        answer = json.dumps({"jsonrpc": "2.0", "id": request.get("id"), "result": result}).encode()
        with contextlib.suppress(OSError):  # whoever asked may be dead
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *_arguments):
        """Say nothing."""


@contextlib.contextmanager
def listening(mailbox):
    """:return: context manager that gives the mailbox, with the ``port`` that it listens at"""
    mailbox.port = smtp.find_free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    yield mailbox
    controller.stop()


class MailQueue:
    """Emails: a worker has one at a time in its hands."""

    channel = "email_out"
    message_type = "email_outgoing"
    address_column = "email"
    batch_size = 1
    count = 150
    blacklist = "INSERT INTO mail_blacklist (email, active) VALUES ('%s', true)"
    work = "env['mail.mail'].process_email_queue()\nenv.cr.commit()\n"
    # Of a second sender, beside the first.
    further_work = (
        "while env['mail.mail'].search_count([('state', '=', 'outgoing')]):\n"
        "    env['mail.mail']._process_crm_activity_queue()\n\n"
    )

    @contextlib.contextmanager
    def open(self):
        """:return: context manager that gives the server, and where Odoo finds it"""
        with listening(MailServer()) as server:
            yield server, server.port


class SmsQueue:
    """SMS: a worker has a batch of them in its hands, in one request."""

    channel = "sms"
    message_type = "sms"
    address_column = "phone"
    batch_size = 10
    count = 60
    blacklist = "INSERT INTO phone_blacklist (number, active) VALUES ('%s', true)"
    work = (
        "while env['sms.sms'].search_count([('state', '=', 'outgoing')]):\n"
        "    env['sms.sms']._process_queue()\n\n"
    )
    further_work = work

    @contextlib.contextmanager
    def open(self):
        """:return: context manager that gives the server, and where Odoo finds it"""
        with SmsProvider() as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield server, f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
