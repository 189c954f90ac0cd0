"""The twin of a run: one Python file that trains the same model and needs nothing else.

It is made of the algorithm's own sources (`gpt`): those definitions and methods that
`gpt.program` needs, line by line as they are there, then the text. Not about
running it: here it is only source code.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from importlib import resources

from microgpt import gpt
from microgpt.errors import ChangeError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.settings import table
from microgpt.sharing import difference
from microgpt.texts import counted

# Of the algorithm, in an order in which they can be read, and executed.
_MODULES = (
    "hyperparameters",
    "random_streams",
    "corpus",
    "autograd",
    "model",
    "optimizer",
    "sampling",
    "training",
    "program",
)
_CUT = {"hyperparameters", "random_streams"}  # what isn't this run's
_WIDTH = 96  # of a comment
_HEADER = '''"""A GPT, and its training from the first step on, in one file: python3 twin.py

Needs Python 3.11 or later and nothing else. Prints the loss of every step, and
then new documents like those that it learned from; the same ones every time. It
learns from the text at the end of this file:

    {name}: {documents}, {steps}

Made by microgpt from its own sources, in this order:
{sections}.
{changed}"""

from __future__ import annotations

'''
_CHANGED = """
This is not the algorithm as microgpt has it. Somebody has changed {files}:
read it before you run it.
"""


def twin(hyperparameters: Hyperparameters, name: str, documents: Sequence[str], steps: int) -> str:
    """The program that repeats a run, with the scalar engine's numbers.

    Args:
        hyperparameters: of the run.
        name: of its text.
        documents: its text, in the order before the shuffle.
        steps: how many it has taken.

    Raises:
        ChangeError: it was made by changed code that doesn't go into one file.
    """
    code = difference.in_use()
    changed = {file.removesuffix(".py") for file in code}
    modules = [_Module(each, _source(each, hyperparameters, code)) for each in _MODULES]
    # What is changed may be used in ways that can't be seen.
    kept = _needed(modules, changed - _CUT)
    if code:
        _check_names(modules, kept)
    modules = [module for module in modules if not kept.isdisjoint(module.parts)]
    known = {module.name for module in modules}.union(*(part.uses for part in kept))
    sections = [_section(module, kept, known) for module in modules]
    planned = hyperparameters.steps
    header = _HEADER.format(
        name=_escaped(name).replace('"', '\\"'),
        documents=counted(len(documents), "document"),
        steps=f"{steps:,} of {counted(planned, 'step')}"
        if steps < planned
        else counted(steps, "step"),
        sections=textwrap.fill(", ".join(module.name for module in modules), 80),
        changed=_CHANGED.format(files=", ".join(f"{name}.py" for name in sorted(changed)))
        if changed
        else "",
    )
    text = "\n".join(map(_escaped, documents))
    return (
        header
        + "\n\n\n".join(["\n".join(_imports(modules, kept)), *sections])
        + "\n\n\n# --- the text, a document a line "
        + f"{'-' * 50}\n\nTEXT = '''\\\n{text}'''\n\n"
        + f'if __name__ == "__main__":\n    main({name!r}, TEXT, steps={steps})\n'
    )


def _escaped(text: str) -> str:
    """A text as it can stand between three single quotes, whatever is in it."""
    return repr("\"'" + text)[4:-1]  # with both kinds in it, repr escapes every single one


def _literal(value: object) -> str:
    """A value as this package's sources write it."""
    return f'"{value}"' if isinstance(value, str) and value.isidentifier() else repr(value)


# --- what the run decides: settings, and which random numbers ------------------------------


def _source(name: str, hyperparameters: Hyperparameters, code: Mapping[str, str]) -> str:
    """A module's source, with the run's settings instead of the table of all possible ones."""
    file = resources.files(gpt).joinpath(f"{name}.py")
    source = code.get(f"{name}.py") or file.read_text(encoding="utf-8")
    if name == "hyperparameters":
        return _with_settings(source, hyperparameters)
    if name == "random_streams" and f"{name}.py" not in code:
        return _with_one_stream(source, hyperparameters.random_stream)
    return source


