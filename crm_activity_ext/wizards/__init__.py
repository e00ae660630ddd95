from . import crm_activity_distribute
