from . import test_sms
from . import test_sms_leaving
from . import test_sms_received
