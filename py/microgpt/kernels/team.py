"""Training by several workers in one memory; see `training` for the same by one.

Each worker runs the same module, with tokens, weights and sums of gradients in common, and a copy
of its own of what lies from `layout.own` on. A step has two phases, and so many tickets each, which
are counted for as long as the workers live. First, for each group of lines, its gradients are found
and put into a place of that group; nobody waits for a group before. When all are there, the weights
are shared out in parts: of each, the groups' gradients are added in order, and the update is done.
Where there is no room for a place for every group, a step has several such rounds, and the update
in the last.

A worker claims the next ticket, and sleeps until its phase has begun; who finishes a phase's last
ticket begins the next one. So nobody needs to know how many workers there are, nor whether one is
late; and all numbers are added in the order in which one worker does.

Not about who starts the workers: see `engines.team`.
"""

from __future__ import annotations

from microgpt.compiler.language import Floats, Ints, announce, claim, wait_until
from microgpt.kernels.adam import adam_part, count_step
from microgpt.kernels.layout import Layout
from microgpt.kernels.matrices import accumulate, copy, pour
from microgpt.kernels.model import transpose_weights
from microgpt.kernels.training import first_line, learn

# Where the team's ints are. Those that several write to have lines of the cache of their own.
CLAIMED, FINISHED = 0, 16  # tickets, of all calls: how many
BEGUN = 32  # the end of the phase that has begun last, as a ticket
ENDED = 48  # the end of the last call
# Of the call that is going on: its first ticket, how many steps it has and how many are done,
# whether losses are finite, and how many copies of the weights there were, and are more.
FIRST, STEPS, DONE, RUNNING, COPIES, COPIED = 64, 65, 66, 67, 68, 69
OVER = 70  # whether those who help are to stop
MINE, MINE_SIZE = 80, 16  # of each worker, so many ints:
TICKET, HAS_TICKET, WEIGHTS_OF = 0, 1, 2  # one that is claimed; of which step its weights are
PARTS = 8  # of the weights
_CHUNK = 2048  # numbers, which stay in the nearest cache until they are added and updated
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
    found: Floats,
    places: int,
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
        found: the gradients of so many groups.
        places: how many; at least 1, and no more than there are groups.
    """
    first, mine = team[BEGUN], team[MINE:]
    end = first + steps * tickets_per_step(places, layout)
    team[FIRST] = first
    team[STEPS] = steps
    team[DONE] = 0
    team[RUNNING] = 1
    team[COPIES] = copies
    team[COPIED] = 0
    begin_step(lengths, kept, team, places, memory, layout)
    for _ in range(end - first + 1):
        if mine[HAS_TICKET] == 0:
            mine[TICKET] = claim(team[CLAIMED:])
            mine[HAS_TICKET] = 1
        ticket = mine[TICKET]
        if ticket < end:  # else it is for another call
            wait_until(team[BEGUN:], ticket + 1)
            do_ticket(
                ticket,
                0,
                tokens,
                lengths,
                losses,
                line_losses,
                kept,
                team,
                found,
                places,
                memory,
                memory,
                layout,
            )
            mine[HAS_TICKET] = 0
    wait_until(team[ENDED:], end)
    return team[DONE]


def help_train(
    worker: int,
    tokens: Ints,
    lengths: Ints,
    losses: Floats,
    line_losses: Floats,
    kept: Floats,
    team: Ints,
    found: Floats,
    places: int,
    own: Floats,
    memory: Floats,
    layout: Layout,
) -> int:
    """Help with every `train_together`, until `dismiss`.

    Args:
        worker: which of them, from 1 on.
        own: this worker's memory.
    """
    for _ in range(_LAST):
        ticket = claim(team[CLAIMED:])
        wait_until(team[BEGUN:], ticket + 1)
        if team[OVER]:
            return worker
        do_ticket(
            ticket,
            worker,
            tokens,
            lengths,
            losses,
            line_losses,
            kept,
            team,
            found,
            places,
            own,
            memory,
            layout,
        )
    return worker


def dismiss(team: Ints) -> None:
    """Those who help are to stop; not while they train."""
    team[OVER] = 1
    announce(team[BEGUN:], _LAST)


def tickets_per_step(places: int, layout: Layout) -> int:
    """One for each group, and in each round one for each part of the weights."""
    return layout.groups + (layout.groups + places - 1) // places * PARTS


def do_ticket(
    ticket: int,
    worker: int,
    tokens: Ints,
    lengths: Ints,
    losses: Floats,
    line_losses: Floats,
    kept: Floats,
    team: Ints,
    found: Floats,
    places: int,
    own: Floats,
    memory: Floats,
    layout: Layout,
) -> None:
    """A group of lines or a part of the weights, whose phase has begun."""
    number, per_step = ticket - team[FIRST], tickets_per_step(places, layout)
    step, at = number // per_step, number % per_step
    rounds, at_round = at // (places + PARTS), at % (places + PARTS)
    before = rounds * places  # groups
    there = min(places, layout.groups - before)
    if team[RUNNING]:
        if at_round < there:
            take_weights(ticket - at, worker, team, own, memory, layout)
            learn_group(step, before + at_round, tokens, lengths, line_losses, own, layout)
            place = found[at_round * layout.parameters :]
            pour(place, own[layout.gradients :], layout.parameters, 0)
        else:
            add_part(at_round - there, before, there, found, memory, layout)
    if claim(team[FINISHED:]) + 1 == team[BEGUN]:  # it was the last of its phase
        left = layout.groups - before - there
        if at_round < there:
            if left == 0:
                note_loss(losses, line_losses, team, layout)
            announce(team[BEGUN:], team[BEGUN] + PARTS)
        elif left:
            announce(team[BEGUN:], team[BEGUN] + min(places, left))
        else:
            end_step(team, memory, layout)
            if step + 1 < team[STEPS]:
                begin_step(lengths, kept, team, places, memory, layout)
            else:
                announce(team[ENDED:], team[BEGUN])


def begin_step(
    lengths: Ints, kept: Floats, team: Ints, places: int, memory: Floats, layout: Layout
) -> None:
    """Keep a copy of the weights if it is time, and let the step's first tickets be done."""
    if team[RUNNING]:
        copied, size = team[COPIED], layout.parameters
        keep = lengths[team[STEPS] * layout.batch :]
        if team[DONE] == keep[copied]:
            place = (team[COPIES] + copied) * size
            copy(kept[place:], memory[layout.weights :], size)
            team[COPIED] = copied + 1
    announce(team[BEGUN:], team[BEGUN] + places)


