{
    "name": "CRM Activities: Privacy",
    "summary": "Anonymize CRM activities with Odoo's Privacy Lookup",
    "version": "19.0.1.0.3",
    "development_status": "Beta",
    "category": "Sales/CRM",
    "author": "crm_activity_ext contributors",
    "maintainers": [],
    "support": "crm-activity@example.com",
    "website": "https://example.com/crm_activity_ext",
    "license": "LGPL-3",
    "depends": [
        "crm_activity_ext",
        "privacy_lookup",
    ],
    "auto_install": True,
    "installable": True,
}
