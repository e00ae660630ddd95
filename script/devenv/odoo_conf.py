# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's configuration file."""

from . import paths, postgres


def write(source):
    """:param OdooSource source: the Odoo whose addons are to be found beside ours"""
    content = f"""\
[options]
; Written by script/bootstrap.
addons_path = {source.addons_folder},{paths.CHECKOUT}
data_dir = {paths.DATA}
db_host = {paths.SOCKETS}
db_port = {postgres.PORT}
db_user = {postgres.ROLE}
http_interface = 127.0.0.1
limit_time_cpu = 3600
limit_time_real = 7200
list_db = False
max_cron_threads = 1
screenshots = {paths.STATE / "screenshots"}
"""
    # Whoever starts an Odoo meanwhile reads it.
    if not paths.ODOO_CONF.exists() or paths.ODOO_CONF.read_text() != content:
        paths.ODOO_CONF.write_text(content)
