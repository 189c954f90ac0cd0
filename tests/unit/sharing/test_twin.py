"""The twin: a file on its own that gives a run's losses and samples to the last digit."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from microgpt import Session
from microgpt.errors import SessionError
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.sharing import checkpoint
from microgpt.sharing.twin import twin

TEXT = "anna\nbella\nanna\ncarla\nella\n"
SMALL = {"n_embd": 4, "n_head": 2, "steps": 12, "block_size": 8}
# Quotes, backslashes, what looks like code, bidirectional marks, and lines that Python could split.
HOSTILE = "\n".join(
    [
        "'''",
        '"""',
        "\\",
        "\\'''",
        "''' + __import__('os').abort() + '''",
        "ends with a quote'",
        "\\N{BULLET} \\x41 {name} %s",
        "# coding: latin-1",
        "a\u2028b\x85c\x0cd\x0be\tf\u00a0g",
        "\u202eabc\u2066\ufeff\U000e0001",
        "日本語 ελληνικά עברית 👩‍👩‍👧 é e\u0301",
        "\uffff\U0010ffff\ue000",
    ]
)


def trained(text: str, name: str = "a.txt", until: int | None = None, **options: object) -> Session:
    session = Session()
    session.load(text.encode(), name)
    session.start({**SMALL, **options})
    session.advance(1e9, until)
    return session


def output(program: str, folder: Path) -> tuple[list[float], list[str]]:
    """What a twin prints, where there is nothing but it and Python: losses, samples."""
    path = folder / "twin.py"
    path.write_text(program, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", path.name],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr.decode()
    shown = result.stdout.decode()
    # Samples can have what splitlines() splits at.
    losses, samples = shown.split("\n\n--- inference (new, hallucinated names) ---\n")
    return (
        [float(loss) for loss in re.findall(r"\| loss (\S+)", losses)],
        [sample for _, sample in re.findall(r"(?m)^sample ( ?\d+): (.*)$", samples)],
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"random_stream": "xorshift", "seed": 7},
        {"batch_size": 2, "holdout": 0.4},
        {"n_layer": 2, "learning_rate": 0.05, "epsilon": 1e-5},
        {"until": 5},
        {"text": HOSTILE, "name": "'''\"\"\"\n\\ coding: latin-1", "n_embd": 2},
        {"text": HOSTILE, "random_stream": "xorshift", "block_size": 32},
    ],
    ids=str,
)
def test_it_gives_the_runs_losses_and_samples(options: dict[str, object], tmp_path: Path) -> None:
    session = trained(**{"text": TEXT, **options})  # type: ignore[arg-type]
    losses, samples = output(session.twin(), tmp_path)
    _, run = checkpoint.read(session.save_run(), "run")
    assert run
    assert losses == list(run.state.losses)
    assert samples == [sample["text"] for sample in session.sample(original=True)]


def test_it_is_one_readable_file(first_names: Corpus) -> None:
    program = twin(Hyperparameters(), "first-names.txt", first_names.documents, 1000)
    tree = ast.parse(program)
    compile(program, "twin.py", "exec")
    assert not re.search(r"^\s*(import|from) +\.?microgpt", program, re.MULTILINE)
    lines = program.split("\n")
    assert max(map(len, lines)) <= 110
    assert "\n".join(first_names.documents) in program, "a plain text stands there as it is"
    assert len(lines) - len(first_names.documents) < 900
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert len(defined) == len(set(defined))
    for word in ("XorshiftStream", "compiled", "_problem", "noqa", "session", "__post_init__"):
        assert word not in program, "nothing that it doesn't need"
    assert "class XorshiftStream" in twin(Hyperparameters(random_stream="xorshift"), "a", ["a"], 1)


def test_every_name_in_it_is_defined_in_it(tmp_path: Path) -> None:
    (tmp_path / "twin.py").write_text(twin(Hyperparameters(), "a", ["ab", "b"], 3), "utf-8")
    ruff = str(Path(sys.executable).with_name("ruff"))
    command = [ruff, "check", "--isolated", "--select", "F", str(tmp_path)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


@settings(max_examples=settings().max_examples // 5, deadline=None)
@example("\"'", ["a"])
@given(st.text(st.characters(), max_size=20), st.lists(st.text(min_size=1, max_size=9), min_size=1))
def test_text_stays_text(name: str, documents: list[str]) -> None:
    kept = [document.replace("\n", " ").replace("\r", " ") for document in documents]
    tree = ast.parse(twin(Hyperparameters(), name, kept, 1).encode())
    [text] = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TEXT"
    )
    assert text.split("\n") == kept
    call = tree.body[-1]
    assert isinstance(call, ast.If)
    assert isinstance(call.body[0], ast.Expr)
    assert isinstance(call.body[0].value, ast.Call)
    assert ast.literal_eval(call.body[0].value.args[0]) == name
    assert isinstance(tree.body[-2], ast.Assign)
    assert isinstance(tree.body[-3], ast.FunctionDef), "nothing between the program and the text"


def test_a_run_that_was_saved_has_one_and_what_has_no_text_has_none() -> None:
    with pytest.raises(SessionError, match="no model yet"):
        Session().twin()
    first = trained(TEXT)
    again = Session()
    again.open_file(first.save_run(), "run.safetensors")
    assert again.twin() == first.twin()
    again.open_file(first.save_model(), "model.safetensors")
    with pytest.raises(SessionError, match="the text that it learned from isn't here"):
        again.twin()
    again.load(TEXT.encode(), "")
    again.start(SMALL, from_opened=True)
    with pytest.raises(SessionError, match=r"weights of another model \(a\.txt\)"):
        again.twin()
    saved = Session()
    saved.open_file(again.save_run(), "run.safetensors")
    with pytest.raises(SessionError, match="weights of another model"):
        saved.twin()
