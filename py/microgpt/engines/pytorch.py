"""The engine of whoever has PyTorch: the same steps with its tensors, on a GPU if there is one.

A thin adapter: autograd, Adam and attention are PyTorch's. First weights, the order of
documents and the numbers that samples are drawn with are the package's, so that in float64 the
losses are the scalar engine's. Imported when it is asked for, and never by the page. Not about
how several processes share a step: see `machines`.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (as everybody calls it)
from torch.optim.adam import adam  # the function: the class would import the compiler, a second

from microgpt.engines import machines
from microgpt.engines.compiled import TokenEncoder
from microgpt.engines.engine import NO_FIGURES, NO_PROBABILITIES, Activations, Part, State
from microgpt.engines.normals import normals
from microgpt.errors import DivergedError, EngineError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.optimizer import scheduled_rate
from microgpt.gpt.random_streams import RandomStream
from microgpt.weights import WeightLayout, weight_layout

_TOKENS = 1 << 17  # in a call, about
_SMALL = 5e8  # floating-point operations of a step: for fewer, threads wait more than they compute
_CPU_BYTES = 1 << 30  # for what a forward pass leaves to the backward pass, if there is no GPU
_NO_ROOM = "PyTorch has no memory left for this. Lower batch_size, block_size or n_embd."

_TYPES = {"d": torch.float64, "f": torch.float32}  # of `array`'s

_T = TypeVar("_T")


class Cache:
    """Keys and values of the positions so far, [layer] of (documents, heads, positions, size)."""

    def __init__(self) -> None:
        self.layers: list[tuple[Tensor, Tensor]] = []

    @property
    def positions(self) -> int:
        """How many there are."""
        return self.layers[0][0].size(2) if self.layers else 0

    def extended(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Those of a layer with more of them."""
        if layer == len(self.layers):
            self.layers.append((keys, values))
        else:
            before = self.layers[layer]
            self.layers[layer] = torch.cat((before[0], keys), 2), torch.cat((before[1], values), 2)
        return self.layers[layer]


