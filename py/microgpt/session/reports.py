"""What a session answers: plain dictionaries, which cross to JavaScript as they are.

The page's side of these shapes is web/types.d.ts.
"""

from __future__ import annotations

from array import array
from typing import Any, Literal, TypeAlias, TypedDict

from microgpt.run import InText

# How a run has ended: all steps done, by the visitor, or by a loss that can't be computed;
# "" while it can go on.
Ending: TypeAlias = Literal["", "finished", "stopped", "diverged"]


class Reading(TypedDict):
    """How the bytes of a text become documents; "" and 0 leave a thing as it is found."""

    encoding: str  # a name of `texts.ENCODINGS`, or "" to find out
    documents: str  # "line", "paragraph", "column" or "running", or "" to find out
    column: str  # the heading of a table's column, where documents are those of one
    normalize: bool  # to Unicode's form NFC
    lower_case: bool
    most_frequent: int  # characters that are kept, or 0 for all
    replacement: str  # of the others: "" drops them
    drop_repeated: bool  # lines
    split_long: bool  # lines, where they are longer than block_size, instead of cutting them


class ReadingProgress(TypedDict):
    """How far the reading of a text has come."""

    doing: str  # what is being done, in words
    share: float  # of the whole that is done, about, 0 to 1


class Counted(TypedDict):
    """Something that a text has, and how often."""

    text: str
    count: int


class EncodingPreview(TypedDict):
    """A text as it would be read with an encoding."""

    encoding: str
    label: str  # what it is called
    first: list[str]  # lines that show it: those with characters that depend on it


class TextReport(TypedDict):
    """What was loaded."""

    name: str
    reading: Reading  # as it was read: nothing in it is left to be found out
    columns: list[str]  # the headings of a table, or none where it is no table
    documents: int
    characters: int  # of all documents together
    vocabulary: str  # the distinct characters, sorted, without BOS
    longest: int  # characters
    block_size_needed: int  # the smallest that cuts nothing
    notes: list[str]  # sentences on what was skipped or cut, and why
    first: list[str]  # its first few documents, so far as there is room to show them
    longest_document: str  # as far as there is room to show it
    rarest: list[Counted]  # characters, the rarest first
    repeated: list[Counted]  # documents, the most frequent first


class Plan(TypedDict):
    """What a run would be, before it begins."""

    parameters: int
    memory: int  # bytes that the engine has
    seconds: float | None  # that all steps take, about; None where nothing was measured
    goes_round: float  # how many times it goes through the training documents; 0.5 is half of them
    learning_rate: float  # what is recommended for this size
    problem: str  # what is wrong with the settings, in a sentence, or ""
    field: str  # the hyperparameter that it is about, or "" if it is about none


class RunReport(TypedDict):
    """What has just begun, or goes on."""

    name: str  # of the text
    parameters: int
    vocabulary_size: int  # with BOS
    training_documents: int
    holdout_documents: int
    step: int  # done so far
    steps: int  # planned
    began_at: int  # the step after which the present plan began: 0 unless it was trained more
    hyperparameters: dict[str, Any]
    engine: str
    note: str  # why another engine computes, a sentence or two, or ""
    flop_per_step: float  # 6 for each parameter and token: 2 forward, 4 backward; a mean
    follows_recipe: bool  # whose weights can then be compared


class Progress(TypedDict):
    """What has happened since the last report."""

    step: int  # done so far
    steps: int  # planned
    losses: array[float]  # nats, one for each step since the last report
    seconds: float  # of training so far
    steps_per_second: float  # over the last few seconds
    seconds_left: float
    ending: Ending
    problem: str  # why training had to end before, if it just did, or ""


class Sample(TypedDict):
    """A new document."""

    text: str
    in_text: InText  # whether it is a line of the training text, or begins one


class Wish(TypedDict):
    """What a visitor asks the model to make up; see `workshop.wishes` for the ranges."""

    count: int
    temperature: float
    prefix: str  # what each begins with; letters match whatever their case, where the text has one
    suffix: str
    contains: str
    without: str  # characters that it doesn't have
    min_length: int  # characters
    max_length: int  # or 0 for any
    new: bool  # neither a line of the text, nor all that the model saw of one, nor its beginning
    unique: bool  # no repetition
    min_edits: int  # between it and each line of the text, or 0 for any
    written: str  # "as_is", "title" or "upper"
    likeliest: bool  # not drawn, but the most probable ones, in that order


class Made(TypedDict):
    """A new document, and what is known of it."""

    text: str  # as it is written
    in_text: InText
    surprises: array[float]  # nats, of each character and of the end, at temperature 1
    one_in: float  # so many draws at temperature 1 give one such
    nearest: str  # the line of the text with the fewest edits to it, or "" where that isn't known
    edits: int  # to that line: insertions, deletions and substitutions; -1 where not known
    typical: float  # per cent of what the model makes of this length that is less likely
    distinctive: float  # nats per character that it is likelier than by the letters' frequencies


class Making(TypedDict):
    """How far a wish is fulfilled."""

    made: list[Made]  # those that have come since the last report
    found: int  # in all
    draws: int  # tried, or beginnings looked at in a search
    accepted: float  # the share of draws that are as wished
    method: str  # "draw", "weigh" or "search": see `workshop`
    complete: bool  # whether this is the last report
    reason: str  # why there are fewer than asked, and what to do; "" where there are all


