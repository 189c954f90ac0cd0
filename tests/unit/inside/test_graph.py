"""The graph of a loss: what it holds, against counts by hand, engines and finite differences."""

from __future__ import annotations

import dataclasses
import math
from array import array
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgpt
from microgpt.errors import DivergedError, SamplingError
from microgpt.gpt import autograd
from microgpt.gpt.autograd import Value
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import Model
from microgpt.gpt.random_streams import PythonStream
from microgpt.gpt.training import document_loss
from microgpt.inside import Inside
from microgpt.inside.graph import LossGraph, count_edges
from microgpt.inside.recording import record, told_of_values
from microgpt.inside.reports import GraphNode, GraphValue
from microgpt.inside.subject import Subject
from runs import trained

NEWEST = 10**9
ALPHABET = b"emma\nolivia\nabcdefghijklmnopqrstuvwxyz\n"  # 27 tokens, as names.txt has
NAMES = b"anna\nbob\ncarla\ndave\nemma\n"
OPERATIONS = "dot sum + · power exp log relu number weight".split()
PACKAGE = Path(microgpt.__file__).parent


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_kept() -> Iterator[None]:
    yield
    for cached in (subject_of, emma, smaller, values):
        cached.cache_clear()


@cache
def subject_of(text: bytes = ALPHABET, **settings: int) -> Subject:
    return trained(settings, text).inside(NEWEST).subject


@cache
def emma() -> LossGraph:
    """At the defaults."""
    return LossGraph(subject_of(steps=30), "emma")


SMALLER = ("one layer", "two layers")


def subject_of_smaller(name: str) -> Subject:
    layers = 1 + SMALLER.index(name)
    return subject_of(NAMES, steps=60, n_embd=8, n_head=2, n_layer=layers, seed=3)


@cache
def smaller(name: str) -> LossGraph:
    """Of which all values are looked at."""
    return LossGraph(subject_of_smaller(name), "emma")


def nodes(graph: LossGraph) -> list[GraphNode]:
    """The values of all groups."""
    groups = range(len(graph.report()["groups"]))
    return [
        node for group in groups for vector in graph.vectors(group) for node in vector["values"]
    ]


@cache
def values(graph: LossGraph) -> list[GraphValue]:
    """All that a graph holds: values, constants and weights."""
    found = {node["id"]: graph.value(node["id"]) for node in nodes(graph)}
    for value in list(found.values()):
        for term in value["terms"]:
            for node in (term["left"], term["right"]):
                if node and node["id"] not in found:
                    found[node["id"]] = graph.value(node["id"])
    return list(found.values())


def made_by(graph: LossGraph, operation: str) -> list[GraphValue]:
    return [value for value in values(graph) if value["operation"] == operation]


def named(graph: LossGraph, name: str) -> GraphValue:
    """The only value of a name."""
    (node,) = (node for node in nodes(graph) if node["name"] == name)
    return graph.value(node["id"])


def with_weights(subject: Subject, change: Callable[[str, float], float], line: str) -> LossGraph:
    """The graph of a model with other weights, each changed by the name of its matrix."""
    weights = array("d")
    for matrix in subject.layout.matrices:
        own = subject.weights[matrix.offset : matrix.end]
        weights.extend(change(matrix.full_name, weight) for weight in own)
    return LossGraph(dataclasses.replace(subject, weights=weights), line)


def test_emma_has_as_many_values_and_edges_as_were_counted_before() -> None:
    """With another program: what the loss depends on, without weights and constants."""
    report = emma().report()
    assert (report["values"], report["edges"]) == (2472, 38_952)
    assert report["line"] == "emma"
    # 26 tokens of 27 don't come, at each of 5 positions: 1 / whole, and what it makes of exps.
    assert report["unused"] == 26 * 5 * 2
    rows = 4 + 5  # of wte: BOS, e, m, a; of wpe: positions
    assert report["weights"] == 4192 - (27 + 16 - rows) * 16


