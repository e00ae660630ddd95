# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import pytest

from devenv import folders


def test_complete_folder_replaces_the_one_before(tmp_path):
    target = tmp_path / "target"
    for mark in ("old", "new"):
        with folders.building(target, mark):
            (target / mark).touch()
    assert folders.is_complete(target, "new")
    assert not folders.is_complete(target, "old")
    assert not (target / "old").exists()


def test_interrupted_build_is_not_complete(tmp_path):
    target = tmp_path / "target"
    with folders.building(target, "1"):
        pass
    with pytest.raises(KeyboardInterrupt), folders.building(target, "1"):
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
