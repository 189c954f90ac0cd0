"""`microgpt explain`, run as a process."""

import subprocess
import sys

import pytest

from microgpt.kernels import EXPORTED, KERNELS


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "microgpt", "explain", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_without_a_name_it_lists_the_kernels() -> None:
    result = run()
    names = [line.split()[0] for line in result.stdout.splitlines()[1:]]
    assert result.returncode == 0
    assert set(EXPORTED) < set(names) <= set(KERNELS)


def test_a_kernel_for_sizes_of_ones_own() -> None:
    usual, single = run("rmsnorm"), run("rmsnorm", "--float-bits", "32")
    plain, wide = run("rmsnorm", "--no-simd"), run("rmsnorm", "--n-embd", "24")
    for result in (usual, single, plain, wide):
        assert result.returncode == 0
        assert result.stdout.startswith("def rmsnorm(")
    assert ": f64x2 = " in usual.stdout
    assert ": f32x4 = " in single.stdout
    assert ": f64x2 = " not in plain.stdout
    assert "width = 16" in usual.stdout
    assert "width = 24" in wide.stdout


def test_the_vocabularys_size_is_one_of_them() -> None:
    assert "for count = 27 " in run("softmax").stdout
    assert "for count = 31 " in run("softmax", "--vocabulary-size", "31").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["softmin"], "There is no kernel softmin. There are\ntrain, "),
        (["exp_near_0_single"], "Nothing calls exp_near_0_single"),
        (["exp", "--n-head", "3"], "can't be split evenly"),
        (["exp", "--vocabulary-size", "1"], "--vocabulary-size must be at least 2"),
        (["exp", "--float-bits", "16"], "invalid choice"),
    ],
)
def test_mistakes_are_told_in_words(arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert words in result.stderr
    assert not result.stdout
    assert "Traceback" not in result.stderr
