"""Each card of changes does what it says, and so do further edits, with the scalar engine."""

from __future__ import annotations

import io
import math
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from itertools import permutations
from typing import Any

import pytest

from changing import CARDS, FURTHER, ORIGINALS, Package, changed_code, sources
from microgpt.changes import apply
from microgpt.errors import ChangeError
from runs import NAMES

# More weights than 4,192, with the default settings and 27 tokens.
WEIGHTS = {
    "gelu": 0,
    "squared-relu": 0,
    "tanh": 0,
    "no-positions": -16 * 16,
    "no-attention": -4 * 16 * 16,
    "no-mlp": -8 * 16 * 16,
    "two-attentions": 4 * 16 * 16,
    "tied-embeddings": -27 * 16,
    "layernorm": 0,
    "learned-gains": 2 * 16,
    "sgd": 0,
    "label-smoothing": 0,
} | {name: edit["weights"] for name, edit in FURTHER.items()}
TRAINING = [*CARDS, *(name for name, edit in FURTHER.items() if edit["outcome"] == "trains")]
DOCUMENTS = NAMES.decode().split()
LETTERS = "".join(sorted(set("".join(DOCUMENTS))))
STEPS = 60
ORIGINAL: list[float] = []  # losses, once for all tests


def trained(
    package: Package, steps: int = STEPS, make: Callable[..., Any] | None = None
) -> list[float]:
    """The losses of a small model, with whatever code there is."""
    settings: dict[str, Any] = {"n_embd": 4, "n_head": 2, "block_size": 8, "steps": STEPS}
    vocabulary = package["gpt.corpus"].Vocabulary(LETTERS)
    h = package["gpt.hyperparameters"].Hyperparameters(**settings)
    stream = package["gpt.random_streams"].PythonStream(1)
    engine = (make or package["engines.scalar"].ScalarEngine)(h, vocabulary, stream)
    return list(engine.train([DOCUMENTS[i % len(DOCUMENTS)] for i in range(steps)]))


def original() -> list[float]:
    """The same losses with the code as it is."""
    if not ORIGINAL:
        ORIGINAL.extend(trained(Package()))
    return ORIGINAL


def mean(numbers: list[float]) -> float:
    return math.fsum(numbers) / len(numbers)


@pytest.mark.parametrize("name", TRAINING)
def test_it_learns_otherwise_with_the_right_gradients_and_as_many_weights_as_it_says(
    name: str,
) -> None:
    with changed_code(sources(name)) as package, redirect_stdout(io.StringIO()) as said:
        losses = trained(package)
        check_gradients(package)
        check_weights(package, WEIGHTS[name])
    assert bool(said.getvalue()) == (name == "prints")
    assert mean(losses[-10:]) < mean(losses[:10]) - 0.1
    check_difference(name, losses)
    if name in CARDS and WEIGHTS[name]:
        count = f"{abs(WEIGHTS[name]):,} weights {'more' if WEIGHTS[name] > 0 else 'fewer'}"
        assert count in CARDS[name]["expect"]


def check_difference(name: str, losses: list[float]) -> None:
    """The losses aren't the original's where they shouldn't be."""
    same = [a == b for a, b in zip(losses, original(), strict=True)]
    if name == "prints":
        assert all(same)
    elif name == "recursion":  # the same sums in another order
        assert not all(same)
        assert losses == pytest.approx(original(), rel=1e-9)
    else:
        # SGD has taken no step yet when the first loss is known.
        assert same.index(False) == (1 if name == "sgd" else 0)
        assert losses != pytest.approx(original(), rel=1e-3)


