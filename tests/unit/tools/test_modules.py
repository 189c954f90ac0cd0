"""Modules of npm packages for a browser: their imports, their comments, their licences."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools.modules import FOLDERS, MODULES, for_browsers, package, without_comments
from tools.places import NODE_MODULES
from tools.processes import BuildError

TABLE = {
    "@scope/one/dist/index.js": "editor/one.js",
    "two/index.js": "editor/two.js",
    "two/lib/more.js": "editor/more.js",
    "three/src/three.js": "other/three.js",
}


@pytest.mark.parametrize(
    ("module", "code", "expected"),
    [
        ("three/src/three.js", "import { a } from '@scope/one';", "../editor/one.js"),
        ("@scope/one/dist/index.js", 'import three, {b as c} from"three"\n', "../other/three.js"),
        ("@scope/one/dist/index.js", "import {\n  a,\n} from 'three';\n", "../other/three.js"),
        ("@scope/one/dist/index.js", "export { a } from 'three';", "../other/three.js"),
        ("@scope/one/dist/index.js", "export * from 'three';", "../other/three.js"),
        ("@scope/one/dist/index.js", "import 'three';", "../other/three.js"),
        ("two/index.js", "import * as more from './lib/more.js';", "./more.js"),
        ("two/lib/more.js", "import { three } from 'three'", "../other/three.js"),
    ],
)
def test_an_import_gets_a_relative_address(module: str, code: str, expected: str) -> None:
    written = for_browsers(code, module, TABLE)
    assert re.findall(r"""["']([^"']+)["']""", written) == [expected]
    assert re.sub(r"""["'].*["']""", "", written) == re.sub(r"""["'].*["']""", "", code)


def test_only_imports_are_changed() -> None:
    code = "\n".join(
        [
            "import { a } from 'three';",
            "const words = [\"import 'three'\", 'export from', `from 'three'`];",
            "export const from = 'three';",
            "export { a, words };",
            "export default function () { return 'three'; }",
        ]
    )
    written = for_browsers(code, "@scope/one/dist/index.js", TABLE)
    first, *rest = written.split("\n")
    assert first == "import { a } from '../other/three.js';"
    assert rest == code.split("\n")[1:]


@pytest.mark.parametrize(
    "code",
    [
        "import { a } from 'unknown';",
        "import { a } from '@scope/other';",
        "import { a } from 'three/src/other.js';",
        "import { a } from 'two';",  # it has two modules, and none is named
        "import { a } from './missing.js';",
        "import { a } from '../../../outside.js';",
        "import 'https://example.org/a.js';",
        "const a = await import('three');",
        "const a = require('three');",
        "a(); import { b } from 'three';",
    ],
)
def test_an_import_that_is_not_known_is_refused(code: str) -> None:
    with pytest.raises(BuildError):
        for_browsers(code, "@scope/one/dist/index.js", TABLE)


def test_comments_on_lines_of_their_own_go_and_nothing_else() -> None:
    kept = [
        "const a = 1; // behind code, with a ` in it",
        "const b = /* within */ 2;",
        'const c = "\\"// no comment";',
        "const d = `",
        "// a line of a text",
        "/* and another */ ${a}",
        "`;",
        "const e = 'it`s'; const f = `}`;",
        "export { a, b };",
    ]
    comments = ["/**", "Several lines: `a` isn't code.", "    */", "  // one line", "/* all */"]
    code = "\n".join([*comments, *kept[:3], *comments, *kept[3:], *comments, ""])
    assert without_comments(code) == "\n".join([*kept, ""])


def test_every_module_is_its_packages_own_entry() -> None:
    for module in MODULES:
        name = package(module)
        if name == "diff":
            continue  # of which only one difference is needed, and no other module imports it
        described = json.loads((NODE_MODULES / name / "package.json").read_text())
        entry = described["exports"]["import"] if "exports" in described else described["module"]
        assert f"{name}/{entry.removeprefix('./')}" == module


def test_what_is_pinned_is_what_is_published() -> None:
    """Exact versions, and no package of the editor's that the table forgets."""
    pins: dict[str, str] = json.loads((NODE_MODULES.parent / "package.json").read_text())[
        "dependencies"
    ]
    known = {package(module) for module in MODULES}
    assert {name for name in pins if name.startswith(("@", "diff"))} <= known
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins.values())


def test_licences_are_beside_the_modules(site: dict[str, bytes]) -> None:
    for folder in FOLDERS:
        text = site[f"{folder}/LICENSE"].decode()
        for module, path in MODULES.items():
            if path.startswith(f"{folder}/"):
                assert package(module) in text
                own = Path(NODE_MODULES / package(module) / "LICENSE").read_text()
                assert own.strip() in text
