"""The same steps as the algorithm's, as loops over flat arrays, and where each array lies.

Read `linear`, `rmsnorm`, `embedding`, `attention`, `mlp` and `cross_entropy`, which are
operations with the forward and the backward pass of each side by side; then `model`, `adam`
and `training`, which put them together; then `sampling`. `exp_log`, `matrices` and `strips`
are what they compute with. `layout` says which array lies where in the memory, and `sizes`
what decides that.

A document's positions are done together: the rows of a matrix are positions, and
x[t·width + i] is number i of position t. A name that begins with d is the gradient of the
loss with respect to what follows. Backward functions that say "adds" add to what is there.

All of it is Python that runs as it stands, and `compiler` makes WebAssembly of it. Nothing
here knows of that, nor why `rows` and `lanes` help: see `compiler.language` for what they
promise.
"""

from collections.abc import Callable
from types import FunctionType
from typing import Any

from microgpt.kernels import (
    adam,
    attention,
    cross_entropy,
    embedding,
    exp_log,
    linear,
    matrices,
    mlp,
    model,
    rmsnorm,
    sampling,
    strips,
    team,
    training,
)

_MODULES = (
    exp_log,
    matrices,
    strips,
    linear,
    rmsnorm,
    embedding,
    attention,
    mlp,
    cross_entropy,
    model,
    adam,
    training,
    team,
    sampling,
)

# Every kernel by its name, in the order of the files and of the lines in them.
KERNELS: dict[str, Callable[..., Any]] = {
    name: member
    for module in _MODULES
    for name, member in vars(module).items()
    if isinstance(member, FunctionType) and member.__module__ == module.__name__
}

# What learns. All else that an engine calls only reads the weights.
LEARNING = {kernel.__name__ for kernel in (training.train, adam.count_step, training.gradients)}

# What an engine calls. All else is called by these.
EXPORTED: dict[str, Callable[..., Any]] = {
    kernel.__name__: kernel
    for kernel in (
        training.train,
        adam.count_step,
        model.transpose_weights,
        model.forward_until,
        training.document_losses,
        training.gradients,
        sampling.predict,
        sampling.predictions,
        sampling.surprises,
        sampling.draw,
    )
}

# What it calls besides where several workers share a memory.
FOR_A_TEAM: dict[str, Callable[..., Any]] = {
    kernel.__name__: kernel for kernel in (team.train_together, team.help_train, team.dismiss)
}