def _with_settings(source: str, hyperparameters: Hyperparameters) -> str:
    """Without ranges: each field with its value as its default."""
    tree = ast.parse(source)
    settings = next(
        (node for node in tree.body if getattr(node, "name", "") == "Hyperparameters"), None
    )
    documented = isinstance(settings, ast.ClassDef) and ast.get_docstring(settings)
    if not isinstance(settings, ast.ClassDef) or not documented or not ast.get_docstring(tree):
        raise ChangeError(
            "No program can be made of this run: the changed hyperparameters.py has no class "
            "Hyperparameters, or lacks a docstring. Save the run instead."
        )
    help_ = {entry["name"]: entry["help"] for entry in table()}
    changes: list[tuple[ast.stmt, str]] = [
        (tree.body[0], '"""The settings of this run."""'),
        (settings.body[0], '    """What decides how the run goes."""'),
    ]
    for node in settings.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
            line = f"    {name}: {ast.unparse(node.annotation)} = "
            line += f"{_literal(getattr(hyperparameters, name))}  # {help_[name]}"
            changes.append((node, line))
    return _changed(source, changes)


def _with_one_stream(source: str, chosen: str) -> str:
    """With one row in the table of random streams."""
    tree = ast.parse(source)
    [streams] = (node for node in tree.body if isinstance(node, ast.AnnAssign))
    assert isinstance(streams.value, ast.Dict)
    rows = {
        ast.literal_eval(key): ast.unparse(value)
        for key, value in zip(streams.value.keys, streams.value.values, strict=True)
        if key is not None
    }
    row = f'{{"{chosen}": {rows[chosen]}}}'
    name, annotation = ast.unparse(streams.target), ast.unparse(streams.annotation)
    return _changed(source, [(streams, f"{name}: {annotation} = {row}")])


def _changed(source: str, changes: Iterable[tuple[ast.stmt, str]]) -> str:
    """A source with one other line instead of each of these statements."""
    lines = _source_lines(source)
    for node, text in sorted(changes, key=lambda change: -change[0].lineno):
        lines[node.lineno - 1 : node.end_lineno] = [text]
    return "\n".join(lines)


def _source_lines(source: str) -> list[str]:
    """As Python counts them."""
    return re.split("\r\n|[\r\n]", source)


# --- what is needed of each module ---------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """A definition: a method, or what stands at the top of a module, without its methods.

    Attributes:
        name: that it defines.
        owner: the class of a method, else "".
        first: its first line, counted from 0, with the comment above it.
        end: the line after its last.
        uses: all names in it; those of attributes have a dot before them.
    """

    name: str
    owner: str
    first: int
    end: int
    uses: frozenset[str]


class _Module:
    """A module's source, taken apart.

    Attributes:
        docstring: what it is about.
        lines: of its source.
        imports: of other packages: the statements.
        parts: in their order; methods follow their class.
    """

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.lines = _source_lines(source)
        tree = ast.parse(source)
        self.docstring = ast.get_docstring(tree) or ""
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.parts: list[_Part] = []
        for node in tree.body[1:] if self.docstring else tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._check_import(node)
                self.imports.append(node)
            else:
                self.parts += self._parts(node)

    def _check_import(self, node: ast.Import | ast.ImportFrom) -> None:
        module, level = (
            (node.module or "", node.level) if isinstance(node, ast.ImportFrom) else ("", 0)
        )
        ours = module.startswith("microgpt.gpt.") and not level
        theirs = not ours and (level or "microgpt" in ast.unparse(node))
        if theirs or any(alias.asname or "." in alias.name for alias in node.names):
            raise _no_twin(self.name, node.lineno, "another kind of import than the rest")

    def _parts(self, node: ast.stmt) -> Iterator[_Part]:
        methods = _methods(node)
        uses = _uses(node) if not methods else _uses_without(node, methods)
        yield self._part(node, "", uses)
        for method in methods:
            assert isinstance(node, ast.ClassDef)
            yield self._part(method, node.name, _uses(method))

    def _part(self, node: ast.stmt, owner: str, uses: frozenset[str]) -> _Part:
        decorators = getattr(node, "decorator_list", [])
        first = min(each.lineno for each in [node, *decorators]) - 1
        while first and self.lines[first - 1].lstrip().startswith("#"):
            first -= 1
        assert node.end_lineno is not None
        name = _defined(node)
        if name is None:
            raise _no_twin(self.name, node.lineno, "more than imports, names and definitions")
        return _Part(name, owner, first, node.end_lineno, uses)


def _no_twin(module: str, line: int, what: str) -> ChangeError:
    return ChangeError(
        f"No program can be made of this run: line {line:,} of the changed {module}.py has {what} "
        "at the top of the module, so it doesn't go into one file. Save the run instead."
    )


def _defined(node: ast.stmt) -> str | None:
    """The name that a statement defines, if it defines one."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else None


