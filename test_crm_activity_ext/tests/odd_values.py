# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What programs send by mistake, or to see what happens."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

odd_text = st.sampled_from(
    ["", "\x00", "a\x00b", "x" * 100_000, "';--", "<script>", "%s %(x)s", "\u202e", "__class__"]
) | st.text(max_size=8)
odd_number = st.sampled_from([0, -1, 2**31, -(2**31), 2**63, 10**30, 1.5, 1e308]) | st.integers(
    0, 9
)
odd_value = st.recursive(
    st.none() | st.booleans() | odd_number | odd_text,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "x"]), inner, max_size=2)
    ),
    max_leaves=5,
)
# The same examples in every run, save with --hypothesis-profile=long: other ones each time, and
# many more. A failure prints the one that failed.
IS_LONG = settings.get_current_profile_name() == "long"
TIMES = 30 if IS_LONG else 1
reproducible = settings(
    derandomize=not IS_LONG,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
