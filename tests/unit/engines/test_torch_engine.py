"""The torch engine against the scalar one, which is the definition of what is right."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from array import array
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from microgpt import Session
from microgpt.engines import host, machines
from microgpt.engines.engine import Engine
from microgpt.engines.kinds import ENGINES
from microgpt.errors import DivergedError, EngineError
from microgpt.gpt.corpus import Corpus, Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RANDOM_STREAMS, PythonStream
from microgpt.settings import from_mapping
from microgpt.texts import read
from microgpt.weights import weight_layout
from runs import NAMES as NAMES_TEXT
from runs import losses, new_run, trained

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(not machines.available(), reason="torch is not installed"),
]

NAMES = os.environ.get("MICROGPT_NAMES")
LETTERS = Vocabulary("abcde")
LINES = st.text("abcde", max_size=9)


def engine(kind: str, h: Hyperparameters) -> Engine:
    return ENGINES[kind].make(h, LETTERS, PythonStream(3))


@st.composite
def shapes(draw: st.DrawFn) -> Hyperparameters:
    heads = draw(st.integers(1, 4))
    return Hyperparameters(
        n_layer=draw(st.integers(1, 3)),
        n_embd=heads * draw(st.sampled_from([1, 2, 3, 4, 7])),
        n_head=heads,
        block_size=draw(st.integers(1, 12)),
        init_std=0.3,
    )


# --- training ------------------------------------------------------------------------------


@pytest.mark.skipif(not host.available(), reason="the scalar engine would take minutes")
def test_a_thousand_losses_and_twenty_samples(first_names: Corpus) -> None:
    """Those of the default run, by the compiled engine, which others hold to the scalar one."""
    found, expected = (new_run(first_names, Hyperparameters(), k) for k in ("torch", "compiled"))
    found.train(1000)
    expected.train(1000)
    assert max(abs(a - b) for a, b in zip(found.losses, expected.losses, strict=True)) <= 1e-9
    bos = found.vocabulary.bos
    one, other = (
        [list(run.engine.sample(run.stream, 0.5, [bos])) for _ in range(20)]
        for run in (found, expected)
    )
    assert one == other


@pytest.mark.skipif(not NAMES, reason="MICROGPT_NAMES is not the path of makemore's names.txt")
@pytest.mark.parametrize("stream", RANDOM_STREAMS)
def test_names_txt_gives_what_the_two_programs_gave(stream: str) -> None:
    path = Path(__file__).parents[2] / "reference_names.json"
    reference = json.loads(path.read_text())[stream]
    corpus = read(Path(str(NAMES)).read_bytes(), "names.txt")
    run = new_run(corpus, Hyperparameters(random_stream=stream), "torch")
    found = run.train(1000)
    assert max(abs(a - b) for a, b in zip(found, reference["losses"], strict=True)) <= 1e-9
    bos = run.vocabulary.bos
    samples = [
        run.vocabulary.decode(list(run.engine.sample(run.stream, 0.5, [bos]))) for _ in range(20)
    ]
    assert samples == reference["samples"]


@settings(max_examples=10, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    shape=shapes(),
    batch=st.integers(1, 4),
    random_stream=st.sampled_from(list(RANDOM_STREAMS)),
    documents=st.lists(st.text("abc", min_size=1, max_size=10), min_size=1, max_size=5),
    numbers=st.fixed_dictionaries(
        {
            "learning_rate": st.floats(1e-4, 0.01),
            "warmup": st.integers(0, 8),
            "weight_decay": st.floats(0.0, 1.0),
            "beta1": st.floats(0.0, 0.95),
            "beta2": st.floats(0.5, 0.999),
            "epsilon": st.floats(1e-8, 1e-3),
            "holdout": st.floats(0.0, 0.5),
            "seed": st.integers(0, 99),
        }
    ),
)
def test_every_hyperparameter_means_the_same(
    shape: Hyperparameters,
    batch: int,
    random_stream: str,
    documents: list[str],
    numbers: dict[str, float],
) -> None:
    """Losses, held-out losses and samples; batches go round the documents more than once."""
    h = replace(
        shape,
        steps=6,
        batch_size=batch,
        random_stream=random_stream,
        **numbers,  # type: ignore[arg-type]
    )
    corpus = Corpus("x", tuple(documents), 0)
    scalar, found = (new_run(corpus, h, name) for name in ("scalar", "torch"))
    expected = [scalar.train_step() for _ in range(6)]
    assert [*found.train(3), *found.train(1), *found.train(100)] == pytest.approx(
        expected, rel=1e-8
    )
    held_out = [list(run.engine.losses(scalar.holdout_documents)) for run in (found, scalar)]
    assert held_out[0] == pytest.approx(held_out[1])
    bos = scalar.vocabulary.bos
    for prefix in ([bos], [bos, 0])[: h.block_size]:
        one, other = (
            [list(run.engine.sample(PythonStream(i), 0.7, prefix)) for i in range(4)]
            for run in (found, scalar)
        )
        assert one == other


@pytest.mark.parametrize("kind", ["scalar", "compiled", "torch"])
def test_warm_up_and_weight_decay_are_adamws(kind: str) -> None:
    """Each engine's weights beside those that PyTorch's own optimizer makes of its gradients."""
    import torch

    if kind == "compiled" and not host.available():
        pytest.skip("wasmtime is not installed")
    plan = Hyperparameters(steps=10, learning_rate=0.02, warmup=4, weight_decay=0.2)
    model = engine(kind, replace(plan, n_embd=8, block_size=6, init_std=0.3))
    weights = torch.tensor(model.get_state().weights, dtype=torch.float64)
    optimizer = torch.optim.AdamW([weights], betas=(0.85, 0.99), eps=1e-8, weight_decay=0.2)
    for rate in (0.2, 0.4, 0.6, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1):
        weights.grad = torch.tensor(model.gradients(["cade"]), dtype=torch.float64)
        optimizer.param_groups[0]["lr"] = 0.02 * rate
        optimizer.step()
        model.train(["cade"])
        assert list(model.get_state().weights) == pytest.approx(weights.tolist(), abs=1e-9)


@pytest.mark.parametrize("path", [["scalar", "torch"], ["torch", "compiled", "torch"]])
def test_engines_take_over_from_each_other(first_names: Corpus, path: list[str]) -> None:
    if "compiled" in path and not host.available():
        pytest.skip("wasmtime is not installed")
    plan = Hyperparameters(steps=30, n_embd=8)
    alone = new_run(first_names, plan, "scalar")
    expected = [alone.train_step() for _ in range(4 * len(path))]
    run = new_run(first_names, plan, path[0])
    found = [run.train_step() for _ in range(4)]
    for name in path[1:]:
        run.use_engine(ENGINES[name])
        found += [run.train_step() for _ in range(4)]
    assert found == pytest.approx(expected, rel=1e-10)
    assert run.engine.get_state().steps_done == len(found)


@pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("digits", "tolerance"), [("", 1e-10), ("-float32", 1e-4)])
def test_a_file_goes_there_and_back(digits: str, tolerance: float, order: int) -> None:
    begin, then = [f"torch{digits}", f"compiled{digits}"][::order]
    plan = {"n_embd": 8, "n_layer": 2, "holdout": 0.2, "steps": 40}
    whole = losses(trained(plan, engine=begin))
    first = Session()
    first.load(NAMES_TEXT, "names.txt")
    first.start(plan, begin)
    first.advance(1e9, until_step=15)
    session = Session()
    assert session.open_file(first.save_run(), "run")["engine"] == begin
    session.use_engine(then)
    session.advance(1e9, until_step=30)
    last = Session()
    last.open_file(session.save_run(), "run")
    last.use_engine(begin)
    last.advance(1e9)
    assert losses(last) == pytest.approx(whole, rel=tolerance)


def test_the_state_is_in_the_scalar_engines_order_and_has_the_models_names() -> None:
    h = Hyperparameters(n_embd=8, n_layer=2)
    found, scalar = (engine(kind, h) for kind in ("torch", "scalar"))
    assert found.get_state() == scalar.get_state(), "the same draws, to the last digit"
    for each in (found, scalar):
        each.train(["ab", "cade"])
    one, other = found.get_state(), scalar.get_state()
    for name in ("weights", "means", "squares"):
        assert list(getattr(one, name)) == pytest.approx(
            list(getattr(other, name)), rel=1e-7, abs=1e-12
        )
    named = found.model.state_dict()  # type: ignore[attr-defined]
    layout = weight_layout(h, LETTERS.size)
    assert {name: tuple(numbers.shape) for name, numbers in named.items()} == {
        matrix.full_name: matrix.shape for matrix in layout.matrices
    }


@pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")
def test_singles_follow_at_their_precision(first_names: Corpus) -> None:
    names = "torch", "torch-float32", "compiled-float32"
    runs = [new_run(first_names, Hyperparameters(), name) for name in names]
    double, single, other = (list(run.train(100)) for run in runs)
    assert single == pytest.approx(double, rel=1e-4)
    assert single == pytest.approx(other, rel=1e-4)
    assert single != double


def test_16_bits_follow_roughly(first_names: Corpus) -> None:
    """As a GPU would compute; here a processor does, which is refused only for its slowness."""
    double = new_run(first_names, Hyperparameters(), "torch")
    run = new_run(first_names, Hyperparameters(), "torch-bf16")
    assert list(run.train(50)) == pytest.approx(list(double.train(50)), rel=0.05)
    assert run.engine.get_state().weights != double.engine.get_state().weights


def test_16_bits_are_refused_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "has_gpu", lambda: False)
    with pytest.raises(EngineError, match=r"are for GPUs.*--precision float32"):
        ENGINES["torch-bf16"].check_available()


def test_without_torch_another_engine_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "available", lambda: False)
    with pytest.raises(EngineError, match=r"needs PyTorch.*--engine (compiled|scalar)"):
        ENGINES["torch"].check_available()


def test_a_run_that_diverges_keeps_the_weights() -> None:
    wild = from_mapping({"learning_rate": 1.0, "init_std": 1.0, "steps": 10_000})
    corpus = Corpus("x", ("ab", "ba"), 0)
    run, scalar = (new_run(corpus, wild, kind) for kind in ("torch", "scalar"))
    found = list(run.train(300, keep=range(300)))
    step = len(found)
    assert 0 < step < 300
    assert all(map(math.isfinite, found))
    assert len(run.engine.take_kept()) == step
    before = run.engine.get_state()
    assert before.steps_done == step
    with pytest.raises(DivergedError, match=f"diverged at step {step + 1}"):
        run.train(5)
    assert run.engine.get_state() == before
    assert found == pytest.approx([scalar.train_step() for _ in found])
    with pytest.raises(DivergedError):
        scalar.train_step()


def test_a_batch_that_there_is_no_room_for_is_taken_in_parts() -> None:
    h = Hyperparameters(n_embd=8, batch_size=7, block_size=8)
    documents = ["ab", "cade", "e", "dad", "bb", "ace", "dabed"] * 3
    whole, parts = engine("torch", h), engine("torch", h)
    expected = whole.train(documents)
    parts._at_once = 2  # type: ignore[attr-defined]
    assert list(parts.train(documents)) == pytest.approx(list(expected), rel=1e-12)
    assert list(parts.losses(documents)) == pytest.approx(list(whole.losses(documents)), rel=1e-9)


def test_kept_copies_are_the_weights_before_a_step() -> None:
    h, documents = Hyperparameters(n_embd=8), ["ab", "cade", "e", "dad"]
    model, other = engine("torch", h), engine("torch", h)
    model.train(documents, keep=[0, 2])
    expected = [array("f", other.get_state().weights)]
    other.train(documents[:2])
    expected.append(array("f", other.get_state().weights))
    assert model.take_kept() == expected
    assert model.take_kept() == []
    other.set_weights(expected[1])  # of 4 bytes each


def test_a_skipped_step_learns_nothing_and_is_counted() -> None:
    h = Hyperparameters(n_embd=4, n_head=2, block_size=6, steps=20)
    scalar, found = engine("scalar", h), engine("torch", h)
    for model in (scalar, found):
        model.train(["ab", "cade"])
        model.skip(3)
        assert model.get_state().steps_done == 5
        model.train(["e", "dab"])
    assert list(found.get_state().weights) == pytest.approx(
        list(scalar.get_state().weights), rel=1e-8
    )


# --- what it computes of documents ---------------------------------------------------------


@settings(max_examples=10)
@given(
    h=shapes(),
    lines=st.lists(LINES, min_size=1, max_size=6),
    temperature=st.sampled_from([0.4, 1.0, 3.0]),
)
def test_what_it_says_of_lines_is_what_the_scalar_engine_says(
    h: Hyperparameters, lines: list[str], temperature: float
) -> None:
    found, scalar = engine("torch", h), engine("scalar", h)
    assert list(found.losses(lines)) == pytest.approx(list(scalar.losses(lines)), rel=1e-10)
    beginnings = [LETTERS.encode(line, h.block_size)[: h.block_size] for line in lines]
    for one, other in (
        (found.surprises(lines, temperature), scalar.surprises(lines, temperature)),
        (found.predict(beginnings, temperature), scalar.predict(beginnings, temperature)),
        ([found.gradients(lines)], [scalar.gradients(lines)]),
    ):
        for mine, right in zip(one, other, strict=True):
            assert list(mine) == pytest.approx(list(right), rel=1e-9, abs=1e-9)


@settings(max_examples=10)
@given(h=shapes(), line=LINES)
def test_activations_are_the_scalar_engines(h: Hyperparameters, line: str) -> None:
    tokens = LETTERS.encode(line, h.block_size)[: h.block_size]
    found, expected = (engine(k, h).activations(tokens) for k in ("torch", "scalar"))
    for name in ("streams", "logits", "attention", "hidden"):
        one, other = getattr(found, name), getattr(expected, name)
        assert list(one) == pytest.approx(list(other), rel=1e-9, abs=1e-9), name


def test_looking_changes_nothing() -> None:
    """Not one bit of what is learned next."""
    h, lines = Hyperparameters(n_embd=4, n_head=2, block_size=6), ["ab", "cade", "e"]
    looked_at, other = engine("torch", h), engine("torch", h)
    looked_at.activations([LETTERS.bos, 0, 1])
    looked_at.gradients(lines)
    looked_at.losses(lines)
    looked_at.draw(PythonStream(1), 1.0, [LETTERS.bos], 3)
    assert looked_at.train(lines) == other.train(lines)
    assert looked_at.get_state() == other.get_state()


def test_samples_go_on_with_what_was_learned_meanwhile() -> None:
    """Its keys and values were another model's."""
    h = Hyperparameters(n_embd=8, block_size=12, init_std=0.5)
    model = engine("torch", h)
    tokens = model.sample(PythonStream(1), 1.0, [LETTERS.bos])
    begun = [LETTERS.bos, next(tokens)]
    model.train(["ab", "cade"])
    stream = PythonStream(1)
    stream.uniform()
    assert list(tokens) == list(model.sample(stream, 1.0, begun))


def test_there_is_nothing_to_draw_from() -> None:
    model = engine("torch", Hyperparameters(n_embd=4, block_size=6))
    nothing = array("d", [math.nan]) * model.parameter_count
    model.set_weights(nothing)
    with pytest.raises(DivergedError):
        model.draw(PythonStream(1), 1.0, [LETTERS.bos], 1)
    with pytest.raises(DivergedError):
        model.activations([LETTERS.bos])
    with pytest.raises(DivergedError):
        model.gradients(["ab"])
    assert list(model.losses(["ab"])) == [math.inf]


def test_an_unknown_character_is_refused() -> None:
    model = engine("torch", Hyperparameters(n_embd=4))
    for ask in (model.losses, model.surprises, model.gradients):
        with pytest.raises(KeyError, match="z"):
            ask(["az"])


# --- what the page has of it ---------------------------------------------------------------


def test_torch_is_imported_only_for_its_engine() -> None:
    code = (
        "import sys, microgpt.cli.main, microgpt.engines.kinds as kinds\n"
        "kinds.find('torch')\n"
        "assert not {'torch', 'microgpt.engines.pytorch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