def _methods(node: ast.stmt) -> list[ast.FunctionDef]:
    """Those of a class that can be left out: Python itself calls the others."""
    if not isinstance(node, ast.ClassDef):
        return []
    functions = [each for each in node.body if isinstance(each, ast.FunctionDef)]
    return [each for each in functions if not each.name.endswith("__")]


def _uses(node: ast.AST) -> frozenset[str]:
    return frozenset(
        each.id if isinstance(each, ast.Name) else f".{each.attr}"
        for each in ast.walk(node)
        if isinstance(each, ast.Name | ast.Attribute)
    )


def _uses_without(node: ast.stmt, methods: Sequence[ast.AST]) -> frozenset[str]:
    children = (each for each in ast.iter_child_nodes(node) if each not in methods)
    return frozenset().union(*map(_uses, children))


def _needed(modules: Sequence[_Module], whole: Set[str]) -> set[_Part]:
    """The main part, some modules as a whole, what that uses, what this uses, and so on.

    Names alone decide, so that more may be kept than is needed, and never less.
    """
    parts = [part for module in modules for part in module.parts]
    kept: set[_Part] = set()
    more = {part for each in modules if each.name in whole for part in each.parts}
    more |= set(modules[-1].parts)
    while more:
        kept |= more
        used = frozenset().union(*(part.uses for part in kept))
        classes = {part.name for part in kept if not part.owner}
        more = {
            part
            for part in parts
            if (f".{part.name}" in used and part.owner in classes)
            or (not part.owner and part.name in used)
        } - kept
    return kept


def _check_names(modules: Sequence[_Module], kept: set[_Part]) -> None:
    """Refuse a name that two modules have for different things."""
    whose: dict[str, str] = {}
    for module in modules:
        for name in {part.name for part in module.parts if part in kept and not part.owner}:
            if whose.setdefault(name, module.name) != module.name:
                raise ChangeError(
                    f"No program can be made of this run: {whose[name]}.py and {module.name}.py "
                    f"both define {name}, so they don't go into one file. Give one of them "
                    "another name and train again, or save the run instead."
                )


# --- putting it together -------------------------------------------------------------------


def _imports(modules: Sequence[_Module], kept: set[_Part]) -> Iterator[str]:
    """The statements that bring what is needed of the standard library."""
    whole: set[str] = set()
    names: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        used = frozenset().union(*(part.uses for part in module.parts if part in kept))
        for node in module.imports:
            found = {alias.name for alias in node.names} & used
            if isinstance(node, ast.Import):
                whole |= found
            elif found and node.module and node.module.partition(".")[0] != "microgpt":
                names[node.module] |= found
    yield from (f"import {name}" for name in sorted(whole))
    yield from (
        f"from {source} import {', '.join(sorted(names[source]))}" for source in sorted(names)
    )


def _section(module: _Module, kept: set[_Part], known: set[str]) -> str:
    """What is kept of a module, under its name and what it is about."""
    title = f"# --- {module.name} "
    text = title + "-" * (_WIDTH - len(title)) + "\n" + _comment(module.docstring, known)
    one_line_before = False
    for part in module.parts:
        if part in kept and not part.owner:
            left_out = [
                each for each in module.parts if each.owner == part.name and each not in kept
            ]
            lines = _lines(module.lines, part, left_out)
            one_line = len(lines) == 1
            text += "\n" if one_line and one_line_before else "\n\n\n"
            text += "\n".join(lines)
            one_line_before = one_line
    return text


def _comment(docstring: str, known: set[str]) -> str:
    """A module's docstring as a comment, without sentences about what isn't in the twin."""
    paragraphs = []
    for paragraph in docstring.split("\n\n"):
        sentences = re.split(r"(?<=\.)\s+", paragraph)
        told = [
            sentence
            for sentence in sentences
            if all(word in known or f".{word}" in known for word in _quoted(sentence))
        ]
        if told:
            paragraphs.append(textwrap.wrap(" ".join(told), _WIDTH - 2))
    lines = (line for paragraph in paragraphs for line in ["", *paragraph])
    return "\n".join(f"# {line}".rstrip() for line in lines)


def _quoted(sentence: str) -> list[str]:
    return re.findall(r"`(\w+)", sentence)


def _lines(source: list[str], part: _Part, left_out: Iterable[_Part]) -> list[str]:
    """A part's lines, without those of some methods and the blank line before each."""
    gone = {line for each in left_out for line in range(each.first - 1, each.end)}
    lines = [source[line] for line in range(part.first, part.end) if line not in gone]
    return [re.sub(r"  # noqa: .*", "", line) for line in lines]
