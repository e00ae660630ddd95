from . import activity_workbook
