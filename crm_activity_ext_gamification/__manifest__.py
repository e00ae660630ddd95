{
    "name": "CRM Activities: Goals",
    "summary": "Goals for salespeople, such as ten visits a week",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "crm_activity_ext contributors",
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
