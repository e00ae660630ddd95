# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def uninstall_hook(env):
    """Leave the meetings in the calendar: they are their responsible's.

    Odoo deletes the events of a model that goes.
    """
    env.cr.execute(
        """
        UPDATE calendar_event SET res_model_id = NULL, res_model = NULL, res_id = NULL
        WHERE res_model = 'crm.activity'
        """
    )
