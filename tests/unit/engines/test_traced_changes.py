"""The traced engine with changed losses, optimizers and operations, and with every card."""

from __future__ import annotations

import pytest

from changing import CARDS, FURTHER, sources
from microgpt.engines import host
from traced import DOCUMENTS, changed, check, engines, note

pytestmark = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")

# What can't be recorded, and is the scalar engine's.
SCALAR = {
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
    "a weight of each place": (
        LOSS,
        "        losses.append(-probabilities[target].log() * [1, 3, 2][position % 3])\n",
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
}

UPDATE = (
    "            step = learning_rate * (m[i] / m_share) / ((v[i] / v_share) ** 0.5 + epsilon)\n"
)
RATE = "        learning_rate = scheduled_rate(h, self.steps_done)\n"
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
    "the sign": (UPDATE, "            step = 0.001 if m[i] > 0 else -0.001\n"),
    "first a tenth": (RATE, f"{RATE}        learning_rate *= 0.1 if self.steps_done < 5 else 1\n"),
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
        "            step = -0.001\n            if m[i] > 0:\n                step = 0.001\n",
        "depends on a number",
    ),
    "by its number": (UPDATE, f"{UPDATE}            step *= 1 + i % 2\n", "in the same way"),
    "gradients that stay": ("            parameter.grad = 0.0\n", "", "keeps gradients"),
    "means that begin at 1": (
        "        self.v = [0.0] * len(parameters)\n",
        "        self.v = [1.0] * len(parameters)\n",
        "doesn't begin at 0",
    ),
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
    check(changed("optimizer.py", *OPTIMIZERS[name]), warmup=5, weight_decay=0.3)


def test_warm_up_and_weight_decay_go_with_a_changed_loss() -> None:
    """Then the optimizer is the kernels' own."""
    edit = LOSSES["the sum"]
    check(changed("training.py", *edit), warmup=5, weight_decay=0.3)


@pytest.mark.parametrize("name", [*NOT_LOSSES, *NOT_OPTIMIZERS])
def test_what_cannot_be_recorded_is_the_scalar_engines(name: str) -> None:
    file = "training.py" if name in NOT_LOSSES else "optimizer.py"
    before, after, reason = {**NOT_LOSSES, **NOT_OPTIMIZERS}[name]
    said = note(changed(file, before, after))
    assert "can't be traced: " in said
    assert reason in said
    assert said.endswith("The scalar engine computes it.")


@pytest.mark.parametrize("width", [4, 32])
def test_positions_behind_the_first_ones_are_tried_before_anything_is_trained(width: int) -> None:
    """Where they behave otherwise every position is recorded, whatever is trained on first."""
    before = "        query = linear(x,"
    texts = changed("model.py", before, f"        del keys[:-8], values[:-8]\n{before}")
    check(texts, block_size=16, n_embd=width)


def test_floats_of_half_the_size_follow_too() -> None:
    texts = sources("gelu") | sources("sgd") | sources("label-smoothing")
    with engines(texts, 32) as (_, traced, scalar):
        expected = list(scalar.train(DOCUMENTS))
        assert list(traced.train(DOCUMENTS)) == pytest.approx(expected, rel=1e-4)


def test_an_update_goes_by_which_weight_it_is_of() -> None:
    """Two weights tell nothing of it: then each is recorded."""
    check(changed("optimizer.py", UPDATE, f"{UPDATE}            step *= 2 if i > 100 else 1\n"))


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
