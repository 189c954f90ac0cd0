"""A build's version, and where a browser finds it."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from tools.manifest import seal
from tools.places import WEB
from tools.processes import BuildError


def test_the_manifest_has_size_and_hash_of_every_file(site: dict[str, bytes]) -> None:
    assert json.loads(site["manifest.json"])["files"] == {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in site.items()
        if name != "manifest.json"
    }


def test_the_service_worker_has_the_manifests_version(site: dict[str, bytes]) -> None:
    version = json.loads(site["manifest.json"])["version"]
    stamps = re.findall(r'const VERSION = "(.*)";', site["service-worker.js"].decode())
    assert stamps == [version]


def test_other_contents_have_another_version(tmp_path: Path) -> None:
    template = (WEB / "service-worker.js").read_bytes()
    stamped = []
    for text in ("one", "two", "one"):
        (tmp_path / "page.txt").write_text(text)
        (tmp_path / "service-worker.js").write_bytes(template)
        seal(tmp_path)
        stamped.append((tmp_path / "service-worker.js").read_bytes())
    assert stamped[0] == stamped[2] != stamped[1]


def integrity(data: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(data).digest()).decode()}"


def test_the_page_has_the_hash_of_all_that_it_is_made_of(site: dict[str, bytes]) -> None:
    page = site["index.html"].decode()
    (text,) = re.findall(r'<script type="importmap">(.*?)</script>', page)
    hashes = json.loads(text)["integrity"]
    assert hashes == {
        f"./{name}": integrity(data)
        for name, data in site.items()
        if re.search(r"\.(css|js|json|mjs|txt|wasm|zip)$", name)
        and name not in ("manifest.json", "service-worker.js")
    }
    named = re.findall(r'<(?:script|link rel="stylesheet")[^>]* (?:src|href)="([^"]*)"(.*?)>', page)
    assert len(named) > 10
    for path, rest in named:
        assert f'integrity="{hashes[f"./{path}"]}"' in rest, path


def test_the_policy_lets_that_list_be_and_evaluates_nothing(site: dict[str, bytes]) -> None:
    page = site["index.html"].decode()
    (policy,) = re.findall(r'content="(default-src[^"]*)"', page)
    (text,) = re.findall(r'<script type="importmap">(.*?)</script>', page)
    assert policy == (
        f"default-src 'self'; script-src 'self' blob: 'wasm-unsafe-eval' "
        f"'{integrity(text.encode())}'; worker-src 'self' blob:; img-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'none'"
    )


def test_a_service_worker_without_a_place_for_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "service-worker.js").write_text('const VERSION = "already";')
    with pytest.raises(BuildError, match="no place for"):
        seal(tmp_path)
