"""Models as ONNX: onnxruntime computes what the scalar engine does, and the card's example runs."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_line import run
from microgpt import Session
from microgpt.engines.kinds import fastest
from microgpt.errors import SavedModelError, SessionError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import PythonStream
from microgpt.sharing import onnx, protobuf
from microgpt.sharing.card import card
from microgpt.sharing.saved import Provenance, SavedModel
from runs import trained

pytestmark = pytest.mark.torch


def needs(module: str) -> pytest.MarkDecorator:
    there = importlib.util.find_spec(module) is not None
    return pytest.mark.skipif(not there, reason=f"{module} is not installed")


def model(h: Hyperparameters, letters: str = "abcde") -> SavedModel:
    drawn = fastest().make(h, Vocabulary(letters), PythonStream(7)).get_state().weights
    return SavedModel(h, letters, drawn, Provenance("names.txt", 10, 40, 2.5))


def logits(data: bytes, documents: list[list[int]]) -> Any:
    """(documents, positions, vocabulary), by onnxruntime."""
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    [found] = session.run(None, {"tokens": np.array(documents, dtype=np.int64)})
    return found


@st.composite
def shapes(draw: st.DrawFn) -> Hyperparameters:
    heads = draw(st.integers(1, 4))
    return Hyperparameters(
        n_layer=draw(st.integers(1, 3)),
        n_embd=heads * draw(st.sampled_from([1, 2, 4, 7])),
        n_head=heads,
        block_size=draw(st.integers(1, 20)),
        init_std=0.2,
    )


@needs("onnxruntime")
@settings(max_examples=15)
@given(h=shapes(), data=st.data())
def test_logits_are_those_of_our_own_engines(h: Hyperparameters, data: st.DataObject) -> None:
    """For documents of any length up to block_size, several at once; to 1e-5 of the largest."""
    saved = model(h)
    length = data.draw(st.integers(1, h.block_size))
    line = st.lists(st.integers(0, 5), min_size=length, max_size=length)
    documents = data.draw(st.lists(line, min_size=1, max_size=3))
    engine = fastest().make(h, Vocabulary(saved.characters), None)
    engine.set_weights(saved.weights)
    found = logits(onnx.write(saved), documents)
    assert found.shape == (len(documents), length, 6)
    for row, tokens in zip(found, documents, strict=True):
        expected = list(engine.activations(tokens).logits[-6 * length :])
        tolerance = 1e-5 * max(1.0, *map(abs, expected))
        assert row.flatten().tolist() == pytest.approx(expected, abs=tolerance)


@needs("onnxruntime")
def test_logits_of_a_larger_model() -> None:
    h = Hyperparameters(n_layer=4, n_embd=64, block_size=64)
    saved = model(h)
    engine = fastest().make(h, Vocabulary(saved.characters), None)
    engine.set_weights(saved.weights)
    tokens = [5, *(i * i % 5 for i in range(63))]
    found = logits(onnx.write(saved), [tokens])[0].flatten().tolist()
    expected = list(engine.activations(tokens).logits[-6 * 64 :])
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-5)


@needs("onnxruntime")
def test_more_positions_than_there_are_are_refused() -> None:
    data = onnx.write(model(Hyperparameters(n_embd=4, block_size=3)))
    logits(data, [[5, 0, 1]])
    with pytest.raises(Exception, match=r"out of (data )?bounds"):
        logits(data, [[5, 0, 1, 2]])


@needs("onnx")
def test_the_graph_is_as_the_standard_wants_it_and_has_the_models_own_names() -> None:
    import onnx as standard

    saved = model(Hyperparameters(n_layer=2, n_embd=8))
    read = standard.load_from_string(onnx.write(saved))
    standard.checker.check_model(read, full_check=True)
    shapes = {each.name: tuple(each.dims) for each in read.graph.initializer}
    assert shapes["wte"] == (6, 8)
    assert shapes["layer1.mlp_fc1"] == (32, 8)
    about = {each.key: each.value for each in read.metadata_props}
    assert about["microgpt.vocabulary"] == "abcde"
    assert json.loads(about["microgpt.hyperparameters"]) == asdict(saved.hyperparameters)


@pytest.mark.parametrize(
    ("value", "coded"), [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (300, "ac02")]
)
def test_numbers_are_coded_as_protocol_buffers_say(value: int, coded: str) -> None:
    """Of the encoding's own documentation: 150 in field 1 is 08 96 01."""
    assert protobuf.number(1, value).hex() == "08" + coded
    assert protobuf.number(1, 150).hex() == "089601"
    assert protobuf.text(2, "testing").hex() == "120774657374696e67"
    assert protobuf.numbers(6, [3, 270, 86942]).hex() == "3206038e029ea705"


def test_the_card_tells_what_it_learned_from_and_how() -> None:
    session = trained({"steps": 40, "n_embd": 8, "seed": 3, "holdout": 0.2})
    text = session.export()["README.md"].decode()
    assert "learned from names.txt" in text
    assert "names.txt: 8 lines, in 40 steps." in text
    assert re.search(r"Loss at the end of its training: \d\.\d{3} nats", text)
    assert re.search(r"not learned from: \d\.\d{3}\.", text)
    assert "| `seed` | 3 |" in text


def test_a_card_shows_the_name_of_a_text_as_it_is() -> None:
    h = Hyperparameters(n_embd=4, n_head=2)
    saved = model(h)
    odd = SavedModel(
        h, saved.characters, saved.weights, Provenance("[a](b) <i>`x`* | y", 1, 1, 1.0)
    )
    assert r"\[a\]\(b\) \<i\>\`x\`\* \| y" in card(odd)


@needs("onnxruntime")
def test_the_cards_example_makes_up_twenty_documents(tmp_path: Path) -> None:
    for name, data in trained().export().items():
        (tmp_path / name).write_bytes(data)
    code = re.search(r"```python\n(.*?)```", (tmp_path / "README.md").read_text(), re.DOTALL)
    assert code
    made = subprocess.run(
        [sys.executable, "-c", code[1]], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(made) == 20
    assert set("".join(made)) <= set("abcdefhijklmnorv")


def test_what_can_not_be_exported_is_refused() -> None:
    with pytest.raises(SessionError, match="no model"):
        Session().export()
    with pytest.raises(SavedModelError, match="not to gguf"):
        trained().export("gguf")


def test_the_command_writes_a_folder_and_overwrites_nothing(tmp_path: Path) -> None:
    saved = tmp_path / "run.safetensors"
    saved.write_bytes(trained().save_run())
    out = tmp_path / "out"
    result = run("export", saved, "--to", "onnx", "--output", out)
    assert (result.returncode, result.stdout) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "model.onnx"]
    assert "10 lines, 40 steps" in result.stderr
    again = run("export", saved, "--to", "onnx", "--output", out)
    assert again.returncode == 2
    assert "would be overwritten" in again.stderr
    inside = run("export", saved, "--to", "onnx", "--output", out / "README.md")
    assert inside.returncode == 2
    assert "Traceback" not in inside.stderr
