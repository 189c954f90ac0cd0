"""One run as an object: advancing, sampling in between, stopping, held-out loss."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt import MicrogptError, Session
from microgpt.engines.scalar import ScalarEngine
from microgpt.errors import (
    CorpusError,
    DivergedError,
    EngineError,
    HyperparameterError,
    SamplingError,
    SavedModelError,
    SessionError,
)
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import softmax
from microgpt.settings import from_mapping
from runs import new_run

TEXT = b"anna\nbella\nanna\ncarla\nella\n"
SMALL = {"n_embd": 4, "n_head": 2, "steps": 30}


class Clock:
    """A second hand that moves by a millisecond each time that it is read."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 0.001
        return self.seconds


def session(**hyperparameters: float) -> Session:
    made = Session(Clock())
    made.load(TEXT, "a.txt")
    made.start({**SMALL, **hyperparameters})
    return made


def finish(run: Session) -> list[float]:
    losses: list[float] = []
    while True:
        progress = run.advance(5)
        losses += progress["losses"]
        if progress["ending"]:
            return losses


def test_the_text_is_described() -> None:
    report = Session().load(TEXT, "a.txt", block_size=4)
    assert report["documents"] == 5
    assert report["characters"] == 22
    assert report["vocabulary"] == "abcelnr"
    assert report["longest"] == 5
    assert report["block_size_needed"] == 6
    assert report["notes"][0] == "1 repeated line, kept."
    assert "block_size of 6 would fit" in report["notes"][1]
    assert report["first"] == TEXT.decode().split()


def test_a_refused_text_leaves_the_one_before() -> None:
    made = Session()
    made.load(TEXT, "a.txt")
    with pytest.raises(CorpusError):
        made.load(b"", "b.txt")
    assert made.describe(16)["name"] == "a.txt"


def test_requests_out_of_order_are_refused_with_what_to_do() -> None:
    made = Session()
    with pytest.raises(SessionError, match=r"no text yet\. Load one"):
        made.start({})
    made.load(TEXT, "a.txt")
    for request in (lambda: made.advance(1), made.stop, made.sample, lambda: made.learning(1)):
        with pytest.raises(SessionError, match=r"no model yet\. Train one"):
            request()
    with pytest.raises(EngineError, match=r"no engine 'warp'; there are compiled, .*scalar"):
        made.start(SMALL, engine="warp")
    made.start(SMALL)
    made.stop()
    with pytest.raises(SessionError, match=r"was stopped\. Start a new one"):
        made.advance(1)


def test_a_refused_start_leaves_the_model_before() -> None:
    made = session()
    finish(made)
    before = list(made.sample(5, original=True))
    with pytest.raises(HyperparameterError):
        made.start({"n_head": 3})
    made.load(b"x" * 1000, "long.txt")
    with pytest.raises(HyperparameterError, match="GB of memory"):
        made.start({"n_embd": 256, "n_layer": 8, "block_size": 1024})
    assert list(made.sample(5, original=True)) == before


def test_advance_reports_every_loss_and_takes_its_time() -> None:
    made = session()
    first = made.advance(10)
    assert len(first["losses"]) == first["step"] > 1
    assert made.advance(0)["step"] == first["step"] + 1, "at least one step"
    rest = finish(made)
    assert len(first["losses"]) + 1 + len(rest) == 30
    done = made.advance(10)
    assert done["ending"] == "finished"
    assert len(done["losses"]) == 0


def test_advance_stops_at_a_step() -> None:
    made = session()
    assert made.advance(1e9, until_step=7)["step"] == 7
    assert made.advance(1e9)["step"] == 30


def test_speed_and_time_left_are_of_the_clock() -> None:
    progress = session().advance(10)
    assert progress["steps_per_second"] == pytest.approx(1000, rel=0.3)
    left = (30 - progress["step"]) / progress["steps_per_second"]
    assert progress["seconds_left"] == pytest.approx(left)
    assert 0 < progress["seconds"] < 0.05


