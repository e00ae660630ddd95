from . import activity_workbook
from . import crm_activity_history
from . import crm_activity_history_email
