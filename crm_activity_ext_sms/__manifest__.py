{
    "name": "CRM Activities: SMS",
    "summary": "Send SMS activities through Odoo's SMS queue and track their delivery",
    "version": "19.0.1.5.0",
    "development_status": "Beta",
    "category": "Sales/CRM",
    "author": "crm_activity_ext contributors",
    "maintainers": [],
    "support": "crm-activity@example.com",
    "website": "https://example.com/crm_activity_ext",
    "license": "LGPL-3",
    "depends": [
        "crm_activity_ext",
        "sms",
    ],
    "data": [
        "views/crm_activity_views.xml",
        "views/sms_sms_views.xml",
    ],
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
    "auto_install": True,
    "installable": True,
}
