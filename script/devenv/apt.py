# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Debian's packages: those the system lacks, and those that are only unpacked."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from . import postgres
from .console import Failure, say, step
from .processes import find_program, run

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Programs that must be there, one of each, and the packages that bring them.
PROGRAMS = {
    # Without a font of the system's, a browser shows no text.
    ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable"): (
        "chromium",
        "fonts-liberation",
    ),
    ("wkhtmltopdf",): ("wkhtmltopdf",),
    # What keeps translations in step.
    ("msgmerge",): ("gettext",),
    # The second opinion on the workbooks that the export writes.
    ("soffice",): ("libreoffice-calc",),
}

NO_DOWNLOAD = (
    "Downloading from the Debian mirror failed. See that the machine reaches the mirror that its "
    "apt sources name (`apt-get update` tells), and run it again."
)


def install_missing_packages():
    """Install what must come from the system; an ordinary user is told what to ask for."""
    missing = _missing_packages()
    if not missing:
        return
    names = " ".join(missing)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Failure(
            f"This machine lacks {names}. Have an administrator run this, then try again:\n"
            f"    sudo apt-get install --no-install-recommends {names}"
        )
    with step(f"Installing from the system's package archive: {names}"):
        _install(missing)


def _missing_packages():
    missing = []
    if not find_spec("ensurepip"):
        missing.append("python3-venv")
    if not postgres.find_binaries():
        missing.append("postgresql")
    for programs, packages in PROGRAMS.items():
        if not find_program(*programs):
            missing += packages
    return missing


def _install(packages):
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    retries = ["-o", "Acquire::Retries=3"]
    run(["apt-get", *retries, "update"], "apt-update.log", NO_DOWNLOAD, env=environment)
    run(
        ["apt-get", *retries, "install", "-y", "--no-install-recommends", *packages],
        "apt-install.log",
        f"Installing {' '.join(packages)} failed. Mend what apt complains of, and run it again.",
        env=environment,
    )


def unpack_from_unstable(packages, target, scratch):
    """Unpack packages of Debian's unstable suite, without a change to the system's own apt.

    :param list packages: names
    :param Path target: the folder that becomes the root of their files
    :param Path scratch: an empty folder for the lists and packages
    """
    if not shutil.which("apt-get"):
        raise Failure(
            "apt-get is missing: this is no Debian or Ubuntu. Set ODOO_SOURCE to a checkout of "
            "Odoo 19.0 or to the folder of an installed one, and run it again."
        )
    configuration = _private_configuration(scratch)
    options = {"env": {**os.environ, "APT_CONFIG": str(configuration)}, "cwd": scratch}
    run(["apt-get", "update"], "odoo-update.log", NO_DOWNLOAD, **options)
    run(["apt-get", "download", *packages], "odoo-download.log", NO_DOWNLOAD, **options)
    for package in scratch.glob("*.deb"):
        extract = ["dpkg-deb", "--extract", package, target]
        run(extract, "odoo-unpack.log", f"Unpacking {package.name} failed.")


def _private_configuration(scratch):
    if not KEYRING.exists():
        raise Failure(
            "Debian's signing keys are missing. Have an administrator run this, then try again:\n"
            "    sudo apt-get install debian-archive-keyring"
        )
    # apt empties this one of what it did not put there.
    lists = scratch / "lists"
    lists.mkdir()
    sources = scratch / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {_mirror()} sid main\n")
    configuration = scratch / "apt.conf"
    configuration.write_text(
        f'Dir::Etc::sourcelist "{sources}";\n'
        'Dir::Etc::sourceparts "-";\n'
        f'Dir::State::lists "{lists}";\n'
        f'Dir::Cache "{scratch}";\n'
        'Acquire::Languages "none";\n'
        'Acquire::Retries "3";\n'
        # The scratch folder may be one that apt's own user cannot enter.
        f'APT::Sandbox::User "{"root" if os.geteuid() == 0 else ""}";\n'
    )
    return configuration


def _mirror():
    """:return str: the address of the Debian mirror this machine uses"""
    if chosen := os.environ.get("DEBIAN_MIRROR"):
        return chosen
    # Its neighbours, with security updates or a vendor's own packages, have no unstable suite.
    uris = subprocess.check_output(["apt-get", "--print-uris", "update"], text=True)
    found = re.search(r"'(\S+/debian)/dists/", uris)
    if not found:
        raise Failure(
            "The apt sources of this machine name no Debian mirror. Set DEBIAN_MIRROR to the "
            "address of one, or ODOO_SOURCE to an Odoo 19.0 of your own, and run it again."
        )
    say("    from the Debian mirror that this machine's apt sources name")
    return found[1]