def check_gradients(package: Package) -> None:
    """Every weight has the gradient that differences of the loss have."""
    h = package["gpt.hyperparameters"].Hyperparameters(
        n_embd=4, n_head=2, block_size=3, init_std=0.5
    )
    model = package["gpt.model"].Model(h, 3, package["gpt.random_streams"].PythonStream(2))
    document_loss = package["gpt.training"].document_loss
    tokens = [2, 0, 1, 2]
    document_loss(model, tokens).backward()
    for index, parameter in enumerate(model.parameters):
        here, step = parameter.data, 1e-5
        parameter.data = here + step
        above = document_loss(model, tokens).data
        parameter.data = here - step
        below = document_loss(model, tokens).data
        parameter.data = here
        difference = (above - below) / (2 * step)
        assert parameter.grad == pytest.approx(difference, rel=1e-5, abs=1e-8), index


def check_weights(package: Package, more: int) -> None:
    """The default model has so many more of them than the original, all in their places."""
    h = package["gpt.hyperparameters"].Hyperparameters()
    model = package["gpt.model"].Model(h, 27, package["gpt.random_streams"].PythonStream(1))
    assert len(model.parameters) == 4192 + more
    layout = package["weights"].weight_layout(h, 27)
    assert [matrix.full_name for matrix in layout.matrices] == list(model.weights)
    assert layout.size == len(model.parameters)


def test_two_cards_go_together_or_the_second_is_refused() -> None:
    refused, tried = set(), set()
    for first, second in permutations(CARDS, 2):
        try:
            texts = apply(apply(ORIGINALS, CARDS[first]["edits"]), CARDS[second]["edits"])
        except ChangeError:
            refused.add((first, second))
            continue
        if (code := "".join(texts.values())) not in tried:  # mostly the other order's
            tried.add(code)
            with changed_code(texts) as package:
                check_a_step(package)
    assert {("no-attention", "no-mlp"), ("no-mlp", "no-attention")} <= refused
    assert ("gelu", "learned-gains") not in refused
    assert len(refused) < len(tried), "most go together"


def check_a_step(package: Package) -> None:
    """One is taken, from finite gradients, and moves something."""
    h = package["gpt.hyperparameters"].Hyperparameters(n_embd=4, n_head=2, block_size=3)
    model = package["gpt.model"].Model(h, 3, package["gpt.random_streams"].PythonStream(2))
    before = [parameter.data for parameter in model.parameters]
    optimizer = package["gpt.optimizer"].Adam(model.parameters, h)
    assert package["gpt.training"].train_step(model, optimizer, [[2, 0, 1, 2]]) > 0
    assert [parameter.data for parameter in model.parameters] != before


def test_many_cards_at_once_make_a_model_that_learns() -> None:
    texts = ORIGINALS
    for name in ("gelu", "no-positions", "learned-gains", "layernorm", "label-smoothing"):
        texts = apply(texts, CARDS[name]["edits"])
    with changed_code(texts) as package:
        losses = trained(package)
    assert mean(losses[-10:]) < mean(losses[:10]) - 0.1


def test_a_further_edit_fails_as_it_says() -> None:
    with changed_code(sources("not-a-number")) as package:
        assert trained(package) == []
    with changed_code(sources("syntax-error")) as package, pytest.raises(SyntaxError) as error:
        trained(package)
    text = sources("syntax-error")["model.py"].split("\n")
    assert error.value.filename == "changed/model.py"
    assert "for value in x" in text[(error.value.lineno or 0) - 1]
    endless = sources("endless-loop")["model.py"]  # only read
    assert "while" in endless
    compile(endless, "model.py", "exec")


def test_there_are_ten_further_edits_each_with_an_outcome() -> None:
    assert len(FURTHER) == 10
    outcomes = {"trains", "diverges", "can't be read", "never ends"}
    assert {edit["outcome"] for edit in FURTHER.values()} == outcomes


