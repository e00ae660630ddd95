from . import (
    base_partner_merge,
    crm_activity,
    crm_activity_target_mixin,
    ir_actions,
    mail_activity_type,
    res_partner,
    res_users,
    utm_campaign,
)
