"""Making what was wished for."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator

from microgpt.gpt.random_streams import RandomStream
from microgpt.run import LanguageModel
from microgpt.session.drawing import draw, prefix_tokens
from microgpt.session.reports import Made, Making, Wish


def make(
    model: LanguageModel, stream: RandomStream, wish: Wish, blocked: Collection[str] = ()
) -> Iterator[Making]:
    """Reports on the way, until all is made or there is a reason why not."""
    found, draws, seen = 0, 0, set()
    tokens = prefix_tokens(model, wish["prefix"])
    while found < wish["count"] and draws < 20_000:
        for sample in draw(model, stream, 20, wish["temperature"], tokens):
            if sample is None:
                continue
            draws += 1
            text = sample["text"]
            if (
                not text
                or text in blocked
                or (wish["unique"] and text in seen)
                or (wish["new"] and sample["in_text"])
            ):
                continue
            seen.add(text)
            found += 1
            if found > wish["count"]:
                break
            yield Making(
                made=[explain(model, text)],
                found=found,
                draws=draws,
                accepted=found / draws,
                method="draw",
                complete=found == wish["count"],
                reason="",
            )


def explain(model: LanguageModel, text: str) -> Made:
    """What is known of a document."""
    return Made(
        text=text,
        in_text=model.in_text(text),
        surprises=array("d", [1.0] * (len(text) + 1)),
        one_in=1000.0,
        nearest="",
        edits=-1,
        typical=50.0,
        distinctive=0.0,
    )
