"""What one press of Train gives for each built-in example: a table, over several seeds.

`.venv/bin/python tests/bench/examples.py [SEEDS [FILE…]]`. Held-out lines are kept from
the model, so a right sample that is no copy is worked out, not remembered. Times depend
on the machine. Not about how good is good enough: see tests/unit/web/test_examples.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from examples import CHECKS, index, train


def row(example: dict[str, object], seed: int) -> str:
    """One run."""
    trained = train(example, seed)
    check = CHECKS.get(str(example["file"]))
    right = f"{trained.share(lambda s: check(s['text'])):6.1%}" if check else "     -"
    return (
        f"{example['file']:20} seed {seed:2}  {trained.seconds:5.2f} s  "
        f"loss {trained.loss:.3f}  held out {trained.holdout_loss:.3f}  right {right}  "
        f"in the text {trained.share(lambda s: s['in_text'] == 'line'):6.1%}  "
        f"begins a line {trained.share(lambda s: s['in_text'] == 'beginning'):6.1%}"
    )


if __name__ == "__main__":
    seeds, *files = sys.argv[1:] or ["3"]
    for example in index():
        if not files or example["file"] in files:
            for seed in range(42, 42 + int(seeds)):
                print(row(example, seed), flush=True)
