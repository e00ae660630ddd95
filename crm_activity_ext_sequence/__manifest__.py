{
    "name": "CRM Activities: Sequences",
    "summary": "Series of emails, calls and visits that stop when the customer answers",
    "version": "19.0.1.1.0",
    "development_status": "Beta",
    "category": "Sales/CRM",
    "author": "crm_activity_ext contributors",
    "maintainers": [],
    "support": "crm-activity@example.com",
    "website": "https://example.com/crm_activity_ext",
    "license": "LGPL-3",
    "depends": [
        "crm_activity_ext_crm",
    ],
    "data": [
        "security/ir.model.access.csv",
        "security/crm_activity_sequence_security.xml",
        "data/ir_cron_data.xml",
        "views/crm_activity_sequence_enrollment_views.xml",
        "views/crm_activity_sequence_views.xml",
        "views/crm_activity_views.xml",
        "views/crm_activity_distribution_views.xml",
        "views/crm_activity_outcome_views.xml",
        "views/crm_lead_views.xml",
        "views/res_partner_views.xml",
        "views/utm_campaign_views.xml",
        "wizards/crm_activity_sequence_enroll_views.xml",
        "wizards/crm_activity_sequence_update_views.xml",
        "views/crm_activity_ext_sequence_menus.xml",
    ],
    "demo": [
        "demo/crm_activity_sequence_demo.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "crm_activity_ext_sequence/static/src/**/*",
        ],
        "web.assets_tests": [
            "crm_activity_ext_sequence/static/tests/tours/**/*",
        ],
    },
    "uninstall_hook": "uninstall_hook",
    "installable": True,
}
