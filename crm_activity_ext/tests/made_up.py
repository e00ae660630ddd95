# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tests with values that nobody would think of."""

from unittest import skip

try:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st
except ImportError:
    st = None


def made_up(get_strategies, max_examples):
    """Decorate a test: it is called with values that hypothesis makes up, the same in every run.

    Where hypothesis is not installed the test is skipped.

    :param get_strategies: takes ``hypothesis.strategies``, returns a strategy for each argument
    :param int max_examples: how many times the test is called
    """
    if st is None:
        return skip("hypothesis is not installed")
    options = settings(
        database=None,
        deadline=None,
        derandomize=True,
        max_examples=max_examples,
        suppress_health_check=list(HealthCheck),
    )
    return lambda test: options(given(*get_strategies(st))(test))
