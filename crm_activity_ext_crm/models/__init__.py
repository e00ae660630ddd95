# The mixins first: others are made of them.
from . import crm_activity_meeting_mixin, crm_activity_working_days_mixin

# isort: split
from . import (
    calendar_event,
    calendar_event_record,
    calendar_recurrence,
    crm_activity,
    crm_lead,
    digest_digest,
    mail_thread,
    res_company,
    res_config_settings,
    res_users,
    resource,
    utm_campaign,
)
