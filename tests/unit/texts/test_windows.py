"""Running text: windows cover it, and what is kept out has nothing in common with the rest."""

from hypothesis import assume, given
from hypothesis import strategies as st

from microgpt import Session, texts
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.texts import RunningText, Windows
from runs import new_run

TEXTS = st.text(st.characters(categories=["L", "N", "Zs"]), min_size=1, max_size=300)


def places(windows: Windows, index: int) -> set[int]:
    """Of the text's characters, those that a window has."""
    begin = windows.start(index)
    return set(range(begin, begin + len(windows[index])))


@given(TEXTS, st.integers(1, 40))
def test_windows_cover_the_text_and_are_as_long_as_they_must_be(text: str, size: int) -> None:
    windows = Windows(text, size)
    assert {len(window) for window in windows} == {min(size, len(text))}
    assert set().union(*(places(windows, i) for i in range(len(windows)))) == set(range(len(text)))
    for i, window in enumerate(windows):
        assert text[windows.start(i) :].startswith(window)
        assert i == 0 or windows.start(i) - windows.start(i - 1) <= max(1, size // 2)
    assert windows[1:] == list(windows)[1:]
    assert windows[-1] == list(windows)[-1]


@given(TEXTS, st.integers(1, 20), st.floats(0.01, 0.5), st.sampled_from(["python", "xorshift"]))
def test_what_is_kept_out_shares_no_place_with_what_is_learned(
    text: str, size: int, holdout: float, stream: str
) -> None:
    corpus = RunningText("x", Windows(text, size), 0)
    h = Hyperparameters(n_embd=2, n_head=1, block_size=size, holdout=holdout, random_stream=stream)
    run = new_run(corpus, h, "scalar")
    windows = corpus.documents
    learned, kept_out = corpus.parts(holdout)
    assert sorted(run.order) == list(range(len(windows)))
    assert run.training_documents[:] == [windows[i] for i in run.order[:learned]]
    assert run.holdout_documents[:] == windows[kept_out:]
    assert learned > 0
    seen = set().union(*(places(windows, i) for i in run.order[:learned]))
    unseen = set().union(*(places(windows, i) for i in range(kept_out, len(windows))))
    assert not seen & unseen
    assert max(seen) < min(unseen, default=len(text)), "it is the end of the text"
    if kept_out < len(windows):
        between = set().union(*(places(windows, i) for i in range(learned, kept_out)))
        assert len(between - seen - unseen) < size, "no more is lost than must be"
    else:
        assert len(text) < 2 * size


@given(TEXTS, st.integers(1, 20), st.data())
def test_windows_apart_from_others_overlap_none_of_them(
    text: str, size: int, data: st.DataObject
) -> None:
    corpus = RunningText("x", Windows(text, size), 0)
    indices = st.integers(0, len(corpus.documents) - 1)
    learned = data.draw(st.lists(indices, max_size=5))
    apart = corpus.apart_from(learned)
    seen = set().union(*(places(corpus.documents, i) for i in learned))
    for i in apart:
        assert not seen & places(corpus.documents, i)
    for i in set(range(len(corpus.documents))) - set(apart):
        near = [abs(corpus.documents.start(i) - corpus.documents.start(j)) for j in learned]
        assert min(near) <= size + max(1, size // 2), "only neighbours are left out"


@given(TEXTS, st.integers(1, 40))
def test_running_text_comes_back_from_its_bytes(text: str, size: int) -> None:
    assume(text.strip())
    corpus = RunningText("x", Windows(text.replace(" ", "↵"), size), 0)
    assume(corpus.documents.text.strip())
    assert texts.restored_running(texts.data(corpus), "x", size) == corpus
    assert b"\n" in texts.data(corpus) or " " not in text


POEM = "the cat sat on the mat\nand looked at the rat\n\nwho sat on a hat\n" * 5
SMALL = {"n_embd": 8, "n_head": 2, "steps": 30, "block_size": 8}


def test_another_block_size_cuts_other_windows() -> None:
    session = Session()
    report = session.load(POEM.encode(), "poem", 8, {"documents": "running"})
    text = POEM.removesuffix("\n").replace("\n", "↵")
    assert report["first"][:2] == [text[:8], text[4:12]]
    assert report["characters"] == len(text)
    assert report["longest"] == report["block_size_needed"] == 8
    assert session.describe(20)["first"][1] == text[10:30]
    for size in (8, 20, 5):
        run = session.start({**SMALL, "block_size": size})
        assert run["training_documents"] == len(Windows(text, size))
        assert session.plan({**SMALL, "block_size": size})["problem"] == ""
    assert "↵" in report["vocabulary"]
    assert any("↵ stands for the end of a line" in note for note in report["notes"])


def test_without_a_holdout_only_what_overlaps_nothing_learned_is_unseen() -> None:
    corpus = RunningText("poem", Windows(POEM.replace("\n", "↵"), 8), 0)
    run = new_run(corpus, Hyperparameters(n_embd=8, n_head=2, block_size=8, steps=6), "compiled")
    assert len(run.unseen_documents) == len(corpus.documents)
    run.train(6)
    seen = set().union(*(places(corpus.documents, i) for i in run.order[:6]))
    for document in run.unseen_documents:
        free = [i for i, each in enumerate(corpus.documents) if each == document]
        assert any(not places(corpus.documents, i) & seen for i in free)
    assert run.unseen_documents
    assert run.not_reached(len(corpus.documents)) == []


def test_what_stands_anywhere_in_what_was_learned_is_marked() -> None:
    corpus = RunningText("poem", Windows("abcdefghijklmnopqrstuvwxyz", 4), 0)
    h = Hyperparameters(n_embd=8, n_head=2, block_size=4, holdout=0.3)
    run = new_run(corpus, h, "compiled")
    assert run.in_text("bcde") == "line"
    assert run.in_text("bc") == "beginning"
    assert run.in_text("ba") == run.in_text("") == ""
    assert run.in_text("wxyz") == "", "it was kept out"