def note_loss(losses: Floats, line_losses: Floats, team: Ints, layout: Layout) -> None:
    """The loss of a step; if it isn't finite, nothing more is done in this call."""
    share = 1.0 / layout.batch
    loss = 0.0
    for i in range(layout.batch):
        loss += line_losses[i] * share
    if loss - loss == 0.0:  # neither infinite nor NaN
        losses[team[DONE]] = loss
    else:
        team[RUNNING] = 0


def end_step(team: Ints, memory: Floats, layout: Layout) -> None:
    """One more is done, unless its loss wasn't finite."""
    if team[RUNNING]:
        count_step(memory, layout)
        team[DONE] += 1


def add_part(
    part: int,
    before: int,
    there: int,
    found: Floats,
    memory: Floats,
    layout: Layout,
) -> None:
    """Add the gradients of a part of the weights; after the last groups, update it.

    Args:
        before: how many groups were added in rounds before.
        there: those of how many groups have been found.
    """
    size = (layout.parameters // PARTS + _CHUNK) // _CHUNK * _CHUNK
    begin = part * size
    left = min(size, layout.parameters - begin)
    for _ in range((left + _CHUNK - 1) // _CHUNK):
        count = min(_CHUNK, left)
        for group in range(there):
            gradients = found[group * layout.parameters + begin :]
            if before + group:
                accumulate(memory[layout.summed + begin :], gradients, count)
            else:
                copy(memory[layout.summed + begin :], gradients, count)
        if before + there == layout.groups:
            adam_part(begin, count, memory, layout)
        begin += count
        left -= count


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
