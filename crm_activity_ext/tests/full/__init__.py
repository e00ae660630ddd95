from . import test_bad_input, test_campaign
from . import test_history_access, test_history_documents, test_history_plan