class Model(nn.Module):  # type: ignore[misc] # of a type that needn't be there
    """`gpt.model.Model`, its matrices by the same names, on all positions of many documents.

    Args:
        hyperparameters: of its shape.
        layout: of its weights.
        weights: all of them; the matrices are views of it.
    """

    def __init__(
        self, hyperparameters: Hyperparameters, layout: WeightLayout, weights: Tensor
    ) -> None:
        super().__init__()
        self.heads = hyperparameters.n_head
        self.layers = tuple(nn.Module() for _ in range(hyperparameters.n_layer))
        for i, layer in enumerate(self.layers):
            self.add_module(f"layer{i}", layer)
        for matrix in layout.matrices:
            numbers = weights[matrix.offset : matrix.end].view(matrix.shape)
            module = self if matrix.layer is None else self.layers[matrix.layer]
            module.register_parameter(matrix.name, nn.Parameter(numbers))

    def forward(self, tokens: Tensor, cache: Cache | None = None) -> Tensor:
        """The logits of what follows each token: (documents, positions, vocabulary).

        Args:
            tokens: (documents, positions).
            cache: of the positions before, to which these are added. Where it isn't empty
                there can be one position only.
        """
        x = self.embedded(tokens, cache.positions if cache is not None else 0)
        for i, layer in enumerate(self.layers):
            query, keys, values = self.looked_for(layer, x)
            if cache is not None:
                keys, values = cache.extended(i, keys, values)
            # A single position sees all others; several see those before.
            causal = query.size(2) > 1
            found = F.scaled_dot_product_attention(query, keys, values, is_causal=causal)
            x = self.after_attention(layer, found) + x
            x = F.linear(self.hidden(layer, x), layer.mlp_fc2) + x
        return F.linear(x, self.lm_head)

    def embedded(self, tokens: Tensor, position: int = 0) -> Tensor:
        """The residual stream's beginning."""
        places = self.wpe[position : position + tokens.size(1)]
        return rmsnorm(F.embedding(tokens, self.wte) + places)

    def looked_for(self, layer: nn.Module, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of a layer: (documents, heads, positions, size)."""
        x = rmsnorm(x)

        def split(matrix: Tensor) -> Tensor:
            return F.linear(x, matrix).unflatten(-1, (self.heads, -1)).transpose(1, 2)

        return split(layer.attn_wq), split(layer.attn_wk), split(layer.attn_wv)

    def after_attention(self, layer: nn.Module, found: Tensor) -> Tensor:
        """What a layer's heads have found, as it is added to the residual stream."""
        return F.linear(found.transpose(1, 2).flatten(-2), layer.attn_wo)

    def hidden(self, layer: nn.Module, x: Tensor) -> Tensor:
        """A layer's units after the ReLU."""
        return F.linear(rmsnorm(x), layer.mlp_fc1).relu()


def rmsnorm(x: Tensor) -> Tensor:
    """As `gpt.model.rmsnorm`."""
    return F.rms_norm(x, (x.size(-1),), eps=1e-5)


class TorchEngine:
    """Model and optimizer of a run, as PyTorch's tensors.

    Args:
        hyperparameters: of the run.
        vocabulary: of the text.
        stream: which the weights are drawn from, in the scalar engine's order; else they are 0.
        precision: float64; float32; or bf16, which is float32 but for the numbers that are
            multiplied with each other.
    """

    note = ""
    draws_per_call = 0  # `sample` gives them token by token

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        vocabulary: Vocabulary,
        stream: RandomStream | None,
        precision: str = "float64",
    ) -> None:
        self.hyperparameters = h = hyperparameters
        self.vocabulary = vocabulary
        self.precision = precision
        self._type = torch.float64 if precision == "float64" else torch.float32
        self._device = machines.device()
        self._threads = machines.threads()
        self._at_once = self._room()
        self._encode = TokenEncoder(vocabulary, h.block_size)
        layout = weight_layout(h, vocabulary.size)
        self.parameter_count = count = layout.size
        self._weights, self._means, self._squares = (self._zeros(count) for _ in range(3))
        # One number more: the loss, so that one sum over all processes is enough.
        self._gradients = self._zeros(count + 1)
        if 6 * count * h.batch_size * h.block_size < _SMALL:
            self._threads = min(self._threads, 1)  # 0 where the person has said how many
        self._take_threads()
        if stream is not None:
            self._weights.copy_(_tensor(normals(stream, h.init_std, count)))
        self._count = torch.zeros((), dtype=torch.float32, device=self._device)
        self.model = Model(h, layout, self._weights)
        named = dict(self.model.named_parameters())
        for matrix in layout.matrices:
            gradients = self._gradients[matrix.offset : matrix.end]
            named[matrix.full_name].grad = gradients.view(matrix.shape)
        self._surprises: Callable[..., Tensor] = self._document_surprises
        if machines.compiles():
            self._surprises = torch.compile(self._document_surprises)
        self._steps_done = 0  # as _count, which lies where Adam wants it
        self._version = 0  # of the weights: which keys and values in a cache are still right
        self._kept: list[array[float]] = []

    def _take_threads(self) -> None:
        if self._threads:
            torch.set_num_threads(self._threads)

    def _zeros(self, count: int) -> Tensor:
        return torch.zeros(count, dtype=self._type, device=self._device)

    # --- training ---

    @property
    def steps_per_call(self) -> int:
        """As many as have about so many tokens."""
        h = self.hyperparameters
        return max(1, _TOKENS // (h.batch_size * (h.block_size + 1)))

    def train(self, documents: Sequence[str], keep: Sequence[int] = ()) -> array[float]:
        """See `Engine.train`. Nothing is waited for between the steps, as a GPU likes it."""
        machines.tell(self, documents)
        self._take_threads()
        batches = list(_portions(documents, self.hyperparameters.batch_size))
        losses, copies = self._zeros(len(batches)), []
        failed = torch.zeros((), dtype=torch.float32, device=self._device)
        with _in_words():
            for step, batch in enumerate(batches):
                if step in keep:
                    copies.append(self._weights.to(torch.float32, copy=True))
                losses[step] = self._step(batch, self._steps_done + step, failed)
        done = next((i for i, loss in enumerate(losses.tolist()) if not math.isfinite(loss)), None)
        done = len(batches) if done is None else done
        self._kept += [_array(copy, "f") for copy in copies[: sum(step < done for step in keep)]]
        self._steps_done += done
        self._version += 1
        return _array(losses[:done])

    def _step(self, batch: Sequence[str], number: int, failed: Tensor) -> Tensor:
        """The loss of a batch, before the weights follow its gradient; NaN if they can't.

        Args:
            batch: of which this process computes its share.
            number: of steps before.
            failed: 1 once a step has failed, after which the weights stay as they are.
        """
        h = self.hyperparameters
        self._gradients.zero_()
        for part in _portions(machines.share(batch), self._at_once):
            self._add_gradients(part, 1 / len(batch))
        machines.add_up(self._gradients)
        failed.logical_or_(~self._gradients.sum().isfinite())
        adam(
            *([self._weights], [self._gradients[:-1]], [self._means], [self._squares], []),
            [self._count],
            fused=True,
            found_inf=failed,
            lr=scheduled_rate(h, number),
            beta1=h.beta1,
            beta2=h.beta2,
            eps=h.epsilon,
            weight_decay=h.weight_decay,
            decoupled_weight_decay=True,
            amsgrad=False,
            maximize=False,
        )
        return self._gradients[-1].masked_fill(failed > 0, math.nan)

    def _add_gradients(self, documents: Sequence[str], share: float) -> None:
        """Those of some documents' losses times a share, and the losses behind them."""
        tokens, lengths = self._padded(documents)
        loss = (self._surprises(tokens, lengths).sum(-1) / lengths).sum() * share
        loss.backward()
        self._gradients[-1] += loss.detach()

    def _room(self) -> int:
        """Documents for which there is memory in one pass forward and back."""
        h, free = self.hyperparameters, _CPU_BYTES
        if self._device.type == "cuda":
            free = torch.cuda.get_device_properties(self._device).total_memory // 2
        numbers = h.n_layer * (24 * h.n_embd + 2 * h.n_head) + 4 * self.vocabulary.size
        return max(1, int(free // (numbers * self._type.itemsize * h.block_size)))

    def _padded(self, documents: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Tokens (documents, longest + 1), BOS after the end of each, and how many are predicted.

        Where a program is made for each shape, there is one shape.
        """
        tokens, lengths = self._encode(documents)
        rows = torch.frombuffer(tokens, dtype=torch.int32).split(lengths.tolist())
        bos, block = self.vocabulary.bos, self.hyperparameters.block_size
        padded = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=bos)
        if machines.compiles():
            padded = F.pad(padded, (0, block + 1 - padded.size(1)), value=bos)
        counts = torch.frombuffer(lengths, dtype=torch.int32) - 1
        return padded.long().to(self._device), counts.to(self._device)

    def _document_surprises(
        self, tokens: Tensor, lengths: Tensor, temperature: float = 1.0
    ) -> Tensor:
        """Nats of each token that follows, 0 after the end of a document."""
        logits, targets = self._logits(tokens[:, :-1]) / temperature, tokens[:, 1:, None]
        after = torch.arange(targets.size(1), device=self._device) >= lengths[:, None]
        if self.precision != "float64":
            return -logits.log_softmax(-1).gather(-1, targets)[..., 0].masked_fill(after, 0.0)
        # As the scalar engine does it, which gives up where a probability is 0.
        return -logits.softmax(-1).gather(-1, targets)[..., 0].masked_fill(after, 1.0).log()

    def _logits(self, tokens: Tensor, cache: Cache | None = None) -> Tensor:
        kind = self._device.type
        with torch.autocast(kind, torch.bfloat16, enabled=self.precision == "bf16"):
            logits: Tensor = self.model(tokens, cache)
        return logits.to(self._type)

    # --- what it computes of documents ---

    def losses(self, documents: Sequence[str]) -> array[float]:
        """See `Engine.losses`."""
        found = array("d")
        for tokens, lengths in self._looked_at(documents):
            numbers = (self._seen(tokens, lengths, 1.0).sum(-1) / lengths).tolist()
            found.extend(loss if math.isfinite(loss) else math.inf for loss in numbers)
        return found

    def surprises(self, documents: Sequence[str], temperature: float = 1.0) -> list[array[float]]:
        """See `Engine.surprises`."""
        found: list[array[float]] = []
        for tokens, lengths in self._looked_at(documents):
            rows = self._seen(tokens, lengths, temperature).tolist()
            for row, count in zip(rows, lengths.tolist(), strict=True):
                found.append(array("d", [x if math.isfinite(x) else math.inf for x in row[:count]]))
        return found

    def _looked_at(self, documents: Sequence[str]) -> Iterator[tuple[Tensor, Tensor]]:
        """Tokens and lengths, as many documents at a time as there is room for."""
        if unknown := set("".join(documents)).difference(self.vocabulary.characters):
            raise KeyError(min(unknown))
        for part in _portions(documents, self._at_once):
            yield self._padded(part)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _seen(self, tokens: Tensor, lengths: Tensor, temperature: float) -> Tensor:
        return self._document_surprises(tokens, lengths, temperature)

    def gradients(self, documents: Sequence[str]) -> array[float]:
        """See `Engine.gradients`."""
        self._gradients.zero_()
        if unknown := set("".join(documents)).difference(self.vocabulary.characters):
            raise KeyError(min(unknown))
        for part in _portions(documents, self._at_once):
            self._add_gradients(part, 1 / len(documents))
        if not self._gradients.isfinite().all():
            raise DivergedError(NO_FIGURES)
        return _array(self._gradients[:-1])

    # --- what it says next ---

    def sample(self, stream: RandomStream, temperature: float, prefix: list[int]) -> Iterator[int]:
        """See `sampling.sample`, whose loop this is."""
        bos, tokens = prefix[0], list(prefix)
        cache, version = Cache(), self._version
        for position in range(len(prefix) - 1, self.hyperparameters.block_size):
            if version != self._version:  # trained since the last token
                cache, version = Cache(), self._version
            probabilities = self._next(tokens[cache.positions : position + 1], cache, temperature)
            if not math.isfinite(math.fsum(probabilities)):
                raise DivergedError(NO_PROBABILITIES)
            token = stream.choose(probabilities)
            if token == bos:
                break
            tokens.append(token)
            yield token

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _next(self, tokens: list[int], cache: Cache, temperature: float) -> list[float]:
        """The probability of each token after these, which come after those in the cache."""
        given = torch.tensor([tokens], device=self._device)
        logits = self._logits(given, cache)[0, -1] / temperature
        probabilities: list[float] = logits.softmax(-1).tolist()
        return probabilities

    def draw(
        self, stream: RandomStream, temperature: float, prefix: list[int], count: int
    ) -> list[list[int]]:
        """See `Engine.draw`."""
        return [list(self.sample(stream, temperature, prefix)) for _ in range(count)]

    def predict(self, beginnings: Sequence[list[int]], temperature: float) -> list[array[float]]:
        """See `Engine.predict`."""
        found: list[array[float]] = []
        for part in _portions(beginnings, self._at_once):
            found += self._predict(part, temperature)
        return found

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _predict(self, beginnings: Sequence[list[int]], temperature: float) -> list[array[float]]:
        rows = [torch.tensor(tokens) for tokens in beginnings]
        tokens = nn.utils.rnn.pad_sequence(rows, batch_first=True).to(self._device)
        last = torch.tensor([len(row) - 1 for row in beginnings], device=self._device)
        logits = self._logits(tokens)[torch.arange(len(rows), device=self._device), last]
        return [array("d", row) for row in (logits / temperature).softmax(-1).tolist()]

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def activations(self, tokens: list[int]) -> Activations:
        """See `Engine.activations`."""
        model, scale = self.model, self.hyperparameters.head_dim**-0.5
        future = torch.ones(len(tokens), len(tokens), dtype=torch.bool).triu(1).to(self._device)
        x = model.embedded(torch.tensor([tokens], device=self._device))
        streams, attention, hidden = [x], [], []
        for layer in model.layers:
            query, keys, values = model.looked_for(layer, x)
            agreement = (query @ keys.transpose(-1, -2) * scale).masked_fill(future, -math.inf)
            attention.append(agreement.softmax(-1))
            x = model.after_attention(layer, attention[-1] @ values) + x
            streams.append(x)
            hidden.append(model.hidden(layer, x))
            x = F.linear(hidden[-1], layer.mlp_fc2) + x
            streams.append(x)
        logits = F.linear(torch.stack(streams), model.lm_head)
        if not logits.isfinite().all():
            raise DivergedError(NO_FIGURES)
        stacks = torch.stack(streams), logits, torch.stack(attention), torch.stack(hidden)
        return Activations(*map(_array, stacks))

    # --- what was learned ---

    def take_kept(self) -> list[array[float]]:
        """See `Engine.take_kept`."""
        kept, self._kept = self._kept, []
        return kept

    def skip(self, steps: int) -> None:
        """See `Engine.skip`."""
        self._counted(self._steps_done + steps)

    def get_state(self) -> State:
        """See `Engine.get_state`."""
        weights, means, squares = map(_array, (self._weights, self._means, self._squares))
        return State(weights, means, squares, self._steps_done)

    def set_weights(self, weights: array[float]) -> None:
        """See `Engine.set_weights`."""
        self._weights.copy_(_tensor(weights))
        self._version += 1
        machines.forget(self)

    def set_state(self, state: State) -> None:
        """See `Engine.set_state`."""
        self.set_weights(state.weights)
        self._means.copy_(_tensor(state.means))
        self._squares.copy_(_tensor(state.squares))
        self._counted(state.steps_done)

    @property
    def steps_done(self) -> int:
        """See `Engine.steps_done`."""
        return self._steps_done

    def numbers(self, part: Part, first: int, count: int) -> array[float]:
        """See `Learned`."""
        whole = self._part(part)
        code = "d" if whole.dtype == torch.float64 else "f"
        return _array(whole[first : first + count], code)

    def put(self, part: Part, first: int, numbers: array[float]) -> None:
        """See `Engine.put`."""
        self._part(part)[first : first + len(numbers)].copy_(_tensor(numbers))
        self._version += 1
        machines.forget(self)

    def _part(self, part: Part) -> Tensor:
        return {"weights": self._weights, "means": self._means, "squares": self._squares}[part]

    def set_steps_done(self, steps: int) -> None:
        """See `Engine.set_steps_done`."""
        self._counted(steps)

    def _counted(self, steps_done: int) -> None:
        """So many updates there have been."""
        self._steps_done = steps_done
        self._count.fill_(steps_done)
        machines.forget(self)


@contextmanager
def _in_words() -> Iterator[None]:
    """Within, what PyTorch can't do on this machine becomes a sentence."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            raise EngineError(_NO_ROOM) from error
        if not machines.compiles():
            raise
        reason = str(error).strip().partition("\n")[0]
        raise EngineError(
            f"PyTorch can't make a program of the model here ({reason}). Leave out --compile."
        ) from error


def _portions(items: Sequence[_T], most: int) -> Iterator[Sequence[_T]]:
    """All items in their order, so many at a time."""
    for first in range(0, len(items), most):
        yield items[first : first + most]


def _tensor(numbers: array[float]) -> Tensor:
    """The numbers where they lie."""
    return torch.frombuffer(numbers, dtype=_TYPES[numbers.typecode])


def _array(numbers: Tensor, code: str = "d") -> array[float]:
    """A copy of the numbers, row by row."""
    copy = array(code, [0.0]) * int(numbers.numel())
    if copy:  # PyTorch has no view of nothing
        _tensor(copy).copy_(numbers.flatten())
    return copy
