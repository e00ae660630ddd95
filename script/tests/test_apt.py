# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import pytest

from devenv.apt import addresses, find_debian_mirror

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://security.example/debian-security s main
deb http://mirror.example/debian/ bookworm main
deb-src http://source.example/debian bookworm main
"""
DEB822 = """\
Types: deb
# URIs: http://commented.example/debian
URIs: http://vendor.example/apt http://mirror.example/debian
Suites: bookworm bookworm-updates
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


@pytest.mark.parametrize("text", [ONE_LINE, DEB822])
def test_mirror_is_found_in_both_formats(text):
    assert find_debian_mirror(addresses(text)) == "http://mirror.example/debian"


def test_no_mirror_without_debian():
    assert find_debian_mirror(addresses("deb http://archive.example/ubuntu noble main")) is None
