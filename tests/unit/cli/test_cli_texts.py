"""Any text on the command line: what a document is, encodings, and changes."""

from pathlib import Path

from command_line import run

SMALL = ["--n-embd", "4", "--n-head", "2", "--steps", "3", "--samples", "1", "--engine", "scalar"]


def test_a_table_in_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    file.write_bytes('id,name,note\n1,Zoë,"a, b"\n2,José,x\n'.encode("cp1252"))
    refused = run("train", file, *SMALL)
    assert refused.returncode == 2
    assert "--encoding windows-1252: 1,Zoë," in refused.stderr
    result = run("train", file, *SMALL, "--encoding", "windows-1252")
    assert result.returncode == 0
    assert "of its 3 columns “name” is learned." in result.stderr
    assert result.stdout.startswith("num docs: 2\nvocab size: 7\n")
    notes = run("train", file, *SMALL, "--encoding", "windows-1252", "--documents", "column:note")
    assert notes.stdout.startswith("num docs: 2\nvocab size: 6\n")
    none = run("train", file, *SMALL, "--encoding", "windows-1252", "--documents", "column:nom")
    assert none.returncode == 2
    assert "Choose one of “id”, “name”, “note”." in none.stderr


def test_running_text_is_saved_and_goes_on(tmp_path: Path) -> None:
    file, saved = tmp_path / "book.txt", tmp_path / "run.safetensors"
    file.write_text("It was the best of times,\nit was the worst of times.\n" * 9)
    common = ["--documents", "running", "--block-size", "8", "--holdout", "0.1"]
    result = run("train", file, *SMALL, *common, "--stop-after", "2", "--save", saved)
    assert "in 118 pieces of 8 characters" in result.stderr
    assert "held-out loss" in result.stdout
    again = run("continue", saved, "--samples", "1")
    assert again.returncode == 0
    assert "step    3 /    3" in again.stdout


def test_changes_are_made_and_said(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("Anna Bella\nanna bella\nÉva\ncafe\u0301\n")
    options = ["--lower-case", "--most-frequent", "4", "--replacement", "?", "--drop-repeated"]
    result = run("train", file, *SMALL, *options, "--split-long", "--block-size", "6")
    assert result.returncode == 0
    assert "Capital letters were made small." in result.stderr
    assert "replaced by ?" in result.stderr
    assert "1 repeated line, dropped." in result.stderr
    assert "brought to Unicode's usual form" in result.stderr
    plain = run("train", file, *SMALL, "--no-normalize")
    assert "brought to" not in plain.stderr
    assert "is read as several parts" in plain.stderr
