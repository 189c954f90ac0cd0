"""The second engine: the same steps, by kernels compiled for the sizes of the run.

Writes the tokens of many documents into the module's memory, lets it train on
all of them in one call, and reads the losses. Not about how a step is computed
(`kernels`), how that becomes WebAssembly (`compiler`) or who runs it (`host`).
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import accumulate, chain, count, pairwise
from typing import Any, TypeVar

from microgpt import kernels
from microgpt.compiler import compile_kernels, lower
from microgpt.compiler.instructions import Program
from microgpt.engines import host, team
from microgpt.engines.engine import (
    MAX_MEMORY,
    NO_FIGURES,
    NO_PROBABILITIES,
    Activations,
    Part,
    State,
    hand_over,
)
from microgpt.engines.normals import normals
from microgpt.errors import DivergedError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RandomStream
from microgpt.kernels import adam
from microgpt.kernels.layout import Arrays, Layout
from microgpt.kernels.sizes import Sizes
from microgpt.weights import weight_layout

_UTF_32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
_TOKENS = 1 << 17  # room for so many at a time, or for one step's if those are more
# A step's operations besides those with weights, as many as take the same time, measured: softmax
# for each head and pair of positions, and the update for each weight.
_WORK_OF_PAIR, _WORK_OF_UPDATE = 120, 50
_KEPT = 1 << 21  # bytes for copies of the weights, if one has room there
_ALIGNMENT = 64  # bytes: a line of the processor's cache
_PER_CALL = 1 << 24  # weights that samples are multiplied with: 10 ms on a slow machine
_TINY = {64: 1e-290, 32: 1e-30}  # what Adam's means are flushed to 0 below; see `adam_update`


_T = TypeVar("_T")


class Memory:
    """The memory of a module: where its floats and a call's arguments begin, in bytes."""

    def __init__(self, layout: Arrays, float_bits: int) -> None:
        size = float_bits // 8
        longest = layout.batch * (layout.block + 1)  # tokens of a step
        self.max_steps = steps_per_call(layout)
        self.floats = _ALIGNMENT  # not 0, so that a forgotten address shows
        self.results = self.floats + _aligned(layout.size * size)
        # Of a call: losses, surprises, probabilities, or random numbers that come in.
        self.room = max(self.max_steps, layout.block + 1, layout.vocabulary)
        self.copy_size = layout.parameters * size
        self.copies = _KEPT // self.copy_size  # of the weights, 0 of large ones
        self.kept = self.results + _aligned(self.room * size)
        self.lengths = self.kept + _aligned(self.copies * self.copy_size)
        # After the lengths stands which weights to keep, and an end: one crossing less.
        self.tokens = self.lengths + _aligned((self.max_steps * layout.batch + self.copies + 1) * 4)
        # A call's documents; or a prefix, what is drawn after it, and the ends of that.
        most = max(self.max_steps * longest, layout.block + 2 * self.room)
        self.line_losses = self.tokens + _aligned(most * 4)
        self.team = self.line_losses + _aligned(layout.batch * size)
        self.end = self.team + _aligned(4 * team.INTS)
        # Those who help have memory of their own, but for what only the optimizer needs.
        self.own_size = _aligned((layout.size - layout.own) * size)
        self._skipped = layout.own * size

    def end_with(self, helpers: int, places: int) -> int:
        """Where it all ends, if there are so many who help, and places for so many gradients."""
        return self.found(helpers) + places * self.copy_size

    def found(self, helpers: int) -> int:
        """Where the gradients of groups are, if there are so many who help."""
        return self.end + helpers * self.own_size

    def floats_of(self, helper: int) -> int:
        """Where the floats of one begin, counted from 1; the first ones are never touched there."""
        return self.end + (helper - 1) * self.own_size - self._skipped


