{
    "name": "CRM Activities: Goals",
    "summary": "Goals for salespeople, such as ten visits a week",
    "version": "19.0.1.0.1",
    "category": "Sales/CRM",
    "author": "crm_activity_ext contributors",
    "website": "https://example.com/crm_activity_ext",
    "license": "LGPL-3",
    "depends": [
        "crm_activity_ext",
        "gamification",
    ],
    "data": [
        "data/gamification_data.xml",
    ],
    "auto_install": True,
    "installable": True,
}
