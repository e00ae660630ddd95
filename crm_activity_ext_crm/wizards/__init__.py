from . import crm_activity_wizard_mixin
