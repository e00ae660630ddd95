from . import activity_export, campaign_action
