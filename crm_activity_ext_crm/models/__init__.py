from . import crm_activity, crm_lead, res_config_settings, utm_campaign
