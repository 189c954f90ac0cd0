"""What the room answers: plain dictionaries, which cross to JavaScript as they are.

The page's side of these shapes is web/types.d.ts. Arrays of several axes are flat, the
last axis running fastest. A token is named by its character, BOS by "".
"""

from __future__ import annotations

from array import array
from typing import Literal, TypeAlias, TypedDict, final

# Which lines something is measured on: those that the model has not learned from; of its text,
# where there are no such; of a text that is loaded now; or what the model makes up itself.
Lines: TypeAlias = Literal["unseen", "learned", "loaded", "own"]


class LineInside(TypedDict):
    """What happens when a model reads a line, position by position.

    A stage is a place on the residual stream: after the embedding, then after attention
    and after the MLP of each layer. What lm_head makes of the stream there is its guess.
    """

    line: str  # as far as the model reads it
    tokens: list[str]  # read at each position: BOS, then the line's
    following: list[str]  # what comes there: the line's tokens, then BOS if all is read
    vocabulary: list[str]
    probabilities: array[float]  # (positions, vocabulary), of what follows
    tempered: array[float]  # the same, at the temperature
    surprises: array[float]  # nats, one for each token of `following`
    stages: list[str]  # "embedding", "layer0.attention", "layer0.mlp", …
    stage_logits: array[float]  # (stages, positions, vocabulary)
    stage_probabilities: array[float]  # the same; the last stage's are `probabilities`
    layers: int
    heads: int
    neurons: int  # of an MLP
    attention: array[float]  # (layers, heads, positions, positions): by whom, then to whom
    hidden: array[float]  # (layers, positions, neurons), after the ReLU


class PartWorth(TypedDict):
    """What a part of the model is worth: the loss without it."""

    part: str  # "wte", "wpe", "layer0.attention", "layer0.head2", "layer0.mlp", "layer0.neuron17"
    loss_without: float  # nats
    difference: float  # nats that are lost without it: loss_without less the model's loss
    error: float  # of the difference, nats: its standard error over the lines
    worse: int  # lines whose loss is higher without it


class Ablation(TypedDict):
    """What each part is worth, measured part by part."""

    documents: int
    lines: Lines
    loss: float | None  # nats, of the whole model; None until it is measured
    parts: list[PartWorth]  # so far: wte, wpe, of each layer attention, heads and MLP, then neurons
    planned: int  # how many parts there will be
    complete: bool


class Without(TypedDict):
    """What the model makes up with and without a part, from the same random numbers."""

    part: str
    whole: list[str]
    without: list[str]


class GuessParts(TypedDict):
    """What a guess rests on: what it would be without each part."""

    beginning: str  # after which
    vocabulary: list[str]
    whole: array[float]  # (vocabulary), of the whole model
    parts: list[str]  # as in an `Ablation`
    without: array[float]  # (parts, vocabulary)


class Beginning(TypedDict):
    """The beginning of a line, and how much a neuron is moved at its last character."""

    text: str  # without BOS: "" is the beginning of every line
    activation: float


class Effect(TypedDict):
    """What a neuron does to a token's logit, for each unit of its activation."""

    token: str
    logit: float


class Neuron(TypedDict):
    """What a neuron of an MLP answers to, and what it does."""

    part: str
    documents: int
    lines: Lines
    active: float  # share of all positions at which it isn't 0
    beginnings: list[Beginning]  # distinct ones that move it most, the most first
    effects: list[Effect]  # for every token, the most raised first
    direct: bool  # whether nothing but lm_head comes after it


class Distances(TypedDict):
    """How far back each head looks: attention averaged over lines, by distance."""

    documents: int
    lines: Lines
    layers: int
    heads: int
    distances: int  # 0 is the position itself
    means: array[float]  # (layers, heads, distances), over positions that have one so far back
    even: array[float]  # (distances), what a head would have that looks at all positions alike
    counts: list[int]  # of positions, by distance


class LetterMap(TypedDict):
    """Embeddings in two dimensions, by principal components."""

    of: str  # "wte" or "wpe"
    labels: list[str]  # tokens, or positions from "0" on
    left_out: int  # tokens, the rarest, where there are too many for a map
    x: array[float]
    y: array[float]
    shares: list[float]  # of the variance that each of the two axes explains
    distances: array[float]  # (labels, labels), between the embeddings themselves
    groups: list[str]  # "vowel", "consonant" or "", for each label
    finding: str  # a sentence: whether vowels and consonants stand apart; "" where none is asked
    likely: float | None  # share of random groups that stand apart as much; None: not asked


class MatrixBrief(TypedDict):
    """A weight matrix in brief."""

    name: str
    rows: int
    columns: int
    size: float  # root mean square of its weights
    moved: float | None  # the same of their change since the start, None where that isn't here


class Matrices(TypedDict):
    """All weight matrices in their order, and since when their change is told."""

    matrices: list[MatrixBrief]
    start: int | None  # the step that changes are counted from, None where there is none
    step: int  # at which the weights are, 0 of a model without its run


class MatrixInside(TypedDict):
    """The numbers of a weight matrix."""

    name: str
    rows: int
    columns: int
    row_names: list[str]  # tokens of wte and lm_head; else [], and rows have numbers
    weights: array[float]  # (rows, columns)
    change: array[float] | None  # since the start


class WeightStep(TypedDict):
    """What one step of learning did to one weight."""

    name: str  # as "wte[e][3]", "layer0.attn_wq[2][7]"
    before: float
    after: float
    gradient: float
    mean: float  # Adam's, of gradients, after the step
    square: float  # Adam's, of squared gradients, after the step