@pytest.mark.parametrize("engine", ["scalar", "compiled", "compiled-float32"])
@pytest.mark.parametrize("random_stream", ["python", "xorshift"])
def test_a_paused_sampled_and_resumed_run_gives_the_same_losses(
    random_stream: str, engine: str
) -> None:
    through = Session()
    through.load(TEXT, "a.txt")
    through.start({**SMALL, "random_stream": random_stream, "holdout": 0.2}, engine)
    losses = finish(through)
    paused = Session()
    paused.load(TEXT, "a.txt")
    paused.start({**SMALL, "random_stream": random_stream, "holdout": 0.2}, engine)
    collected: list[float] = []
    for step in (1, 7, 8, 20, 30):
        collected += paused.advance(1e9, until_step=step)["losses"]
        list(paused.sample(3, temperature=1.0))
        list(paused.sample(3, original=True))
        paused.learning(1e9)
        paused.look_at(step // 2)
    paused.look_at(30)
    assert collected == losses
    assert list(paused.sample(5, original=True)) == list(through.sample(5, original=True))


def test_original_samples_are_drawn_as_after_the_originals_last_step() -> None:
    made = session()
    finish(made)
    run = new_run(Corpus("a", tuple(TEXT.decode().split()), 0), Hyperparameters(**SMALL), "scalar")  # type: ignore[arg-type]
    for _ in range(30):
        run.train_step()
    bos = run.vocabulary.bos
    expected = [
        run.vocabulary.decode(list(run.engine.sample(run.stream, 0.5, [bos]))) for _ in range(5)
    ]
    assert [s["text"] for s in made.sample(5, original=True)] == expected
    assert [s["text"] for s in made.sample(5, original=True)] == expected, "each time"


def test_own_samples_go_on_from_call_to_call() -> None:
    made, other = session(), session()
    two_calls = [*made.sample(4, 1.0), *made.sample(4, 1.0)]
    assert two_calls == list(other.sample(8, 1.0))


def test_samples_can_be_drawn_a_character_at_a_time() -> None:
    made, other = session(), session()
    pieces = list(made.sample_piecewise(5, 1.0, "a", False))
    whole = [piece for piece in pieces if piece]
    assert whole == list(other.sample(5, 1.0, "a"))
    assert pieces.count(None) == sum(len(s["text"]) - 1 for s in whole)


def test_samples_begin_with_the_prefix_and_fit_the_block() -> None:
    made = session(block_size=6)
    for sample in made.sample(20, temperature=2.0, prefix="ann"):
        assert sample["text"].startswith("ann")
        assert len(sample["text"]) <= 6


def test_what_could_come_next_is_what_the_model_computes() -> None:
    made = session()
    finish(made)
    drawn = [sample["text"] for sample in made.sample(5, original=True)]
    guesses = made.next_characters("an")

    run = new_run(Corpus("a.txt", tuple(TEXT.decode().split()), 0), from_mapping(SMALL), "scalar")
    while run.step < run.hyperparameters.steps:
        run.train_step()
    assert isinstance(run.engine, ScalarEngine)
    model, cache = run.engine.model, run.engine.model.empty_cache()
    tokens = run.vocabulary.encode("an", 16)[:-1]
    logits = [model.forward(*each, cache) for each in zip(tokens, range(3), strict=True)][-1]
    probabilities = [each.data for each in softmax(logits)]
    expected = dict(zip([*run.vocabulary.characters, ""], probabilities, strict=True))
    assert {each["character"]: each["probability"] for each in guesses} == pytest.approx(expected)
    assert [each["probability"] for each in guesses] == sorted(probabilities, reverse=True)
    with pytest.raises(SamplingError, match="never seen 'x'"):
        made.next_characters("x")
    assert [sample["text"] for sample in made.sample(5, original=True)] == drawn


def test_samples_in_the_training_text_are_marked() -> None:
    made = session(steps=300)
    finish(made)
    lines = TEXT.decode().split()
    samples = list(made.sample(200, temperature=2.0))
    for sample in samples:
        text = sample["text"]
        begins = bool(text) and any(line.startswith(text) for line in lines)
        assert sample["in_text"] == ("line" if text in lines else "beginning" if begins else "")
    assert {s["in_text"] for s in samples} == {"line", "beginning", ""}


@given(
    st.lists(st.text("ab", min_size=1, max_size=8), min_size=2),
    st.lists(st.text("ab", max_size=5)),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.5]),
)
def test_copies_are_told_from_inventions(
    lines: list[str], documents: list[str], block_size: int, holdout: float
) -> None:
    hyperparameters = Hyperparameters(
        n_embd=1, n_head=1, block_size=block_size, holdout=holdout, steps=1
    )
    run = new_run(Corpus("x", tuple(lines), 0), hyperparameters)
    learned_from = run.training_documents
    as_seen = {line[:block_size] for line in learned_from if len(line) >= block_size}
    for document in (text[:block_size] for text in documents):
        if document in learned_from or document in as_seen:
            assert run.in_text(document) == "line"
        elif document and any(line.startswith(document) for line in learned_from):
            assert run.in_text(document) == "beginning"
        else:
            assert run.in_text(document) == ""


def test_of_an_opened_model_no_copy_is_known() -> None:
    made = session(steps=300)
    finish(made)
    opened = Session()
    opened.open_file(made.save_model(), "a.safetensors")
    samples = list(opened.sample(50))
    assert any(sample["text"].encode() in TEXT.split() for sample in samples)
    assert {sample["in_text"] for sample in samples} == {""}


