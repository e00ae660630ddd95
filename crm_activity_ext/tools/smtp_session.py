# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import contextlib
import smtplib

# The server ends the session: RFC 5321, 3.8.
CLOSING = 421


class SmtpSession:
    """An SMTP session that reconnects when the server has closed it.

    Servers end sessions at will: after a number of messages, or of minutes. Until
    the data of a message has begun, nothing has happened to it, and it can go over another
    connection. Stands in for the ``smtplib.SMTP`` that Odoo sends by.

    :ivar bool has_begun_data: whether the server may have got the message; to be reset for
        each one
    :ivar bool is_lost: whether there is no connection any more, and no other could be had
    """

    def __init__(self, connection, connect):
        """
        :param connection: ``smtplib.SMTP`` to begin with; whoever opened it closes it
        :param connect: function that opens another one like it
        """
        self._connect = connect
        self._first = connection
        self.has_begun_data = self.is_lost = False
        self._use(connection)

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def _use(self, connection):
        self._connection = connection
        self._accepted = 0
        connection.data = self._data

    def _data(self, message):
        self.has_begun_data = True
        # The class's own, which the line above stands before.
        return type(self._connection).data(self._connection, message)

    def send_message(self, *args, **kwargs):
        """Send as ``smtplib.SMTP.send_message`` does, over another connection where need be.

        :raise smtplib.SMTPServerDisconnected: where the server has ended that one too, before
            the data began; or this one, after it
        """
        try:
            return self._send_message(*args, **kwargs)
        except smtplib.SMTPException as error:
            if self.has_begun_data or not self._may_begin_anew(error):
                raise
        self._begin_anew()
        try:
            return self._send_message(*args, **kwargs)
        except smtplib.SMTPException as error:
            if self.has_begun_data or not _has_ended(error):
                raise
            raise smtplib.SMTPServerDisconnected(str(error)) from error

    def _send_message(self, *args, **kwargs):
        refused = self._connection.send_message(*args, **kwargs)
        self._accepted += 1
        return refused

    def _may_begin_anew(self, error):
        """:return: whether another connection may be more willing than this one"""
        # Servers also say "too many messages" by refusing a sender that they have taken before.
        had_enough = isinstance(error, smtplib.SMTPSenderRefused) and self._accepted
        return _has_ended(error) or bool(had_enough)

    def _begin_anew(self):
        self.close()
        self._first.close()
        try:
            self._use(self._connect())
        except Exception as error:
            self.is_lost = True
            raise smtplib.SMTPServerDisconnected(str(error)) from error

    def close(self):
        """Close the connection that was opened here, if one was."""
        if self._connection is not self._first:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._connection.quit()


def _has_ended(error):
    """:return: whether the server has ended the session, or is about to"""
    codes = [getattr(error, "smtp_code", None)]
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _answer in error.recipients.values()]
    return isinstance(error, smtplib.SMTPServerDisconnected) or CLOSING in codes
