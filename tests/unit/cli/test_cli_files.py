"""The commands on saved runs, models and links, run as processes."""

import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import COMMAND, SCALAR, SMALL, run
from microgpt import Session
from microgpt.sharing import links, safetensors

LINES = "anna\nbella\nanna\ncarla\nella\n"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "small.txt"
    path.write_text(LINES)
    return path


@pytest.fixture(scope="session")
def saved_once(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    text = tmp_path_factory.mktemp("saved") / "small.txt"
    text.write_text(LINES)
    return train(text, text.with_name("saved.safetensors")).read_bytes()


@pytest.fixture
def saved(text: Path, saved_once: bytes) -> Path:
    """A run of 30 steps, with its text."""
    path = text.with_name("saved.safetensors")
    path.write_bytes(saved_once)
    return path


def train(text: Path, out: Path, *options: str | Path) -> Path:
    result = run("train", text, *SMALL, "--save", out, *options)
    assert result.returncode == 0, result.stderr
    return out


def samples(result: subprocess.CompletedProcess[str]) -> list[str]:
    return re.findall(r"sample [ \d]\d: (.*)\n", result.stdout)


def refused(result: subprocess.CompletedProcess[str], words: str) -> None:
    assert result.returncode == 2, result.stderr
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("engine", "ends"),
    [
        ("compiled", ["compiled", "scalar"]),
        ("compiled-float32", ["compiled-float32"]),
        ("scalar", ["scalar", "compiled"]),
    ],
)
@pytest.mark.parametrize("stream", ["python", "xorshift"])
def test_a_saved_run_goes_on_as_if_it_had_never_stopped(
    text: Path, tmp_path: Path, engine: str, ends: list[str], stream: str
) -> None:
    options = ["--engine", engine, "--random-stream", stream, "--holdout", "0.2"]
    first, rest, whole = (tmp_path / f"{name}.csv" for name in ("first", "rest", "whole"))
    through = run("train", text, *SMALL, *options, "--losses", whole)
    train(text, tmp_path / "a", *options, "--stop-after", "11", "--losses", first)
    middle = tmp_path / "middle.csv"
    part = run(
        *("continue", tmp_path / "a", "--stop-after", "20", "--save", tmp_path / "a"),
        *("--losses", middle),
    )
    assert part.returncode == 0, part.stderr
    assert "small.txt: 4 lines, 11 steps" in part.stderr
    assert "going on after step 11 of 30" in part.stderr
    for then in ends:
        end = run("continue", tmp_path / "a", "--engine", then, "--losses", rest)
        assert end.returncode == 0, end.stderr
        rows = [
            *first.read_text().splitlines(),
            *middle.read_text().splitlines()[1:],
            *rest.read_text().splitlines()[1:],
        ]
        assert samples(end) == samples(through)
        compare(rows, whole.read_text().splitlines(), exactly=engine == then)


def compare(rows: list[str], expected: list[str], *, exactly: bool) -> None:
    """Losses are the same: to the last digit, or as nearly as two engines compute them."""
    if exactly:
        assert rows == expected
        return
    assert [row.split(",")[0] for row in rows] == [row.split(",")[0] for row in expected]
    for row, other in zip(rows[1:], expected[1:], strict=True):
        assert float(row.split(",")[1]) == pytest.approx(float(other.split(",")[1]), rel=1e-9)


def test_a_model_alone_is_smaller_and_can_be_sampled_but_not_continued(
    text: Path, saved: Path, tmp_path: Path
) -> None:
    model = train(text, tmp_path / "model", "--model-only")
    assert model.stat().st_size < saved.stat().st_size
    assert "text" not in safetensors.read(model.read_bytes())[0]
    refused(run("continue", model), "can be sampled (microgpt sample), not continued")
    refused(run("twin", model), "the text that it learned from isn't here")
    assert len(run("sample", model).stdout.splitlines()) == 20


def test_a_finished_run_is_told_to_be_done(saved: Path) -> None:
    result = run("continue", saved)
    assert result.returncode == 0
    assert "all 30 steps are done" in result.stderr
    assert len(samples(result)) == 20
    refused(run("continue", saved, "--stop-after", "5"), "--stop-after 5 lies behind")


def test_a_run_that_was_ended_for_good_is_not_continued(tmp_path: Path) -> None:
    session = Session()
    session.load(b"ab\nba\n", "a.txt")
    session.start({"n_embd": 4, "steps": 30})
    session.advance(1e9, 7)
    session.stop()
    (tmp_path / "stopped").write_bytes(session.save_run())
    refused(run("continue", tmp_path / "stopped"), "ended for good after step 7")
    assert run("sample", tmp_path / "stopped").returncode == 0


