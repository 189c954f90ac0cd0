"""The sizes of a model: all that decides where arrays lie and how kernels are made.

The layout is built from nothing else, and a compiled module is kept for other runs by its
sizes. So no hyperparameter outside of them can find its way into a module. Not about
where anything lies: see `layout`.
"""

from __future__ import annotations

from dataclasses import dataclass

from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.weights import WeightLayout, weight_layout

_WORTH_SHARING = 2e7  # floating-point operations a step: a millisecond
MOST_GROUPS = 8
_GROUP = 64  # tokens, at least


@dataclass(frozen=True)
class Sizes:
    """Numbers that stand in a module as constants. The vocabulary's size is with BOS.

    A model that doesn't learn has no room for gradients and what Adam keeps of them.
    """

    n_layer: int
    n_embd: int
    n_head: int
    block_size: int
    batch_size: int
    vocabulary_size: int
    learns: bool = True

    @staticmethod
    def of(hyperparameters: Hyperparameters, vocabulary_size: int, learns: bool = True) -> Sizes:
        """The sizes of a run; of two runs with the same sizes the second compiles nothing."""
        h = hyperparameters
        shape = h.n_layer, h.n_embd, h.n_head, h.block_size
        return Sizes(*shape, h.batch_size if learns else 1, vocabulary_size, learns)

    def weights(self) -> WeightLayout:
        """Where each matrix stands among the weights of such a model."""
        h = Hyperparameters(
            n_layer=self.n_layer,
            n_embd=self.n_embd,
            n_head=self.n_head,
            block_size=self.block_size,
        )
        return weight_layout(h, self.vocabulary_size)

    @property
    def groups(self) -> int:
        """In how many groups of lines a batch is learned from, each with gradients of its own.

        The groups' gradients are added in order, by whoever computed them; so a run's numbers don't
        depend on how many workers there are, and this must depend on nothing else than the sizes.
        One group is for models whose steps are over before another worker wakes up; more, where
        adding them up is little beside what they cost.
        """
        tokens = self.batch_size * self.block_size
        if 6 * self.weights().size * tokens < _WORTH_SHARING:
            return 1
        return max(1, min(self.batch_size, MOST_GROUPS, tokens // _GROUP))