def steps_per_call(layout: Arrays) -> int:
    """For so many there is room in the module's memory."""
    return max(1, _TOKENS // (layout.batch * (layout.block + 1)))


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def compiled_memory(
    hyperparameters: Hyperparameters,
    vocabulary_size: int,
    longest: int,  # noqa: ARG001 (there is room for any)
    float_bits: int,
    learns: bool = True,
) -> int:
    """Bytes of the module's memory; see `kinds.EngineKind`."""
    return Memory(Layout(Sizes.of(hyperparameters, vocabulary_size, learns)), float_bits).end


def compiled_work(hyperparameters: Hyperparameters, vocabulary_size: int, length: int) -> float:
    """Floating-point operations of a step, or as many as take the same time; about the most.

    Args:
        hyperparameters: of the run.
        vocabulary_size: with BOS.
        length: characters in a document.
    """
    h = hyperparameters
    positions = min(h.block_size, length + 1)
    pairs = positions * (positions + 1) // 2  # of a position and one it looks back at
    parameters = weight_layout(h, vocabulary_size).size
    attention = h.n_layer * pairs * (_WORK_OF_PAIR * h.n_head + 12 * h.n_embd)
    return h.batch_size * (6 * parameters * positions + attention) + _WORK_OF_UPDATE * parameters


def translate(sizes: Sizes, float_bits: int, simd: bool, shared: bool = False) -> bytes:
    """The module of all that the engine calls."""
    layout = Layout(sizes)
    memory_bytes = Memory(layout, float_bits).end
    spreading = host.spreads_on_loading()
    exported = _exported(layout, kernels.FOR_A_TEAM if shared else {})
    return compile_kernels(exported, memory_bytes, float_bits, simd, spreading, shared)


def lowered(sizes: Sizes, float_bits: int, simd: bool) -> Program:
    """The same in the compiler's intermediate form, which can be read."""
    layout = Layout(sizes)
    others = kernels.FOR_A_TEAM if layout.groups > 1 else {}
    return lower(_exported(layout, others), float_bits, simd)


def _exported(
    layout: Layout, others: Mapping[str, Callable[..., Any]]
) -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    left_out = set() if layout.learns else kernels.LEARNING
    exported = {n: k for n, k in kernels.EXPORTED.items() if n not in left_out} | dict(others)
    constants: dict[str, Any] = {"layout": layout}
    return {
        name: (kernel, constants if "layout" in kernel.__annotations__ else {})
        for name, kernel in exported.items()
    }


@lru_cache(maxsize=4)
def _program(sizes: Sizes, float_bits: int, shared: bool) -> host.Program:
    """The program for a model of these sizes; another run with the same begins at once."""
    return host.load(translate(sizes, float_bits, host.has_simd(), shared))


def _portions(items: Sequence[_T], most: int) -> Iterator[Sequence[_T]]:
    """All items in their order, so many at a time."""
    for first in range(0, len(items), most):
        yield items[first : first + most]


def _split(tokens: array[int], bos: int, count: int) -> list[list[int]]:
    """So many documents, without the BOS at the end of each."""
    numbers, documents, first = tokens.tolist(), [], 0
    for _ in range(count):
        end = numbers.index(bos, first)
        documents.append(numbers[first:end])
        first = end + 1
    return documents


class TokenEncoder:
    """What `Vocabulary.encode` makes of many documents, at the speed of Python's string functions.

    Only for documents of this vocabulary's text: others give other tokens.
    """

    def __init__(self, vocabulary: Vocabulary, block_size: int) -> None:
        self._most = block_size + 1  # tokens of a document
        # No document has this in it, so that it can stand for BOS here: an end of line, mostly.
        known = set(vocabulary.characters)
        self._mark = next(mark for mark in map(chr, count(ord("\n"))) if mark not in known)
        self._translation = str.maketrans(
            {self._mark: chr(vocabulary.bos)}
            | {character: chr(token) for token, character in enumerate(vocabulary.characters)}
        )

    def __call__(self, documents: Iterable[str]) -> tuple[array[int], array[int]]:
        """The tokens of all documents, one document after the other, and how many each has."""
        mark, most = self._mark, self._most
        marked = [f"{mark}{document}{mark}"[:most] for document in documents]
        tokens = array("i")  # of 4 bytes wherever this runs
        tokens.frombytes("".join(marked).translate(self._translation).encode(_UTF_32))
        return tokens, array("i", map(len, marked))


class CompiledEngine:
    """Model and optimizer of a run, in the memory of a WebAssembly module.

    Args:
        hyperparameters: of the run.
        vocabulary: of the text.
        stream: which the weights are drawn from, in the scalar engine's order; else
            they are 0.
        float_bits: 64, or 32 for floats of half the size and precision.
        learns: else it is only sampled and measured, in a third of the memory or less.
    """

    note = ""

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        vocabulary: Vocabulary,
        stream: RandomStream | None,
        float_bits: int = 64,
        learns: bool = True,
    ) -> None:
        self.hyperparameters = hyperparameters
        self.vocabulary = vocabulary
        self._sizes = Sizes.of(hyperparameters, vocabulary.size, learns)
        self.layout = self._arrays()
        self._encode = TokenEncoder(vocabulary, hyperparameters.block_size)
        self._memory = Memory(self.layout, float_bits)
        self._size = float_bits // 8
        self._type_code = "d" if float_bits == 64 else "f"
        self._tiny = _TINY[float_bits]
        self._steps_done = 0
        self._transposed = False  # whether the copies of the weights are up to date
        self._cache_owner: object = None  # whose keys and values the module's memory holds
        self._kept: list[array[float]] = []
        self._copies = 0  # of the weights, in the module's memory
        self._float_bits = float_bits
        self._team = self._new_team()
        self._instance = self._team.instance if self._team else self._program().instance()
        if stream is not None:
            self._write(self.layout.weights, self._first_weights(stream))
            # To be trained. A page of memory is slow to write to for the first time: better now.
            size = self._memory.copies * self._memory.copy_size
            self._instance.write(self._memory.kept, array("b", bytes(size)))
        self._write_settings()

    def _arrays(self) -> Arrays:
        """Where everything lies."""
        return Layout(self._sizes)

    def _program(self, shared: bool = False) -> host.Program:
        """What runs."""
        return _program(self._sizes, self._float_bits, shared)

    def _new_team(self) -> team.Team | None:
        """Who can help to train, on an instance of their own; None if that would be of no use."""
        memory, room = self._memory, MAX_MEMORY - self._memory.end
        size, least = memory.own_size + memory.copy_size, memory.copy_size
        helpers = team.helpers(self.layout.groups, room - least, size)
        if not helpers:
            return None
        left = room - helpers * memory.own_size
        places = min(self.layout.groups, left // memory.copy_size)
        end = memory.end_with(helpers, places)
        instance = self._program(shared=True).shared_instance(end)
        common = (memory.tokens, memory.lengths, memory.results, memory.line_losses, memory.kept)
        self._shared = (memory.team, memory.found(helpers), places)
        arguments = [
            (helper, *common, *self._shared, memory.floats_of(helper), memory.floats)
            for helper in range(1, helpers + 1)
        ]
        return team.Team(instance, memory.team, arguments)

    def _first_weights(self, stream: RandomStream) -> array[float]:
        """What the weights are before the first step."""
        return normals(stream, self.hyperparameters.init_std, self.layout.parameters)

    @property
    def steps_per_call(self) -> int:
        """As many as there is room for in the module's memory."""
        return self._memory.max_steps

    @property
    def draws_per_call(self) -> int:
        """As many as should take some 10 ms at most, if each went on to the last position."""
        return _PER_CALL // (self.layout.parameters * self.layout.block)

    @property
    def parameter_count(self) -> int:
        """How many numbers are learned."""
        return self.layout.parameters

    def train(self, documents: Sequence[str], keep: Sequence[int] = ()) -> array[float]:
        """See `Engine.train`."""
        size, room = self.hyperparameters.batch_size, self._memory.copies
        if len(keep) <= room:
            return self._train(documents, keep)
        # One call for each copy, because there is no room for them all.
        self._collect()
        steps, losses = len(documents) // size, array("d")
        for begin, end in pairwise((*sorted({0, *keep}), steps)):
            if begin in keep:
                kept = self._copy(self._memory.floats + self.layout.weights * self._size)
            found = self._train(documents[begin * size : end * size], ())
            losses += found
            if begin in keep and found:
                self._kept.append(kept)
            if len(found) < end - begin:
                break
        return losses

    def _train(self, documents: Sequence[str], keep: Sequence[int]) -> array[float]:
        """As `train`, with copies that there is room for in the module's memory."""
        memory = self._memory
        steps = len(documents) // self.hyperparameters.batch_size
        if steps > memory.max_steps:
            raise ValueError(f"{steps} steps at a time, and there is room for {memory.max_steps}")
        tokens, lengths = self._encode(documents)
        if self._copies + len(keep) > memory.copies:
            self._collect()
        lengths.extend((*keep, -1))
        self._instance.write(memory.lengths, lengths)
        self._instance.write(memory.tokens, tokens)
        alone = partial(self._train_alone, steps, len(documents))
        done = (
            self._team.train(alone, partial(self._train_together, steps)) if self._team else alone()
        )
        self._copies += sum(step < done for step in keep)
        self._steps_done += done
        self._transposed, self._cache_owner = False, None
        if done < steps:  # gradients of the step that failed
            self._write(self.layout.gradients, [0.0] * self.layout.parameters)
        return array("d", self._instance.read(memory.results, self._type_code, done))

    def _train_alone(self, steps: int, documents: int) -> int:
        """How many steps were taken."""
        memory = self._memory
        done: int = self._instance.call(
            "train",
            steps,
            memory.tokens,
            memory.lengths,
            memory.results,
            memory.lengths + 4 * documents,
            memory.kept + self._copies * memory.copy_size,
            memory.floats,
        )
        return done

    def _train_together(self, steps: int) -> int:
        """The same with a team."""
        memory = self._memory
        done: int = self._instance.call(
            "train_together",
            steps,
            self._copies,
            memory.tokens,
            memory.lengths,
            memory.results,
            memory.line_losses,
            memory.kept,
            *self._shared,
            memory.floats,
        )
        return done

    def take_kept(self) -> list[array[float]]:
        """See `Engine.take_kept`."""
        self._collect()
        kept, self._kept = self._kept, []
        return kept

    def _collect(self) -> None:
        """Take the copies of the weights out of the module's memory."""
        for i in range(self._copies):
            self._kept.append(self._copy(self._memory.kept + i * self._memory.copy_size))
        self._copies = 0

    def _copy(self, address: int) -> array[float]:
        """The weights at an address."""
        weights = self._instance.read(address, self._type_code, self.layout.parameters)
        return array("f", weights)

    def losses(self, documents: Sequence[str]) -> array[float]:
        """See `Engine.losses`."""
        losses = array("d")
        for first in range(0, len(documents), self.steps_per_call):
            losses += self._losses(documents[first : first + self.steps_per_call])
        return losses

    def _losses(self, documents: Sequence[str]) -> array[float]:
        """Of as many documents as there is room for."""
        self._check(documents)
        self._transpose()
        self._cache_owner = None
        memory, count = self._memory, len(documents)
        tokens, lengths = self._encode(documents)
        self._instance.write(memory.lengths, lengths)
        self._instance.write(memory.tokens, tokens)
        self._instance.call(
            "document_losses", count, memory.tokens, memory.lengths, memory.results, memory.floats
        )
        losses = self._instance.read(memory.results, self._type_code, count)
        return array("d", [loss if math.isfinite(loss) else math.inf for loss in losses])

    def _check(self, documents: Sequence[str]) -> None:
        """Refuse characters that have no token."""
        if unknown := set("".join(documents)).difference(self.vocabulary.characters):
            raise KeyError(min(unknown))

    def sample(self, stream: RandomStream, temperature: float, prefix: list[int]) -> Iterator[int]:
        """See `sampling.sample`, whose loop this is."""
        bos, tokens = prefix[0], list(prefix)
        mine = object()
        for position in range(self.layout.block):
            # Others may have had their turn since the last character, and the module
            # has one cache: then it is filled again, from the beginning.
            for known in range(0 if self._cache_owner is not mine else position, position):
                self._predict(tokens[known], known, temperature)
            self._cache_owner = mine
            probabilities = self._predict(tokens[position], position, temperature)
            if position + 1 < len(prefix):
                continue  # what follows is given; this was for the cache
            if not math.isfinite(math.fsum(probabilities)):
                raise DivergedError(NO_PROBABILITIES)
            token = stream.choose(probabilities)
            if token == bos:
                break
            tokens.append(token)
            yield token

    def draw(
        self, stream: RandomStream, temperature: float, prefix: list[int], count: int
    ) -> list[list[int]]:
        """See `Engine.draw`."""
        drawn: list[list[int]] = []
        while len(drawn) < count:
            drawn += self._draw(stream, temperature, prefix, count - len(drawn))
        return drawn

    def _draw(
        self, stream: RandomStream, temperature: float, prefix: list[int], most: int
    ) -> list[list[int]]:
        """As many as one call gives, at least one."""
        memory, instance = self._memory, self._instance
        longest = self.layout.block - len(prefix) + 1
        given = min(memory.room, most * longest)
        most = min(most, given)
        before = stream.get_state()
        numbers = array(self._type_code, [stream.uniform() for _ in range(given)])
        self._transpose()
        self._cache_owner = None
        instance.write(memory.results, numbers)
        instance.write(memory.tokens, array("i", prefix))
        out = memory.tokens + 4 * len(prefix)
        count = instance.call(
            "draw",
            most,
            memory.tokens,
            len(prefix),
            memory.results,
            given,
            int(stream.subtracts),
            out,
            1 / temperature,
            memory.floats,
        )
        stream.set_state(before)
        if not count:  # there were numbers enough for one
            raise DivergedError(NO_PROBABILITIES)
        documents = _split(instance.read(out, "i", given + most), prefix[0], count)
        for _ in range(sum(min(len(tokens) + 1, longest) for tokens in documents)):
            stream.uniform()
        return documents

    def predict(self, beginnings: Sequence[list[int]], temperature: float) -> list[array[float]]:
        """See `Engine.predict`."""
        size = self.layout.vocabulary
        found = []
        for some in _portions(beginnings, self._memory.room // size):
            tokens, lengths = array("i", chain.from_iterable(some)), array("i", map(len, some))
            numbers = self._results("predictions", tokens, lengths, temperature, len(some) * size)
            found += [numbers[at : at + size] for at in range(0, len(numbers), size)]
        return found

    def surprises(self, documents: Sequence[str], temperature: float = 1.0) -> list[array[float]]:
        """See `Engine.surprises`."""
        found: list[array[float]] = []
        for some in _portions(documents, self._memory.room // (self.layout.block + 1)):
            self._check(some)
            tokens, lengths = self._encode(some)
            ends = list(accumulate(length - 1 for length in lengths))
            numbers = self._results("surprises", tokens, lengths, temperature, ends[-1])
            if not math.isfinite(math.fsum(numbers)):
                numbers = array("d", [x if math.isfinite(x) else math.inf for x in numbers])
            found += [numbers[begin:end] for begin, end in pairwise((0, *ends))]
        return found

    def _results(
        self,
        kernel: str,
        tokens: array[int],
        lengths: array[int],
        temperature: float,
        count: int,
    ) -> array[float]:
        """What a kernel says of some documents' tokens, so many numbers in all."""
        memory, instance = self._memory, self._instance
        self._transpose()
        self._cache_owner = None
        instance.write(memory.lengths, lengths)
        instance.write(memory.tokens, tokens)
        instance.call(
            kernel,
            len(lengths),
            memory.tokens,
            memory.lengths,
            1 / temperature,
            memory.results,
            memory.floats,
        )
        return array("d", instance.read(memory.results, self._type_code, count))

    def activations(self, tokens: list[int]) -> Activations:
        """See `Engine.activations`."""
        layout, count = self._whole_layout, len(tokens)
        self._transpose()
        self._cache_owner = None
        self._instance.write(self._memory.tokens, array("i", tokens))
        found = Activations(*(array("d") for _ in range(4)))
        for blocks in range(2 * layout.layers + 1):
            arguments = self._memory.tokens, count, blocks, self._memory.floats
            self._instance.call("forward_until", *arguments)
            found.streams.extend(self._read(layout.x, count * layout.width))
            rows = self._read(layout.logits, count * layout.logits_width)
            for first in range(0, len(rows), layout.logits_width):
                found.logits.extend(rows[first : first + layout.vocabulary])
        for layer in range(layout.layers):
            state = layout.state_0 + layer * layout.layer_state
            found.attention.extend(self._attention(state + layout.attention, count))
            found.hidden.extend(self._read(state + layout.hidden, count * layout.hidden_width))
        if not all(map(math.isfinite, found.logits)):
            raise DivergedError(NO_FIGURES)
        return found

    @property
    def _whole_layout(self) -> Layout:
        assert isinstance(self.layout, Layout), "of the kernels' own model"
        return self.layout

    def _attention(self, offset: int, count: int) -> array[float]:
        """A layer's attention weights, 0 for positions that come after one."""
        layout, weights = self._whole_layout, array("d")
        block = layout.block
        for head in range(layout.heads):
            # Up to the last number that is used: the rows are as long as the block.
            rows = self._read(offset + head * block * block, (count - 1) * block + count)
            for t in range(count):
                weights.extend(rows[t * block : t * block + t + 1])
                weights.extend([0.0] * (count - t - 1))
        return weights

    def gradients(self, documents: Sequence[str]) -> array[float]:
        """See `Engine.gradients`."""
        memory, layout = self._memory, self.layout
        self._check(documents)
        for some in _portions(documents, self.steps_per_call):
            tokens, lengths = self._encode(some)
            self._instance.write(memory.lengths, lengths)
            self._instance.write(memory.tokens, tokens)
            arguments = len(some), memory.tokens, memory.lengths, 1 / len(documents), memory.floats
            self._instance.call("gradients", *arguments)
        self._transposed, self._cache_owner = True, None
        found = self._read(layout.gradients, layout.parameters)
        self._write(layout.gradients, array("d", bytes(8 * layout.parameters)))
        if not all(map(math.isfinite, found)):
            raise DivergedError(NO_FIGURES)
        return found

    def skip(self, steps: int) -> None:
        """See `Engine.skip`."""
        self._steps_done += steps
        for _ in range(steps):
            self._instance.call("count_step", self._memory.floats)

    def _predict(self, token: int, position: int, temperature: float) -> array[float]:
        self._transpose()  # training may have gone on since the last character
        memory, layout = self._memory, self.layout
        self._instance.write(memory.tokens, array("i", [token]))
        self._instance.call("predict", memory.tokens, position, 1 / temperature, memory.floats)
        return self._read(layout.logits + position * layout.logits_width, layout.vocabulary)

    def get_state(self) -> State:
        """See `Engine.get_state`."""
        layout, count = self.layout, self.layout.parameters
        weights = self._read(layout.weights, count)
        if not layout.learns:
            return State.untrained(weights)
        return State(
            weights=weights,
            means=self._read(layout.means, count),
            squares=self._read(layout.squares, count),
            steps_done=self._steps_done,
        )

    def set_weights(self, weights: array[float]) -> None:
        """See `Engine.set_weights`."""
        self._write(self.layout.weights, weights)
        self._transposed, self._cache_owner = False, None

    def set_state(self, state: State) -> None:
        """See `Engine.set_state`."""
        hand_over(state, self)

    @property
    def steps_done(self) -> int:
        """See `Engine.steps_done`."""
        return self._steps_done

    def numbers(self, part: Part, first: int, count: int) -> array[float]:
        """See `Learned`."""
        if part != "weights" and not self.layout.learns:
            return array(self._type_code, bytes(self._size * count))
        address = self._memory.floats + (self._place(part) + first) * self._size
        return self._instance.read(address, self._type_code, count)

    def put(self, part: Part, first: int, numbers: array[float]) -> None:
        """See `Engine.put`."""
        if part == "weights" or self.layout.learns:
            self._write(self._place(part) + first, numbers)
            self._transposed, self._cache_owner = False, None

    def _place(self, part: Part) -> int:
        layout = self.layout
        return {"weights": layout.weights, "means": layout.means, "squares": layout.squares}[part]

    def set_steps_done(self, steps: int) -> None:
        """See `Engine.set_steps_done`."""
        self._steps_done = steps
        self._write_settings()

    def _transpose(self) -> None:
        if not self._transposed:
            self._instance.call("transpose_weights", self._memory.floats)
            self._transposed = True

    def _write_settings(self) -> None:
        """What `kernels.adam` begins with; it goes on by itself."""
        h = self.hyperparameters
        settings = {
            adam.LEARNING_RATE: h.learning_rate,
            adam.STEPS: h.steps,
            adam.STEPS_DONE: self._steps_done,
            adam.EPSILON: h.epsilon,
            adam.TINY: self._tiny,
            adam.BETA1: h.beta1,
            adam.BETA1_REST: 1 - h.beta1,
            adam.BETA1_SHARE: self._share(h.beta1),
            adam.BETA2: h.beta2,
            adam.BETA2_REST: 1 - h.beta2,
            adam.BETA2_SHARE: self._share(h.beta2),
            adam.WARMUP: h.warmup,
            adam.WEIGHT_DECAY: h.weight_decay,
        }
        self._write(self.layout.settings, [settings[index] for index in sorted(settings)])

    def _share(self, beta: float) -> float:
        """1 - beta^(steps done + 1), by the very additions of `kernels.adam`.

        So a run that is continued elsewhere gives the same digits as one that isn't.
        """

        def rounded(number: float) -> float:
            return array(self._type_code, [number])[0]

        beta, rest = rounded(beta), rounded(1 - beta)
        share = rest
        for _ in range(self._steps_done):
            before, share = share, rounded(rounded(share * beta) + rest)
            if share == before:  # and it stays so
                break
        return share

    def _read(self, offset: int, count: int) -> array[float]:
        address = self._memory.floats + offset * self._size
        numbers = self._instance.read(address, self._type_code, count)
        return numbers if self._type_code == "d" else array("d", numbers)

    def _write(self, offset: int, numbers: list[float] | array[float]) -> None:
        address = self._memory.floats + offset * self._size
        if not isinstance(numbers, array) or numbers.typecode != self._type_code:
            numbers = array(self._type_code, numbers)
        self._instance.write(address, numbers)
