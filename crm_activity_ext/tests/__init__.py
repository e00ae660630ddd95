# The folder of a test names the database it runs in: see script/test.
from .crm import (
    test_access,
    test_bad_input,
    test_bell,
    test_campaign,
    test_customer,
    test_distribution,
    test_export,
    test_history,
    test_letter,
    test_outbox,
    test_record,
    test_spanish,
    test_template,
    test_unit_js,
    test_volume,
)
