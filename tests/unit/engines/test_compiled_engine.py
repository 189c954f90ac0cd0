"""The compiled engine against the scalar one, which is the definition of what is right."""

from __future__ import annotations

import json
import math
import os
import statistics
import time
from array import array
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from microgpt import Session
from microgpt.compiler import compile_kernels
from microgpt.engines import compiled as compiled_engine
from microgpt.engines import host
from microgpt.engines.kinds import ENGINES
from microgpt.errors import DivergedError, EngineError, HyperparameterError
from microgpt.gpt.corpus import Corpus, Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import Model
from microgpt.gpt.random_streams import RANDOM_STREAMS, PythonStream
from microgpt.gpt.training import document_loss
from microgpt.kernels import KERNELS
from microgpt.kernels.layout import Layout
from microgpt.kernels.sizes import Sizes
from microgpt.settings import from_mapping
from microgpt.texts import read
from microgpt.weights import weight_layout
from runs import new_run

pytestmark = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")

NAMES = os.environ.get("MICROGPT_NAMES")
TOLERANCE = {64: 1e-10, 32: 1e-4}


@st.composite
def shapes(draw: st.DrawFn) -> tuple[Hyperparameters, int, list[int]]:
    """Hyperparameters, a vocabulary, and a document's tokens that the scalar engine can manage."""
    heads = draw(st.sampled_from([1, 1, 2, 3, 4, 5]))
    head = draw(st.sampled_from([1, 2, 3, 4, 5, 7, 8, 11]))
    layers = draw(st.integers(1, 4)) if heads * head < 20 else 1
    block = draw(st.integers(1, 64))
    vocabulary = draw(st.sampled_from([2, 3, 4, 5, 9, 27, 28, 57, 300]))
    length = draw(st.integers(1, min(block, 10)))
    tokens = draw(st.lists(st.integers(0, vocabulary - 1), min_size=length, max_size=length))
    hyperparameters = Hyperparameters(
        n_layer=layers, n_embd=heads * head, n_head=heads, block_size=block, init_std=0.2
    )
    return hyperparameters, vocabulary, [vocabulary - 1, *tokens]


def gradients_of(
    model: Model, sizes: Sizes, tokens: list[int], bits: int, simd: bool
) -> tuple[float, array[float]]:
    """Loss and gradients that the kernels find at the model's weights."""
    size, code = bits // 8, "d" if bits == 64 else "f"
    layout = Layout(sizes)
    exported = {
        name: (KERNELS[name], {"layout": layout}) for name in ("learn", "transpose_weights")
    }
    floats = 4096  # behind the tokens
    binary = compile_kernels(exported, floats + size * layout.size, bits, simd)
    instance = host.load(binary).instance()
    instance.write(0, array("i", tokens))
    weights = array(code, [p.data for p in model.parameters])
    instance.write(floats + size * layout.weights, weights)
    instance.call("transpose_weights", floats)
    loss = instance.call("learn", 0, len(tokens) - 1, 1.0, floats)
    return loss, instance.read(floats + size * layout.gradients, code, layout.parameters)


@pytest.mark.parametrize("simd", [True, False])
@pytest.mark.parametrize("bits", [64, 32])
@settings(max_examples=12, deadline=None)
@given(given_shape=shapes(), seed=st.integers(0, 10**6))
def test_loss_and_every_gradient(
    bits: int, simd: bool, given_shape: tuple[Hyperparameters, int, list[int]], seed: int
) -> None:
    hyperparameters, vocabulary, tokens = given_shape
    model = Model(hyperparameters, vocabulary, PythonStream(seed))
    expected = document_loss(model, tokens)
    expected.backward()
    check_gradients(model, expected.data, hyperparameters, vocabulary, tokens, bits, simd)


@pytest.mark.parametrize(("width", "heads"), [(17, 1), (24, 3), (32, 4), (48, 3), (64, 4), (70, 5)])
def test_loss_and_every_gradient_of_wide_models(width: int, heads: int) -> None:
    """From 64 on with matrices in strips, of which 70 leaves a rest."""
    hyperparameters = Hyperparameters(n_embd=width, n_head=heads, block_size=3, init_std=0.2)
    vocabulary, tokens = 27, [26, 3, 26, 8]
    assert Layout(Sizes.of(hyperparameters, vocabulary)).strips == (width >= 64)
    model = Model(hyperparameters, vocabulary, PythonStream(1))
    expected = document_loss(model, tokens)
    expected.backward()
    for bits in (64, 32):
        check_gradients(model, expected.data, hyperparameters, vocabulary, tokens, bits, simd=True)


