"""Which commands and options there are, and how their errors are told.

What the commands do: see `commands`.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from microgpt import MicrogptError, __version__, changed
from microgpt.cli import commands, inspecting, making
from microgpt.cli.terminal import NotAgreedError, NotMetError
from microgpt.engines import machines
from microgpt.engines.kinds import ENGINES, new_torch_engine
from microgpt.settings import Entry, table
from microgpt.texts import ENCODINGS


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the process's exit code.

    Of several processes that torchrun has started, the first does it, and the others help.
    """
    if machines.count() == 1:
        return run(arguments)
    try:
        with machines.together():
            return machines.follow(new_torch_engine) if machines.rank() else run(arguments)
    except MicrogptError as error:
        print(f"microgpt: {error}", file=sys.stderr)
        return 2


def run(arguments: list[str] | None) -> int:
    """Run the command line in this process alone; its exit code."""
    options = _parser().parse_args(arguments)
    if getattr(options, "model", None) is not None and not changed.sources():
        return _run_model(options.model, arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter shows a ?
    try:
        options.command(options)
        sys.stdout.flush()
    except NotAgreedError as error:
        if options.run_changed_code and error.sources and not changed.sources():
            return _run_changed(error.sources, "changed", arguments)
        print(f"microgpt: {error}", file=sys.stderr)
        return 2
    except NotMetError as error:  # what there is was printed
        print(f"microgpt: {error}", file=sys.stderr)
        return 1
    except MicrogptError as error:
        print(f"microgpt: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # a second Ctrl-C, or one while nothing has been learned
        print("\nmicrogpt: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # a full disk, for instance
        print(f"microgpt: writing failed: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _run_model(model: Path, arguments: list[str] | None) -> int:
    """Run the command line with another gpt/model.py."""
    try:
        text = model.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"microgpt: {model} can't be read: {error}", file=sys.stderr)
        return 2
    # Under its own name in what goes wrong, if it has another.
    return _run_changed({"model.py": text}, str(model.parent), arguments, str(model))


def _run_changed(
    sources: Mapping[str, str], folder: str, arguments: list[str] | None, file: str = ""
) -> int:
    """Run the command line with changed code: all modules are imported again."""
    changed.use(sources, folder)
    try:
        again = importlib.import_module("microgpt.cli.main")
    except SyntaxError as error:
        where = file or error.filename
        print(f"microgpt: {where}, line {error.lineno}: {error.msg}", file=sys.stderr)
        return 2
    code: int = again.run(arguments)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="microgpt", description="Train a GPT on the lines of a text, in pure Python."
    )
    parser.add_argument("--version", action="version", version=f"microgpt {__version__}")
    group = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], None], help_: str
    ) -> argparse.ArgumentParser:
        made = group.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
        made.set_defaults(command=run)
        return made

    def reading_saved(
        name: str, run: Callable[[argparse.Namespace], None], help_: str
    ) -> argparse.ArgumentParser:
        made = command(name, run, help_)
        made.add_argument(
            "--run-changed-code",
            action="store_true",
            help="run the changed algorithm that came with it; without this it is only shown",
        )
        return made

    train = command("train", commands.train, "train on FILE, then print samples")
    train.add_argument("file", type=Path, metavar="FILE", help="a text")
    _add_reading(train)
    _add_training(train, "compiled where wasmtime is installed, else scalar; torch under torchrun")
    train.add_argument(
        "--model",
        type=Path,
        metavar="FILE.py",
        help="a changed gpt/model.py, which the traced and the scalar engine can train",
    )
    _add_sampling(train)
    hyperparameters = train.add_argument_group("hyperparameters")
    for entry in table():
        _add_hyperparameter(hyperparameters, entry)

    continue_ = reading_saved(
        "continue", commands.continue_, "go on with a saved run as if it had never stopped"
    )
    continue_.add_argument("file", type=Path, metavar="FILE", help="what train --save has written")
    continue_.add_argument(
        "--more",
        type=int,
        metavar="N",
        help="go on for N steps more with a new plan, even if the run is at its end",
    )
    _add_training(continue_, "what computed it before, if there is that here")
    _add_sampling(continue_)

    sample = reading_saved(
        "sample", commands.sample, "print what a saved model makes up, one a line"
    )
    sample.add_argument("source", metavar="LINK-OR-FILE", help="where the model is")
    _add_sampling(sample, "--count", "--samples")
    sample.add_argument(
        "--seed", type=int, metavar="N", help="other samples for each N (default: those of train)"
    )
    making.add_options(sample)
    sample.set_defaults(samples=None)  # so that it shows whether it was given

    inspect = reading_saved(
        "inspect", inspecting.inspect, "print what a saved model computes, and what parts are worth"
    )
    inspect.add_argument("source", metavar="LINK-OR-FILE", help="where the model is")
    inspecting.add_options(inspect)

    link = reading_saved("link", commands.link, "print an address that has the whole model in it")
    link.add_argument("file", type=Path, metavar="FILE", help="a saved model or run")
    link.add_argument(
        "--site", default="", metavar="ADDRESS", help="of the page (default: only what follows it)"
    )
    link.add_argument(
        "--max-characters",
        type=int,
        metavar="N",
        help="of the whole address; fewer cost precision (default: the fewest that cost next to "
        "nothing)",
    )

    save = reading_saved("save", commands.save, "write the model of a link to a file")
    save.add_argument("source", metavar="LINK", help="an address with #m= or #r= in it")
    save.add_argument("file", type=Path, metavar="FILE", help="to write, as safetensors")

    export = reading_saved(
        "export", commands.export, "write a saved model for other programs, and what is known of it"
    )
    export.add_argument("source", metavar="LINK-OR-FILE", help="where the model is")
    export.add_argument("--to", choices=["onnx"], required=True, help="what such programs read")
    export.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="for model.onnx and README.md (default: of the file's name, here)",
    )

    twin = reading_saved(
        "twin", commands.twin, "print a Python program that repeats a saved run, on its own"
    )
    twin.add_argument("file", type=Path, metavar="FILE", help="what train --save has written")

    explain = command(
        "explain", commands.explain, "print a kernel's Python and what the compiler makes of it"
    )
    explain.add_argument("kernel", nargs="?", metavar="KERNEL", help="default: list all kernels")
    _add_kernel_sizes(explain)
    return parser


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """The options of how a text is read; what isn't given is found out, or not done."""
    group = parser.add_argument_group("how the text is read")
    group.add_argument(
        "--documents",
        metavar="WHAT",
        help="what is learned as one: line, paragraph (with blank lines between), column or "
        "column:HEADING (of a table, CSV or TSV), or running (a book: overlapping windows of "
        "block_size characters, none of which has an end; of --holdout the last part is kept "
        "out. The loss is then comparable with nanoGPT's, but that the first character of each "
        "window is predicted too); default: found out",
    )
    group.add_argument(
        "--encoding",
        metavar="NAME",
        default="",
        help=f"{', '.join(ENCODINGS)}; default: UTF-8 or UTF-16, whichever it is",
    )
    group.add_argument(
        "--no-normalize", action="store_true", help="leave letters and accents as they were typed"
    )
    group.add_argument("--lower-case", action="store_true", help="make capital letters small")
    group.add_argument(
        "--most-frequent",
        type=int,
        default=0,
        metavar="K",
        help="drop all but the K most frequent characters",
    )
    group.add_argument(
        "--replacement", default="", metavar="C", help="a character for each that would be dropped"
    )
    group.add_argument(
        "--drop-repeated", action="store_true", help="learn no document a second time"
    )
    group.add_argument(
        "--split-long",
        action="store_true",
        help="documents longer than block_size in pieces, instead of cut",
    )