def test_a_tiny_graph_has_what_is_counted_by_hand() -> None:
    subject = subject_of(b"a\nb\n", steps=1, n_embd=1, n_head=1, block_size=1)
    groups = LossGraph(subject, "").report()["groups"]
    # One number wide, three tokens, one position; line by line: values, edges.
    assert [(group["name"], group["values"], group["edges"]) for group in groups] == [
        ("(t + p)", 1, 2),
        ("scale", 4, 2 + 2 + 2 + 1),
        ("x", 1, 2),
        ("scale", 4, 2 + 2 + 2 + 1),
        ("rmsnorm(…)", 1, 2),
        ("query", 1, 2),
        ("keys", 1, 2),
        ("values", 1, 2),
        ("logits", 2, 2 + 2),
        ("exps", 2, 2 + 1),
        ("whole", 1, 1),
        ("attention", 2, 1 + 2),
        ("heads", 1, 2),
        ("attention(…)", 1, 2),
        ("x", 1, 2),
        ("scale", 4, 2 + 2 + 2 + 1),
        ("rmsnorm(…)", 1, 2),
        ("linear(…)", 4, 4 * 2),
        ("hidden", 4, 4),
        ("mlp(…)", 1, 2 * 4),
        ("x", 1, 2),
        ("logits", 3, 3 * 2),
        ("exps", 6, 3 * (2 + 1)),
        ("whole", 1, 3),
        ("probabilities", 2, 1 + 2),
        ("losses", 2, 1 + 2),
        ("loss", 2, 1 + 2),
    ]


@given(
    n_layer=st.integers(1, 3),
    heads=st.integers(1, 3),
    head_dim=st.integers(1, 3),
    vocabulary=st.integers(2, 6),
    positions=st.integers(1, 5),
)
def test_edges_are_counted_before_they_are_made(
    n_layer: int, heads: int, head_dim: int, vocabulary: int, positions: int
) -> None:
    shape = Hyperparameters(
        n_layer=n_layer, n_head=heads, n_embd=heads * head_dim, block_size=positions
    )
    model = Model(shape, vocabulary, PythonStream(1))
    loss = document_loss(model, [vocabulary - 1, *[0] * positions])
    behind, stack = {loss}, [loss]
    while stack:
        new = set(stack.pop().children) - behind
        behind |= new
        stack += new
    edges = sum(len(value.children) for value in behind)
    assert count_edges(shape, vocabulary, positions) == edges


def test_a_graph_that_would_be_too_large_is_refused() -> None:
    subject = subject_of(steps=1, n_embd=64, n_layer=2)
    message = r"has [\d,]+ edges; up to 400,000 .* Take a shorter line"
    with pytest.raises(SamplingError, match=message) as caught:
        LossGraph(subject, "abcdefghijklmnopqrstuvwxyz")
    assert caught.value.field == "text"
    LossGraph(subject, "")
    wide = subject_of(steps=1, n_embd=96, n_layer=2)
    with pytest.raises(SamplingError, match="Train a smaller model") as caught:
        LossGraph(wide, "")
    assert caught.value.field == ""  # no other line would do


def test_what_the_model_cannot_read_is_refused() -> None:
    with pytest.raises(SamplingError, match="'é'") as caught:
        LossGraph(subject_of(steps=30), "é")
    assert caught.value.field == "text"


def test_a_spoilt_model_has_no_graph() -> None:
    subject = subject_of(steps=30)
    for factor in (math.nan, 1e9):  # the second gives probabilities of 0
        weights = array("d", [factor * weight for weight in subject.weights])
        with pytest.raises(DivergedError):
            LossGraph(dataclasses.replace(subject, weights=weights), "emma")


def test_only_as_much_of_a_line_as_the_model_reads() -> None:
    subject = subject_of(NAMES, steps=60, n_embd=8, n_head=2, block_size=4)
    assert LossGraph(subject, "annadave").report()["line"] == "anna"


@pytest.mark.parametrize("name", SMALLER)
def test_every_value_belongs_to_one_group_and_one_vector(name: str) -> None:
    graph = smaller(name)
    report = graph.report()
    ids = [node["id"] for node in nodes(graph)]
    assert len(ids) == len(set(ids)) == report["values"]
    firsts = []
    for group in report["groups"]:
        vectors = graph.vectors(group["index"])
        assert len(vectors) == group["vectors"]
        assert sum(len(vector["values"]) for vector in vectors) == group["values"]
        assert [vector["index"] for vector in vectors] == list(range(len(vectors)))
        assert {vector["operation"] for vector in vectors} == set(group["operations"])
        edges = 0
        for vector in vectors:
            assert len(vector["elements"]) == len(vector["values"])
            for node in vector["values"]:
                value = graph.value(node["id"])
                assert value["node"] == node
                assert (value["group"], value["vector"]) == (group["index"], vector["index"])
                assert value["operation"] == vector["operation"]
                assert value["calls"] == group["calls"]
                edges += sum(2 if term["right"] else 1 for term in value["terms"])
        assert edges == group["edges"]
        firsts.append(vectors[0]["values"][0]["id"])
    assert firsts == sorted(firsts)
    assert len(made_by(graph, "weight")) == report["weights"]
    assert len(made_by(graph, "number")) == report["numbers"]
    assert len(values(graph)) == sum(report[of] for of in ("values", "weights", "numbers"))


