"""The traced engine against the scalar one, with the model's code as it is and changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.engines import host
from microgpt.engines.scalar import ScalarEngine
from microgpt.engines.traced import TracedEngine
from microgpt.errors import DivergedError, EngineError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RANDOM_STREAMS, PythonStream
from microgpt.tracing import algorithm
from runs import NAMES, losses, trained
from traced import changed, check, engines

pytestmark = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")

LETTERS = Vocabulary("abcdefgh")
BLOCK = '            x = add(self._mlp(f"layer{i}.", rmsnorm(x)), x)\n'


@st.composite
def shapes(draw: st.DrawFn) -> Hyperparameters:
    heads = draw(st.integers(1, 4))
    return Hyperparameters(
        n_layer=draw(st.integers(1, 3)),
        n_embd=heads * draw(st.sampled_from([1, 2, 3, 4, 8])),
        n_head=heads,
        block_size=draw(st.integers(1, 20)),
        batch_size=draw(st.integers(1, 3)),
        init_std=0.2,
    )


@settings(max_examples=15, deadline=None)
@given(
    h=shapes(),
    vocabulary=st.integers(1, 8),
    stream=st.sampled_from(sorted(RANDOM_STREAMS)),
    bits=st.sampled_from([64, 32]),
    data=st.data(),
)
def test_steps_are_the_scalar_engines(
    h: Hyperparameters, vocabulary: int, stream: str, bits: int, data: st.DataObject
) -> None:
    letters = Vocabulary(LETTERS.characters[:vocabulary])
    line = st.text(letters.characters, max_size=12)
    documents = data.draw(st.lists(line, min_size=3 * h.batch_size, max_size=3 * h.batch_size))
    traced = TracedEngine(h, letters, RANDOM_STREAMS[stream](7), bits)
    scalar = ScalarEngine(h, letters, RANDOM_STREAMS[stream](7))
    tolerance = 1e-9 if bits == 64 else 2e-3
    expected = scalar.train(documents)
    assert list(traced.train(documents)) == pytest.approx(list(expected), abs=tolerance)
    found, right = traced.get_state(), scalar.get_state()
    assert list(found.weights) == pytest.approx(list(right.weights), abs=tolerance)
    assert found.steps_done == right.steps_done


EDITS = {
    "squared ReLU": ("value.relu() for value", "value.relu() ** 2 for value"),
    "a gate": ("value.relu() for value", "value / (1 + (value * -1.702).exp()) for value"),
    "no positions": (
        "x = rmsnorm([t + p for t, p in embeddings])",
        'x = rmsnorm(weights["wte"][token])',
    ),
    "no MLP": (BLOCK, ""),
    "tied embeddings": ('weights["lm_head"])', '[row for row in weights["wte"]])'),
    "LayerNorm": (
        "    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5\n",
        "    mean = total(x) / len(x)\n    x = [value - mean for value in x]\n"
        "    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5\n",
    ),
    "constants": ("value.relu() for value", "(Value(2.0) * value.relu() + Value(-0.5)) for value"),
    "a list over positions": (
        "x = rmsnorm([t + p for t, p in embeddings])",
        "x = rmsnorm([t + p for t, p in embeddings])\n"
        "        cache.seen = [*getattr(cache, 'seen', []), x]\n"
        "        x = [total([seen[j] for seen in cache.seen]) for j in range(len(x))]",
    ),
    "recursion": (
        "    return [i + j for i, j in zip(a, b, strict=True)]",
        "    return [a[0] + b[0], *add(a[1:], b[1:])] if a else []",
    ),
    "its own logarithm": ("value.relu() for value", "(value.relu() + 1).log() for value"),
    "powers": ("value.relu() for value", "(value * value + 1) ** 1.5 for value"),
    "a power of its own": ("value.relu() for value", "(value * value + 1) ** 0.3 for value"),
    "another embedding late": (
        "x = rmsnorm([t + p for t, p in embeddings])",
        "x = rmsnorm([t + p for t, p in embeddings])\n        x = add(x, x) if position > 8 else x",
    ),
    "a quotient": ("value.relu() for value", "1 / (2 - value.relu() / 8) for value"),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_changed_model_is_followed(name: str) -> None:
    check(changed("model.py", *EDITS[name]), n_layer=2)


REFUSED = {
    "compares": ("value.relu() for value", "value if not value.data > 0 else value * 0 for value"),
    "rounds": ("value.relu() for value", "value * round(value.data) for value"),
    "counts with the token": ('(weights["wte"][token]', '(weights["wte"][token + 0]'),
    "asks which token": (
        "        weights = self.weights\n        embed",
        "        weights = self.weights\n        token = 0 if token == 3 else token\n        embed",
    ),
    "computes an exponent": ("value.relu() for value", "(value * value) ** value for value"),
    "has another operation": ("value.relu() for value", "value.tanh() for value"),
    "prints": (
        "        weights = self.weights\n",
        "        weights = self.weights\n        print(1)\n",
    ),
    "writes a number": ("[value * scale for", "[value * scale * len(f'{scale.data:.3f}') for"),
    "fails with what is recorded": (
        "hidden = [value.relu() for",
        "assert isinstance(x[0].data, float)\n        hidden = [value.relu() for",
    ),
    "has an infinite number": ("[value * scale for", "[value * scale * float('inf') for"),
    "goes by the position": (
        "x = rmsnorm([t + p for t, p in embeddings])",
        "x = rmsnorm([t + p for t, p in embeddings])\n        x = add(x, x) if position % 2 else x",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_recorded_is_refused_with_the_reason(name: str) -> None:
    texts = changed("model.py", *REFUSED[name])
    with pytest.raises(Exception, match="can't be traced: ") as raised, engines(texts):
        pass
    assert type(raised.value).__name__ == "EngineError"
    if "position" not in name:
        assert "of model.py" in str(raised.value), "the line is named"


def test_what_is_found_out_later_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    traced = TracedEngine(Hyperparameters(n_embd=4, n_head=1), LETTERS, PythonStream(1))
    found = ScalarEngine(traced.hyperparameters, LETTERS, PythonStream(1)).gradients(["abc"])
    monkeypatch.setattr(ScalarEngine, "losses_and_gradients", lambda *_: ([7.0], found))
    with pytest.raises(DivergedError, match=r"After step 0 .* disagree: the loss"):
        traced.train(["abc"])


def test_it_is_held_to_the_scalar_engine_at_the_first_step_and_every_thousand() -> None:
    h = Hyperparameters(n_embd=4, n_head=1, block_size=4, steps=5000)
    traced, held = TracedEngine(h, LETTERS, PythonStream(1)), []

    def hold(document: str) -> None:
        assert document == "ab"
        held.append(traced.get_state().steps_done)

    traced._hold = hold  # type: ignore[method-assign]
    for count in (1, 998, 1, 1, 2500):
        assert len(traced.train(["ab"] * count)) == count
    assert held == [0, 1000, 2000, 3000]


def test_a_thousand_steps_and_twenty_samples_are_the_compiled_engines() -> None:
    """Which are the scalar one's: see test_compiled_engine.py."""
    runs = [trained({"steps": 1000}, NAMES, engine=name) for name in ("traced", "compiled")]
    assert losses(runs[0]) == pytest.approx(losses(runs[1]), abs=1e-9)
    samples = [[each["text"] for each in run.sample(20, original=True)] for run in runs]
    assert samples[0] == samples[1]


