"""`microgpt inspect`: what a model computes for a line, and what its parts are worth.

Printed as text or JSON; the figures themselves come from `inside`.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

from microgpt.cli.commands import open_source
from microgpt.cli.terminal import UsageError, read_file
from microgpt.inside.reports import Ablation, LineInside
from microgpt.session import Session
from microgpt.texts import MAX_BYTES

_NEWEST = sys.maxsize  # step
_LIKELIEST = 5  # of what follows, that are printed
_NEURONS = 10  # that are printed, those that are worth most
_MEASURE_MS = 1000.0  # between looks at whether it is complete
_LINES = {
    "unseen": "lines that it has not learned from",
    "learned": "lines that it has learned from",
    "loaded": "lines of the given text",
    "own": "lines that it makes up itself",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of what is looked at."""
    parser.add_argument("--line", metavar="TEXT", help="what the model expects at each position")
    parser.add_argument(
        "--ablate", action="store_true", help="the loss without each part of the model"
    )
    parser.add_argument(
        "--text",
        type=Path,
        metavar="FILE",
        help="whose lines --ablate measures on, where the model came without its run (default: "
        "lines that it makes up)",
    )
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")


def inspect(options: argparse.Namespace) -> None:
    """Print what is asked for of a model's inside."""
    if options.line is None and not options.ablate:
        raise UsageError("Nothing to look at: add --line TEXT, or --ablate.")
    session = Session()
    opened = open_source(session, options.source)
    if options.text is not None:
        session.load(read_file(options.text, MAX_BYTES), options.text.name)
    inside = session.inside(_NEWEST)
    line = None if options.line is None else inside.line(options.line)
    ablation = None
    if options.ablate:
        while not (ablation := inside.ablation(_MEASURE_MS))["complete"]:
            pass
    if options.json:
        print(json.dumps(_figures(line, ablation), ensure_ascii=False, allow_nan=False))
        return
    print(opened["provenance"], file=sys.stderr)
    if line is not None:
        _print_line(line)
    if ablation is not None:
        _print_ablation(ablation)


def _figures(line: LineInside | None, ablation: Ablation | None) -> dict[str, Any]:
    """All of it, to be read by a program; what isn't finite is null."""
    figures: dict[str, Any] = {}
    if line is not None:
        figures["line"] = line["line"]
        figures["vocabulary"] = [_shown(token) for token in line["vocabulary"]]
        size = len(line["vocabulary"])
        figures["positions"] = [
            {
                "token": _shown(token),
                "next": _shown(line["following"][i]),
                "probabilities": list(line["probabilities"][i * size : (i + 1) * size]),
                "surprise": _finite(line["surprises"][i]),
            }
            for i, token in enumerate(line["tokens"])
        ]
    if ablation is not None:
        figures["ablation"] = [
            {
                "part": part["part"],
                "loss": _finite(ablation["loss"]),
                "loss_without": _finite(part["loss_without"]),
                "error": _finite(part["error"]),
                "documents": ablation["documents"],
                "lines": ablation["lines"],
            }
            for part in ablation["parts"]
        ]
    return figures


def _print_line(line: LineInside) -> None:
    """A row a position: what is read, what follows and how much it surprises, what is expected."""
    size, names = len(line["vocabulary"]), [_shown(token) for token in line["vocabulary"]]
    print("read  next  nats  expected")
    for i, token in enumerate(line["tokens"]):
        row = line["probabilities"][i * size : (i + 1) * size]
        best = sorted(range(size), key=lambda each: -row[each])[:_LIKELIEST]
        expected = ", ".join(f"{names[each]} {row[each]:.1%}" for each in best)
        following = _shown(line["following"][i])
        print(f"{_shown(token):4}  {following:4}  {line['surprises'][i]:4.2f}  {expected}")
    whole = math.fsum(line["surprises"])
    print(f"loss: {whole / len(line['surprises']):.4f} nats, the mean; {whole:.2f} altogether")


def _print_ablation(ablation: Ablation) -> None:
    """A row a part, and of the neurons only those that are worth most."""
    if ablation["loss"] is None:
        print("There is no line to measure on.")
        return
    lines = f"{ablation['documents']:,} {_LINES[ablation['lines']]}"
    print(f"loss: {ablation['loss']:.4f} nats on {lines}")
    print(f"{'without':20} {'loss':>8} {'difference':>11}")
    large = [each for each in ablation["parts"] if ".neuron" not in each["part"]]
    neurons = [each for each in ablation["parts"] if ".neuron" in each["part"]]
    best = sorted(neurons, key=lambda each: -each["difference"])[:_NEURONS]
    for part in [*large, *best]:
        found = abs(part["difference"]) > 2 * part["error"]
        note = "" if found else "  no difference found"
        difference = f"{part['difference']:+.4f} ± {part['error']:.4f}"
        print(f"{part['part']:20} {part['loss_without']:8.4f} {difference}{note}")
    if len(neurons) > len(best):
        print(f"and {len(neurons) - len(best):,} neurons that are worth less (--json has them)")


def _shown(token: str) -> str:
    return token or "BOS"


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
