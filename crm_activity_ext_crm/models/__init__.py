# The mixin first: the activity is made of it.
from . import crm_activity_meeting_mixin

# isort: split
from . import (
    calendar_event,
    calendar_event_record,
    crm_activity,
    crm_lead,
    digest_digest,
    res_config_settings,
    res_users,
    utm_campaign,
)