def check_gradients(
    model: Model,
    expected: float,
    hyperparameters: Hyperparameters,
    vocabulary: int,
    tokens: list[int],
    bits: int,
    simd: bool,
) -> None:
    """Hold the kernels' loss and gradients to those that the scalar engine has found."""
    loss, found = gradients_of(model, Sizes.of(hyperparameters, vocabulary), tokens, bits, simd)
    assert loss == pytest.approx(expected, rel=TOLERANCE[bits])
    gradients = [p.grad for p in model.parameters]
    for matrix in weight_layout(hyperparameters, vocabulary).matrices:
        part = slice(matrix.offset, matrix.end)
        # Relative to the matrix's largest: sums of large numbers can be near 0. A
        # whole matrix's are, behind the RMSNorm of a narrow model, which keeps
        # nothing but a sign of one number: singles then have few digits left.
        largest = max(map(abs, gradients[part] if bits == 64 else gradients))
        error = max(abs(a - b) for a, b in zip(found[part], gradients[part], strict=True))
        # And that sign's own gradient is what rounding leaves of 0.
        assert error <= TOLERANCE[bits] * max(largest, 1e-8), matrix.full_name


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    batch=st.integers(1, 3),
    block=st.integers(1, 8),
    random_stream=st.sampled_from(list(RANDOM_STREAMS)),
    documents=st.lists(st.text("abc", min_size=1, max_size=10), min_size=1, max_size=5),
    numbers=st.fixed_dictionaries(
        {
            # Within what trains calmly: else Adam makes much of the last digit.
            "learning_rate": st.floats(1e-4, 0.01),
            "warmup": st.integers(0, 10),
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
    batch: int, block: int, random_stream: str, documents: list[str], numbers: dict[str, float]
) -> None:
    """Losses, held-out losses and samples; batches go round the documents more than once."""
    corpus = Corpus("x", tuple(documents), 0)
    sizes = {"n_embd": 6, "n_head": 2, "steps": 8, "n_layer": 2}
    hyperparameters = Hyperparameters(
        batch_size=batch,
        block_size=block,
        random_stream=random_stream,
        **sizes,
        **numbers,  # type: ignore[arg-type]
    )
    scalar, compiled = (new_run(corpus, hyperparameters, name) for name in ("scalar", "compiled"))
    expected = [scalar.train_step() for _ in range(8)]
    found = [*compiled.train(3), *compiled.train(1), *compiled.train(100)]
    assert found == pytest.approx(expected, rel=1e-8)
    held_out = [run.engine.losses(scalar.holdout_documents) for run in (compiled, scalar)]
    assert held_out[0] == pytest.approx(held_out[1])
    bos = scalar.vocabulary.bos
    for prefix in ([bos], [bos, 0])[:block]:
        drawn = [
            [list(run.engine.sample(PythonStream(i), 0.7, prefix)) for i in range(5)]
            for run in (scalar, compiled)
        ]
        assert drawn[0] == drawn[1]


@pytest.mark.parametrize("path", [["scalar", "compiled"], ["compiled", "scalar", "compiled"]])
def test_engines_take_over_from_each_other(first_names: Corpus, path: list[str]) -> None:
    plan = Hyperparameters(steps=30, n_embd=8)
    alone = new_run(first_names, plan, "scalar")
    expected = [alone.train_step() for _ in range(4 * len(path))]
    run = new_run(first_names, plan, path[0])
    losses = [run.train_step() for _ in range(4)]
    for name in path[1:]:
        run.use_engine(ENGINES[name])
        losses += [run.train_step() for _ in range(4)]
    assert losses == pytest.approx(expected, rel=1e-10)
    assert run.engine.get_state().steps_done == len(losses)


def test_the_state_is_in_the_scalar_engines_order(first_names: Corpus) -> None:
    states = []
    for name in ("scalar", "compiled"):
        run = new_run(first_names, Hyperparameters(n_embd=8, n_layer=2), name)
        assert run.engine.parameter_count == 27 * 8 * 2 + 16 * 8 + 2 * 12 * 64
        at_first = run.engine.get_state()
        run.train_step()
        states.append((at_first, run.engine.get_state()))
    (scalar_0, scalar_1), (compiled_0, compiled_1) = states
    assert compiled_0 == scalar_0, "the same draws, to the last digit"
    for name in ("weights", "means", "squares"):
        # Adam divides a gradient by its own size, so the smallest ones' rounding shows.
        assert list(getattr(compiled_1, name)) == pytest.approx(
            list(getattr(scalar_1, name)), rel=1e-7, abs=1e-12
        )


def test_float32_follows_at_its_precision(first_names: Corpus) -> None:
    runs = [
        new_run(first_names, Hyperparameters(), name) for name in ("compiled", "compiled-float32")
    ]
    double, single = (run.train(200) for run in runs)
    assert list(single) == pytest.approx(list(double), rel=1e-4)
    assert list(single) != list(double)


def test_a_run_that_diverges_keeps_the_weights() -> None:
    wild, engine = {"learning_rate": 1.0, "init_std": 1.0, "steps": 10_000}, "compiled"
    session = Session()
    session.load(b"ab\nba\n", "x")
    session.start(wild, engine)
    progress = session.advance(1e9)
    step = progress["step"]
    assert 0 < step == len(progress["losses"]) < 10_000
    assert all(map(math.isfinite, progress["losses"]))
    assert f"diverged at step {step + 1}" in progress["problem"]

    run = new_run(Corpus("x", ("ab", "ba"), 0), from_mapping(wild), engine)
    run.train(step)
    before = run.engine.get_state()
    with pytest.raises(DivergedError):
        run.train(5)
    assert run.engine.get_state() == before


@pytest.mark.parametrize("factor", [20, 24])
def test_singles_survive_what_is_nearly_impossible(first_names: Corpus, factor: float) -> None:
    """A target with a probability below all singles: the loss is finite, as with doubles."""
    losses = []
    for name in ("compiled", "compiled-float32"):
        run = new_run(first_names, Hyperparameters(n_embd=4), name)
        state = run.engine.get_state()
        run.engine.set_state(
            replace(state, weights=array("d", [factor * w for w in state.weights]))
        )
        losses.append(list(run.engine.losses(first_names.documents[:50])))
    assert max(losses[0]) > 104
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


def test_adams_means_decay_to_zero_and_not_into_denormals() -> None:
    """A character that is seen once: its row's gradients are 0 for all steps after."""
    corpus = Corpus("x", ("zz", *["ab"] * 3000), 0)
    run = new_run(
        corpus, Hyperparameters(n_embd=4, steps=100_000, beta1=0.5, beta2=0.5), "compiled"
    )
    for _ in range(4):
        run.train(3000)
    state = run.engine.get_state()
    numbers = [abs(x) for x in [*state.means, *state.squares]]
    assert not any(0 < x < 1e-300 for x in numbers)
    assert 0.0 in numbers


def test_samples_drawn_by_turns_are_those_drawn_alone(first_names: Corpus) -> None:
    """The module has one cache of keys and values, and several may be drawing."""
    run = new_run(first_names, Hyperparameters(block_size=12), "compiled")
    run.train(50)
    bos = run.vocabulary.bos
    alone = [list(run.engine.sample(PythonStream(i), 1.0, [bos])) for i in range(6)]
    drawing = [run.engine.sample(PythonStream(i), 1.0, [bos]) for i in range(6)]
    texts: list[list[int]] = [[] for _ in drawing]
    going = list(range(6))
    while going:
        for i in list(going):
            run.engine.losses(["anna"])  # uses the same memory
            token = next(drawing[i], None)
            if token is None:
                going.remove(i)
            else:
                texts[i].append(token)
    assert texts == alone


def test_what_does_not_fit_is_refused_with_the_figure() -> None:
    session = Session()
    session.load(b"abc\n", "x")
    large = {"n_layer": 8, "n_embd": 256, "n_head": 16, "block_size": 1024}
    with pytest.raises(HyperparameterError, match=r"compiled engine needs about 1\.\d GB"):
        session.start(large, "compiled")
    half = from_mapping({**large, "block_size": 256})
    ENGINES["compiled-float32"].check_memory(half, vocabulary_size=4, longest=3)


def test_without_wasmtime_the_scalar_engine_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "available", lambda: False)
    session = Session()
    session.load(b"abc\n", "x")
    with pytest.raises(EngineError, match=r"needs wasmtime.*--engine scalar"):
        session.start({}, "compiled")
    session.start({}, "scalar")


