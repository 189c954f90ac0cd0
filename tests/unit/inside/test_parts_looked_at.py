"""Neurons and the distances of attention, against numpy and against a model made by hand."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from numpy.typing import NDArray

from microgpt import Session
from microgpt.errors import SamplingError
from microgpt.inside.distances import distances
from microgpt.inside.inside import Inside
from microgpt.inside.neurons import Neurons
from microgpt.inside.subject import Subject
from runs import trained

Numbers = NDArray[np.float64]

TEXT = (
    b"anna\nbob\ncarla\ndave\nemma\nfred\nhanna\nida\njob\nkarl\nlena\nmaximiliane\nna\nan\nann\n"
)
SIZES = {"steps": 60, "n_embd": 8, "n_head": 2, "n_layer": 2, "block_size": 8, "seed": 1}


@pytest.fixture(scope="module")
def session() -> Session:
    return trained(SIZES, TEXT)


@pytest.fixture(scope="module")
def inside(session: Session) -> Inside:
    return session.inside(SIZES["steps"])


def matrix(subject: Subject, name: str, layer: int | None = None) -> Numbers:
    place = subject.layout.named(name, layer)
    return np.array(subject.weights)[place.offset : place.end].reshape(place.shape)


def norm(x: Numbers) -> Numbers:
    scale: Numbers = np.sqrt((x * x).mean(axis=-1, keepdims=True) + 1e-5)
    return x / scale


def forward(subject: Subject, tokens: list[int]) -> tuple[Numbers, Numbers]:
    """Attention (layers, heads, positions, positions) and hidden (layers, positions, neurons)."""
    h = subject.model.hyperparameters
    count = len(tokens)
    x = norm(matrix(subject, "wte")[tokens] + matrix(subject, "wpe")[:count])
    attention, hidden = [], []
    for layer in range(h.n_layer):
        q, k, v = (
            (norm(x) @ matrix(subject, f"attn_w{letter}", layer).T)
            .reshape(count, h.n_head, h.head_dim)
            .transpose(1, 0, 2)
            for letter in "qkv"
        )
        scores = q @ k.transpose(0, 2, 1) / h.head_dim**0.5
        scores[:, np.triu(np.ones((count, count), bool), 1)] = -np.inf
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        heads = (shares @ v).transpose(1, 0, 2).reshape(count, h.n_embd)
        x = x + heads @ matrix(subject, "attn_wo", layer).T
        neurons = np.maximum(norm(x) @ matrix(subject, "mlp_fc1", layer).T, 0)
        x = x + neurons @ matrix(subject, "mlp_fc2", layer).T
        attention.append(shares)
        hidden.append(neurons)
    return np.array(attention), np.array(hidden)


def read(subject: Subject) -> list[tuple[str, list[int]]]:
    """Each measured line as far as the model reads it, with the tokens that it reads."""
    block = subject.model.hyperparameters.block_size
    lines = [(line[: block - 1], subject.tokens(line)[:-1]) for line in subject.documents]
    assert any(len(line) == block - 1 for line, _ in lines), "one is cut"
    return lines


def test_a_neuron_is_what_numpy_says(inside: Inside) -> None:
    subject = inside.subject
    seen = [(line, forward(subject, tokens)[1]) for line, tokens in read(subject)]
    columns = 4 * subject.model.hyperparameters.n_embd
    head = matrix(subject, "lm_head")
    for layer in range(2):
        for index in range(columns):
            found = inside.neuron(layer, index)
            column = [hidden[layer, :, index] for _, hidden in seen]
            assert found["documents"] == len(seen)
            assert found["active"] == pytest.approx((np.concatenate(column) > 0).mean())
            moved = {
                line[:at]: column[i][at]
                for i, (line, _) in enumerate(seen)
                for at in range(len(line) + 1)
            }
            strongest = sorted((each for each in moved.values() if each > 0), reverse=True)[:10]
            told = found["beginnings"]
            assert [each["activation"] for each in told] == pytest.approx(strongest, abs=1e-9)
            assert len({each["text"] for each in told}) == len(told)
            for each in told:
                assert each["activation"] == pytest.approx(moved[each["text"]], abs=1e-9)
            effects = head @ matrix(subject, "mlp_fc2", layer)[:, index]
            names = subject.token_names
            told_effects = {each["token"]: each["logit"] for each in found["effects"]}
            assert told_effects == pytest.approx(dict(zip(names, effects, strict=True)))
            told_logits = [each["logit"] for each in found["effects"]]
            assert told_logits == sorted(told_logits, reverse=True)
            assert found["direct"] == (layer == 1)


def test_distances_are_what_numpy_says(inside: Inside) -> None:
    subject = inside.subject
    found = inside.distances()
    seen = [forward(subject, tokens)[0] for _, tokens in read(subject)]
    assert found["documents"] == len(seen)
    assert (found["layers"], found["heads"], found["distances"]) == (2, 2, 8)
    means = np.array(found["means"]).reshape(2, 2, 8)
    for distance in range(8):
        there = [
            (attention[:, :, i, i - distance], 1 / (i + 1))
            for attention in seen
            for i in range(distance, attention.shape[-1])
        ]
        assert found["counts"][distance] == len(there)
        assert means[:, :, distance] == pytest.approx(np.mean([a for a, _ in there], axis=0))
        assert found["even"][distance] == pytest.approx(np.mean([even for _, even in there]))


def test_the_last_layers_effect_is_what_the_logits_change_by(inside: Inside) -> None:
    """A finite difference: with the neuron's column of mlp_fc2 made longer."""
    subject = inside.subject
    found = inside.neuron(1, 5)
    effect = {each["token"]: each["logit"] for each in found["effects"]}
    line, tokens = read(subject)[0]
    activation = forward(subject, tokens)[1][1, :, 5]
    column = subject.layout.named("mlp_fc2", 1).groups()[5]
    changed = array("d", subject.weights)
    for place in column:
        changed[place] *= 1.5
    before = np.array(subject.engine.activations(tokens).logits)
    try:
        subject.engine.set_weights(changed)
        after = np.array(subject.engine.activations(tokens).logits)
    finally:
        subject.engine.set_weights(subject.weights)
    vocabulary = len(effect)
    difference = (after - before).reshape(-1, len(line) + 1, vocabulary)[-1]
    assert activation.any()
    expected = 0.5 * np.outer(activation, [effect[name] for name in subject.token_names])
    assert difference == pytest.approx(expected, abs=1e-9)


