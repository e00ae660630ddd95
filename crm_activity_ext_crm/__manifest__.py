{
    "name": "CRM Activities: Leads and Menus",
    "summary": "CRM activities in the CRM app, including leads and opportunities",
    "version": "19.0.1.5.0",
    "category": "Sales/CRM",
    "author": "crm_activity_ext contributors",
    "license": "LGPL-3",
    "depends": [
        "crm",
        "crm_activity_ext",
    ],
    "data": [
        "data/base_import.mapping.csv",
        "data/digest_data.xml",
        "data/ir_cron_data.xml",
        "views/crm_activity_views.xml",
        "views/crm_activity_history_views.xml",
        "views/crm_lead_views.xml",
        "views/res_partner_views.xml",
        "views/utm_campaign_views.xml",
        "views/mail_activity_type_views.xml",
        "views/res_config_settings_views.xml",
        "views/digest_digest_views.xml",
        "views/res_users_views.xml",
        "views/crm_activity_ext_crm_menus.xml",
        "wizards/crm_activity_anonymize_views.xml",
    ],
    "demo": [
        "demo/utm_campaign_demo.xml",
        "demo/crm_lead_demo.xml",
        "demo/crm_activity_demo.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "crm_activity_ext_crm/static/src/**/*",
        ],
        "web.assets_tests": [
            "crm_activity_ext_crm/static/tests/tours/**/*",
        ],
    },
    "uninstall_hook": "uninstall_hook",
    "auto_install": True,
    "installable": True,
}