def test_pause_is_answered_soon(first_names: Corpus) -> None:
    """Slices don't overrun by more than a few steps, whatever the size of a step."""
    session = Session()
    session.load("\n".join(first_names.documents).encode(), "x")
    for sizes in ({}, {"n_embd": 64, "n_layer": 2, "batch_size": 16}):
        session.start({"steps": 100_000, **sizes}, "compiled")
        seconds = []
        for _ in range(7):
            begin = time.perf_counter()
            session.advance(40)
            seconds.append(time.perf_counter() - begin)
        assert statistics.median(seconds) < 0.1


def test_what_was_prepared_is_taken_and_begins_at_the_beginning(first_names: Corpus) -> None:
    text = "\n".join(first_names.documents).encode()
    losses = []
    for prepare in (False, True):
        session = Session()
        session.load(text, "x")
        if prepare:
            session.prepare({"steps": 50}, "compiled")
        session.start({"steps": 50}, "compiled")
        losses.append(session.advance(1e9, until_step=50)["losses"])
    assert losses[0] == losses[1]


@settings(deadline=None)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1), min_size=1)
)
def test_encoding_together_is_encoding_one_by_one(documents: list[str]) -> None:
    characters = "".join(sorted(set("".join(documents))))
    assume(len(characters) < 5000)
    vocabulary = Vocabulary(characters)
    tokens, lengths = compiled_engine.TokenEncoder(vocabulary, 7)(documents)
    one_by_one = [vocabulary.encode(document, 7) for document in documents]
    assert tokens.tolist() == [token for each in one_by_one for token in each]
    assert lengths.tolist() == [len(each) for each in one_by_one]