@pytest.mark.parametrize("name", SMALLER)
def test_a_line_is_shown_as_it_stands_in_its_file(name: str) -> None:
    for group in smaller(name).report()["groups"]:
        assert group["calls"][0]["function"] == "document_loss"
        for call in group["calls"]:
            lines = (PACKAGE / call["file"]).read_text(encoding="utf-8").splitlines()
            assert lines[call["number"] - 1].strip() == call["source"]
            assert call["source"]
        for caller, called in pairwise(group["calls"]):
            assert called["function"] in caller["source"]


def test_groups_are_in_the_order_of_the_forward_pass() -> None:
    groups = emma().report()["groups"]
    telling = [group["calls"][group["telling"]]["source"] for group in groups]
    assert telling[0] == "x = rmsnorm([t + p for t, p in embeddings])"
    assert telling[5].startswith("query = linear(")
    assert telling[11] == "attention = softmax(logits)"
    assert telling[-3].startswith("probabilities = softmax(")
    assert telling[-1].startswith("return total(losses)")
    functions = [call["function"] for call in groups[5]["calls"]]
    assert functions == ["document_loss", "forward", "_attention", "linear"]
    assert groups[5]["operations"] == ["dot"]
    assert groups[3]["operations"] == ["dot", "·", "+", "power"]


def test_values_are_named_by_their_variables() -> None:
    for name in (
        *("(t + p)[3] of position 2", "query[15] of position 0", "keys[2][3]", "values[4][0]"),
        *("logits[1] of position 3, head 2", "attention[1] of position 3, head 2"),
        *("heads[11] of position 3, head 2", "probabilities[m] of position 1", "losses[2]"),
        *("probabilities[BOS] of position 4", "logits[BOS] of position 0", "total(losses)", "loss"),
        *("(whole**-1)[a] of position 3", "probabilities[target].log() of position 3"),
    ):
        named(emma(), name)
    tokens = "BOS", "‘e’", "‘m’", "‘m’", "‘a’"
    queries = [vector["name"] for vector in emma().vectors(5)]
    assert queries == [f"position {i}, {token}" for i, token in enumerate(tokens)]
    assert emma().vectors(12)[5]["name"] == "position 1, ‘e’, head 1"
    two = smaller("two layers")
    named(two, "query[7] of position 2, layer 1")
    named(two, "heads[5] of position 2, layer 0, head 1")
    named(two, "keys[2][3] of layer 1")


def test_elements_say_where_a_value_stands_among_those_that_were_made() -> None:
    made = [vector for vector in emma().vectors(24) if vector["makes"] == "probabilities"]
    assert ["abcdefghijklmnopqrstuvwxyz."[vector["elements"][0]] for vector in made] == [*"emma."]


def test_names_of_weights_lead_to_their_numbers() -> None:
    subject = subject_of(steps=30)
    query = named(emma(), "query[3] of position 1")
    matrix = subject.layout.named("attn_wq", 0)
    for column, term in enumerate(query["terms"]):
        assert term["right"] is not None
        assert term["right"]["name"] == f"rmsnorm(…)[{column}] of position 1"
        assert term["left"]["name"] == f"layer0.attn_wq[3][{column}]"
        index = matrix.row(3)[column]
        assert term["left"]["id"] == -1 - index
        assert term["left"]["data"] == subject.weights[index]
    token, position = named(emma(), "(t + p)[3] of position 1")["terms"]
    assert (token["left"]["name"], position["left"]["name"]) == ("wte[e][3]", "wpe[1][3]")
    assert token["left"]["data"] == subject.weights[subject.layout.named("wte").row(4)[3]]
    first = named(emma(), "(t + p)[0] of position 0")["terms"][0]
    assert first["left"]["name"] == "wte[BOS][0]"
    logit = named(emma(), "logits[b] of position 0")["terms"][2]
    assert logit["left"]["name"] == "lm_head[b][2]"


def test_constants_are_named_as_they_stand_in_the_line() -> None:
    names = {value["node"]["name"] for value in made_by(smaller("one layer"), "number")}
    for name in ("1e-5", "len(x)**-1", "-1", "(-maximum)[m]"):
        assert f"{name} of position 2" in names
    assert "((head_dim**0.5)**-1)[1] of position 2, head 1" in names


