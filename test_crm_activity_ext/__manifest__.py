# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "CRM Activities: Tests Across Addons",
    "version": "19.0.1.3.0",
    "development_status": "Beta",
    "category": "Hidden/Tests",
    "summary": "Tests of CRM activities together with other apps, and with a channel of its own",
    "author": "crm_activity_ext contributors",
    "maintainers": [],
    "support": "crm-activity@example.com",
    "website": "https://example.com/crm_activity_ext",
    "license": "LGPL-3",
    "depends": [
        "crm_activity_ext_crm",
        "crm_activity_ext_gamification",
        "crm_activity_ext_privacy",
        "crm_activity_ext_sequence",
        "crm_activity_ext_sms",
        "sale_management",
        "stock",
        "account",
    ],
    "data": [
        "security/ir.model.access.csv",
        "data/ir_cron_data.xml",
    ],
    "assets": {
        "web.assets_tests": [
            "test_crm_activity_ext/static/tests/**/*",
        ],
    },
    "installable": True,
}
