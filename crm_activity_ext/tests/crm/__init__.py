from . import (
    test_access,
    test_bell,
    test_campaign,
    test_customer,
    test_distribution,
    test_letter,
    test_outbox,
    test_record,
    test_spanish,
    test_template,
    test_unit_js,
    test_volume,
)
