"""Drawing new documents from a model, character by character."""

from __future__ import annotations

from collections.abc import Iterator

from microgpt.gpt.model import Model, softmax
from microgpt.gpt.random_streams import RandomStream


def sample(
    model: Model, stream: RandomStream, temperature: float, prefix: list[int]
) -> Iterator[int]:
    """The tokens that continue a prefix, each drawn when it is asked for, up to but without BOS.

    Args:
        temperature: > 0; the logits are divided by it, so below 1 likely
            characters become likelier, above 1 all become more alike.
        prefix: BOS, and the tokens that the document is to begin with; at most
            block_size tokens altogether.
    """
    bos = prefix[0]
    tokens = list(prefix)
    cache = model.empty_cache()
    for position in range(model.hyperparameters.block_size):
        logits = model.forward(tokens[position], position, cache)
        if position + 1 < len(prefix):
            continue  # what follows is given; this was for the cache
        probabilities = softmax([logit / temperature for logit in logits])
        token = stream.choose([probability.data for probability in probabilities])
        if token == bos:
            break
        tokens.append(token)
        yield token
