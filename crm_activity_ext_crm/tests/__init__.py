# The folder of a test names the database it runs in: see script/test.
from .crm import (
    test_campaign,
    test_client,
    test_distribution,
    test_export,
    test_history,
    test_lead,
    test_letter,
    test_tours,
)
