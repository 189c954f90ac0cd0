"""The wheels in the built site."""

import hashlib
import io
import json
import re
import zipfile

import pytest


@pytest.mark.parametrize("key", ["wheel", "qrWheel"])
def test_a_wheels_address_changes_with_its_bytes(site: dict[str, bytes], key: str) -> None:
    path, _, version = json.loads(site["site.json"])[key].partition("?v=")
    assert path.endswith("-py3-none-any.whl")
    assert version
    assert hashlib.sha256(site[path]).hexdigest().startswith(version)


def test_ours_has_sources_and_types_and_no_dependencies(site: dict[str, bytes]) -> None:
    path = json.loads(site["site.json"])["wheel"].partition("?")[0]
    with zipfile.ZipFile(io.BytesIO(site[path])) as wheel:
        names = wheel.namelist()
        metadata = wheel.read(next(n for n in names if n.endswith("/METADATA"))).decode()
    assert "microgpt/py.typed" in names
    assert not re.search(r"^Requires-Dist: (?!.*extra ==)", metadata, re.MULTILINE)
