# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def migrate(cr, version):
    """Without a badge our challenge rewards nobody at once, and its form can start it."""
    cr.execute(
        "UPDATE gamification_challenge challenge SET reward_realtime = FALSE"
        " FROM ir_model_data data WHERE challenge.reward_id IS NULL"
        " AND data.model = 'gamification.challenge' AND data.res_id = challenge.id"
        " AND data.module = 'crm_activity_ext_gamification'"
        " AND data.name = 'challenge_calls_and_visits'"
    )
