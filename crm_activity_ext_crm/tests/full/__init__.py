from . import test_history_tours
