"""The whole program: shuffle, train, print every loss, make up new documents.

What the original does from its first line to its last. Not run by the package, which
trains piece by piece; `sharing.twin` puts it, and all that it needs, into one file.
"""

from __future__ import annotations

import io
import sys

from microgpt.gpt.corpus import Corpus, Vocabulary, next_documents, split
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import Model
from microgpt.gpt.optimizer import Adam
from microgpt.gpt.random_streams import RANDOM_STREAMS
from microgpt.gpt.sampling import sample
from microgpt.gpt.training import train_step


def main(name: str, text: str, steps: int, samples: int = 20, temperature: float = 0.5) -> None:
    """Train on a text's lines and print what the original program prints, losses in full.

    Args:
        name: of the text.
        text: a document a line, none of them blank.
        steps: how many of the planned ones to take.
        samples: how many to make up.
        temperature: of the samples, see `sample`.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter shows a ?
    h = Hyperparameters()
    corpus = Corpus(name, tuple(text.split("\n")), 0)
    vocabulary = Vocabulary(corpus.characters)
    stream = RANDOM_STREAMS[h.random_stream](h.seed)
    documents = list(corpus.documents)
    stream.shuffle(documents)
    documents, _ = split(documents, h.holdout)
    model = Model(h, vocabulary.size, stream)
    optimizer = Adam(model.parameters, h)
    print(f"num docs: {len(corpus.documents)}")
    print(f"vocab size: {vocabulary.size}")
    print(f"num params: {len(model.parameters)}")
    for step in range(steps):
        batch = next_documents(documents, step * h.batch_size, h.batch_size)
        loss = train_step(model, optimizer, [vocabulary.encode(d, h.block_size) for d in batch])
        print(f"step {step + 1:4d} / {h.steps:4d} | loss {loss!r}", flush=True)
    print("\n--- inference (new, hallucinated names) ---")
    for number in range(1, samples + 1):
        tokens = sample(model, stream, temperature, [vocabulary.bos])
        print(f"sample {number:2d}: {vocabulary.decode(list(tokens))}", flush=True)
