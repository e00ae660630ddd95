# The mixins first: others are made of them.
from . import (
    crm_activity_consent_mixin,
    crm_activity_copy_mixin,
    crm_activity_count_mixin,
    crm_activity_input_mixin,
    crm_activity_recipient_mixin,
    crm_activity_referenced_mixin,
    crm_activity_remembered_mixin,
    crm_activity_search_mixin,
    crm_activity_system_fields_mixin,
    crm_activity_technical_fields_mixin,
    crm_activity_working_days_mixin,
)

# isort: split
from . import crm_activity_spread_mixin

# isort: split
from . import crm_activity_export_mixin  # brings the history along, which is made of these

# isort: split
from . import (
    crm_activity_alike_mixin,
    crm_activity_answer_mixin,
    crm_activity_attachment_mixin,
    crm_activity_customer_mixin,
    crm_activity_definition_mixin,
    crm_activity_deletion_mixin,
    crm_activity_delivery_mixin,
    crm_activity_distribution_undo_mixin,
    crm_activity_due_mixin,
    crm_activity_erasure_mixin,
    crm_activity_gate_mixin,
    crm_activity_import_mixin,
    crm_activity_letter_mixin,
    crm_activity_outcome_mixin,
    crm_activity_participant_mixin,
    crm_activity_period_mixin,
    crm_activity_pivot_mixin,
    crm_activity_planning_mixin,
    crm_activity_queue_mixin,
    crm_activity_reach_mixin,
    crm_activity_replica_mixin,
    crm_activity_responsible_mixin,
    crm_activity_selection_mixin,
    crm_activity_sending_mixin,
    crm_activity_target_contact,
    crm_activity_target_mixin,
    crm_activity_template_mixin,
    crm_activity_todo_mixin,
    crm_activity_trace_mixin,
    crm_activity_work_mixin,
)

# isort: split
from . import (
    crm_activity,
    crm_activity_distribution,
    crm_activity_distribution_line,
    crm_activity_distribution_stop,
    crm_activity_opt_out_import,
    crm_activity_opt_out_part,
    crm_activity_outcome,
    ir_actions,
    ir_actions_report,
    ir_attachment,
    ir_fields_converter,
    ir_filters,
    ir_model,
    mail_activity,
    mail_activity_type,
    mail_mail,
    mail_message,
    mail_template,
    mail_thread,
    res_partner,
    res_partner_contact_cycle,
    res_users,
    res_users_settings,
    utm_campaign_audience,
    utm_campaign_members,
    utm_campaign,
    utm_campaign_form,
)
