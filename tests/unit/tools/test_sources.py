"""What stands in the sources, and what may not."""

import re
import subprocess

import pytest

from tools.places import ROOT

# The last is nobody's: golden links were made for it.
KNOWN_HOSTS = {
    b"github.com",
    b"gist.github.com",
    b"pyodide.org",
    b"127.0.0.1",
    b"localhost",
    b"www.w3.org",
    b"example.org",
}


def test_sources_name_no_hosts_but_those_of_the_credits() -> None:
    """Nor a registry's: where packages come from is the business of who installs them."""
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    for name in tracked:
        if (ROOT / name).exists():  # not deleted since the last commit
            hosts = re.findall(rb"https?://([\w.-]+)", (ROOT / name).read_bytes())
            assert set(hosts) <= KNOWN_HOSTS, name
