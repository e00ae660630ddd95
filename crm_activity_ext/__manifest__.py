{
    "name": "CRM Activities",
    "summary": "Lasting activities for customers, contacts and campaigns",
    "version": "19.0.5.0.0",
    "category": "Sales/CRM",
    "author": "crm_activity_ext contributors",
    "license": "LGPL-3",
    "depends": [
        "contacts",
        "sales_team",
        "utm",
    ],
    "data": [
        "security/ir.model.access.csv",
        "security/crm_activity_security.xml",
        "data/mail_templates.xml",
        "data/mail_activity_type_data.xml",
        "data/mail_template_data.xml",
        "report/crm_activity_letter_templates.xml",
        "report/crm_activity_letter_reports.xml",
        "data/ir_cron_data.xml",
        "views/crm_activity_views.xml",
        "views/crm_activity_distribution_views.xml",
        "report/crm_activity_history_views.xml",
        "views/mail_activity_type_views.xml",
        "views/res_partner_views.xml",
        "views/res_partner_campaign_views.xml",
        "views/res_partner_audience_views.xml",
        "views/utm_campaign_views.xml",
        "wizards/crm_activity_add_to_campaign_views.xml",
        "wizards/crm_activity_anonymize_views.xml",
        "wizards/crm_activity_distribute_views.xml",
        "wizards/crm_activity_distribution_undo_views.xml",
        "wizards/crm_activity_planning_views.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "crm_activity_ext/static/src/**/*",
            ("remove", "crm_activity_ext/static/src/history_graph/**/*"),
            ("remove", "crm_activity_ext/static/src/letter_report/letter_report.scss"),
        ],
        "web.report_assets_common": [
            "crm_activity_ext/static/src/letter_report/letter_report.scss",
        ],
        # Beside Odoo's own graphs, which come when the first one is opened.
        "web.assets_backend_lazy": [
            "crm_activity_ext/static/src/history_graph/**/*",
        ],
        "web.assets_unit_tests": [
            "crm_activity_ext/static/tests/**/*.test.js",
        ],
        "web.assets_tests": [
            "crm_activity_ext/static/tests/tours/**/*",
        ],
    },
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
    "installable": True,
}
