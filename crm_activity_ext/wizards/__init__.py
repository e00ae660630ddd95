from . import crm_activity_anonymize, crm_activity_distribute
