"""The whole program: it prints what the textbook computes, and what a run's samples are."""

import sys

import pytest

import textbook
from microgpt.gpt import program
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from runs import new_run

DOCUMENTS = ("anna", "bella", "carla", "ella", "della")


def test_it_prints_sizes_every_loss_and_samples(capsys: pytest.CaptureFixture[str]) -> None:
    sys.setrecursionlimit(50_000)  # the textbook recurses
    program.main("a.txt", "\n".join(DOCUMENTS), steps=8, samples=3)
    printed = capsys.readouterr().out.splitlines()
    assert printed[:3] == ["num docs: 5", "vocab size: 9", "num params: 3616"]
    expected = textbook.losses(list(DOCUMENTS), 8)
    assert printed[3:11] == [
        f"step {step:4d} / 1000 | loss {loss!r}" for step, loss in enumerate(expected, start=1)
    ]
    run = new_run(Corpus("a.txt", DOCUMENTS, 0), Hyperparameters())
    for _ in range(8):
        run.train_step()
    drawn = [run.engine.sample(run.stream, 0.5, [run.vocabulary.bos]) for _ in range(3)]
    assert printed[-3:] == [
        f"sample {number:2d}: {run.vocabulary.decode(list(tokens))}"
        for number, tokens in enumerate(drawn, start=1)
    ]
