"""The algorithm's own text: its files as they are, and what Python says of a changed one.

Nothing that is given is run here. Not about running it: see `changed`.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path

from microgpt import gpt
from microgpt.session.reports import SourceFile, SourceProblem

# In the order in which gpt/ says that it is best read.
FILES = (
    *("autograd.py", "model.py", "optimizer.py", "training.py", "sampling.py", "program.py"),
    *("corpus.py", "hyperparameters.py", "random_streams.py"),
)
# In a browser, Python has room for expressions some thousand deep, and to go beyond ends it.
DEEPEST = 500
# Every scope is compiled with all names around it: the product of both is what takes time.
MOST_NAMES = 2_000_000  # about a second in a browser; the algorithm's files have some 10,000
_NESTING = {"lambda", "for"}  # what they begin goes on behind a comma
_SCOPES = {"def", "class", "lambda", "for", "type"}
SILENT = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    tokenize.ENDMARKER,
}


def sources() -> list[SourceFile]:
    """The files of gpt/ as the package has them, whatever is in use instead."""
    folder = Path(gpt.__file__).parent
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in FILES}
    return [
        {"name": name, "about": _about(text), "text": text, "lines": lines_of_code(text)}
        for name, text in texts.items()
    ]


def check_source(name: str, text: str) -> SourceProblem | None:
    """What Python's compiler has against a text, or nothing. The text is compiled, never run.

    Args:
        name: of the file, for the message.
        text: of the whole file.
    """
    if line := _too_deep(text):
        return _problem("This nests too deeply to be checked, or to run in a browser.", line)
    if line := _too_many(text):
        return _problem("These are too many functions and names to be checked at once.", line)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        return _problem(_sentence(error.msg), error.lineno or 1, error.offset or 0)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        return _problem("This line has half a character in it.", line)
    except (ValueError, MemoryError, RecursionError, OverflowError) as error:
        return _problem(_sentence(str(error)), 1)
    return None


def lines_of_code(text: str) -> int:
    """How many lines there are besides blank lines, comments and docstrings."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SILENT:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def _about(text: str) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


def _problem(message: str, line: int, column: int = 0) -> SourceProblem:
    return {"line": line, "column": column, "message": message}


def _sentence(message: str) -> str:
    """What Python says, as the page says things: "Invalid syntax."."""
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."


def _too_deep(text: str) -> int:
    """The line at which a text could nest deeper than there is room for, or 0."""
    branches = 0  # each elif is within the one before
    # At each open bracket, what could be within each other since the last comma, and whatever
    # comma there is.
    levels = [0]
    lasting = [0]
    for token in _tokens(text):
        if token.type == tokenize.NEWLINE:
            levels, lasting = [0], [0]
        elif token.string == ",":
            levels[-1] = 0
        elif token.type == tokenize.OP and token.string in "([{":
            levels.append(1)
            lasting.append(0)
        elif token.type == tokenize.OP and token.string in ")]}" and len(levels) > 1:
            levels.pop()
            lasting.pop()
            levels[-1] += 1
        elif token.type not in SILENT:
            levels[-1] += 1
            lasting[-1] += token.string in _NESTING
            branches += token.string == "elif"
        if sum(levels) + sum(lasting) + branches > DEEPEST:
            return token.start[0]
    return 0


def _too_many(text: str) -> int:
    """The line at which a text has more scopes and names than can be told apart quickly, or 0."""
    scopes = brackets = 0
    names: set[str] = set()
    for token in _tokens(text):
        if token.type == tokenize.NAME:
            names.add(token.string)
            scopes += token.string in _SCOPES
        elif token.type == tokenize.OP:
            brackets += (token.string in "([{") - (token.string in ")]}")
            scopes += token.string == ":" and brackets > 0  # what a parameter of a type is
        if scopes * len(names) > MOST_NAMES:
            return token.start[0]
    return 0


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """As far as there are any: what is wrong with the rest, the compiler says."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError, UnicodeEncodeError):
        return