def test_another_size_is_another_module() -> None:
    """Each of the numbers that a module is kept by stands in it, somewhere."""
    sizes = Sizes.of(Hyperparameters(), 27)
    module = compiled_engine.translate(sizes, 64, simd=True)
    for field in fields(sizes):
        other = replace(sizes, **{field.name: 2 * getattr(sizes, field.name)})
        assert other != sizes
        assert compiled_engine.translate(other, 64, simd=True) != module, field.name


def test_runs_of_the_same_sizes_share_a_module(first_names: Corpus) -> None:
    new_run(first_names, Hyperparameters(), "compiled")
    before = compiled_engine._program.cache_info()
    new_run(first_names, Hyperparameters(learning_rate=0.5, steps=7, seed=3), "compiled")
    after = compiled_engine._program.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)


@pytest.mark.skipif(not NAMES, reason="MICROGPT_NAMES is not the path of makemore's names.txt")
@pytest.mark.parametrize("stream", RANDOM_STREAMS)
def test_names_txt_gives_what_the_two_programs_gave(stream: str) -> None:
    path = Path(__file__).parents[2] / "reference_names.json"
    reference = json.loads(path.read_text())[stream]
    corpus = read(Path(str(NAMES)).read_bytes(), "names.txt")
    run = new_run(corpus, Hyperparameters(random_stream=stream), "compiled")
    losses = run.train(1000)
    assert max(abs(a - b) for a, b in zip(losses, reference["losses"], strict=True)) <= 1e-9
    bos = run.vocabulary.bos
    samples = [
        run.vocabulary.decode(list(run.engine.sample(run.stream, 0.5, [bos]))) for _ in range(20)
    ]
    assert samples == reference["samples"]


def test_a_document_may_have_any_character() -> None:
    """Even the end of line, which else stands for BOS on the way into the module."""
    vocabulary, h = Vocabulary("\n\vab"), Hyperparameters(n_embd=4, n_head=2, block_size=8)
    engines = [
        ENGINES[kind].make(h, vocabulary, PythonStream(1)) for kind in ("scalar", "compiled")
    ]
    expected, found = [list(engine.losses(["a\nb", "\n", "\v\n\va"])) for engine in engines]
    assert found == pytest.approx(expected, rel=1e-12)