@pytest.mark.parametrize("name", SMALLER)
def test_terms_make_the_value(name: str) -> None:
    unary: dict[str, Callable[[float], float]]
    unary = {"exp": math.exp, "log": math.log, "relu": partial(max, 0.0)}
    for value in values(smaller(name)):
        terms, data = value["terms"], value["node"]["data"]
        match value["operation"]:
            case "weight" | "number":
                assert terms == []
            case "dot" | "·" | "sum" | "+":
                assert sum(term["data"] for term in terms) == pytest.approx(data, abs=1e-12)
            case "power":
                (term,) = terms
                exponent = -1 if "whole" in value["node"]["name"] else -0.5
                assert term["data"] ** exponent == pytest.approx(data)
            case operation:
                (term,) = terms
                assert unary[operation](term["data"]) == data


@pytest.mark.parametrize("name", SMALLER)
def test_what_users_pass_back_makes_the_gradient(name: str) -> None:
    for value in values(smaller(name)):
        users, gradient = value["users"], value["node"]["gradient"]
        if value["node"]["name"] == "loss":
            assert (users, gradient) == ([], 1)
            continue
        assert len(users) == value["users_count"]
        passed = math.fsum(use["passes"] for use in users)
        assert passed == pytest.approx(gradient, rel=1e-9, abs=1e-14)
        sizes = [abs(use["passes"]) for use in users]
        assert sizes == sorted(sizes, reverse=True)
        for use in users:
            assert use["passes"] == use["local"] * use["node"]["gradient"]


@pytest.mark.parametrize("name", SMALLER)
def test_gradients_and_loss_are_those_of_the_compiled_engine(name: str) -> None:
    graph, engine = smaller(name), subject_of_smaller(name).engine
    assert graph.report()["loss"] == pytest.approx(engine.losses(["emma"])[0], rel=1e-12)
    used = {-1 - value["node"]["id"]: value["node"] for value in made_by(graph, "weight")}
    for index, gradient in enumerate(engine.gradients(["emma"])):
        found = used[index]["gradient"] if index in used else 0
        assert found == pytest.approx(gradient, rel=1e-9, abs=1e-12)


def test_formulas_have_the_numbers() -> None:
    graph = smaller("one layer")
    dot = named(graph, "query[3] of position 1")
    assert dot["formula"].count(" · ") == 3
    assert " + … (8 terms) = " in dot["formula"]
    for value in values(graph):
        if value["terms"]:
            figures = f"{value['node']['data']:.4g}".replace("-", "−")
            assert value["formula"].endswith(f" = {figures}")
            assert "-" not in value["formula"]
    for name, part in (
        ("losses[2]", " · (−1) = "),
        ("loss", " · 0.2 = "),
        ("exps[1] of position 2, head 0", "e^"),
        ("probabilities[target].log() of position 0", "ln 0."),
        ("hidden[0] of position 0", "max(0, "),
        ("total(losses)", "… (5 terms) = "),
        ("(whole**-1)[a] of position 3", "^(−1) = "),
    ):
        assert part in named(graph, name)["formula"]
    scale = next(node for node in nodes(graph) if node["name"] == "scale of position 0")
    assert "^(−0.5) = " in graph.value(scale["id"])["formula"]


@given(st.sampled_from(SMALLER), st.sampled_from(OPERATIONS), st.data())
def test_a_path_leads_from_a_weight_through_the_value_to_the_loss(
    name: str, operation: str, data: st.DataObject
) -> None:
    graph = smaller(name)
    through = data.draw(st.sampled_from(made_by(graph, operation)))["node"]
    path = graph.path(through["id"])
    assert path == graph.path(through["id"])
    assert path[0]["operation"] == ("number" if operation == "number" else "weight")
    assert (path[0]["local"], path[-1]["node"]["name"]) == (1, "loss")
    place = [step["node"] for step in path].index(through)
    for at, (before, after) in enumerate(pairwise(path)):
        users = graph.value(before["node"]["id"])["users"]
        (use,) = (use for use in users if use["node"] == after["node"])
        assert use["local"] == after["local"]
        if at >= place:
            assert abs(use["passes"]) == abs(users[0]["passes"])
        assert after["line"] in graph.value(after["node"]["id"])["calls"]


