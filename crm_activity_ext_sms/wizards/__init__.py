from . import crm_activity_opt_out_list