def test_a_low_temperature_plays_safe_and_a_high_one_does_not() -> None:
    made = session(steps=200)
    finish(made)
    cold = Counter(s["text"] for s in made.sample(30, temperature=0.01))
    hot = Counter(s["text"] for s in made.sample(30, temperature=5.0))
    assert len(cold) == 1
    assert len(hot) > 15


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"count": 0}, "number of samples must be a whole number from 1 to 1,000"),
        ({"count": 1001}, "number of samples"),
        ({"count": 2.5}, "number of samples"),
        ({"count": math.nan}, "number of samples"),
        ({"temperature": 0}, "temperature must be above 0"),
        ({"temperature": -1.0}, "temperature"),
        ({"temperature": math.nan}, "temperature"),
        ({"prefix": "anné!"}, "never seen 'é', '!': a.txt has only 'abcelnr'"),
        (
            {"prefix": "a" * 16},
            "16 characters; with block_size 16 the model can continue at most 15",
        ),
    ],
)
def test_bad_sampling_requests_are_refused_at_once(
    arguments: dict[str, object], words: str
) -> None:
    made = session()
    with pytest.raises(SamplingError, match=words) as caught:
        made.sample(**arguments)  # type: ignore[arg-type]
    assert [caught.value.field] == list(arguments)


def test_a_diverged_run_keeps_its_losses_and_says_why() -> None:
    made = session(learning_rate=1.0, init_std=1.0, steps=1000)
    progress = made.advance(1e9)
    assert "diverged" in progress["problem"]
    assert len(progress["losses"]) == progress["step"] < 1000
    with pytest.raises(SessionError):
        made.advance(1)


def test_a_new_text_does_not_touch_the_model() -> None:
    made = session()
    finish(made)
    before = list(made.sample(5, original=True))
    made.load(b"xyz\n", "b.txt")
    assert list(made.sample(5, original=True)) == before
    assert made.start(SMALL)["name"] == "b.txt"


def test_errors_a_person_can_mend_have_one_class() -> None:
    for kind in (CorpusError, HyperparameterError, SamplingError, SessionError):
        assert issubclass(kind, MicrogptError)


def test_the_speed_after_a_change_of_engine_is_the_new_ones() -> None:
    made = session(steps=1000)
    before = made.advance(20)
    made.use_engine("compiled")
    progress = made.advance(0)
    # The clock moves only when it is read, so the new engine seems no faster than its reports.
    assert progress["steps_per_second"] == pytest.approx(
        len(progress["losses"]) / (progress["seconds"] - before["seconds"])
    )


def test_the_scalar_engines_speed_is_measured_and_the_run_left_alone() -> None:
    made = session()
    made.advance(1e9, until_step=5)
    before = list(made.sample(3, original=True))
    assert made.scalar_speed(seconds=0.01) > 0
    assert list(made.sample(3, original=True)) == before
    assert made.advance(1e9)["step"] == 30
    spoilt = session(learning_rate=1.0, init_std=1.0, steps=1000)
    spoilt.advance(1e9)
    with pytest.raises(DivergedError, match="Lower learning_rate"):
        spoilt.scalar_speed()


def test_a_run_in_brief_as_it_is_kept_beside_what_is_saved_of_it() -> None:
    run = session(steps=30)
    assert run.facts() == {
        "name": "a.txt",
        "step": 0,
        "steps": 30,
        "parameters": 320,
        "over": False,
        "origin": "",
    }
    saved, text = run.save_run(text=False), run.text()
    opened = Session().open_file(saved, "the run", text)["progress"]
    assert opened is not None
    assert not opened["ending"], "it has not begun"
    run.stop()
    assert run.facts()["over"]
    run = session(steps=30)
    finish(run)
    assert (run.facts()["step"], run.facts()["over"]) == (30, True)


def test_of_a_kept_run_no_file_is_spoken() -> None:
    run = session()
    saved = run.save_run(text=False)
    for data, text in [(saved[:-8], run.text()), (saved, b"anna\nbella"), (b"", run.text())]:
        with pytest.raises(SavedModelError, match=r"The run can't be opened") as caught:
            run.open_file(data, "The run", text)
        assert "Choose" not in str(caught.value)


def test_a_recipe_says_nothing_of_a_run_that_does_not_follow_it() -> None:
    run = session(steps=5)
    finish(run)
    address = run.recipe("", 10_000, {})["address"]
    run.open_link(address)
    with pytest.raises(SessionError, match="follows no recipe"):
        run.recipe_outcome()  # the run before, whose recipe it happens to be
    assert not run.start(SMALL)["follows_recipe"]
    finish(run)
    with pytest.raises(SessionError, match="follows no recipe"):
        run.recipe_outcome()
    with pytest.raises(SessionError, match="no recipe to follow"):
        run.start_recipe()  # another run was begun since
    run.open_link(address)
    assert run.start_recipe()["follows_recipe"]
    finish(run)
    assert run.recipe_outcome() == {"same": True, "step": 5}


def test_how_a_run_ended_is_said_in_its_reports() -> None:
    run = session(steps=5)
    assert run.advance(1e9, until_step=3)["ending"] == ""
    assert run.stop()["ending"] == "stopped"
    run = session(steps=5)
    assert run.advance(1e9)["ending"] == "finished"
    assert run.stop()["ending"] == "finished", "it was over already"
    assert run.advance(1e9)["ending"] == "finished"