def _add_training(parser: argparse.ArgumentParser, default: str) -> None:
    """The options of what trains, and of what is left of it."""
    parser.add_argument(
        "--stop-after", type=int, metavar="N", help="end after step N of the plan of --steps"
    )
    parser.add_argument(
        "--save", type=Path, metavar="OUT.safetensors", help="write the run, to be continued"
    )
    parser.add_argument(
        "--save-every",
        type=int,
        metavar="N",
        help="and do so after each N steps, so that there is something to continue from",
    )
    parser.add_argument(
        "--model-only", action="store_true", help="save the model alone, without run and text"
    )
    parser.add_argument("--losses", type=Path, metavar="OUT.csv", help="write step,loss")
    parser.add_argument(
        "--engine",
        choices=list(ENGINES),
        help=f"what computes (default: {default})",
    )
    parser.add_argument(
        "--cores",
        type=int,
        metavar="N",
        help="how many share out the batches of a large model; the numbers stay the same "
        "(default: all but one, or both of two)",
    )
    parser.add_argument(
        "--precision",
        choices=commands.PRECISIONS,
        help="of the engine's numbers; bf16 is for torch on a GPU (default: float64)",
    )
    parser.add_argument(
        "--compile",
        action="store_true",
        help="let PyTorch make a program of the model first, which takes a minute (torch alone)",
    )


def _add_sampling(parser: argparse.ArgumentParser, *count: str) -> None:
    """The options of what prints samples, with the names of how many if those are others."""
    parser.add_argument(
        *(count or ("--samples",)),
        dest="samples",
        type=int,
        default=20,
        metavar="N",
        help="how many to print (default: 20)",
    )
    parser.add_argument(
        "--temperature", type=float, default=0.5, metavar="T", help="of the samples (default: 0.5)"
    )
    parser.add_argument("--prefix", default="", metavar="TEXT", help="what each sample begins with")


def _add_kernel_sizes(parser: argparse.ArgumentParser) -> None:
    """The options of what kernels are compiled for."""
    sizes = parser.add_argument_group("sizes that it is compiled for")
    for entry in table():
        if entry["name"] in commands.KERNEL_SIZES:
            _add_hyperparameter(sizes, entry)
    sizes.add_argument(
        "--vocabulary-size",
        type=int,
        default=27,
        metavar="N",
        help="different characters of the text, and one for its ends (default: 27, as of a to z)",
    )
    sizes.add_argument(
        "--float-bits", type=int, choices=[64, 32], default=64, help="of a number (default: 64)"
    )
    sizes.add_argument(
        "--no-simd", dest="simd", action="store_false", help="without vector instructions"
    )


def _add_hyperparameter(group: argparse._ArgumentGroup, entry: Entry) -> None:
    """One option, made from a row of the table; its range is checked by the table's own check."""
    flag = "--" + entry["name"].replace("_", "-")
    # argparse reads a % in help as its own; the table has none, but may one day.
    text = entry["help"].replace("%", "%%")
    default = f" (default: {entry['default']})"
    if entry["name"] == "learning_rate":  # see `settings.recommended_learning_rate`
        default = f" (default: {entry['default']}, less for models wider than the default)"
    if entry["type"] == "choice":
        group.add_argument(
            flag, choices=entry["choices"], default=entry["default"], help=text + default
        )
        return
    kind = int if entry["type"] == "int" else float
    text += f" {entry['minimum']:,} to {entry['maximum']:,}"
    text += f" {entry['unit']}" if entry["unit"] else ""
    value = None if entry["name"] == "learning_rate" else entry["default"]
    group.add_argument(flag, type=kind, default=value, metavar="N", help=text + default)
