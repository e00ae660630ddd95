from . import test_sms
from . import test_sms_leaving
from . import test_sms_opt_out_list
from . import test_sms_received
