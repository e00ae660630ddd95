{
    "name": "CRM Activities: Goals",
    "summary": "Goals for salespeople, such as ten visits a week",
    "version": "19.0.1.1.1",
    "development_status": "Beta",
    "category": "Sales/CRM",
    "author": "crm_activity_ext contributors",
    "maintainers": [],
    "support": "crm-activity@example.com",
    "website": "https://example.com/crm_activity_ext",
    "license": "LGPL-3",
    "depends": [
        "crm_activity_ext",
        "gamification",
    ],
    "data": [
        "data/gamification_data.xml",
        "views/crm_activity_views.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "crm_activity_ext_gamification/static/src/**/*",
        ],
        "web.assets_tests": [
            "crm_activity_ext_gamification/static/tests/tours/**/*",
        ],
    },
    "auto_install": True,
    "installable": True,
}
