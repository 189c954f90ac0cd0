"""A run: what it has learned from, and what not."""

from microgpt import texts
from microgpt.gpt.hyperparameters import Hyperparameters
from runs import new_run


def test_documents_that_were_learned_are_not_unseen() -> None:
    corpus = texts.read(b"anna\nbob\nanna\ncarl\nbob\nanna\n", "names.txt")
    run = new_run(corpus, Hyperparameters(n_embd=8, steps=2), "compiled")
    run.train(2)
    learned = set(run.training_documents[:2])
    assert run.unseen_documents == [d for d in run.training_documents if d not in learned]
