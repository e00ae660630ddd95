# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The development environment: what the commands in `script/` do.

This file must stay readable for old Pythons, to be able to tell them off.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        "error: Odoo 19 runs here on Python 3.11, 3.12 or 3.13, and this is Python {} ({}).\n"
        "Install one of them and call the command with it, for example: python3.11 {}".format(
            sys.version.split()[0], sys.executable, " ".join(sys.argv)
        )
    )
