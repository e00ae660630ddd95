from . import (
    test_campaign,
    test_client,
    test_deletion_tours,
    test_demo,
    test_distribution,
    test_export,
    test_history,
    test_lead,
    test_letter,
    test_tours,
)
