"""The letter map: its numbers against numpy's, and how still it stands while a model learns."""

from __future__ import annotations

from array import array
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from microgpt import Session
from microgpt.errors import DivergedError, SamplingError
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.inside import Inside, Subject
from microgpt.inside.reports import LetterMap
from microgpt.session.replay import spaced
from runs import new_run, trained

Matrix = NDArray[np.float64]
NEWEST = 10**9


def embeddings(subject: Subject, name: str) -> Matrix:
    matrix = subject.layout.named(name)
    return np.array(subject.weights[matrix.offset : matrix.end]).reshape(matrix.shape)


def places(found: LetterMap) -> Matrix:
    return np.array([found["x"], found["y"]]).T


@pytest.fixture(scope="module")
def session() -> Session:
    return trained({"steps": 300, "seed": 1})


@pytest.mark.parametrize("of", ["wte", "wpe"])
def test_places_shares_and_distances(session: Session, of: str) -> None:
    inside = session.inside(NEWEST)
    found, rows = inside.letter_map(of), embeddings(inside.subject, of)
    u, s, _ = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    assert np.abs(places(found)) == pytest.approx(np.abs((u * s)[:, :2]), abs=1e-6)
    assert found["shares"] == pytest.approx((s**2 / (s**2).sum())[:2], abs=1e-9)
    expected = np.linalg.norm(rows[:, None] - rows, axis=2)
    assert np.array(found["distances"]).reshape(expected.shape) == pytest.approx(expected)
    assert found["of"] == of
    assert found["left_out"] == 0


def test_labels_are_tokens_or_positions(session: Session) -> None:
    inside = session.inside(NEWEST)
    letters, positions = inside.letter_map("wte"), inside.letter_map("wpe")
    assert letters["labels"] == [*inside.subject.model.vocabulary.characters, ""]
    assert letters["groups"][0] == "vowel"
    assert letters["groups"][-1] == ""
    assert positions["labels"] == [str(i) for i in range(16)]
    assert set(positions["groups"]) == {""}
    assert (positions["finding"], positions["likely"]) == ("", None)


def test_of_a_single_character_and_of_one_dimension() -> None:
    found = (
        trained({"steps": 2, "n_embd": 1, "n_head": 1}, b"aa\naaa\n").inside(NEWEST).letter_map()
    )
    assert found["labels"] == ["a", ""]
    assert found["shares"] == pytest.approx([1, 0])
    assert list(found["y"]) == [0, 0]


def test_an_untrained_model_holds_nothing_apart_and_equal_weights_lie_together() -> None:
    text = "\n".join("abcdefghijklmnopqrstuvwxyz").encode()
    found = 0
    for seed in range(20):
        inside = trained({"steps": 1, "seed": seed}, text).inside(0)
        finding = inside.letter_map()["finding"]
        found += "not found" not in finding
    assert found <= 2, "one in a hundred is chance"
    same = trained({"steps": 1, "init_std": 0}, text).inside(0).letter_map()
    assert same["shares"] == [0, 0]
    assert same["likely"] == 1


def test_it_stands_as_still_as_the_embeddings_while_a_model_learns() -> None:
    """Turned towards the one before, as the page does; by numpy, as the page does by itself."""
    session = trained({"steps": 1000})
    maps, rows = [], []
    for step in spaced(0, 1000):
        inside = session.inside(step)
        maps.append(places(inside.letter_map()))
        rows.append(embeddings(inside.subject, "wte"))
    assert len(maps) > 50
    before, moved, map_moved = maps[0], [], []
    for (one, other), now in zip(pairwise(rows), maps[1:], strict=True):
        u, _, v = np.linalg.svd(now.T @ before)
        turned = now @ u @ v
        map_moved.append(np.linalg.norm(turned - before, axis=1).mean())
        moved.append(np.linalg.norm(other - one, axis=1).mean())
        before = turned
    assert np.mean(np.array(map_moved) / moved) < 2


def test_of_many_characters_the_commonest_are_shown() -> None:
    rare = [chr(0x4E00 + i) for i in range(1200)]
    corpus = Corpus("x", (*("abc" * 3 for _ in range(5)), *rare), 0)
    h = Hyperparameters(n_embd=2, n_head=1, block_size=8)
    run = new_run(corpus, h)
    weights = run.engine.get_state().weights
    documents = ["abc", *rare[100:]]
    subject = Subject(run, 0, weights, run, "", None, "learned", documents)
    found = Inside(subject).letter_map()
    assert len(found["labels"]) == 1024
    assert found["left_out"] == 1204 - 1024
    assert {"a", "b", "c", "", rare[150]} <= set(found["labels"])
    assert not set(found["labels"]) & set(rare[:100])
    assert found["labels"] == [*sorted(found["labels"][:-1]), ""]


def test_no_such_map_and_spoilt_models_are_refused(session: Session) -> None:
    inside = session.inside(NEWEST)
    with pytest.raises(SamplingError, match="wte and wpe, not of 'lm_head'") as refused:
        inside.letter_map("lm_head")
    assert refused.value.field == "of"
    subject = inside.subject
    for bad in (float("nan"), float("inf")):
        weights = array("d", subject.weights)
        weights[3] = bad
        spoilt = Subject(subject.model, 1, weights, None, "", None, "own", [])
        with pytest.raises(DivergedError, match="spoilt"):
            Inside(spoilt).letter_map()
