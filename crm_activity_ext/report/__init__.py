from . import activity_workbook
from . import crm_activity_history
