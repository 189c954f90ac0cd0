"""The card of a model that is given away: what it learned from and how, for whoever gets it.

A README.md in the form that Hugging Face reads. Not about the model's file: see `onnx`.
"""

from __future__ import annotations

import math
import re

from microgpt.means import told
from microgpt.settings import table
from microgpt.sharing.saved import Provenance, SavedModel
from microgpt.texts import counted

# What makes a new document: run as it stands, beside the model, by a test.
_EXAMPLE = """import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx")
about = session.get_modelmeta().custom_metadata_map
vocabulary = about["microgpt.vocabulary"]
bos = len(vocabulary)  # begins and ends a document
random = np.random.default_rng()


def sample(temperature=0.5, block_size={block_size}):
    tokens = [bos]
    while len(tokens) <= block_size:
        [logits] = session.run(None, {{"tokens": np.array([tokens])}})
        powers = np.exp((logits[0, -1] - logits[0, -1].max()) / temperature)
        token = random.choice(len(powers), p=powers / powers.sum())
        if token == bos:
            break
        tokens.append(int(token))
    return "".join(vocabulary[token] for token in tokens[1:])


for _ in range(20):
    print(sample())
"""


def card(model: SavedModel) -> str:
    """The card of a model that lies beside it as model.onnx."""
    h, said = model.hyperparameters, model.provenance
    parameters, vocabulary_size = f"{len(model.weights):,}", len(model.characters) + 1
    settings = "\n".join(
        f"| `{entry['name']}` | {getattr(h, entry['name'])} | {_plain(entry['help'])} |"
        for entry in table()
    )
    return f"""---
library_name: onnx
pipeline_tag: text-generation
tags:
- microgpt
- onnx
---

# A small GPT that learned from {_plain(said.text)}

A language model of {parameters} parameters, trained character by character by microgpt: GPT-2's
transformer with RMSNorm without weights, no biases, and ReLU. It makes up documents like those
that it learned from, and knows nothing else.

## What it learned from

{_learned_from(said)} Its vocabulary is {counted(len(model.characters), "character")} and a mark for
the beginning and the end of a document. The text itself isn't here. A model this small repeats
some of it word for word, so give the model away only if you could give away the text.

## How well

{_how_well(said, vocabulary_size)}

## How it was trained

| | | |
| --- | --- | --- |
{settings}

Adam, with a learning rate that falls to 0 along a straight line.

## How to use it

`model.onnx` takes `tokens`, int64 (documents, positions) with at most {h.block_size} positions, and
gives `logits`, float32 (documents, positions, {vocabulary_size}), of what follows each. With
`pip install onnxruntime numpy`:

```python
{_EXAMPLE.format(block_size=h.block_size)}```
"""


def _learned_from(said: Provenance) -> str:
    if not said.text:
        return "What it learned from isn't known."
    lines, steps = counted(said.documents, "line"), counted(said.steps, "step")
    return f"{_plain(said.text)}: {lines}, in {steps}."


def _how_well(said: Provenance, vocabulary_size: int) -> str:
    """The losses that are known, beside that of a blind guess."""
    found = []
    if math.isfinite(said.loss):
        found.append(f"Loss at the end of its training: {told(said.loss, 3)} nats a character.")
    if said.holdout_loss is not None:
        found.append(f"On lines that it has not learned from: {told(said.holdout_loss, 3)}.")
    if not found:
        return "Nobody has measured it."
    return " ".join([*found, f"A blind guess: {math.log(vocabulary_size):.3f}."])


def _plain(text: str) -> str:
    """A text that Markdown is to show as it is."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&$-])", r"\\\1", text)
