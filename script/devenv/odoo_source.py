# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where Odoo comes from: a folder of the user's, or Debian's package, unpacked and mended."""

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import apt, npm, paths
from .console import Failure, say, step
from .folders import building, fingerprint, is_complete

# The odoo-19 package links at files of these other packages.
PACKAGES = [
    "odoo-19",
    "fonts-font-awesome",
    "fonts-glyphicons-halflings",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "gsfonts",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
]
# To be changed with what `_mend` does, for the download to be made anew.
RECIPE = "files of npm packages put in"

# Files that no Debian package has: their npm packages, and where they belong below odoo/addons.
NPM_PACKAGES = ["@mediapipe/selfie_segmentation@0.1.1675465747", "font-awesome@4.7.0"]
SELFIE_SEGMENTATION = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
ICON_FONTS = (
    "web/static/lib/fontawesome/fonts",
    "web/static/src/libs/fontawesome/fonts",
)


@dataclass(frozen=True)
class OdooSource:
    """An Odoo 19.0 on this machine.

    :ivar Path import_folder: the folder that has the package `odoo`
    """

    import_folder: Path

    @property
    def addons_folder(self):
        """:return Path: the folder with Odoo's own addons, save `base` and its like

        An installed Odoo has them inside the package. (Debian's leaves a folder `addons`
        beside it too, with parts of the same addons: not to be used.)
        """
        inside = self.import_folder / "odoo" / "addons"
        return inside if (inside / "web").is_dir() else self.import_folder / "addons"

    @property
    def mark(self):
        """:return str: another one for another Odoo"""
        release = self.import_folder / "odoo" / "release.py"
        git_log = self.import_folder / ".git" / "logs" / "HEAD"
        moved = [git_log] if git_log.exists() else []
        return fingerprint(str(self.import_folder), release, *moved)

    @property
    def version(self):
        """:return str: such as `19.0`"""
        release = (self.import_folder / "odoo" / "release.py").read_text()
        numbers = re.search(r"version_info = \((\d+), (\d+)", release)
        return ".".join(numbers.groups()) if numbers else "unknown"


def locate():
    """:return: the OdooSource the environment is to use, or None where it is still to be made"""
    if chosen := os.environ.get("ODOO_SOURCE"):
        return _given(Path(chosen).expanduser().absolute())
    if is_complete(paths.DOWNLOADED_ODOO, _mark()):
        return _downloaded()
    return None


def _given(folder):
    below = (".", "..", "lib/python3/dist-packages", "usr/lib/python3/dist-packages")
    for candidate in (folder / part for part in below):
        if (candidate / "odoo" / "release.py").is_file():
            source = OdooSource(candidate.resolve())
            break
    else:
        raise Failure(
            f"ODOO_SOURCE is {folder}, and there is no Odoo there. It must name a checkout of "
            "Odoo's 19.0 branch, or the folder that an installed Odoo 19.0's package `odoo` is in."
        )
    if source.version != "19.0":
        raise Failure(
            f"ODOO_SOURCE is {folder}, which is Odoo {source.version}. Odoo 19.0 is needed: "
            "check out its branch 19.0, or unset ODOO_SOURCE to have it downloaded."
        )
    return source


def _downloaded():
    return OdooSource(paths.DOWNLOADED_ODOO / "usr" / "lib" / "python3" / "dist-packages")


def _mark():
    return fingerprint(RECIPE, *PACKAGES)


def download():
    """:return OdooSource: Odoo 19.0, downloaded and unpacked"""
    with step("Downloading and unpacking Odoo 19 (120 MB, 1.2 GB unpacked)"):
        folder = paths.DOWNLOADED_ODOO
        with building(folder, _mark()), tempfile.TemporaryDirectory(dir=folder) as scratch:
            apt.unpack_from_unstable(PACKAGES, folder, Path(scratch))
            npm.install(scratch, NPM_PACKAGES)
            _mend(_downloaded().addons_folder, Path(scratch) / "node_modules")
    return _downloaded()


def _mend(addons, node_modules):
    """Put in the files that Debian's package leaves out, from their npm packages."""
    selfie = node_modules / "@mediapipe/selfie_segmentation/selfie_segmentation.js"
    target = addons / SELFIE_SEGMENTATION
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(selfie, target)
    for fonts in ICON_FONTS:
        for font in (node_modules / "font-awesome/fonts").iterdir():
            # They are links at a FontAwesome that is too new to have them.
            (addons / fonts / font.name).unlink(missing_ok=True)
            shutil.copyfile(font, addons / fonts / font.name)


def warn_of_missing_files(source):
    """Tell what an Odoo that is not ours to mend lacks."""
    addons = source.addons_folder
    if not (addons / SELFIE_SEGMENTATION).exists():
        say(
            f"    note: {addons} lacks {SELFIE_SEGMENTATION} (the npm package "
            "@mediapipe/selfie_segmentation has it): browser tests will fail without it"
        )
