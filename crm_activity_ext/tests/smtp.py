# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import socket
from contextlib import contextmanager
from email import message_from_bytes, policy
from unittest import SkipTest
from unittest.mock import patch

try:
    from aiosmtpd.controller import Controller
except ImportError:
    Controller = None


class Mailbox:
    """What an SMTP server on loopback accepted, and whom it refuses."""

    def __init__(self):
        self.messages = []
        self.envelopes = []  # (sender, list of the recipients)
        self.refused = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        return "250 Message accepted"

    @property
    def recipients(self):
        return [str(message["To"]) for message in self.messages]


def find_free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def smtp_server(env):
    """Let Odoo send through a real SMTP server on loopback.

    Odoo sends nothing during tests: that switch, and nothing else, is turned.

    :raise SkipTest: where aiosmtpd is not installed
    """
    if Controller is None:
        raise SkipTest("aiosmtpd is not installed")
    mailbox = Mailbox()
    # Not above: tests without Odoo in their process use the rest of this file.
    from odoo.addons.base.models.ir_mail_server import IrMail_Server  # noqa: PLC0415

    port = find_free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    server = env["ir.mail_server"].create(
        {"name": "Loopback", "smtp_host": "127.0.0.1", "smtp_port": port, "sequence": 0}
    )
    try:
        with patch.object(IrMail_Server, "_disable_send", classmethod(lambda cls: False)):
            yield mailbox
    finally:
        controller.stop()
        server.exists().unlink()
