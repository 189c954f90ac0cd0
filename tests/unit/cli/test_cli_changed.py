"""The command line and what changed code made: nothing of it runs before somebody agrees."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from changing import CARDS, changed_code, sources
from command_line import run
from runs import NAMES

SMALL = ["--steps", "20", "--n-embd", "4", "--n-head", "2", "--engine", "scalar"]
MADE = "print('it ran')  # \u202e\x1b[2J\n"
ACCEPT = "--run-changed-code"


@pytest.fixture
def names(tmp_path: Path) -> Path:
    (tmp_path / "names.txt").write_bytes(NAMES)
    return tmp_path / "names.txt"


@pytest.fixture
def saved(names: Path) -> Path:
    """A run of a changed model, stopped on its way."""
    mine, file = names.parent / "mine.py", names.parent / "run.safetensors"
    mine.write_text(sources("gelu")["model.py"] + MADE, "utf-8")
    made = run("train", names, "--model", mine, *SMALL, "--stop-after", "8", "--save", file)
    assert made.returncode == 0, made.stderr
    return file


def test_a_run_of_a_changed_model_is_refused_with_its_difference_and_goes_on_when_accepted(
    saved: Path,
) -> None:
    for command in (["sample"], ["continue"], ["inspect", "--line", "anna"], ["link"], ["twin"]):
        name, *options = command
        refused = run(name, saved, *options)
        assert (refused.returncode, refused.stdout) == (2, "")
        said = refused.stderr
        assert "names.txt: 10 lines, 8 steps" in said
        assert "+         hidden = [gelu(value) for value in" in said
        assert r"+ print('it ran')  # \u202e\x1b[2J" in said
        assert "\u202e" not in said
        assert "\x1b" not in said
        assert said.rstrip().endswith("To run it, add --run-changed-code.")
    losses = saved.with_name("losses.csv")
    whole = run("continue", saved, ACCEPT, "--save", saved, "--losses", losses)
    assert whole.returncode == 0, whole.stderr
    assert whole.stdout.startswith("it ran\n")
    anew = saved.with_name("anew.csv")
    run(
        "train",
        saved.with_name("names.txt"),
        "--model",
        saved.with_name("mine.py"),
        *SMALL,
        "--losses",
        anew,
    )
    assert losses.read_text().splitlines()[1:] == anew.read_text().splitlines()[9:]
    sampled = run("sample", saved, ACCEPT, "--count", "3")
    assert len(sampled.stdout.splitlines()) == 4
    assert "by a changed algorithm" in sampled.stderr
    assert run("sample", saved, ACCEPT, "--count", "3").stdout == sampled.stdout


def test_links_of_it(saved: Path) -> None:
    made = run("link", saved, ACCEPT, "--max-characters", "2000")
    [link] = re.findall("#m=.*", made.stdout)
    for options in ([], [ACCEPT]):
        refused = run("sample", link, *options)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "made by a changed algorithm. It can't be sampled here" in refused.stderr


def test_what_is_not_changed_needs_no_agreement(names: Path) -> None:
    file = names.parent / "run.safetensors"
    run("train", names, *SMALL, "--save", file)
    assert run("sample", file).stdout == run("sample", file, ACCEPT).stdout


def test_a_model_that_is_too_long_to_be_saved_is_not_trained(names: Path) -> None:
    mine = names.parent / "mine.py"
    mine.write_text(sources("gelu")["model.py"] + "\n" * 5000, "utf-8")
    file = names.parent / "run.safetensors"
    refused = run("train", names, "--model", mine, *SMALL, "--save", file)
    assert refused.returncode == 2
    assert "The changed code is too long to be shared: 5," in refused.stderr
    assert "step" not in refused.stdout
    assert not file.exists()


@pytest.mark.parametrize("name", CARDS)
def test_the_twin_of_a_changed_run_gives_its_losses(name: str, tmp_path: Path) -> None:
    with changed_code(sources(name)) as package:
        session = package["session"].Session()
        session.load(NAMES, "names.txt")
        session.start({"n_embd": 4, "n_head": 2, "steps": 8, "block_size": 8}, "scalar")
        losses = list(session.advance(1e9)["losses"])
        program = session.twin()
    (tmp_path / "twin.py").write_text(program, "utf-8")
    files = ", ".join(sorted(sources(name)))
    assert f"This is not the algorithm as microgpt has it. Somebody has changed {files}" in program
    command = [sys.executable, "-I", "-S", "twin.py"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [float(loss) for loss in re.findall(r"\| loss (\S+)", made.stdout)] == losses


@pytest.mark.parametrize(
    ("addition", "words"),
    [
        ("print('it ran')\n", r"line \d+ of the changed model\.py has more than imports"),
        ("import os.path as p\n", r"model\.py has another kind of import"),
        ("def train_step(): ...\n", r"model\.py and training\.py both define train_step"),
    ],
)
def test_what_does_not_go_into_one_file_says_so(addition: str, words: str) -> None:
    with changed_code({"model.py": sources("gelu")["model.py"] + addition}) as package:
        session = package["session"].Session()
        session.load(NAMES, "names.txt")
        session.start({"n_embd": 4, "n_head": 2, "steps": 1, "block_size": 8}, "scalar")
        session.advance(1e9)
        with pytest.raises(package["errors"].ChangeError, match=words):
            session.twin()
