"""The algorithm: the same losses as the textbook's, as finite differences, as the references."""

import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import textbook
from microgpt.errors import DivergedError
from microgpt.gpt.corpus import Corpus, Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import Model
from microgpt.gpt.random_streams import RANDOM_STREAMS, PythonStream
from microgpt.gpt.training import document_loss
from microgpt.settings import from_mapping
from microgpt.texts import read
from runs import new_run

TESTS = Path(__file__).parents[2]
NAMES = os.environ.get("MICROGPT_NAMES")


@pytest.fixture(autouse=True)
def _room_for_the_textbooks_recursion() -> None:
    sys.setrecursionlimit(50_000)


def test_losses_are_the_textbooks_to_the_last_digit(first_names: Corpus, deep: bool) -> None:
    steps = 50 if deep else 10
    run = new_run(first_names, Hyperparameters(), "scalar")
    expected = list(textbook.losses(list(first_names.documents), steps))
    assert [run.train_step() for _ in range(steps)] == expected


@settings(max_examples=10, deadline=None)
@example(1, 3, 3, 6, 524286, ["aaaab"], 0.01, 0, 0.0, 0.85, 0.99, 1e-8)  # 1 / √3 rounds unluckily
@given(
    n_layer=st.integers(1, 2),
    n_head=st.integers(1, 3),
    head_dim=st.integers(1, 3),
    block_size=st.integers(1, 6),
    seed=st.integers(0, 2**32 - 1),
    documents=st.lists(st.text("abcé", min_size=1, max_size=8), min_size=1, max_size=5),
    learning_rate=st.floats(1e-4, 0.05),
    warmup=st.integers(0, 6),
    weight_decay=st.floats(0, 1),
    beta1=st.floats(0, 0.99),
    # Within what trains calmly: a gradient that is 0 for once must not divide by nothing.
    beta2=st.floats(0.5, 0.999),
    epsilon=st.floats(1e-8, 0.1),
)
def test_any_small_model_learns_as_the_textbook_has_it(
    n_layer: int,
    n_head: int,
    head_dim: int,
    block_size: int,
    seed: int,
    documents: list[str],
    learning_rate: float,
    warmup: int,
    weight_decay: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> None:
    shape: dict[str, Any] = {
        "n_layer": n_layer,
        "n_embd": n_head * head_dim,
        "n_head": n_head,
        "block_size": block_size,
        "seed": seed,
        "learning_rate": learning_rate,
        "warmup": warmup,
        "weight_decay": weight_decay,
        "beta1": beta1,
        "beta2": beta2,
        "epsilon": epsilon,
        "init_std": 0.2,
    }
    run = new_run(Corpus("x", tuple(documents), 0), from_mapping(shape), "scalar")
    assert [run.train_step() for _ in range(4)] == list(textbook.losses(documents, 4, **shape))


def test_gradients_of_a_whole_model_are_those_of_finite_differences() -> None:
    hyperparameters = Hyperparameters(n_layer=2, n_embd=4, n_head=2, block_size=5, init_std=0.5)
    model = Model(hyperparameters, 4, PythonStream(1))
    tokens = [3, 0, 1, 2, 0, 3]
    document_loss(model, tokens).backward()
    h = 1e-5
    for parameter in model.parameters[::7]:
        data = parameter.data
        parameter.data = data + h
        above = document_loss(model, tokens).data
        parameter.data = data - h
        below = document_loss(model, tokens).data
        parameter.data = data
        assert parameter.grad == pytest.approx((above - below) / (2 * h), rel=1e-5, abs=1e-8)


def test_parameters_have_the_originals_names_shapes_and_order() -> None:
    model = Model(Hyperparameters(), 27, PythonStream(42))
    assert {name: (len(m), len(m[0])) for name, m in model.weights.items()} == {
        "wte": (27, 16),
        "wpe": (16, 16),
        "lm_head": (27, 16),
        "layer0.attn_wq": (16, 16),
        "layer0.attn_wk": (16, 16),
        "layer0.attn_wv": (16, 16),
        "layer0.attn_wo": (16, 16),
        "layer0.mlp_fc1": (64, 16),
        "layer0.mlp_fc2": (16, 64),
    }
    assert len(model.parameters) == 4192


def test_a_batch_is_the_mean_of_its_documents() -> None:
    documents = ("ab", "bca", "cc", "abcabc")
    batched = new_run(Corpus("x", documents, 0), Hyperparameters(batch_size=3, steps=5), "scalar")
    single = new_run(Corpus("x", documents, 0), Hyperparameters(steps=5), "scalar")
    first = list(single.engine.losses(single.training_documents[:3]))
    assert batched.train_step() == pytest.approx(sum(first) / 3, rel=1e-12)
    # The second step goes on with the fourth document and wraps around.
    texts = [batched.training_documents[i % 4] for i in (3, 4, 5)]
    expected = list(batched.engine.losses(texts))
    assert batched.train_step() == pytest.approx(sum(expected) / 3, rel=1e-12)


def test_a_batch_of_one_document_repeated_is_a_step_on_that_document() -> None:
    text = Corpus("x", ("abc",), 0)
    one = new_run(text, Hyperparameters(batch_size=1), "scalar")
    four = new_run(text, Hyperparameters(batch_size=4), "scalar")
    for _ in range(5):
        assert four.train_step() == pytest.approx(one.train_step(), rel=1e-9)


def test_held_out_documents_are_never_trained_on(first_names: Corpus) -> None:
    run = new_run(first_names, Hyperparameters(holdout=0.1), "scalar")
    assert len(run.holdout_documents) == 516
    both = [*run.training_documents, *run.holdout_documents]
    assert sorted(both) == sorted(first_names.documents)
    whole = new_run(first_names, Hyperparameters(), "scalar")
    assert run.training_documents == whole.training_documents[:-516]
    assert whole.holdout_documents == []


def test_a_run_that_diverges_says_so_and_keeps_the_model() -> None:
    run = new_run(
        Corpus("x", ("ab", "ba"), 0), Hyperparameters(learning_rate=1.0, init_std=1.0), "scalar"
    )
    before = run.engine.get_state()
    with pytest.raises(DivergedError, match=r"diverged at step \d+.*Lower learning_rate"):  # noqa: PT012
        for _ in range(1000):
            before = run.engine.get_state()
            run.train_step()
    assert run.engine.get_state() == before


@pytest.mark.skipif(not NAMES, reason="MICROGPT_NAMES is not the path of makemore's names.txt")
@pytest.mark.parametrize(("stream", "tolerance"), [("python", 0.0), ("xorshift", 1e-12)])
def test_names_txt_gives_what_the_two_programs_gave(stream: str, tolerance: float) -> None:
    reference = json.loads((TESTS / "reference_names.json").read_text())[stream]
    corpus = read(Path(str(NAMES)).read_bytes(), "names.txt")
    run = new_run(corpus, Hyperparameters(random_stream=stream), "scalar")
    losses = [run.train_step() for _ in range(1000)]
    assert max(abs(a - b) for a, b in zip(losses, reference["losses"], strict=True)) <= tolerance
    bos = run.vocabulary.bos
    samples = [
        run.vocabulary.decode(list(run.engine.sample(run.stream, 0.5, [bos]))) for _ in range(20)
    ]
    assert samples == reference["samples"]


@pytest.mark.parametrize("stream", RANDOM_STREAMS)
def test_learning_beats_what_guessing_can_reach(stream: str) -> None:
    """Four words that repeat: their letters can be known, all but the choice of the word."""
    words = ("alpha", "bravo", "delta", "gamma")
    run = new_run(Corpus("x", words, 0), Hyperparameters(steps=150, random_stream=stream), "scalar")
    losses = [run.train_step() for _ in range(150)]
    assert Vocabulary(run.corpus.characters).size == 14  # thirteen letters and the end
    assert sum(losses[:4]) / 4 == pytest.approx(math.log(14), abs=0.4)
    assert sum(losses[-4:]) / 4 < 0.5
