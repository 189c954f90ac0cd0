"""What a neuron of an MLP answers to, and what it does to the logits.

A neuron is a row of mlp_fc1 with its ReLU, and the column of mlp_fc2 that it is multiplied
with. Not about what it is worth: see `ablation`.
"""

from __future__ import annotations

from array import array
from heapq import nlargest
from operator import mul

from microgpt.errors import SamplingError
from microgpt.inside.passing import MOST_NUMBERS, passed
from microgpt.inside.reports import Beginning, Effect, Neuron
from microgpt.inside.subject import Subject

_LINES = 1000
_BEGINNINGS = 10


class Neurons:
    """All neurons' activations on the measured lines, so that each is told about at once.

    Args:
        subject: the model.
        most: numbers that are kept; fewer lines are read where that isn't enough.
    """

    def __init__(self, subject: Subject, most: int = MOST_NUMBERS) -> None:
        self._subject = subject
        h = subject.model.hyperparameters
        self._columns = 4 * h.n_embd
        self._documents = 0
        self._hidden = [array("d") for _ in range(h.n_layer)]  # (positions, neurons) of each layer
        self._firsts: dict[str, int] = {}  # each beginning's first position among those
        self._read(most)

    def _read(self, most: int) -> None:
        kept = 0
        for line, activations in passed(self._subject, self._subject.affordable(_LINES)):
            kept += len(activations.hidden)
            if kept > most and self._documents:
                break
            first = len(self._hidden[0]) // self._columns
            size = (len(line) + 1) * self._columns  # positions: BOS, then the line's
            for layer, hidden in enumerate(self._hidden):
                hidden.extend(activations.hidden[layer * size : (layer + 1) * size])
            for length in range(len(line) + 1):
                self._firsts.setdefault(line[:length], first + length)
            self._documents += 1

    def of(self, layer: int, index: int) -> Neuron:
        """What one neuron answers to, and what it does.

        Raises:
            SamplingError: there is no such layer or neuron; the field is "layer" or "index".
        """
        layers, columns = len(self._hidden), self._columns
        _check("layer", layer, layers)
        _check("index", index, columns)
        activations = self._hidden[layer][index::columns]
        active = sum(1 for activation in activations if activation)
        strongest = nlargest(
            _BEGINNINGS, self._firsts.items(), key=lambda item: activations[item[1]]
        )
        beginnings = [Beginning(text=text, activation=activations[at]) for text, at in strongest]
        return Neuron(
            part=f"layer{layer}.neuron{index}",
            documents=self._documents,
            lines=self._subject.lines,
            active=active / len(activations) if activations else 0.0,
            beginnings=[each for each in beginnings if each["activation"] > 0],
            effects=self._effects(layer, index),
            direct=layer == layers - 1,
        )

    def _effects(self, layer: int, index: int) -> list[Effect]:
        """lm_head times the neuron's column of mlp_fc2."""
        weights, layout = self._subject.weights, self._subject.layout
        written = _numbers(weights, layout.named("mlp_fc2", layer).groups()[index])
        head = layout.named("lm_head")
        effects = [
            Effect(token=name, logit=sum(map(mul, _numbers(weights, head.row(token)), written)))
            for token, name in enumerate(self._subject.token_names)
        ]
        return sorted(effects, key=lambda effect: -effect["logit"])


def _numbers(weights: array[float], places: range) -> array[float]:
    return weights[places.start : places.stop : places.step]


def _check(field: str, value: int, count: int) -> None:
    if not 0 <= value < count:
        what = {"layer": "layers", "index": "neurons in each layer"}[field]
        raise SamplingError(
            f"There is no such {field} as {value}: the model has {count} {what}, "
            f"and they are counted from 0. Take one up to {count - 1}.",
            field=field,
        )
