# The mixins first: others are made of them.
from . import crm_activity_pause_mixin, crm_activity_sequence_blacklist_mixin

# isort: split
from . import (
    crm_activity_definition_mixin,
    crm_activity_sequence,
    crm_activity_sequence_step,
    crm_activity_sequence_enrollment,
    crm_activity_sequence_stop,
    crm_activity,
    crm_activity_distribution,
    crm_activity_distribution_line,
    crm_activity_outcome,
    crm_activity_queue_mixin,
    crm_activity_target_mixin,
    crm_lead,
    mail_activity_type,
    mail_blacklist,
    mail_template,
    phone_blacklist,
    res_partner,
    utm_campaign,
)
