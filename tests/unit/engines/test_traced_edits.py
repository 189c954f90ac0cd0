"""The traced engine with what people change in a GPT, alone and together, in models of all shapes.

Every edit that can be followed is followed to the last digits, or the scalar engine's; none is
wrong. Not about cards, losses and optimizers: see test_traced_changes.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changing import ORIGINALS
from microgpt.engines import host
from traced import changed, check, note

pytestmark = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")

IMPORT = "from dataclasses import dataclass\n"
EMBEDDED = "        x = rmsnorm([t + p for t, p in embeddings])\n"
QUERY = '        query = linear(x, self.weights[layer + "attn_wq"])\n'
KEY = '        keys.append(linear(x, self.weights[layer + "attn_wk"]))\n'
AGREES = "dot(query[head], key[head]) / head_dim**0.5"
LOOKS = f"            logits = [{AGREES} for key in keys]\n"
FINDS = "[v[j] for v in values]"
HIDDEN = "value.relu() for value"
LOGITS = '        return linear(x, weights["lm_head"])\n'
LOSS = "        losses.append(-probabilities[target].log())\n"
WHOLE = "    return total(losses) * (1 / len(losses))\n"
STEP = "            parameter.data -= step\n"
TURNED = """        def turned(vector: Vector) -> Vector:
            out: Vector = []
            for j in range(0, len(vector) - 1, 2):
                angle = len(keys) * 100.0 ** (-j / len(vector))
                c, s = math.cos(angle), math.sin(angle)
                out += [vector[j] * c - vector[j + 1] * s, vector[j] * s + vector[j + 1] * c]
            return out + vector[len(out) :]

