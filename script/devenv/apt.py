# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Debian's packages: those the system lacks, and those that are only unpacked."""

import os
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from . import postgres
from .console import Failure, say, step
from .processes import find_program, output_of, run

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")

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
    if not find_program(*BROWSERS):
        # Without a font of the system's, a browser shows no text.
        missing += ["chromium", "fonts-liberation"]
    if not find_program("wkhtmltopdf"):
        missing.append("wkhtmltopdf")
    if not find_program("msgmerge"):
        # What keeps translations in step.
        missing.append("gettext")
    if not find_program("soffice"):
        # The second opinion on the workbooks that the export writes.
        missing.append("libreoffice-calc")
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
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise Failure(
                f"{tool} is missing: this is no Debian or Ubuntu. Set ODOO_SOURCE to a checkout "
                "of Odoo 19.0 or to the folder of an installed one, and run it again."
            )
    configuration = _private_configuration(scratch)
    environment = {**os.environ, "APT_CONFIG": str(configuration)}
    run(["apt-get", "update"], "odoo-update.log", NO_DOWNLOAD, env=environment)
    run(
        ["apt-get", "download", *packages],
        "odoo-download.log",
        NO_DOWNLOAD,
        env=environment,
        cwd=scratch / "packages",
    )
    for package in sorted((scratch / "packages").glob("*.deb")):
        run(
            ["dpkg-deb", "--extract", package, target],
            "odoo-unpack.log",
            f"Unpacking {package.name} failed.",
        )


def _private_configuration(scratch):
    if not KEYRING.exists():
        raise Failure(
            "Debian's signing keys are missing. Have an administrator run this, then try again:\n"
            "    sudo apt-get install debian-archive-keyring"
        )
    for folder in ("lists/partial", "cache/archives/partial", "packages"):
        (scratch / folder).mkdir(parents=True)
    sources = scratch / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {_mirror()} sid main\n")
    configuration = scratch / "apt.conf"
    configuration.write_text(
        f'Dir::Etc::sourcelist "{sources}";\n'
        'Dir::Etc::sourceparts "-";\n'
        f'Dir::State::lists "{scratch}/lists";\n'
        f'Dir::Cache "{scratch}/cache";\n'
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
    found = re.search(r"'(\S+/debian)/dists/", output_of(["apt-get", "--print-uris", "update"]))
    if not found:
        raise Failure(
            "The apt sources of this machine name no Debian mirror. Set DEBIAN_MIRROR to the "
            "address of one, or ODOO_SOURCE to an Odoo 19.0 of your own, and run it again."
        )
    say("    from the Debian mirror that this machine's apt sources name")
    return found[1]
