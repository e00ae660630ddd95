# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's configuration file."""

from . import paths, postgres

TEMPLATE = """\
[options]
; Written by script/bootstrap.
addons_path = {addons_path}
data_dir = {data_dir}
db_host = {db_host}
db_port = {db_port}
db_user = {db_user}
http_interface = 127.0.0.1
limit_time_cpu = 3600
limit_time_real = 7200
list_db = False
max_cron_threads = 1
screenshots = {screenshots}
"""


def write(source):
    """:param OdooSource source: the Odoo whose addons are to be found beside ours"""
    content = TEMPLATE.format(
        addons_path=",".join(map(str, [source.addons_folder, *_own_addons_folder()])),
        data_dir=paths.DATA,
        db_host=paths.SOCKETS,
        db_port=postgres.PORT,
        db_user=postgres.ROLE,
        screenshots=paths.STATE / "screenshots",
    )
    if not paths.ODOO_CONF.exists() or paths.ODOO_CONF.read_text() != content:
        unfinished = paths.ODOO_CONF.with_suffix(".new")
        unfinished.write_text(content)
        unfinished.rename(paths.ODOO_CONF)


def _own_addons_folder():
    """Odoo complains of a folder without addons."""
    return [paths.CHECKOUT] if any(paths.CHECKOUT.glob("*/__manifest__.py")) else []