class Novelty(TypedDict):
    """How new what the model makes up is."""

    probability: float  # that a draw at this temperature is a line of the text, exactly
    documents: int  # different lines of the text that were summed
    complete: bool  # whether all were


class Favourites(TypedDict):
    """What the visitor likes, and what is never to come again."""

    liked: list[str]
    blocked: list[str]


class Guess(TypedDict):
    """What could come next in a document."""

    character: str  # "" is its end
    probability: float


class RunFacts(TypedDict):
    """What is worth knowing of a saved run before it is opened."""

    name: str  # of the text
    step: int
    steps: int
    parameters: int
    over: bool  # finished, or stopped before
    origin: str  # the text of the model that it began with, or "" if that was random


class Learning(TypedDict):
    """The loss on lines that a run has not learned from, at the steps that were kept of it."""

    steps: list[int]  # kept, ascending; those that can be looked at
    holdout: array[float]  # nats at the first of those steps, as far as they were measured
    documents: int  # lines that each is measured on, the same at every step; 0 if there are none
    kept_out: bool  # whether by the setting holdout; else the plan never reaches them
    learned: bool  # whether the model had learned from them before this run, which is on favourites
    complete: bool  # whether there is nothing left to measure for now
    guess: float  # nats, of guessing blindly: the logarithm of the vocabulary's size
    letters: float | None  # nats, of the letters' frequencies alone; None until measured
    pairs: float | None  # nats, of the frequencies of letters after each letter


class Remark(TypedDict):
    """A sentence on a run, and what could be done about it."""

    text: str
    # "", "train_more", "keep_best", "whole_lines", "hold_out" or "lower_rate"
    action: str
    value: float  # of the action: steps, a step, block_size, a share, a learning rate; or 0
    label: str  # what a button for it says, or ""


class ChangedFile(TypedDict):
    """A file of the algorithm as somebody has changed it."""

    name: str  # as "model.py"
    text: str


class ChangedCode(TypedDict):
    """What a file or a link wants to be run, which has not been run."""

    files: list[ChangedFile]  # whole; none where they can't be made here
    difference: str  # to the algorithm as it is, to be read
    problem: str  # why it can't be run here, or ""
    goes_on: bool  # whether it is for a run that can go on from where it is


class Opening(TypedDict):
    """How far a file is that is being read."""

    share: float  # from 0 to 1


class Opened(TypedDict):
    """What a file or a link has brought."""

    # "model", which can be sampled, "run", which can go on, or "recipe" for one; where it
    # needs changed code, it is told of and nothing more.
    kind: str
    changed: ChangedCode | None  # without which it can't be used
    provenance: str  # where it comes from, in one line
    text_name: str
    note: str  # what can't be done with a model of its size, in a sentence; or ""
    parameters: int
    vocabulary: str
    # Of a run on favourites those with which its model had learned from the text.
    hyperparameters: dict[str, Any]
    engine: str  # of a run
    text: TextReport | None  # of a run
    run: RunReport | None
    progress: Progress | None  # of a run, with all of its losses
    example: str  # the built-in text that a recipe needs, or ""
    seconds_expected: float  # that a recipe takes, about
    longest_wait: float  # of these, in which nobody is answered: to begin, or for a step


class LinkReport(TypedDict):
    """A model's link, and what it costs."""

    address: str
    characters: int
    provenance: str  # what the link says of the model
    loss: float | None  # nats, of the model as it is; None where there is no text to measure it
    loss_in_link: float | None  # of the model that the link has, on the same documents
    documents: int  # measured
    unseen: bool  # whether the model has learned from none of them
    measured_on: str  # the name of their text, or "" if the model made them up
    faithful: bool  # whether the cost is known to be small
    samples: list[str]  # which the link's model makes up first where it is opened
    own_samples: list[str]  # of the model as it is, with the same random numbers
    n_embd: int  # of the link's model
    own_n_embd: int  # of the model as it is, which is more if the link has a smaller one


class RecipeReport(TypedDict):
    """A recipe's link."""

    address: str
    characters: int
    example: str  # the built-in text that it names, or "" if it has the text


class RecipeOutcome(TypedDict):
    """Whether a recipe gave what it promised."""

    same: bool  # every bit of every weight
    step: int


class SourceFile(TypedDict):
    """A file of the algorithm."""

    name: str  # as "model.py"
    about: str  # the first line of its docstring
    text: str
    lines: int  # of code: without blank lines, comments and docstrings


class SourceProblem(TypedDict):
    """What is wrong with a text, by Python's compiler."""

    line: int  # from 1
    column: int  # from 1, in characters; 0 where it is the whole line
    message: str


class TextBeside(TypedDict):
    """What another session needs to train as this one does."""

    name: str  # of the text
    data: bytes  # it, as it is read
    reading: Reading  # how to read that again
    hyperparameters: dict[str, Any]
    of_run: bool  # whether they are those of the run that is here


class Unseen(TypedDict):
    """How surprising lines are that a run has not learned from."""

    documents: int  # lines; 0 where there are none
    loss: float  # nats a character, the mean over lines; infinite where it isn't known
