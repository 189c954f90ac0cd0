"""Training by several workers in one memory; see `training` for the same by one.

Each worker runs the same module, with tokens, weights and sums of gradients in common, and a copy
of its own of what lies from `layout.own` on. Work is given out as tickets, one for each group of
lines in each step, counted for as long as the workers live. A worker claims the next ticket, sleeps
until its step has begun, finds the group's gradients, and adds them to the sums when those before
are there. Who adds a step's last ones does the update, and begins the next step. So nobody needs to
know how many workers there are, nor whether one is late; and all numbers are added in the order in
which one worker does.

Not about who starts the workers: see `engines.team`.
"""

from __future__ import annotations

from microgpt.compiler.language import Floats, Ints, announce, claim, wait_until
from microgpt.kernels.adam import adam
from microgpt.kernels.layout import Layout
from microgpt.kernels.matrices import copy
from microgpt.kernels.model import transpose_weights
from microgpt.kernels.training import add_gradients, first_line, learn

# Where the team's ints are. Those that several write to have lines of the cache of their own.
CLAIMED, BEGUN, ADDED = 0, 16, 32  # tickets, of all calls: the next one, and how many
# Of the call that is going on: its first ticket, how many steps it has and how many are done,
# whether losses are finite, and how many copies of the weights there were, and are more.
FIRST, STEPS, DONE, RUNNING, COPIES, COPIED = 48, 49, 50, 51, 52, 53
OVER = 54  # whether those who help are to stop
MINE, MINE_SIZE = 64, 16  # of each worker, so many ints:
TICKET, HAS_TICKET, WEIGHTS_OF = 0, 1, 2  # one that is claimed; of which step its weights are
_LAST = 1 << 30  # more tickets than there will be


def train_together(
    steps: int,
    copies: int,
    tokens: Ints,
    lengths: Ints,
    losses: Floats,
    line_losses: Floats,
    kept: Floats,
    team: Ints,
    memory: Floats,
    layout: Layout,
) -> int:
    """As `train`, with whoever else is in `help_train`.

    Args:
        steps: see `train`; so are tokens and losses.
        copies: how many copies of the weights are kept already.
        lengths: and after them those steps before which to keep a copy, see `train`.
        line_losses: room for a loss of each of a step's lines.
        kept: all copies.
        team: ints that all workers share.
    """
    first, mine = team[BEGUN], team[MINE:]
    end = first + steps * layout.groups
    team[FIRST] = first
    team[STEPS] = steps
    team[DONE] = 0
    team[RUNNING] = 1
    team[COPIES] = copies
    team[COPIED] = 0
    begin_step(lengths, kept, team, memory, layout)
    for _ in range(steps * layout.groups + 1):
        if mine[HAS_TICKET] == 0:
            mine[TICKET] = claim(team[CLAIMED:])
            mine[HAS_TICKET] = 1
        ticket = mine[TICKET]
        if ticket < end:  # else it is for another call
            do_ticket(
                ticket, 0, tokens, lengths, losses, line_losses, kept, team, memory, memory, layout
            )
            mine[HAS_TICKET] = 0
    wait_until(team[ADDED:], end)
    return team[DONE]


def help_train(
    worker: int,
    tokens: Ints,
    lengths: Ints,
    losses: Floats,
    line_losses: Floats,
    kept: Floats,
    team: Ints,
    own: Floats,
    memory: Floats,
    layout: Layout,
) -> int:
    """Help with every `train_together`, until `dismiss`.

    Args:
        worker: which of them, from 1 on.
        own: this worker's memory; all it may write to but for the sums, the losses and the team.
    """
    for _ in range(_LAST):
        ticket = claim(team[CLAIMED:])
        wait_until(team[BEGUN:], ticket + 1)
        if team[OVER]:
            return worker
        do_ticket(
            ticket, worker, tokens, lengths, losses, line_losses, kept, team, own, memory, layout
        )
    return worker


def dismiss(team: Ints) -> None:
    """Those who help are to stop; not while they train."""
    team[OVER] = 1
    announce(team[BEGUN:], _LAST)


def do_ticket(
    ticket: int,
    worker: int,
    tokens: Ints,
    lengths: Ints,
    losses: Floats,
    line_losses: Floats,
    kept: Floats,
    team: Ints,
    own: Floats,
    memory: Floats,
    layout: Layout,
) -> None:
    """Learn from a group of lines, in its turn."""
    wait_until(team[BEGUN:], ticket + 1)
    number = ticket - team[FIRST]
    step, group = number // layout.groups, number % layout.groups
    if team[RUNNING]:
        take_weights(ticket - group, worker, team, own, memory, layout)
        learn_group(step, group, tokens, lengths, line_losses, own, layout)
    wait_until(team[ADDED:], ticket)
    if team[RUNNING]:
        add_gradients(group, memory, own, layout)
    if group == layout.groups - 1:
        if team[RUNNING]:
            end_step(losses, line_losses, team, memory, layout)
        if step + 1 < team[STEPS]:
            begin_step(lengths, kept, team, memory, layout)
    announce(team[ADDED:], ticket + 1)


def begin_step(lengths: Ints, kept: Floats, team: Ints, memory: Floats, layout: Layout) -> None:
    """Keep a copy of the weights if it is time, and let the step's tickets be done."""
    if team[RUNNING]:
        copied, size = team[COPIED], layout.parameters
        keep = lengths[team[STEPS] * layout.batch :]
        if team[DONE] == keep[copied]:
            place = (team[COPIES] + copied) * size
            copy(kept[place:], memory[layout.weights :], size)
            team[COPIED] = copied + 1
    announce(team[BEGUN:], team[BEGUN] + layout.groups)


def end_step(
    losses: Floats, line_losses: Floats, team: Ints, memory: Floats, layout: Layout
) -> None:
    """The update, unless the loss isn't finite."""
    share = 1.0 / layout.batch
    loss = 0.0
    for i in range(layout.batch):
        loss += line_losses[i] * share
    done = team[DONE]
    if loss - loss == 0.0:  # neither infinite nor NaN
        losses[done] = loss
        adam(done, memory, layout)
        team[DONE] = done + 1
    else:
        team[RUNNING] = 0


def take_weights(
    first: int, worker: int, team: Ints, own: Floats, memory: Floats, layout: Layout
) -> None:
    """The weights of this step, unless the worker has them.

    Args:
        first: the step's first ticket.
    """
    mine = team[MINE + worker * MINE_SIZE :]
    if mine[WEIGHTS_OF] != first + 1:  # never 0, which it is before the first step
        if worker:  # else they are its own
            copy(own[layout.weights :], memory[layout.weights :], layout.parameters)
        transpose_weights(own, layout)
        mine[WEIGHTS_OF] = first + 1


def learn_group(
    step: int,
    group: int,
    tokens: Ints,
    lengths: Ints,
    line_losses: Floats,
    own: Floats,
    layout: Layout,
) -> None:
    """The losses and the gradients of a group's lines."""
    share = 1.0 / layout.batch
    first, end = first_line(group, layout), first_line(group + 1, layout)
    line = step * layout.batch + first
    at = 0
    for i in range(line):
        at += lengths[i]
    for i in range(end - first):
        length = lengths[line + i]
        line_losses[first + i] = learn(tokens[at:], length - 1, share, own, layout)
        at += length
