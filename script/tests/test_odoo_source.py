# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import pytest

from devenv import odoo_source
from devenv.console import Failure


def make_odoo(folder, version="(19, 0, 0, FINAL, 0, '')", addons="odoo/addons"):
    (folder / "odoo").mkdir(parents=True)
    (folder / "odoo" / "release.py").write_text(f"version_info = {version}\n")
    (folder / addons / "web").mkdir(parents=True)
    return folder


@pytest.fixture
def choose(monkeypatch):
    def set_and_locate(folder):
        monkeypatch.setenv("ODOO_SOURCE", str(folder))
        return odoo_source.locate()

    return set_and_locate


def test_checkout_of_odoo(tmp_path, choose):
    source = choose(make_odoo(tmp_path, addons="addons"))
    assert source.version == "19.0"
    assert source.addons_folder == tmp_path / "addons"


@pytest.mark.parametrize("given", ["usr/lib/python3/dist-packages", "usr", "."])
def test_installed_odoo(tmp_path, choose, given):
    folder = make_odoo(tmp_path / "usr/lib/python3/dist-packages")
    source = choose(tmp_path / given)
    assert source.import_folder == folder
    assert source.addons_folder == folder / "odoo" / "addons"


def test_other_version_is_refused(tmp_path, choose):
    with pytest.raises(Failure, match="is Odoo 18.0"):
        choose(make_odoo(tmp_path, version="(18, 0, 0, FINAL, 0, '')"))


def test_folder_without_odoo_is_refused(tmp_path, choose):
    with pytest.raises(Failure, match="there is no Odoo there"):
        choose(tmp_path)