def test_samples_of_a_file_are_those_of_the_training(text: Path, tmp_path: Path) -> None:
    trained = run("train", text, *SMALL, "--save", tmp_path / "a")
    again = run("sample", tmp_path / "a")
    assert again.stdout.splitlines() == samples(trained)
    assert "small.txt: 5 lines, 30 steps, loss" in again.stderr

    def other(*options: str) -> list[str]:
        return run("sample", tmp_path / "a", "--samples", "5", *options).stdout.splitlines()

    assert other("--seed", "1") == other("--seed", "1") != other("--seed", "2")
    assert all(line.startswith("an") for line in other("--prefix", "an", "--temperature", "2"))
    refused(run("sample", tmp_path / "a", "--prefix", "Q"), "never seen 'Q'")
    refused(run("sample", tmp_path / "none"), "can't be read: No such file")
    (tmp_path / "other").write_bytes(b"no model")
    refused(run("sample", tmp_path / "other"), "other can't be opened as a model")


def test_the_twin_of_a_file_repeats_its_run(text: Path, tmp_path: Path) -> None:
    losses = tmp_path / "losses.csv"
    trained = run("train", text, *SMALL, *SCALAR, "--save", tmp_path / "a", "--losses", losses)
    made = run("twin", tmp_path / "a")
    assert made.stderr == ""
    (tmp_path / "twin.py").write_text(made.stdout, encoding="utf-8")
    command = [sys.executable, "-I", "-S", "twin.py"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert re.findall(r"loss (\S+)", result.stdout) == [
        row.split(",")[1] for row in losses.read_text().splitlines()[1:]
    ]
    assert samples(result) == samples(trained)


@pytest.mark.parametrize("terminal", ["ascii", "latin-1", "utf-16"])
def test_a_twin_is_utf_8_whatever_the_terminal_is(tmp_path: Path, terminal: str) -> None:
    text = tmp_path / "greek.txt"
    text.write_text("αβγ\nγβα\n", encoding="utf-8")
    train(text, tmp_path / "a")
    environment = {**os.environ, "PYTHONIOENCODING": terminal}
    command = [*COMMAND, "twin", str(tmp_path / "a")]
    result = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert "αβγ\nγβα'''" in result.stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--save", "/nowhere/at/all"], "/nowhere/at/all can't be written: No such file"),
        (["--save", "."], "can't be written: Is a directory"),
        (["--save", "small.txt"], "small.txt would be overwritten"),
        (["--losses", "./small.txt"], "small.txt would be overwritten"),
        (["--save", "a", "--losses", "a"], "a would be overwritten"),
        (["--model-only"], "add --save FILE"),
    ],
)
def test_places_that_cannot_be_written_are_told_before_the_training(
    text: Path, arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(text.parent)
    before = sorted(text.parent.iterdir())
    refused(run("train", text, *arguments), words)
    assert text.read_text().startswith("anna")
    assert sorted(text.parent.iterdir()) == before


def test_a_file_is_replaced_only_when_the_new_one_is_whole(text: Path, saved: Path) -> None:
    before = saved.read_bytes()
    saved.chmod(0o640)
    link = saved.with_name("link")
    link.symlink_to(saved)
    # Refused, diverged, interrupted: nothing changes and nothing is left.
    run("train", text, "--n-head", "3", "--save", saved)
    wild = ["--learning-rate", "1", "--init-std", "1"]
    assert "Nothing was saved" in run("train", text, *wild, "--save", saved).stderr
    assert saved.read_bytes() == before
    train(text, link, "--seed", "7")
    assert link.is_symlink()
    assert saved.read_bytes() != before
    assert stat.S_IMODE(saved.stat().st_mode) == 0o640
    assert sorted(file.name for file in saved.parent.iterdir()) == [
        link.name,
        saved.name,
        text.name,
    ]


def test_a_full_disk_leaves_no_half_file(text: Path, saved: Path, tmp_path: Path) -> None:
    result = run("train", text, *SMALL, "--save", "/dev/full")
    assert result.returncode == 1
    assert "writing failed: No space left" in result.stderr
    before = saved.read_bytes()
    limited = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) // 2},) * 2)"
    )
    code = f"{limited}; import sys; from microgpt.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "train", str(text), *SMALL, "--save", str(saved)]
    cut = subprocess.run(command, capture_output=True, text=True, check=False)
    assert cut.returncode == 1
    assert "writing failed: File too large" in cut.stderr
    assert saved.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == [saved.name, text.name]


