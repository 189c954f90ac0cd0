"""The traced engine with changed losses, optimizers and operations, and with every card."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import Any

import pytest

from changing import CARDS, FURTHER, ORIGINALS, Package, changed_code, sources
from microgpt.engines import host

pytestmark = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")

DOCUMENTS = ["abc", "hgfedcba", "", "aabbaabbaabbaabb", "cafe", "bad", "deaf", "fade"] * 2
SHAPE = {"n_embd": 8, "n_head": 2, "block_size": 12, "steps": 40, "batch_size": 2, "init_std": 0.2}
# What can't be recorded, and is the scalar engine's.
SCALAR = {
    "compares-values": "depends on a number",
    "prints": "something is printed",
    "recursion": "isn't alike",
}
TRAINING = [*CARDS, *(name for name, edit in FURTHER.items() if edit["outcome"] == "trains")]

LOSS = "        losses.append(-probabilities[target].log())\n"
WHOLE = "    return total(losses) * (1 / len(losses))\n"
LOSSES: dict[str, tuple[str, str]] = {
    "the sum": (WHOLE, "    return total(losses)\n"),
    "the mean by a quotient": (WHOLE, "    return total(losses) / len(losses)\n"),
    "the last one": (WHOLE, "    return losses[-1]\n"),
    "later ones count more": (
        LOSS,
        "        losses.append(-probabilities[target].log() * (position + 1))\n",
    ),
    "what is sure counts less": (
        LOSS,
        "        sure = probabilities[target]\n"
        "        losses.append(-sure.log() * (1 - sure) ** 2)\n",
    ),
    "a price for weights": (
        WHOLE,
        "    rows = model.weights['lm_head']\n"
        "    return total(losses) * (1 / len(losses)) + total([dot(r, r) for r in rows]) * 0.01\n",
    ),
    "all but the one that is read": (
        LOSS,
        "        others = total(probabilities) - probabilities[target]\n"
        "        losses.append(others * others - probabilities[target].log())\n",
    ),
    "a squared error": (
        LOSS,
        "        wrong = [p * p for p in probabilities]\n"
        "        losses.append(total(wrong) - 2 * probabilities[target])\n",
    ),
}
NOT_LOSSES: dict[str, tuple[str, str, str]] = {
    "compares": (LOSS, LOSS.replace("))", ") * (0 if target == 0 else 1))"), "the token"),
    "another step": (
        "    optimizer.step()\n",
        "    optimizer.step()\n    optimizer.step()\n",
        "train_step",
    ),
    "a weight of each place": (
        LOSS,
        "        losses.append(-probabilities[target].log() * [1, 3, 2][position % 3])\n",
        "depends on",
    ),
}

UPDATE = (
    "            step = learning_rate * (m[i] / m_share) / ((v[i] / v_share) ** 0.5 + epsilon)\n"
)
RATE = "        learning_rate = h.learning_rate * (1 - self.steps_done / h.steps)\n"
OPTIMIZERS: dict[str, tuple[str, str]] = {
    "Adam itself": ("        beta1, beta2", "        \n        beta1, beta2"),
    "momentum": (UPDATE, "            step = learning_rate * m[i] * 10\n"),
    "weight decay": (UPDATE, f"{UPDATE}            step += 0.01 * parameter.data\n"),
    "warming up": (RATE, f"{RATE}        learning_rate *= min(1, (self.steps_done + 1) / 5)\n"),
    "a cosine": (
        RATE,
        "        import math\n"
        "        learning_rate = h.learning_rate * "
        "(0.5 + 0.5 * math.cos(math.pi * self.steps_done / h.steps))\n",
    ),
    "the gradient's sign, smoothed": (
        UPDATE,
        "            step = 0.3 * learning_rate * m[i] / (abs(m[i]) + 1e-4)\n",
    ),
    "bounded gradients": (
        "            gradient = parameter.grad\n",
        "            gradient = min(max(parameter.grad, -0.05), 0.05)\n",
    ),
}
NOT_OPTIMIZERS: dict[str, tuple[str, str, str]] = {
    "a gradient of all": (
        "        for i, parameter in enumerate(self.parameters):\n",
        "        norm = sum(p.grad**2 for p in self.parameters) ** 0.5\n"
        "        for i, parameter in enumerate(self.parameters):\n"
        "            parameter.grad = parameter.grad / (norm + 1)\n",
        "depends on others",
    ),
    "the sign": (
        UPDATE,
        "            step = 0.001 if m[i] > 0 else -0.001\n",
        "depends on a number",
    ),
    "by its number": (UPDATE, f"{UPDATE}            step *= 1 + i % 2\n", "in the same way"),
    "a stage": (
        RATE,
        f"{RATE}        if self.steps_done < 5:\n            learning_rate *= 0\n",
        "the step",
    ),
    "a third number": (
        UPDATE,
        f"{UPDATE}            self.last = getattr(self, 'last', 0.0) + parameter.grad\n",
        "keeps last",
    ),
}


def changed(file: str, before: str, after: str) -> dict[str, str]:
    assert ORIGINALS[file].count(before) == 1, before
    text = ORIGINALS[file].replace(before, after)
    if file == "training.py" and "dot(" in after:
        text = text.replace("import Value, total", "import Value, dot, total")
    return {file: text}


@contextmanager
def engines(texts: Mapping[str, str], bits: int = 64) -> Iterator[tuple[Package, Any, Any]]:
    """The traced and the scalar engine of a changed algorithm, with the same weights."""
    with changed_code(texts) as package, redirect_stdout(io.StringIO()):
        h = package["gpt.hyperparameters"].Hyperparameters(**SHAPE)
        letters = package["gpt.corpus"].Vocabulary("abcdefgh")
        stream = package["gpt.random_streams"].PythonStream
        traced = package["engines.traced"].TracedEngine(h, letters, stream(3), bits)
        yield package, traced, package["engines.scalar"].ScalarEngine(h, letters, stream(3))


def check(texts: Mapping[str, str]) -> None:
    """Both engines take the same steps, are in the same state then, and draw the same."""
    with engines(texts) as (package, traced, scalar):
        expected = list(scalar.train(DOCUMENTS))
        assert len(expected) == len(DOCUMENTS) // 2
        assert list(traced.train(DOCUMENTS)) == pytest.approx(expected, rel=1e-9, abs=1e-9)
        found, right = traced.get_state(), scalar.get_state()
        assert list(found.weights) == pytest.approx(list(right.weights), abs=1e-9)
        assert list(found.means) == pytest.approx(list(right.means), abs=1e-9)
        stream = package["gpt.random_streams"].PythonStream
        drawn = [each.draw(stream(1), 0.5, [8], 5) for each in (traced, scalar)]
        assert drawn[0] == drawn[1]
        # And on from there: in another engine the very same digits.
        other = type(traced)(traced.hyperparameters, traced.vocabulary, None)
        for engine in (scalar, other):
            engine.set_state(found)
        further = list(traced.train(DOCUMENTS[:8]))
        assert list(other.train(DOCUMENTS[:8])) == further
        assert list(scalar.train(DOCUMENTS[:8])) == pytest.approx(further, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", TRAINING)
def test_every_card_is_traced(name: str) -> None:
    if reason := SCALAR.get(name):
        with pytest.raises(Exception, match=f"can't be traced: .*{reason}"), engines(sources(name)):
            pass
    else:
        check(sources(name))


@pytest.mark.parametrize("name", LOSSES)
def test_a_changed_loss_is_followed(name: str) -> None:
    check(changed("training.py", *LOSSES[name]))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_changed_optimizer_is_followed(name: str) -> None:
    check(changed("optimizer.py", *OPTIMIZERS[name]))


@pytest.mark.parametrize("name", [*NOT_LOSSES, *NOT_OPTIMIZERS])
def test_what_cannot_be_recorded_is_the_scalar_engines(name: str) -> None:
    file = "training.py" if name in NOT_LOSSES else "optimizer.py"
    before, after, reason = {**NOT_LOSSES, **NOT_OPTIMIZERS}[name]
    with changed_code(changed(file, before, after)) as package:
        h = package["gpt.hyperparameters"].Hyperparameters(**SHAPE)
        letters = package["gpt.corpus"].Vocabulary("abcdefgh")
        engine = package["engines.traced"].traced(
            h, letters, package["gpt.random_streams"].PythonStream(3)
        )
        assert "can't be traced: " in engine.note
        assert reason in engine.note
        assert engine.note.endswith("The scalar engine computes it.")
        assert len(engine.train(DOCUMENTS[:4])) == 2


@pytest.mark.parametrize("width", [4, 32])
def test_positions_that_are_not_recorded_are_rehearsed(width: int) -> None:
    """Where they behave otherwise the scalar engine computes, whatever is trained on first."""
    before = "        query = linear(x,"
    window = f"        del keys[:-8], values[:-8]\n{before}"
    with changed_code(changed("model.py", before, window)) as package:
        shape = SHAPE | {"block_size": 16, "n_embd": width}
        h = package["gpt.hyperparameters"].Hyperparameters(**shape)
        letters = package["gpt.corpus"].Vocabulary("abcdefgh")
        stream = package["gpt.random_streams"].PythonStream
        engine = package["engines.traced"].traced(h, letters, stream(3))
        assert "later positions behave otherwise" in engine.note
        assert (
            engine.get_state().weights
            == package["engines.scalar"].ScalarEngine(h, letters, stream(3)).get_state().weights
        )


def test_floats_of_half_the_size_follow_too() -> None:
    texts = sources("gelu") | sources("sgd") | sources("label-smoothing")
    with engines(texts, 32) as (_, traced, scalar):
        expected = list(scalar.train(DOCUMENTS))
        assert list(traced.train(DOCUMENTS)) == pytest.approx(expected, rel=1e-4)


def test_an_update_that_the_recording_cannot_see_is_found_out() -> None:
    """Parameters that aren't recorded are updated otherwise: then the run ends."""
    after = f"{UPDATE}            step *= 2 if i > 100 else 1\n"
    with engines(changed("optimizer.py", UPDATE, after)) as (package, traced, _):
        error = package["errors"].DivergedError
        with pytest.raises(error, match="which parameter it is of"):
            traced.train(DOCUMENTS)


def test_sampling_with_another_softmax_is_the_scalar_engines() -> None:
    before, after = "        return [value / whole", "        return [(value / whole) ** 2"
    before, after = before[4:], after[4:]
    with engines(changed("model.py", before, after)) as (package, traced, scalar):
        stream = package["gpt.random_streams"].PythonStream
        drawn = [each.draw(stream(1), 0.5, [8], 5) for each in (traced, scalar)]
        assert drawn[0] == drawn[1]
        assert [list(row) for row in traced.predict([[8, 0]], 1.0)] == [
            list(row) for row in scalar.predict([[8, 0]], 1.0)
        ]
