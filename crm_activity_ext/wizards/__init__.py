# The mixin first: others are made of it.
from . import crm_activity_wizard_mixin

# isort: split
from . import (
    base_import_import,
    base_partner_merge,
    crm_activity_add_to_campaign,
    crm_activity_anonymize,
    crm_activity_change,
    crm_activity_distribute,
    crm_activity_distribution_undo,
    crm_activity_opt_out_list,
    crm_activity_planning,
)

# isort: split
from . import crm_activity_done
