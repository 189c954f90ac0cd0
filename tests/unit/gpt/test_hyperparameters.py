"""The table, and what is refused."""

import dataclasses
import json
from typing import Any

import pytest

from microgpt.errors import HyperparameterError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.settings import from_mapping, table


def test_the_defaults_are_those_of_the_original() -> None:
    originals = {
        "steps": 1000,
        "n_layer": 1,
        "n_embd": 16,
        "n_head": 4,
        "block_size": 16,
        "learning_rate": 0.01,
        "beta1": 0.85,
        "beta2": 0.99,
        "epsilon": 1e-8,
        "init_std": 0.08,
        "batch_size": 1,
        "holdout": 0.0,
        "seed": 42,
        "random_stream": "python",
    }
    assert originals.items() <= dataclasses.asdict(Hyperparameters()).items()


def test_every_row_is_complete_and_its_default_allowed() -> None:
    assert json.loads(json.dumps(table())) == table()
    for row in table():
        assert row["help"].endswith(".")
        assert from_mapping({row["name"]: row["default"]}) == Hyperparameters()


@pytest.mark.parametrize(
    "row", [r for r in table() if r["type"] != "choice"], ids=lambda r: r["name"]
)
def test_both_bounds_are_allowed_and_nothing_beyond(row: Any) -> None:
    fitting = {"n_embd": 64} if row["name"] == "n_head" else {}
    fitting |= {"n_head": 1} if row["name"] == "n_embd" else {}
    for bound in (row["minimum"], row["maximum"]):
        from_mapping({**fitting, row["name"]: bound})
    for beyond in (row["minimum"] - 1, row["maximum"] + 1, float("nan"), float("inf"), "7", None):
        with pytest.raises(HyperparameterError, match=f"{row['name']} must be a"):
            from_mapping({row["name"]: beyond})


def test_contradictions_are_one_clear_message() -> None:
    with pytest.raises(HyperparameterError, match=r"n_embd = 16 .* n_head = 3 .* 1, 2, 4, 8, 16\."):
        from_mapping({"n_head": 3})


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(HyperparameterError, match=r"steps .*; beta1 .*; random_stream .* 'dice'\."):
        from_mapping({"steps": 0, "beta1": 1, "random_stream": "dice"})
    with pytest.raises(HyperparameterError, match="no hyperparameter n_heads; there are steps,"):
        from_mapping({"n_heads": 4})


def test_an_error_names_the_first_field_that_is_wrong() -> None:
    for values, field in (
        ({"steps": 0, "beta1": 1}, "steps"),
        ({"n_embd": 16, "n_head": 5}, "n_head"),
        ({"warp": 1}, ""),
    ):
        with pytest.raises(HyperparameterError) as caught:
            from_mapping(values)
        assert caught.value.field == field


def test_a_rate_that_is_not_given_is_the_one_for_the_size() -> None:
    assert from_mapping({}).learning_rate == 0.01
    rates = [from_mapping({"n_embd": n}).learning_rate for n in (8, 16, 32, 64, 128, 256)]
    assert rates == sorted(rates, reverse=True)
    assert rates[:2] == [0.01, 0.01]
    assert rates[-1] == pytest.approx(0.001, rel=0.2)
    assert from_mapping({"n_embd": 256, "n_layer": 8}).learning_rate < rates[-1]
    assert from_mapping({"n_embd": 256, "learning_rate": 0.01}).learning_rate == 0.01


def test_whole_floats_are_whole_numbers() -> None:
    assert from_mapping({"steps": 20.0}).steps == 20
    with pytest.raises(HyperparameterError, match="steps must be a whole number"):
        from_mapping({"steps": 20.5})
    with pytest.raises(HyperparameterError, match="steps must be a whole number"):
        from_mapping({"steps": True})
    with pytest.raises(HyperparameterError, match="to 1,000,000, not empty"):
        from_mapping({"steps": float("nan")})  # how a form says that nothing was typed
    with pytest.raises(HyperparameterError, match=r"not 1e\+300"):
        from_mapping({"steps": 1e300})
