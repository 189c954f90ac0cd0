"""Modules of npm packages as a browser loads them, without a bundler.

They import each other by the names of their packages, which only Node can find: here they
get relative addresses, and lose the comments, a quarter of what a visitor would load.
Not about packages whose module needs nothing of another one: `assemble` copies those.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

from tools.places import NODE_MODULES
from tools.processes import BuildError

# Where each lies in node_modules and in the site.
MODULES = {
    "@codemirror/autocomplete/dist/index.js": "codemirror/autocomplete.js",
    "@codemirror/commands/dist/index.js": "codemirror/commands.js",
    "@codemirror/lang-python/dist/index.js": "codemirror/lang-python.js",
    "@codemirror/language/dist/index.js": "codemirror/language.js",
    "@codemirror/lint/dist/index.js": "codemirror/lint.js",
    "@codemirror/search/dist/index.js": "codemirror/search.js",
    "@codemirror/state/dist/index.js": "codemirror/state.js",
    "@codemirror/streamparser/dist/index.js": "codemirror/streamparser.js",
    "@codemirror/view/dist/index.js": "codemirror/view.js",
    "@lezer/common/dist/index.js": "codemirror/lezer-common.js",
    "@lezer/highlight/dist/index.js": "codemirror/lezer-highlight.js",
    "@lezer/lr/dist/index.js": "codemirror/lezer-lr.js",
    "@lezer/python/dist/index.js": "codemirror/lezer-python.js",
    "@marijn/find-cluster-break/src/index.js": "codemirror/find-cluster-break.js",
    "crelt/index.js": "codemirror/crelt.js",
    "style-mod/src/style-mod.js": "codemirror/style-mod.js",
    "uplot/dist/uPlot.esm.js": "uplot/uPlot.esm.js",
    "w3c-keyname/index.js": "codemirror/w3c-keyname.js",
    "diff/libesm/diff/base.js": "diff/base.js",
    "diff/libesm/diff/line.js": "diff/line.js",
    "diff/libesm/util/params.js": "diff/params.js",
}
FOLDERS = sorted({path.split("/")[0] for path in MODULES.values()})

IMPORT = re.compile(r"""(^(?:import|export)\b(?:[^'";]*?\bfrom)?\s*)(['"])([^'"\n]+)\2""", re.M)
# What no whole statement at the beginning of a line is.
HIDDEN_IMPORT = re.compile(r"""\bimport\s*\(|\brequire\s*\(|;[ \t]*(?:import|export)\b[^;]*['"]""")
# A comment on lines of its own; or what can hold what looks like one: strings, other comments.
PIECE = re.compile(
    r"""(?P<comment>^[ \t]*(?:/\*(?:(?!\*/).)*\*/[ \t]*|//[^\n]*)\n)"""
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|//[^\n]*|/\*(?:(?!\*/).)*\*/""",
    re.M | re.S,
)


def add(site: Path) -> None:
    """Write every module into the site, and beside them the licences of their packages."""
    licences: dict[str, dict[str, list[str]]] = {}
    for module, path in MODULES.items():
        code = (NODE_MODULES / module).read_text(encoding="utf-8")
        target = site / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(for_browsers(code, module), encoding="utf-8", newline="\n")
        licence = (NODE_MODULES / package(module) / "LICENSE").read_text(encoding="utf-8")
        names = licences.setdefault(path.split("/")[0], {}).setdefault(licence.strip(), [])
        if package(module) not in names:
            names.append(package(module))
    for folder, texts in licences.items():
        parts = [f"{', '.join(names)}:\n\n{text}\n" for text, names in texts.items()]
        (site / folder / "LICENSE").write_text("\n\n".join(parts), encoding="utf-8", newline="\n")


def package(module: str) -> str:
    """The name of a module's package: its path's first part, or two with a scope."""
    parts = module.split("/")
    return "/".join(parts[: 2 if module.startswith("@") else 1])


def for_browsers(code: str, module: str, modules: Mapping[str, str] = MODULES) -> str:
    """A module's code without comments and with relative addresses in its imports.

    Args:
        code: of the module, as the package has it.
        module: its path in node_modules.
        modules: where each module lies in node_modules, and in the site.

    Raises:
        BuildError: it imports what isn't in the table, or in a way that isn't seen here.
    """
    code = without_comments(code)
    if hidden := HIDDEN_IMPORT.search(code):
        raise BuildError(f"{module} may import in a way that isn't known: {hidden[0]}")
    folder = posixpath.dirname(modules[module])

    def rewritten(match: re.Match[str]) -> str:
        statement, quote, name = match.groups()
        imported = modules[resolved(name, module, modules)]
        address = posixpath.relpath(imported, folder)
        return f"{statement}{quote}{address if address.startswith('.') else f'./{address}'}{quote}"

    return IMPORT.sub(rewritten, code)


def resolved(name: str, module: str, modules: Mapping[str, str]) -> str:
    """The path in node_modules of what a module names in an import."""
    if name.startswith("."):
        found = [posixpath.normpath(posixpath.join(posixpath.dirname(module), name))]
    else:
        found = [each for each in modules if package(each) == name]
    if len(found) != 1 or found[0] not in modules:
        raise BuildError(f"{module} imports {name}, which isn't among tools/modules.py's MODULES.")
    return found[0]


def without_comments(code: str) -> str:
    """Code without the comments that have lines of their own."""
    return PIECE.sub(lambda piece: "" if piece["comment"] else piece[0], code)


def with_blank_comments(code: str) -> str:
    """Our own code likewise, in which every line keeps its number: errors name it."""
    return PIECE.sub(
        lambda piece: "\n" * piece[0].count("\n") if piece["comment"] else piece[0], code
    )