class MatrixStep(TypedDict):
    """What one step of learning did to a matrix, as root mean squares."""

    name: str
    moved: float
    gradient: float


@final
class StepAhead(TypedDict):
    """A step that is not reached yet: the run is trained again on the way there."""

    step: int
    share: float  # of the way, 0 to 1


@final
class StepInside(TypedDict):
    """One step of learning."""

    step: int  # counted from 1
    taken: bool  # by the run itself; else it is the next to be taken
    first: int  # that can be looked at: this one …
    last: int  # … to this one, which is the next to be taken where the run can go on
    limit: str  # why it begins there, or why the run's own step differed: sentences, or ""
    documents: list[str]  # that it learned from
    loss_before: float  # nats, on those
    loss_after: float
    measured: int  # other lines
    lines: Lines
    others_before: float  # nats, on those; NaN where there are none
    others_after: float
    helped: int  # of those whose loss fell
    learning_rate: float
    matrices: list[MatrixStep]
    largest: list[WeightStep]  # changes, the largest first


class MatrixLearning(TypedDict):
    """What the step that was looked at last did to each weight of a matrix."""

    name: str
    rows: int
    columns: int
    row_names: list[str]
    before: array[float]
    change: array[float]
    gradient: array[float]
    mean: array[float]
    square: array[float]


class CodeLine(TypedDict):
    """A line of the algorithm."""

    file: str  # as "gpt/model.py"
    function: str
    number: int
    source: str


class GraphNode(TypedDict):
    """A value of a graph, in brief."""

    id: int  # in the order in which they were made; weights are below 0
    name: str  # as "query[3] of position 2"; of a weight as in `WeightStep`
    data: float
    gradient: float  # of the loss


class GraphGroup(TypedDict):
    """The values that one line of the algorithm made, called from the same lines."""

    index: int
    name: str  # of what it makes, as "query"
    calls: list[CodeLine]  # from document_loss down to the line that made them
    telling: int  # the one of them in which the name stands
    operations: list[str]  # "dot", "sum", "+", "·", "power", "exp", "log", "relu"
    values: int
    edges: int
    vectors: int


class Graph(TypedDict):
    """The graph of a line's loss, grouped; see `gpt.autograd`."""

    line: str  # as far as the model reads it
    loss: float  # nats
    values: int  # that were computed
    edges: int  # from a value to one that it was computed from
    weights: int  # that it uses
    numbers: int  # constants that it uses
    unused: int  # values that were computed and that the loss doesn't depend on
    groups: list[GraphGroup]  # in the order in which their first value was made


class GraphVector(TypedDict):
    """Values that were made together: by one run of a line, at one place in it."""

    index: int
    name: str  # as "position 2, ‘m’" or "position 2, ‘m’, head 1"
    makes: str  # as "query" or "dot(x, x)"
    operation: str
    elements: list[int]  # where each value stands among all that were made there
    values: list[GraphNode]


class Term(TypedDict):
    """What one value got from another, or from a pair that was multiplied."""

    left: GraphNode
    right: GraphNode | None
    local: float  # d(value)/d(left); of a pair, d(value)/d(right) is left's number
    data: float  # what it added to the value, of a sum of terms; else left's number


class GraphUse(TypedDict):
    """What was made of a value, and what that passes back to it."""

    node: GraphNode
    local: float  # d(node)/d(value)
    passes: float  # local · the node's gradient; all of these together are the value's


class GraphValue(TypedDict):
    """One value: what it was made of, and what was made of it."""

    node: GraphNode
    operation: str  # as of a group; "weight" of a weight, "number" of a constant
    formula: str  # with its numbers, as "max(0, −0.2) = 0"; of many terms the first few
    calls: list[CodeLine]  # none of a weight
    group: int | None
    vector: int | None  # of that group; None of a constant too
    terms: list[Term]
    users: list[GraphUse]  # that were made of it, those that pass back most
    users_count: int


class Proof(TypedDict):
    """A gradient, held to a finite difference."""

    id: int
    epsilon: float  # the value was made so much larger and smaller
    loss_up: float
    loss_down: float
    slope: float  # (loss_up - loss_down) / (2 · epsilon)
    gradient: float  # that backward() gave
    agrees: bool  # to about the digits that a finite difference has
    note: str  # why it can't agree, as at a ReLU's kink, or how far it can; or ""


class PathStep(TypedDict):
    """A value on the way to the loss."""

    node: GraphNode
    operation: str
    local: float  # d(this value)/d(the one before), 1 for the first
    line: CodeLine | None  # the telling one; None of a weight


class WatchedLine(TypedDict):
    """What a line's loss is without the group, against without as many random lines."""

    line: str
    whole: float  # nats, of the model that has learned from all
    without: float  # without the group
    controls: array[float]  # without as many random lines, one for each time
    difference: float  # without, less the mean of the controls
    error: float  # of the difference: half its 95 % interval, by Student's t
    found: bool  # whether it is larger than its error
    left_out: bool  # whether it is itself one of the group, and so was not learned from


class WhatIf(TypedDict):
    """A training without a group of lines, and controls; as far as it is done."""

    share: float  # done, 0 to 1
    complete: bool
    matching: int  # lines of the text that are in the group
    learned: int  # of these, those that the run has learned from in its steps so far
    skipped: bool  # whether their steps were skipped; else the lines that follow moved up
    steps: int  # of each training
    repeats: int  # of the control
    trainings: int  # with all lines, without the group, and the controls
    seconds: float  # that it took so far
    left: float  # seconds that it will still take, as far as that is known
    limit: str  # what is to be known of it besides, sentences, or ""
    watched: list[WatchedLine]  # empty until complete
