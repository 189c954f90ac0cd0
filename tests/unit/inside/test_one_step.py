"""One step of learning, held to the algorithm itself and to finite differences."""

from __future__ import annotations

import math
import re
from array import array
from typing import Any

import pytest

from microgpt import Session
from microgpt.engines import kinds
from microgpt.engines.kinds import SCALAR
from microgpt.errors import SamplingError
from microgpt.gpt.training import train_step
from microgpt.inside import Inside
from microgpt.inside.reports import MatrixLearning, StepInside
from microgpt.weights import Matrix
from runs import NAMES, new_run

ENGINE = kinds.fastest().name
TINY: dict[str, Any] = {"steps": 30, "n_embd": 4, "n_head": 2, "seed": 3}
NEWEST = 10**9


def session(until: int = 30, text: bytes = NAMES, **changes: Any) -> Session:
    made = Session()
    made.load(text, "names.txt")
    made.start({**TINY, **changes}, ENGINE)
    if until:
        made.advance(1e9, until)
    return made


def look(inside: Inside, step: int) -> StepInside:
    while "share" in (found := inside.one_step(step)):
        pass
    return found


def matrices(inside: Inside) -> list[tuple[Matrix, MatrixLearning]]:
    layout = inside.subject.layout.matrices
    return [(matrix, inside.one_step_matrix(matrix.full_name)) for matrix in layout]


@pytest.mark.parametrize("changes", [{}, {"batch_size": 3, "n_layer": 2}], ids=str)
@pytest.mark.parametrize("step", [1, 8, 30])
def test_it_is_what_the_algorithm_does(step: int, changes: dict[str, Any]) -> None:
    made = session(**changes)
    run = made.inside(NEWEST).subject.run
    assert run is not None
    inside = made.inside(NEWEST)
    found = look(inside, step)
    # The same by hand, on the scalar engine.
    by_hand = new_run(run.corpus, run.hyperparameters)
    for _ in range(step - 1):
        by_hand.train_step()
    engine: Any = by_hand.engine
    model, optimizer = engine.model, engine.optimizer
    documents = by_hand._next_documents(1)
    before = [parameter.data for parameter in model.parameters]
    batch = [by_hand.vocabulary.encode(document, 16) for document in documents]
    loss = train_step(model, optimizer, batch)
    after = [parameter.data for parameter in model.parameters]

    assert found["step"] == step
    assert found["taken"]
    assert found["documents"] == documents
    assert found["loss_before"] == pytest.approx(loss, rel=1e-9)
    lost = math.fsum(engine.losses(documents)) / len(documents)
    assert found["loss_after"] == pytest.approx(lost, rel=1e-9)
    for i, (matrix, learned) in enumerate(matrices(inside)):
        part = slice(matrix.offset, matrix.end)
        pairs = zip(before[part], after[part], strict=True)
        change = [now - then for then, now in pairs]
        assert learned["before"].tolist() == pytest.approx(before[part], rel=1e-9, abs=1e-12)
        assert learned["change"].tolist() == pytest.approx(change, rel=1e-6, abs=1e-12)
        assert learned["mean"].tolist() == pytest.approx(optimizer.m[part], rel=1e-7, abs=1e-12)
        assert learned["square"].tolist() == pytest.approx(optimizer.v[part], rel=1e-7, abs=1e-14)
        assert (learned["rows"], learned["columns"]) == matrix.shape
        moved = math.sqrt(math.fsum(x * x for x in change) / len(change))
        assert found["matrices"][i]["name"] == matrix.full_name
        assert found["matrices"][i]["moved"] == pytest.approx(moved, rel=1e-6)
    rate = run.hyperparameters.learning_rate * (1 - (step - 1) / 30)
    assert found["learning_rate"] == pytest.approx(rate)


