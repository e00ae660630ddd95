from . import (
    test_sequence,
    test_sequence_access,
    test_sequence_dates,
    test_sequence_enrollment,
    test_sequence_many,
    test_sequence_stop,
    test_sequence_tours,
)