@given(st.sampled_from(SMALLER), st.sampled_from(OPERATIONS), st.data())
def test_every_gradient_is_proved_by_a_finite_difference(
    name: str, operation: str, data: st.DataObject
) -> None:
    graph = smaller(name)
    node = data.draw(st.sampled_from(made_by(graph, operation)))["node"]
    proof = graph.proof(node["id"])
    assert (proof["id"], proof["gradient"]) == (node["id"], node["gradient"])
    assert proof["slope"] == (proof["loss_up"] - proof["loss_down"]) / (2 * proof["epsilon"])
    assert proof["agrees"]
    if not proof["note"]:
        assert proof["slope"] == pytest.approx(node["gradient"], rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_wrong_gradient_is_found_out(operation: str) -> None:
    graph = LossGraph(subject_of_smaller("one layer"), "emma")
    ids = [
        value["node"]["id"]
        for value in made_by(smaller("one layer"), operation)
        if abs(value["node"]["gradient"]) > 1e-3
    ]
    number = ids[len(ids) // 2]
    assert graph.proof(number)["agrees"]
    graph._find(number).grad *= 1 + 1e-5
    assert not graph.proof(number)["agrees"]


def test_a_proof_leaves_everything_as_it_was() -> None:
    graph = smaller("one layer")
    before = graph.report()
    weight = made_by(graph, "weight")[0]["node"]["id"]
    proof = graph.proof(weight)
    assert proof["loss_up"] != proof["loss_down"]
    assert graph.proof(weight) == proof
    assert graph.report() == before
    again = record(graph._forward.model, graph._forward.tokens)
    assert again.loss.data == before["loss"]


def test_a_proof_says_where_a_relu_is_at_its_kink() -> None:
    def nothing_moves(name: str, weight: float) -> float:
        return 0.0 if name == "layer0.mlp_fc1" else weight

    graph = with_weights(subject_of_smaller("one layer"), nothing_moves, "emma")
    for before in [node for node in nodes(graph) if node["name"].startswith("linear(…)")][::20]:
        (after,) = graph.value(before["id"])["users"]
        assert after["node"]["gradient"] != 0
        proof = graph.proof(before["id"])
        assert "kink" in proof["note"]
        assert proof["gradient"] == 0
        assert not proof["agrees"]
        # The loss has a slope on one side alone, and the other side's is 0.
        assert proof["slope"] == pytest.approx(after["node"]["gradient"] / 2, rel=1e-3)
        # What the ReLU itself has made has no kink between it and the loss.
        proof = graph.proof(after["node"]["id"])
        assert (proof["note"], proof["agrees"]) == ("", True)


def test_a_gradient_below_the_rounding_of_the_loss_is_said_to_be() -> None:
    def hardly(name: str, weight: float) -> float:
        return weight * 1e-12 if name == "lm_head" else weight

    graph = with_weights(subject_of_smaller("one layer"), hardly, "emma")
    weight = made_by(smaller("one layer"), "weight")[0]["node"]
    assert weight["name"].startswith("wte[")
    assert "rounding" in graph.proof(weight["id"])["note"]
    assert graph.proof(weight["id"])["gradient"] != 0


def test_no_value_of_another_graph_can_be_opened() -> None:
    graph = smaller("one layer")
    unused = subject_of_smaller("one layer").layout.named("wte").row(1)[0]  # of b
    for number in (10**6, -(10**6), -1 - unused):
        for ask in (graph.value, graph.path, graph.proof):
            with pytest.raises(SamplingError, match="no value"):
                ask(number)
    for group in (-1, 27):
        with pytest.raises(SamplingError, match="no group"):
            graph.vectors(group)


def test_what_is_asked_of_inside_is_about_the_last_graph() -> None:
    inside, graph = Inside(subject_of_smaller("one layer")), smaller("one layer")
    with pytest.raises(SamplingError, match="no graph"):
        inside.graph_value(0)
    assert inside.graph("emma") == graph.report()
    assert inside.graph_vectors(5) == graph.vectors(5)
    number = inside.graph_vectors(5)[0]["values"][0]["id"]
    assert inside.graph_value(number) == graph.value(number)
    assert inside.graph_path(number) == graph.path(number)
    assert inside.graph_proof(number) == graph.proof(number)
    with pytest.raises(SamplingError):
        inside.graph("é")
    assert inside.graph_value(number) == graph.value(number)  # that is still shown


def test_the_algorithm_is_watched_only_meanwhile() -> None:
    seen: list[Value] = []

    def fail() -> None:
        with told_of_values(seen.append):
            assert (Value(1.0) + 2).data == 3
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert autograd.Value is Value
    assert [value.data for value in seen] == [2.0, 3.0]
    assert type(Value(1.0) + 2) is Value
    assert len(seen) == 2