@pytest.mark.parametrize("name", ["wte", "wpe", "layer0.attn_wk", "layer0.mlp_fc1", "lm_head"])
def test_its_gradient_is_a_finite_difference(name: str) -> None:
    inside = session(batch_size=2).inside(NEWEST)
    found = look(inside, 12)
    weights = array("d")
    for _, learned in matrices(inside):
        weights.extend(learned["before"])
    learned = inside.one_step_matrix(name)
    matrix = next(m for m in inside.subject.layout.matrices if m.full_name == name)
    model = inside.subject.model
    engine = SCALAR.make(model.hyperparameters, model.vocabulary, None)

    def loss(index: int, nudge: float) -> float:
        nudged = array("d", weights)
        nudged[matrix.offset + index] += nudge
        engine.set_weights(nudged)
        return math.fsum(engine.losses(found["documents"])) / len(found["documents"])

    largest = max(range(matrix.size), key=lambda i: abs(learned["gradient"][i]))
    for index in (0, matrix.size // 2, largest):
        slope = (loss(index, 1e-5) - loss(index, -1e-5)) / 2e-5
        assert learned["gradient"][index] == pytest.approx(slope, rel=1e-6, abs=1e-9)
    squares = math.fsum(each * each for each in learned["gradient"])
    told = next(each for each in found["matrices"] if each["name"] == name)
    assert told["gradient"] == pytest.approx(math.sqrt(squares / matrix.size))


def test_others_are_measured_without_its_own_lines() -> None:
    inside = session(holdout=0.0).inside(NEWEST)
    subject = inside.subject
    assert subject.lines == "learned"  # in thirty steps it has learned from all ten
    found = look(inside, 9)
    others = [line for line in subject.documents if line not in found["documents"]]
    assert found["measured"] == len(others) == len(subject.documents) - 1
    assert found["lines"] == "learned"
    model = subject.model
    engine = SCALAR.make(model.hyperparameters, model.vocabulary, None)
    weights, moved = array("d"), array("d")
    for _, learned in matrices(inside):
        weights.extend(learned["before"])
        pairs = zip(learned["before"], learned["change"], strict=True)
        moved.extend(before + change for before, change in pairs)
    engine.set_weights(weights)
    before = engine.losses(others)
    engine.set_weights(moved)
    after = engine.losses(others)
    assert found["others_before"] == pytest.approx(sum(before) / len(others))
    assert found["others_after"] == pytest.approx(sum(after) / len(others))
    fell = [then > now for then, now in zip(before, after, strict=True)]
    assert found["helped"] == sum(fell)


def test_the_largest_changes_have_names() -> None:
    inside = session().inside(NEWEST)
    found = look(inside, 5)
    tables = {matrix.full_name: learned for matrix, learned in matrices(inside)}
    sizes = [abs(each["after"] - each["before"]) for each in found["largest"]]
    assert len(sizes) == 20
    assert sizes == sorted(sizes, reverse=True)
    every = sorted(abs(x) for learned in tables.values() for x in learned["change"])
    assert sizes == every[:-21:-1]
    for each in found["largest"]:
        parsed = re.fullmatch(r"([\w.]+)\[(.+)\]\[(\d+)\]", each["name"])
        assert parsed is not None
        name, row, column = parsed.groups()
        learned = tables[name]
        rows = [token or "BOS" for token in learned["row_names"]]
        index = (rows.index(row) if rows else int(row)) * learned["columns"] + int(column)
        assert each["before"] == learned["before"][index]
        assert each["gradient"] == learned["gradient"][index]
        assert each["mean"] == learned["mean"][index]
        assert each["square"] == learned["square"][index]
    assert any(each["name"].startswith(("wte[BOS]", "lm_head[")) for each in found["largest"])


def test_of_a_paused_run_the_next_step_is_told_before_it_is_taken() -> None:
    made = session(until=17)
    inside = made.inside(NEWEST)
    found = look(inside, 0)
    assert (found["step"], found["first"], found["last"]) == (18, 1, 18)
    assert not found["taken"]
    weights = array("d")
    for _, learned in matrices(inside):
        pairs = zip(learned["before"], learned["change"], strict=True)
        weights.extend(before + change for before, change in pairs)
    made.advance(1e9, 18)
    run = made.inside(NEWEST).subject.run
    assert run is not None
    assert run.losses[17] == found["loss_before"]
    now = run.engine.get_state().weights.tolist()
    assert weights.tolist() == pytest.approx(now, rel=1e-12, abs=1e-15)


def test_asking_changes_nothing_and_is_remembered_at_other_moments() -> None:
    made, untouched = session(until=17), session(until=17)
    look(made.inside(NEWEST), 11)
    rerun = made.inside(NEWEST)._of_run["rerun"]
    assert made.inside(3)._of_run["rerun"] is rerun
    # At an earlier moment the next step is still that of the run as it is now.
    made.advance(1e9, 20)
    untouched.advance(1e9, 20)
    assert look(made.inside(3), 0)["step"] == 21
    made.advance(1e9)
    untouched.advance(1e9)
    here, there = made.inside(NEWEST).subject, untouched.inside(NEWEST).subject
    assert here.weights == there.weights
    other = session(until=5)
    assert "rerun" not in other.inside(NEWEST)._of_run


def test_of_a_finished_run_the_last_step_is_shown() -> None:
    inside = session().inside(NEWEST)
    found = look(inside, 0)
    assert (found["step"], found["first"], found["last"], found["limit"]) == (30, 1, 30, "")


def test_a_long_way_is_told() -> None:
    inside = session(steps=400, until=400).inside(NEWEST)
    shares = []
    while "share" in (found := inside.one_step(400, 0.0)):
        assert found["step"] == 400
        shares.append(found["share"])
    assert shares[0] < 0.1
    assert shares == sorted(shares)
    assert found == inside.one_step(400, 1e9)


@pytest.mark.parametrize("step", [31, -1, 2.5, "7", 10**30], ids=str)
def test_what_is_no_step_is_refused(step: Any) -> None:
    inside = session().inside(NEWEST)
    with pytest.raises(SamplingError, match="Steps 1 to 30 can be looked at") as caught:
        inside.one_step(step)
    assert caught.value.field == "step"


def test_no_matrix_is_told_before_a_step_is_chosen() -> None:
    inside = session().inside(NEWEST)
    with pytest.raises(SamplingError, match="Choose one first"):
        inside.one_step_matrix("wte")
    look(inside, 3)
    with pytest.raises(SamplingError, match=r"no weight matrix 'wtf': take one of wte, wpe"):
        inside.one_step_matrix("wtf")


def test_a_run_that_was_given_more_steps_says_that_its_own_differed() -> None:
    made = session()
    made.train_more(20)
    made.advance(1e9, 40)
    inside = made.inside(NEWEST)
    assert look(inside, 0)["limit"] == ""  # the next one is the run's own
    assert look(inside, 2)["limit"] == ""
    limit = look(inside, 35)["limit"]
    assert "was given another plan on its way" in limit
    assert "from step 3 on" in limit


def began_with_another() -> Session:
    made = session()
    opened = Session()
    opened.open_file(made.save_model(), "model")
    opened.load(NAMES, "names.txt")
    opened.start(TINY, ENGINE, from_opened=True)
    return opened


def test_of_a_run_that_cant_be_repeated_only_the_next_step_is_offered() -> None:
    made = began_with_another()
    made.advance(1e9, 10)
    found = look(made.inside(NEWEST), 0)
    assert (found["step"], found["first"], found["last"]) == (11, 11, 11)
    assert found["limit"].startswith("Only the next step can be looked at: it began with")
    with pytest.raises(SamplingError, match="Only step 11 can be looked at") as caught:
        made.inside(NEWEST).one_step(10)
    assert caught.value.field == "step"
    made.advance(1e9)
    with pytest.raises(SamplingError, match="all its steps are done") as caught:
        made.inside(NEWEST).one_step(0)
    assert caught.value.field == "step"


def test_of_a_model_without_its_run_nothing_can_be_told() -> None:
    opened = Session()
    opened.open_file(session().save_model(), "model")
    with pytest.raises(SamplingError, match="came without its run") as caught:
        opened.inside(0).one_step(0)
    assert caught.value.field == "step"


def test_a_step_that_cant_be_computed_is_refused() -> None:
    made = session(until=5)
    run = made.inside(NEWEST).subject.run
    assert run is not None
    run.engine.set_weights(array("d", [1e300]) * run.engine.parameter_count)
    with pytest.raises(SamplingError, match="Step 6 can't be looked at") as caught:
        made.inside(NEWEST).one_step(0)
    assert caught.value.field == "step"
