# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How the numbers on activity menus change while web clients are not told yet."""

from collections import Counter

KEY = "crm_activity_told_later"


class BellChanges:
    """What a worker tells of many transactions at once: what it has committed, and nobody else.

    The value of a key of the context. Two of them are never equal, as a context is looked up by
    its values.

    :ivar Counter committed: ``{(res.users, datetime): how many more are to be done then}``
    """

    def __init__(self):
        self.committed = Counter()
        self._pending = Counter()

    @classmethod
    def of(cls, env):
        """:return: those to add to instead of telling anybody, or None"""
        changes = env.context.get(KEY)
        # A context key comes from anybody, but not with an object.
        return changes if isinstance(changes, cls) else None

    def add(self, changes):
        """Note what the transaction changes."""
        self._pending.update(changes)

    def commit(self):
        """Keep what was noted: the transaction is committed."""
        self.committed.update(self._pending)
        self._pending.clear()

    def rollback(self):
        """Forget what was noted since the last commit."""
        self._pending.clear()