def by_hand() -> Subject:
    """A model of one layer, one head and one number, of "a" and BOS, whose weights are given.

    The stream is 1 after "a" and -1 after BOS, apart from what keeps rmsnorm finite.
    Queries and keys are 0, so that attention is even; values are 0. Neuron 0 answers to a
    positive stream, neuron 1 to a negative one, the others to nothing.
    """
    sizes = {"steps": 1, "n_embd": 1, "n_head": 1, "block_size": 4, "seed": 1}
    subject = trained(sizes, b"a\naa\naaa\n").inside(1).subject
    weights = array("d", bytes(8 * len(subject.weights)))
    given = {
        "wte": [1000.0, -1000.0],
        "lm_head": [2.0, -3.0],
        "mlp_fc1": [1.0, -2.0, 0.0, 0.0],
        "mlp_fc2": [5.0, 7.0, 0.0, 0.0],
    }
    for matrix_ in subject.layout.matrices:
        if matrix_.name in given:
            weights[matrix_.offset : matrix_.end] = array("d", given[matrix_.name])
    subject.weights = weights
    subject.engine.set_weights(weights)
    subject.documents = ["a", "aa", "aaaaaaa"]
    return subject


def test_a_model_made_by_hand() -> None:
    subject = by_hand()
    neurons = Neurons(subject)
    found = neurons.of(0, 0)
    # Positions: BOS a, BOS a a, BOS a a a.
    assert found["active"] == pytest.approx(6 / 9)
    assert [each["text"] for each in found["beginnings"]] == ["a", "aa", "aaa"]
    assert [each["activation"] for each in found["beginnings"]] == pytest.approx(
        [1, 1, 1], rel=1e-4
    )
    assert found["effects"] == [{"token": "a", "logit": 10.0}, {"token": "", "logit": -15.0}]
    assert found["direct"]
    other = neurons.of(0, 1)
    assert other["active"] == pytest.approx(3 / 9)
    assert [each["text"] for each in other["beginnings"]] == [""]
    assert other["beginnings"][0]["activation"] == pytest.approx(2, rel=1e-4)
    still = neurons.of(0, 2)
    assert (still["active"], still["beginnings"]) == (0.0, [])

    far = distances(subject)
    assert far["counts"] == [9, 6, 3, 1]
    # Even attention: shares of 1, 1/2, 1/3 and 1/4 at the positions from BOS on.
    even = [
        (3 * 1 + 3 / 2 + 2 / 3 + 1 / 4) / 9,
        (3 / 2 + 2 / 3 + 1 / 4) / 6,
        (2 / 3 + 1 / 4) / 3,
        1 / 4,
    ]
    assert list(far["means"]) == pytest.approx(even)
    assert list(far["even"]) == pytest.approx(even)


def test_what_does_not_fit_is_not_read() -> None:
    subject = by_hand()
    hidden = 4  # numbers a position
    assert Neurons(subject, most=5 * hidden).of(0, 0)["documents"] == 2
    assert Neurons(subject, most=1).of(0, 0)["documents"] == 1  # there is always one


def test_without_lines_nothing_is_told() -> None:
    subject = by_hand()
    subject.documents = []
    found = Neurons(subject).of(0, 0)
    assert (found["documents"], found["active"], found["beginnings"]) == (0, 0.0, [])
    assert [each["token"] for each in found["effects"]] == ["a", ""]
    far = distances(subject)
    assert (far["documents"], far["distances"], list(far["means"])) == (0, 0, [])


@pytest.mark.parametrize(
    ("layer", "index", "field"),
    [(2, 0, "layer"), (-1, 0, "layer"), (0, 32, "index"), (1, -1, "index")],
)
def test_a_neuron_that_is_not_there(inside: Inside, layer: int, index: int, field: str) -> None:
    with pytest.raises(SamplingError, match=f"There is no such {field} as") as error:
        inside.neuron(layer, index)
    assert error.value.field == field


def test_lines_are_read_once(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    inside.neuron(0, 0)
    inside.distances()
    monkeypatch.delattr(type(inside.subject.engine), "activations")
    assert inside.neuron(1, 3)["part"] == "layer1.neuron3"
    assert inside.distances()["distances"] == 8
