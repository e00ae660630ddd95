# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import pytest

from devenv import folders, paths


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "TEMPORARY", tmp_path / "tmp")


def build(folder, mark, content):
    with folders.building(folder, mark) as scratch:
        (scratch / "file").write_text(content)


def test_complete_folder_replaces_the_one_before(tmp_path):
    target = tmp_path / "target"
    build(target, "1", "old")
    build(target, "2", "new")
    assert folders.is_complete(target, "2")
    assert not folders.is_complete(target, "1")
    assert (target / "file").read_text() == "new"


def test_interrupted_build_leaves_what_was_there(tmp_path):
    target = tmp_path / "target"
    build(target, "1", "old")
    with pytest.raises(KeyboardInterrupt), folders.building(target, "2"):
        raise KeyboardInterrupt
    assert folders.is_complete(target, "1")
    assert not list(paths.TEMPORARY.iterdir())


def test_interrupted_build_in_place_is_not_complete(tmp_path):
    target = tmp_path / "target"
    with pytest.raises(KeyboardInterrupt), folders.building_in_place(target, "1"):
        raise KeyboardInterrupt
    assert not folders.is_complete(target, "1")


def test_fingerprint_tells_contents_and_their_order_apart(tmp_path):
    file = tmp_path / "file"
    file.write_text("a")
    before = folders.fingerprint(file, "b")
    assert before == folders.fingerprint(file, "b")
    assert before != folders.fingerprint("b", file)
    file.write_text("c")
    assert before != folders.fingerprint(file, "b")
