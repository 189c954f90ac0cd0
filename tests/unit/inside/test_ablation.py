"""What parts are worth, against the algorithm with the part removed by hand."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Callable

import pytest

from microgpt import Session
from microgpt.engines.kinds import SCALAR
from microgpt.engines.scalar import ScalarEngine
from microgpt.errors import SamplingError
from microgpt.gpt.autograd import Value, dot
from microgpt.gpt.model import Matrix, Model, Vector, linear, softmax
from microgpt.gpt.training import document_loss
from microgpt.inside import Inside
from microgpt.inside.parts import parts
from runs import trained

NEWEST = 10**9
SETTINGS = {"steps": 60, "n_embd": 8, "n_head": 2, "n_layer": 2, "seed": 3, "holdout": 0.3}


@pytest.fixture(scope="module")
def session() -> Session:
    return trained(SETTINGS)


@pytest.fixture(scope="module")
def inside(session: Session) -> Inside:
    return session.inside(NEWEST)


class Without(Model):
    """The algorithm with a part removed: its code is changed, not its weights."""

    head: tuple[str, int] | None = None
    attention: str | None = None
    mlp: str | None = None
    neuron: tuple[str, int] | None = None

    def _attention(self, layer: str, x: Vector, keys: Matrix, values: Matrix) -> Vector:
        if layer == self.attention:
            return [Value(0.0) for _ in x]
        query = linear(x, self.weights[layer + "attn_wq"])
        keys.append(linear(x, self.weights[layer + "attn_wk"]))
        values.append(linear(x, self.weights[layer + "attn_wv"]))
        size = self.hyperparameters.head_dim
        heads: Vector = []
        for number in range(self.hyperparameters.n_head):
            part = slice(number * size, (number + 1) * size)
            if (layer, number) == self.head:
                heads += [Value(0.0)] * size
                continue
            weights = softmax([dot(query[part], key[part]) / size**0.5 for key in keys])
            heads += [dot(weights, [v[j] for v in values]) for j in range(part.start, part.stop)]
        return linear(heads, self.weights[layer + "attn_wo"])

    def _mlp(self, layer: str, x: Vector) -> Vector:
        if layer == self.mlp:
            return [Value(0.0) for _ in x]
        hidden = [value.relu() for value in linear(x, self.weights[layer + "mlp_fc1"])]
        if self.neuron and layer == self.neuron[0]:
            hidden[self.neuron[1]] = Value(0.0)
        return linear(hidden, self.weights[layer + "mlp_fc2"])


def zero(name: str) -> Callable[[Without], None]:
    def remove(model: Without) -> None:
        for row in model.weights[name]:
            for value in row:
                value.data = 0.0

    return remove


def set_part(name: str, value: object) -> Callable[[Without], None]:
    return lambda model: setattr(model, name, value)


REMOVED: dict[str, Callable[[Without], None]] = {
    "wte": zero("wte"),
    "wpe": zero("wpe"),
    "layer0.attention": set_part("attention", "layer0."),
    "layer1.attention": set_part("attention", "layer1."),
    "layer0.head1": set_part("head", ("layer0.", 1)),
    "layer1.head0": set_part("head", ("layer1.", 0)),
    "layer0.mlp": set_part("mlp", "layer0."),
    "layer1.mlp": set_part("mlp", "layer1."),
    "layer0.neuron5": set_part("neuron", ("layer0.", 5)),
    "layer1.neuron31": set_part("neuron", ("layer1.", 31)),
}


@pytest.mark.parametrize("part", REMOVED)
def test_the_loss_without_a_part_is_that_of_the_algorithm_without_it(
    inside: Inside, part: str
) -> None:
    subject = inside.subject
    engine = SCALAR.make(subject.model.hyperparameters, subject.model.vocabulary, None)
    assert isinstance(engine, ScalarEngine)
    engine.set_weights(subject.weights)
    engine.model.__class__ = Without
    model = engine.model
    assert isinstance(model, Without)

    def losses() -> list[float]:
        return [document_loss(model, subject.tokens(d)).data for d in subject.documents]

    whole = losses()
    REMOVED[part](model)
    differences = [after - before for before, after in zip(whole, losses(), strict=True)]
    found = inside.ablation(1e9)
    (worth,) = (each for each in found["parts"] if each["part"] == part)
    assert found["loss"] == pytest.approx(statistics.fmean(whole), rel=1e-9)
    assert worth["difference"] == pytest.approx(statistics.fmean(differences), abs=1e-9)
    without = statistics.fmean(whole) + worth["difference"]
    assert worth["loss_without"] == pytest.approx(without)
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    assert worth["error"] == pytest.approx(error, abs=1e-9)
    assert worth["worse"] == sum(each > 0 for each in differences)


def test_every_part_is_measured_once_and_what_is_measured_is_told(inside: Inside) -> None:
    found = inside.ablation(1e9)
    expected = ["wte", "wpe"]
    for layer in ("layer0", "layer1"):
        expected += [f"{layer}.{part}" for part in ("attention", "head0", "head1", "mlp")]
    expected += [f"layer{i}.neuron{j}" for i in range(2) for j in range(32)]
    assert [each["part"] for each in found["parts"]] == expected
    assert expected == parts(inside.subject.model.hyperparameters)
    assert found["complete"]
    assert found["planned"] == len(expected)
    assert (found["documents"], found["lines"]) == (3, "unseen")


def test_it_is_measured_piece_by_piece() -> None:
    ticks = iter(range(10**6))
    session = trained(SETTINGS)
    inside = Inside(session.inside(NEWEST).subject, lambda: float(next(ticks)))
    first = inside.ablation(1)
    assert len(first["parts"]) == 1
    assert not first["complete"]
    while not (found := inside.ablation(1))["complete"]:
        pass
    assert found == session.inside(NEWEST).ablation(1e9)


def test_the_model_is_whole_again(session: Session) -> None:
    inside = session.inside(NEWEST)
    before = inside.line("anna")["surprises"]
    inside.ablation(1e9)
    inside.without("layer0.mlp", 3)
    assert inside.line("anna")["surprises"] == before


def test_samples_without_a_part(inside: Inside) -> None:
    """The same random numbers; what the part adds is what differs."""
    found = inside.without("layer0.mlp", 30, 1.0)
    assert len(found["whole"]) == len(found["without"]) == 30
    assert found["whole"] != found["without"]
    assert inside.without("layer0.mlp", 30, 1.0) == found
    # A neuron that is never active adds nothing, so nothing differs.
    hidden = [inside.line(d)["hidden"] for d in [*found["whole"], "anna"]]
    silent = [j for j in range(32) if not any(any(h[j:][::32][: len(h) // 64]) for h in hidden)]
    for j in silent[:1]:
        same = inside.without(f"layer0.neuron{j}", 30, 1.0)
        assert same["whole"] == same["without"]


@pytest.mark.parametrize(
    "part",
    ["", "lm_head", "layer2.mlp", "layer0.head2", "layer0.neuron32", "layer0000000.mlp", "layer0"],
)
def test_a_part_that_is_not_there_is_refused(inside: Inside, part: str) -> None:
    with pytest.raises(SamplingError, match="no part") as raised:
        inside.without(part)
    assert raised.value.field == "part"


@pytest.mark.parametrize("count", [0, 201, 2.5])
def test_too_many_samples_are_refused(inside: Inside, count: int) -> None:
    with pytest.raises(SamplingError) as raised:
        inside.without("wpe", count)
    assert raised.value.field == "count"


def test_what_it_has_learned_from_is_called_that() -> None:
    """Without other lines, its own are measured, and not called unseen."""
    found = trained().inside(NEWEST).ablation(1e9)
    assert (found["lines"], found["documents"]) == ("learned", 10)


def test_where_there_are_no_lines_nothing_is_measured(session: Session) -> None:
    subject = dataclasses.replace(session.inside(NEWEST).subject, documents=[])
    found = Inside(subject).ablation(1)
    assert (found["complete"], found["loss"], found["parts"]) == (True, None, [])