def test_ctrl_c_saves_what_was_learned_so_that_it_can_go_on(
    first_names_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run.safetensors"
    command = [*COMMAND, "train", str(first_names_file), *SCALAR, "--save", str(out)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("step"):
                break
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    step = int(re.findall(r"Interrupted after step (\d+)", errors)[0])
    rest = run("continue", out, "--engine", "compiled", "--losses", tmp_path / "rest.csv")
    assert f"going on after step {step} of 1,000" in rest.stderr
    whole = run("train", first_names_file, "--engine", "compiled")
    assert samples(rest) == samples(whole)
    rows = (tmp_path / "rest.csv").read_text().splitlines()
    assert [rows[1].split(",")[0], rows[-1].split(",")[0]] == [str(step + 1), "1000"]


@pytest.mark.parametrize("command", ["train", "continue", "sample", "link", "save", "twin"])
def test_every_command_has_help(command: str) -> None:
    assert command in run("--help").stdout
    result = run(command, "--help")
    assert result.returncode == 0
    assert f"usage: microgpt {command}" in result.stdout


def test_a_link_has_the_model_in_it(saved: Path) -> None:
    site = "http://127.0.0.1/gpt/"
    made = run("link", saved, "--site", site, "--max-characters", "1500")
    assert made.returncode == 0, made.stderr
    [address] = made.stdout.splitlines()
    assert address.startswith(f"{site}#m=")
    assert len(address) <= 1500
    assert f"{len(address):,} characters" in made.stderr
    assert "small.txt: 5 lines, 30 steps" in made.stderr
    assert re.search(r"nats in the file, \d+\.\d+ in the link", made.stderr)
    assert run("link", saved).stdout.startswith("#m=")
    drawn = run("sample", address, "--samples", "5", "--prefix", "a")
    assert drawn.returncode == 0, drawn.stderr
    assert len(drawn.stdout.splitlines()) == 5
    assert "small.txt: 5 lines, 30 steps" in drawn.stderr


def test_a_links_model_is_saved_to_a_file(saved: Path, tmp_path: Path) -> None:
    [address] = run("link", saved).stdout.splitlines()
    out = tmp_path / "out.safetensors"
    kept = run("save", address, out)
    assert kept.returncode == 0, kept.stderr
    assert kept.stdout == ""
    assert run("sample", out).stdout == run("sample", address).stdout
    refused(run("twin", out), "the text that it learned from isn't here")
    refused(run("save", address[:-9], tmp_path / "none"), "link")
    assert not (tmp_path / "none").exists()


def test_a_link_that_cannot_be_made_is_told(saved: Path) -> None:
    refused(run("link", saved, "--max-characters", "20"), "characters")


def test_the_recipe_of_a_link_is_followed(saved: Path, tmp_path: Path) -> None:
    session = Session()
    session.open_file(saved.read_bytes(), saved.name)
    address = session.recipe("http://127.0.0.1/", 4000, {})["address"]
    result = run("save", address, tmp_path / "again")
    assert result.returncode == 0, result.stderr
    assert "every bit of it is the same" in result.stderr
    again = safetensors.read((tmp_path / "again").read_bytes())[0]
    before = safetensors.read(saved.read_bytes())[0]
    assert again == before
    assert run("sample", address).stdout == run("sample", saved).stdout
    fingerprint = links.text_hash(session.text()).hex()
    example = session.recipe("", 4000, {fingerprint: "small.txt"})["address"]
    refused(run("sample", example), "a text that the page has built in (small.txt)")


def test_a_run_can_be_given_more_steps(saved: Path, text: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.safetensors"
    result = run("continue", saved, "--more", "20", "--save", more, "--losses", tmp_path / "l.csv")
    assert result.returncode == 0, result.stderr
    assert "going on after step 30 of 50" in result.stderr
    assert "step   50 /   50" in result.stdout
    assert (tmp_path / "l.csv").read_text().split()[1].startswith("31,")
    assert samples(run("continue", more)) == samples(result)
    refused(run("twin", more), "its plan was changed after step 30")
    refused(run("continue", saved, "--more", "0"), "1 to 999,970 steps more, not for 0")
    stopped = train(text, tmp_path / "half.safetensors", "--stop-after", "10")
    assert run("continue", stopped, "--more", "5").stdout.count("15 /   15") == 1


def test_what_was_measured_is_told_in_words(text: Path, tmp_path: Path) -> None:
    result = run("train", text, *SMALL)
    assert "torn between" in result.stderr
    assert "nothing was kept out" in result.stderr
    lines = tmp_path / "many.txt"
    lines.write_text("\n".join(f"{a}{b}{c}" for a in "abcde" for b in "abcde" for c in "abcde"))
    result = run("train", lines, *SMALL)
    assert "held-out loss: " in result.stdout
    assert "(95 lines never reached)" in result.stdout
    assert "nothing was kept out" not in result.stderr
