"""`microgpt sample` with wishes, as a person has it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from command_line import run
from runs import NAMES, SITE, trained


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is at its end."""
    path = tmp_path_factory.mktemp("saved") / "run.safetensors"
    path.write_bytes(trained({"steps": 200, "seed": 3}).save_run())
    return path


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model without its text."""
    path = tmp_path_factory.mktemp("alone") / "model.safetensors"
    path.write_bytes(trained({"steps": 200, "seed": 3}).save_model())
    return path


def test_without_wishes_it_prints_the_samples_of_the_training(saved: Path) -> None:
    session = trained({"steps": 200, "seed": 3})
    expected = "".join(f"{each['text']}\n" for each in session.sample(30, original=True))
    result = run("sample", saved, "--count", "30")
    assert (result.stdout, result.returncode) == (expected, 0)
    assert run("sample", saved, "--samples", "30").stdout == expected
    assert run("sample", saved).stdout.splitlines() == expected.splitlines()[:20]


def test_all_wishes_together(saved: Path) -> None:
    options = ["--count", "3", "--prefix", "A", "--suffix", "A", "--contains", "n", "--new"]
    options += ["--without", "ef", "--min-length", "3", "--max-length", "9", "--unique"]
    options += ["--min-edits", "1", "--temperature", "1.5", "--written", "title", "--seed", "7"]
    result = run("sample", saved, *options)
    assert result.returncode == 0, result.stderr
    found = result.stdout.splitlines()
    assert len(set(found)) == 3
    for text in found:
        assert text[0] == "A"
        assert text[-1] == "a"
        assert 3 <= len(text) <= 9
        assert "n" in text
        assert not set(text) & set("ef")
        assert text.lower() not in NAMES.decode().split()
    assert run("sample", saved, *options).stdout == result.stdout
    assert run("sample", saved, *options[:-1], "8").stdout != result.stdout
    assert run("sample", saved, *options, "--sort", "alphabet").stdout.splitlines() == sorted(found)


def test_csv_and_json_have_the_figures(saved: Path) -> None:
    options = ["--likeliest", "4", "--min-length", "3", "--sort", "distinctive"]
    items: list[dict[str, Any]] = json.loads(
        run("sample", saved, *options, "--format", "json").stdout
    )
    assert len(items) == 4
    distinctive = [item["distinctive"] for item in items]
    assert distinctive == sorted(distinctive, reverse=True)
    rows = list(
        csv.DictReader(io.StringIO(run("sample", saved, *options, "--format", "csv").stdout))
    )
    for row, item in zip(rows, items, strict=True):
        assert len(item.pop("surprises")) == len(item["text"]) + 1
        assert row == {name: str(value) for name, value in item.items()}


def test_what_cannot_be_met_is_printed_as_far_as_it_is_and_ends_with_1(saved: Path) -> None:
    for form in ("text", "json"):
        result = run("sample", saved, "--likeliest", "99", "--max-length", "1", "--format", form)
        letters = len(set(NAMES) - set(b"\n"))
        found = json.loads(result.stdout) if form == "json" else result.stdout.split()
        assert len(found) == letters
        assert result.returncode == 1
        assert f"microgpt: {letters}: there is nothing else like that" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--min-length", "5", "--max-length", "4"], "above the greatest, 4"),
        (["--suffix", "Q"], "never seen 'Q'"),
        (["--likeliest", "0"], "from 1 to 1,000, not 0"),
        (["--likeliest", "3", "--count", "3"], "leave out --count"),
        (["--format", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_mistakes_are_refused(saved: Path, options: list[str], words: str) -> None:
    result = run("sample", saved, *options)
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr


def test_a_model_or_a_link_has_no_text_to_compare_with(saved: Path, alone: Path) -> None:
    link = run("link", saved, "--site", SITE).stdout.strip()
    for source in (alone, link):
        for option in (["--new"], ["--min-edits", "1"]):
            result = run("sample", source, *option)
            assert (result.returncode, result.stdout) == (2, "")
            assert "came without its text" in result.stderr
        result = run("sample", source, "--sort", "far")
        assert (result.returncode, result.stdout) == (2, "")
        assert run("sample", source, "--suffix", "a", "--sort", "typical").returncode == 0