def test_what_is_too_large_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algorithm, "MOST_OPERANDS", 10_000)
    h = Hyperparameters(n_embd=32, n_head=2)
    with pytest.raises(EngineError, match="too much to be recorded"):
        TracedEngine(h, LETTERS, PythonStream(3))


def test_engines_hand_a_run_to_each_other() -> None:
    session = trained({"steps": 60, "seed": 3}, engine="traced")
    moved = trained({"steps": 60, "seed": 3}, engine="compiled")
    moved.train_more(20)
    moved.use_engine("traced")
    moved.advance(1e9)
    stayed = trained({"steps": 60, "seed": 3}, engine="compiled")
    stayed.train_more(20)
    stayed.advance(1e9)
    assert losses(moved) == pytest.approx(losses(stayed), rel=1e-9)
    texts = [[each["text"] for each in s.sample(5, original=True)] for s in (moved, stayed)]
    assert texts[0] == texts[1]
    assert session.inside(60).line("anna")["surprises"]


def test_the_weights_are_kept_on_the_way() -> None:
    session = trained({"steps": 200, "seed": 3}, NAMES * 5, engine="traced")
    assert (
        session.learning(1e9)["steps"]
        == trained({"steps": 200, "seed": 3}, NAMES * 5).learning(1e9)["steps"]
    )