# --- other rooms ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "follow"),
    [
        ("model.py", {"scalar", "traced", "traced-float32"}),
        ("optimizer.py", {"scalar", "traced", "traced-float32"}),
        ("corpus.py", {"scalar"}),
    ],
)
def test_only_engines_that_compute_what_is_changed_are_offered(file: str, follow: set[str]) -> None:
    with changed_code({file: f"{ORIGINALS[file]}\n"}) as package:
        kinds = package["engines.kinds"]
        assert {name for name, kind in kinds.ENGINES.items() if kind.knows_algorithm} == follow
        assert not [n for n, kind in kinds.ENGINES.items() if kind.available and n not in follow]
        assert kinds.fastest().name in follow
        with pytest.raises(package["errors"].EngineError) as refusal:
            kinds.find("compiled")
        assert f"computes the original {file}" in str(refusal.value)
        assert f"--engine {kinds.fastest().name}" in str(refusal.value)
    original_kinds = Package()["engines.kinds"].ENGINES.values()
    assert all(kind.knows_algorithm for kind in original_kinds)


def test_a_traceback_shows_the_lines_that_are_there_now() -> None:
    """Also where code of the same name was looked at before."""
    for number in range(2):
        text = f'"""Number {number}."""\n' + "\n" * number + "1 / 0\n"
        with changed_code({"model.py": text}) as package, pytest.raises(ZeroDivisionError) as error:
            _ = package["gpt.model"]
        [last] = traceback.extract_tb(error.value.__traceback__)[-1:]
        assert (last.filename, last.lineno, last.line) == ("changed/model.py", number + 2, "1 / 0")


def test_files_and_links_have_the_changed_matrices() -> None:
    texts = ORIGINALS
    for name in ("no-positions", "tied-embeddings", "learned-gains"):
        texts = apply(texts, CARDS[name]["edits"])
    with changed_code(texts) as package:
        new_session = package["session"].Session
        session = new_session()
        session.load(NAMES, "names.txt")
        parameters = session.start({"n_embd": 4, "n_head": 2, "steps": 3}, "scalar")["parameters"]
        session.advance(1e9)
        assert parameters == len(LETTERS) * 4 + 4 + (4 + 8) * 4 * 4 + 2 * 4
        opened, samples = new_session(), list(session.sample(3, original=True))
        opened.open_file(session.save_run(), "run")
        assert list(opened.sample(3, original=True)) == samples
        report = new_session().open_link(session.link("http://127.0.0.1/", 4000)["address"])
        assert report["parameters"] == parameters


def test_the_memory_of_a_changed_model_is_foretold() -> None:
    h = {"n_embd": 16}
    original = Package()["engines.kinds"].SCALAR.memory
    whole = original(Package()["gpt.hyperparameters"].Hyperparameters(**h), 27, 10)
    with changed_code(sources("no-mlp")) as package:
        settings = package["gpt.hyperparameters"].Hyperparameters(**h)
        assert 0 < package["engines.kinds"].SCALAR.memory(settings, 27, 10) < whole


def test_weights_that_weight_shapes_does_not_tell_of_are_refused() -> None:
    [edit] = [edit for edit in FURTHER["own-table"]["edits"] if "return shapes" in edit["before"]]
    texts = sources("own-table")
    hidden = {"model.py": texts["model.py"].replace(edit["after"], edit["before"])}
    before = "        self.parameters = [\n"
    matrix = '        self.weights["pairs"] = [[Value(0.0)] * 9 for _ in range(9)]\n'
    assert hidden["model.py"].count(before) == 1
    hidden["model.py"] = hidden["model.py"].replace(before, matrix + before)
    with changed_code(hidden) as package:
        refusal = package["errors"].EngineError
        with pytest.raises(refusal, match="weight_shapes tells of"):
            trained(package)


def test_a_matrix_of_any_name_has_its_place() -> None:
    line = '        "wte": (vocabulary_size, width),\n'
    texts = {
        "model.py": ORIGINALS["model.py"].replace(line, f'{line}        "norm.gain": (1, 3),\n')
    }
    with changed_code(texts) as package:
        h = package["gpt.hyperparameters"].Hyperparameters()
        matrix = package["weights"].weight_layout(h, 27).matrices[1]
    assert (matrix.full_name, matrix.layer, matrix.shape) == ("norm.gain", None, (1, 3))
