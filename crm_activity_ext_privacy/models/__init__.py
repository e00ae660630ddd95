from . import crm_activity_target_mixin, privacy_lookup_wizard
