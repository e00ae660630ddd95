from . import crm_activity_history
