from . import (
    crm_activity,
    crm_activity_target_mixin,
    mail_notification,
    mail_thread,
    sms_sms,
    sms_tracker,
)
