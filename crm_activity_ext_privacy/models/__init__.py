from . import crm_activity_target_mixin
