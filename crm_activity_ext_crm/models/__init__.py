from . import crm_activity, crm_lead, utm_campaign
