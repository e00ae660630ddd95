from . import test_client, test_lead, test_letter, test_tours
