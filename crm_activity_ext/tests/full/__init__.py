from . import test_history, test_history_access, test_history_plan
