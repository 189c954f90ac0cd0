"""The command line, run as a process, as a person does."""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import COMMAND, SCALAR, SMALL, run
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.settings import table
from runs import new_run


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.txt"
    path.write_text("anna\nbella\nanna\ncarla\nella\n")
    return path


def test_it_prints_sizes_progress_and_twenty_samples(small: Path) -> None:
    result = run("train", small, *SMALL)
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert lines[:3] == ["num docs: 5", "vocab size: 8", "num params: 320"]
    assert re.fullmatch(r"step   30 /   30 \| loss \d\.\d{4} \| [\d.]+ steps/s", lines[-23])
    assert lines[-22:-20] == ["", "--- inference (new, hallucinated names) ---"]
    for number, line in enumerate(lines[-20:], start=1):
        assert line.startswith(f"sample {number:2d}: ")
    assert result.stderr.startswith("1 repeated line, kept.\n")


def test_which_samples_are_no_inventions_is_said_aside(small: Path) -> None:
    result = run("train", small, *SMALL, "--steps", "300", "--samples", "100")
    lines = small.read_text().split()
    made = [line.split(": ")[1] for line in result.stdout.splitlines()[-100:]]
    copies = [text for text in made if text in lines]
    begun = [text for text in made if text not in lines and any(x.startswith(text) for x in lines)]
    told = result.stderr.splitlines()
    said = [line for line in told if line.startswith(("In the text: ", "Beginnings "))]
    assert said[0] == f"In the text: {len(copies)} of 100 ({', '.join(dict.fromkeys(copies))})."
    assert all(text in said[1] for text in begun) if begun else len(said) == 1


def test_losses_and_samples_are_the_runs(
    first_names: Corpus, first_names_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "losses.csv"
    result = run("train", first_names_file, *SCALAR, "--stop-after", "12", "--losses", out)
    oracle = new_run(first_names, Hyperparameters(), "scalar")
    losses = [oracle.train_step() for _ in range(12)]
    rows = out.read_text().splitlines()
    assert rows[0] == "step,loss"
    assert [row.split(",") for row in rows[1:]] == [
        [str(i + 1), repr(x)] for i, x in enumerate(losses)
    ]
    bos = oracle.vocabulary.bos
    for number in range(1, 21):
        text = oracle.vocabulary.decode(list(oracle.engine.sample(oracle.stream, 0.5, [bos])))
        assert f"sample {number:2d}: {text}\n" in result.stdout


def test_stop_after_keeps_the_plan(small: Path, tmp_path: Path) -> None:
    early, whole = tmp_path / "early.csv", tmp_path / "whole.csv"
    run("train", small, *SMALL, "--stop-after", "10", "--losses", early)
    run("train", small, *SMALL, "--losses", whole)
    assert early.read_text().splitlines() == whole.read_text().splitlines()[:11]


@pytest.mark.parametrize("row", table(), ids=lambda row: row["name"])
def test_every_hyperparameter_is_an_option_with_help(row: dict[str, object]) -> None:
    flag = "--" + str(row["name"]).replace("_", "-")
    text = " ".join(run("train", "--help").stdout.split())
    assert flag in text
    assert str(row["help"]) in text


def test_options_change_the_run(small: Path, tmp_path: Path) -> None:
    def losses(*options: str) -> str:
        out = tmp_path / "losses.csv"
        assert run("train", small, *SMALL, *options, "--losses", out).returncode == 0
        return out.read_text()

    before = losses()
    assert losses() == before, "a run can be repeated"
    for option in (
        ["--seed", "7"],
        ["--random-stream", "xorshift"],
        ["--batch-size", "3"],
        ["--learning-rate", "0.05"],
    ):
        assert losses(*option) != before, option
    assert "held-out loss: " in run("train", small, *SMALL, "--holdout", "0.4").stdout
    few = run("train", small, *SMALL, "--samples", "3", "--prefix", "an", "--temperature", "1")
    assert re.findall(r"sample .\d: an.*", few.stdout) == few.stdout.splitlines()[-3:]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--n-head", "3"], "can't be split evenly"),
        (["--steps", "0"], "steps must be a whole number from 1 to 1,000,000, not 0"),
        (["--stop-after", "0"], "--stop-after must be at least 1"),
        (["--temperature", "0"], "temperature must be above 0"),
        (["--prefix", "Q"], "never seen 'Q'"),
        (["--losses", "/nowhere/at/all.csv"], "can't be written"),
        (["--engine", "warp"], "invalid choice: 'warp'"),
        (["--steps", "many"], "invalid int value"),
    ],
)
def test_mistakes_are_one_clear_line(small: Path, arguments: list[str], words: str) -> None:
    result = run("train", small, *SMALL, *arguments)
    assert result.returncode == 2
    assert words in result.stderr.splitlines()[-1] or words in result.stderr.splitlines()[-2]
    assert "Traceback" not in result.stderr
    assert "step" not in result.stdout, "refused before the training, not after it"


