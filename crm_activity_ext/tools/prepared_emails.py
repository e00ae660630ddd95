# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What emails say to whom, made for many before each is sent in a transaction of its own."""

KEY = "crm_activity_prepared_emails"


class PreparedEmails(dict):
    """``{mail id: (version, what mail.mail._prepare_outgoing_list gives)}``

    The value of a key of the context. Two of them are never equal, as a context is looked up by
    its values.

    :ivar mail_server: ``ir.mail_server`` that they leave by, or none
    """

    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__

    def __init__(self, mail_server):
        super().__init__()
        self.mail_server = mail_server

    @classmethod
    def of(cls, env):
        """:return: those of a worker that has made some, or None"""
        emails = env.context.get(KEY)
        # A context key comes from anybody, but not with an object.
        return emails if isinstance(emails, cls) else None

    def get_version(self, mail):
        """:return: what told, when they were made, that nobody had changed them; None for none"""
        return self[mail.id][0] if mail.id in self else None

    def take(self, mail):
        """:return list: what was made of one, and is used up by sending it"""
        _version, emails = self.pop(mail.id)
        return emails
