"""`microgpt sample` with wishes: its options, and what is printed as text, CSV or JSON.

What comes of a wish: see `session.workshop`.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from typing import Any

from microgpt.cli.terminal import NotMetError, UsageError
from microgpt.session import Session
from microgpt.session.reports import Made

# Of each option, what it is called in a wish.
_WISHES = {
    "suffix": "suffix",
    "contains": "contains",
    "without": "without",
    "min_length": "min_length",
    "max_length": "max_length",
    "new": "new",
    "unique": "unique",
    "min_edits": "min_edits",
}
_FIGURES = ("text", "in_text", "one_in", "typical", "distinctive", "nearest", "edits")
_SORTED = ("typical", "distinctive", "alphabet", "far")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that make a wish of a sample."""
    group = parser.add_argument_group(
        "wishes", "Letters are matched whatever their case where the text has one case only."
    )
    group.add_argument("--suffix", default="", metavar="TEXT", help="what each ends with")
    group.add_argument("--contains", default="", metavar="TEXT", help="what each has in it")
    group.add_argument("--without", default="", metavar="LETTERS", help="what none has in it")
    group.add_argument(
        "--min-length", type=int, default=0, metavar="N", help="characters, at least"
    )
    group.add_argument("--max-length", type=int, default=0, metavar="N", help="characters, at most")
    group.add_argument(
        "--new", action="store_true", help="no line of the text, nor the beginning of one"
    )
    group.add_argument("--unique", action="store_true", help="no repetitions")
    group.add_argument(
        "--min-edits", type=int, default=0, metavar="N", help="away from every line of the text"
    )
    group.add_argument(
        "--likeliest",
        type=int,
        metavar="N",
        help="not drawn, but the N most probable ones at temperature 1, in that order",
    )
    group.add_argument("--sort", choices=_SORTED, help="(default: in the order they come)")
    group.add_argument(
        "--written",
        choices=["as-is", "title", "upper"],
        default="as-is",
        help="how each is printed (default: as-is)",
    )
    group.add_argument(
        "--format",
        choices=["text", "csv", "json"],
        default="text",
        help="text, or with what is known of each (default: text)",
    )


def asked_for(options: argparse.Namespace) -> bool:
    """Whether there is a wish, or else samples are all that is wanted."""
    wishes = [getattr(options, name) for name in _WISHES]
    plain = options.written == "as-is" and options.format == "text"
    # A number that is no wish is refused as one.
    return any(wishes) or not plain or bool(options.sort) or options.likeliest is not None


def make(session: Session, options: argparse.Namespace, provenance: str) -> None:
    """Print what is wished for.

    Raises:
        NotMetError: there are fewer than asked.
        SamplingError: it can't come true.
    """
    if options.likeliest is not None and options.samples is not None:
        raise UsageError("--likeliest says how many: leave out --count.")
    wish: dict[str, Any] = {name: getattr(options, option) for option, name in _WISHES.items()}
    if options.likeliest is not None:
        wish["count"] = options.likeliest
    elif options.samples is not None:
        wish["count"] = options.samples
    wish["likeliest"] = options.likeliest is not None
    wish["temperature"], wish["prefix"] = options.temperature, options.prefix
    wish["written"] = options.written.replace("-", "_")
    reports = session.make(wish)
    if options.sort == "far":
        session.order([], "far")  # refused now, not when all is made
    print(provenance, file=sys.stderr)
    at_once = options.format == "text" and not options.sort
    made: list[Made] = []
    for report in reports:
        made += report["made"]
        if at_once:
            for each in report["made"]:
                print(each["text"], flush=True)
    if options.sort:
        order = session.order([each["text"] for each in made], options.sort)
        made = [made[index] for index in order]
    if not at_once:
        _print(made, options.format)
    if report["reason"]:
        raise NotMetError(report["reason"])


def _print(made: list[Made], form: str) -> None:
    """All of them in the form asked for."""
    if form == "text":
        for each in made:
            print(each["text"])
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(_FIGURES)
        writer.writerows([each[name] for name in _FIGURES] for each in made)  # type: ignore[literal-required]
    else:
        items = [
            {name: _plain(each[name]) for name in (*_FIGURES, "surprises")}  # type: ignore[literal-required]
            for each in made
        ]
        json.dump(items, sys.stdout, indent=1, allow_nan=False)
        print()


def _plain(value: Any) -> Any:
    """A figure as JSON has it: what is too large for a number is null."""
    if isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return [_plain(each) for each in value]