def test_files_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    for path, words in [
        (tmp_path / "none.txt", "can't be read: No such file"),
        (tmp_path, "can't"),
    ]:
        result = run("train", path)
        assert result.returncode == 2
        assert words in result.stderr
    empty = tmp_path / "empty.txt"
    empty.touch()
    assert "empty.txt is empty (0 bytes)" in run("train", empty).stderr


def test_ctrl_c_ends_cleanly_with_what_was_learned(first_names_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "losses.csv"
    command = [*COMMAND, "train", str(first_names_file), *SCALAR, "--losses", str(out)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for line in process.stdout:  # the first line of progress: training is going on
            if line.startswith("step"):
                break
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in errors
    step = int(re.findall(r"Interrupted after step (\d+)", errors)[0])
    assert 1 <= step < 1000
    assert len(out.read_text().splitlines()) == step + 1
    assert rest.count("sample ") == 20


def test_on_a_terminal_progress_is_one_live_line(small: Path) -> None:
    leader, follower = pty.openpty()
    with subprocess.Popen([*COMMAND, "train", str(small), *SMALL], stdout=follower) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
    os.close(leader)
    assert process.returncode == 0
    assert b"\r\x1b[Kstep" in shown
    assert b"sample 20: " in shown


def test_ctrl_c_while_the_held_out_loss_is_measured(first_names_file: Path) -> None:
    options = ["--stop-after", "20", "--holdout", "0.5"]
    command = [*COMMAND, "train", str(first_names_file), *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("step   20"):
                break
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "torn between" in errors, "what was measured by then is told"
    assert rest.count("sample ") == 20


def test_letters_that_the_terminal_lacks_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "greek.txt"
    path.write_text("αβγ\nγβα\n", encoding="utf-8")
    result = subprocess.run(
        [*COMMAND, "train", path, *SMALL],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert result.returncode == 0
    assert b"?" in result.stdout


def test_a_full_disk_is_one_line(small: Path) -> None:
    result = run("train", small, "--steps", "2000", "--n-embd", "4", "--losses", "/dev/full")
    assert result.returncode == 1
    assert "writing failed: No space left" in result.stderr
    assert "Traceback" not in result.stderr


def test_diverging_is_told_and_ends_the_run(small: Path) -> None:
    wild = ["--learning-rate", "1", "--init-std", "1", "--steps", "1000"]
    result = run("train", small, *wild)
    assert "diverged at step" in result.stderr
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_the_installed_script_does_the_same(small: Path) -> None:
    script = Path(sys.executable).with_name("microgpt")
    result = subprocess.run(
        [script, "train", small, *SMALL], capture_output=True, text=True, check=False
    )

    again = run("train", small, *SMALL)
    assert result.returncode == again.returncode == 0
    assert result.stdout.splitlines()[-20:] == again.stdout.splitlines()[-20:]


def test_time_left_is_shown_in_a_log(first_names_file: Path) -> None:
    result = run("train", first_names_file, *SCALAR, "--steps", "100000", "--stop-after", "30")
    assert re.search(r"\| [\d.]+ steps/s \| (\d+:)?\d+:\d\d left", result.stdout)