"""
# Of each place in a file, what may take it; an edit is of several texts and what replaces them.
EDITS: dict[tuple[str, str], dict[str, list[str]]] = {
    ("model.py", "embedding"): {
        "sine and cosine": [
            IMPORT,
            f"import math\n{IMPORT}",
            EMBEDDED,
            "        x = rmsnorm([t + math.sin(position / 9 ** (j / 8))"
            " for j, (t, _) in enumerate(embeddings)])\n",
        ],
        "the mean of three": [
            EMBEDDED,
            f"{EMBEDDED}        cache.seen = [*getattr(cache, 'seen', []), x][-3:]\n"
            "        x = [total([y[j] for y in cache.seen]) for j in range(len(x))]\n",
        ],
        "a share of the one before": [
            EMBEDDED,
            f"{EMBEDDED}        before = getattr(cache, 'before', None)\n        cache.before = x\n"
            "        if before is not None:\n"
            "            x = [0.7 * a + 0.3 * b for a, b in zip(x, before)]\n",
        ],
        "a table of tokens": [
            EMBEDDED,
            f"{EMBEDDED}        x = [v * [1 + k / 9 for k in range(99)][token] for v in x]\n",
        ],
        "a mask": [EMBEDDED, f"{EMBEDDED}        x = [v * [1, 0, 2][position % 3] for v in x]\n"],
        "another one late": [
            EMBEDDED,
            f"{EMBEDDED}        x = [v * 2 for v in x] if position >= 9 else x\n",
        ],
    },
    ("model.py", "attention"): {
        "the last four": [
            LOOKS,
            LOOKS.replace("keys]", "keys[-4:]]"),
            FINDS,
            FINDS.replace("values]", "values[-4:]]"),
        ],
        "the last nine": [
            LOOKS,
            LOOKS.replace("keys]", "keys[-9:]]"),
            FINDS,
            FINDS.replace("values]", "values[-9:]]"),
        ],
        "from far less": [
            LOOKS,
            f"            logits = [{AGREES} - (len(keys) - j) / (2 + start)"
            " for j, key in enumerate(keys)]\n",
        ],
        "turned": [
            IMPORT,
            f"import math\n{IMPORT}",
            QUERY,
            TURNED + QUERY.replace("linear", "turned(linear").replace("\n", ")\n"),
            KEY,
            KEY.replace("linear", "turned(linear").replace("\n", ")\n"),
        ],
        "queries and keys of one length": [
            LOOKS,
            LOOKS.replace("query[head], key[head]", "rmsnorm(query[head]), rmsnorm(key[head])"),
        ],
        "backwards": [
            LOOKS,
            LOOKS.replace("keys]", "keys[::-1]]"),
            FINDS,
            FINDS.replace("values]", "values[::-1]]"),
        ],
    },
    ("model.py", "hidden"): {
        "a power": [HIDDEN, "(value * value + 1) ** 0.3 for value"],
        "times its number": [HIDDEN, "value * value.data for value"],
        "bounded": [HIDDEN, "value + max(-1.0, min(value.data, 1.0)) for value"],
    },
    ("model.py", "logits"): {
        "bounded": [
            LOGITS,
            "        powers = [(v * 0.4).exp() for v in linear(x, weights['lm_head'])]\n"
            "        return [(p - 1) / (p + 1) * 5 for p in powers]\n",
        ],
        "backwards": [LOGITS, LOGITS.replace("\n", "[::-1]\n")],
    },
    ("training.py", "loss"): {
        "a weight of each token": [
            LOSS,
            LOSS.replace("())", "() * [1 + (k == 5) for k in range(99)][target])"),
        ],
        "from the second on": [
            LOSS,
            "        if position or len(tokens) == 2:\n            losses"
            ".append(-probabilities[target].log())\n",
        ],
        "sum": [WHOLE, "    return sum(losses) / len(losses)\n"],
        "by the root of the length": [WHOLE, "    return total(losses) * len(losses) ** -0.5\n"],
        "no more than ten": [WHOLE, f"    losses = losses[:10]\n{WHOLE}"],
    },
    ("optimizer.py", "update"): {
        "only some decay": [STEP, f"{STEP}            parameter.data *= 0.99 if i > 30 else 1\n"],
        "a bounded step": [STEP, f"            step = max(-0.01, min(step, 0.01))\n{STEP}"],
    },
}
MOST = max(map(len, EDITS.values()))


def _texts(names: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """The files with an edit of each place, none where its name is ""."""
    edits: dict[str, dict[str, str]] = {}
    for (file, place), name in names.items():
        of = EDITS[file, place][name] if name else []
        edits.setdefault(file, {}).update(zip(of[::2], of[1::2], strict=True))
    texts: dict[str, str] = {}
    for file, replaced in edits.items():
        if replaced:
            texts |= changed(file, *(text for pair in replaced.items() for text in pair))
    return texts


@pytest.mark.parametrize("number", range(MOST))
def test_edits_are_followed(number: int) -> None:
    """One of each place, until all have had their turn."""
    check(_texts({place: [*of, *[""] * MOST][number] for place, of in EDITS.items()}))


@st.composite
def _shapes(draw: st.DrawFn) -> dict[str, Any]:
    heads = draw(st.integers(1, 3))
    return {
        "n_layer": draw(st.integers(1, 2)),
        "n_head": heads,
        "n_embd": heads * draw(st.integers(1, 4)),
        "block_size": draw(st.integers(1, 14)),
        "batch_size": draw(st.sampled_from([1, 2, 4])),
        "letters": draw(st.integers(1, 8)),
    }


@settings(max_examples=4, deadline=None)
@given(
    names=st.fixed_dictionaries(
        {place: st.sampled_from(["", "", *of]) for place, of in EDITS.items()}
    ),
    shape=_shapes(),
)
def test_edits_together_are_followed_or_refused(
    names: dict[tuple[str, str], str], shape: dict[str, Any]
) -> None:
    texts = _texts(names)
    if said := note(texts, **shape):
        assert "can't be traced: " in said
    else:
        check(texts, **shape)


NOT_FOLLOWED = {
    "a number compared": (HIDDEN, "value * (value.data == 0) for value", "depends on a number"),
    "a number replaced": (
        "        hidden = [",
        "        for value in x:\n            value.data = 1.0\n        hidden = [",
        "a value's number is replaced",
    ),
    "a token of before": (
        'weights["wte"][token]',
        'weights["wte"][cache.__dict__.setdefault("first", token)]',
        "another token",
    ),
    "chance": (EMBEDDED, f"{EMBEDDED}        import random\n        x[0] *= random.random()\n", ""),
}


@pytest.mark.parametrize("name", NOT_FOLLOWED)
def test_what_is_not_followed_is_refused_before_a_step_is_taken(name: str) -> None:
    before, after, reason = NOT_FOLLOWED[name]
    said = note(changed("model.py", before, after))
    assert "can't be traced: " in said
    assert reason in said


def test_a_gradient_of_the_codes_own_is_not_taken_for_the_right_one() -> None:
    before = "        local_gradient = exponent * self.data ** (exponent - 1)\n"
    assert before in ORIGINALS["autograd.py"]
    said = note(changed("autograd.py", before, before.replace("exponent - 1", "exponent")))
    assert "its own code computes something else" in said
