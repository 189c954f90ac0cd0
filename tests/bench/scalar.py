"""What the scalar engine's one trick is worth: `python3 build.py bench scalar`.

Times are of CPython on this machine, medians; the ratio is of the same run,
engine and textbook by turns, so that a busy machine slows both alike. Not about
whether both compute the same: see tests/unit/gpt/.
"""

import statistics
import sys
import time
from collections.abc import Iterator

import textbook
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.run import Run
from microgpt.texts import read
from runs import new_run
from tools.places import WEB

EXAMPLE = WEB / "examples" / "first-names.txt"
STEPS = 30


def seconds(losses: Iterator[float]) -> float:
    """How long the next loss takes."""
    begin = time.perf_counter()
    next(losses)
    return time.perf_counter() - begin


def engine(run: Run) -> Iterator[float]:
    while True:
        yield run.train_step()


def main() -> None:
    sys.setrecursionlimit(100_000)  # the textbook's depth-first search recurses
    corpus = read(EXAMPLE.read_bytes(), EXAMPLE.name)
    ours = engine(new_run(corpus, Hyperparameters(), "scalar"))
    theirs = textbook.losses(list(corpus.documents), STEPS + 1)
    next(ours), next(theirs)  # weights are drawn in the first
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(STEPS)]
    print(f"{'':28}{'ms a step':>10}")
    print(f"{'textbook autograd':28}{1000 * statistics.median(b for _, b in pairs):10.1f}")
    print(f"{'scalar engine':28}{1000 * statistics.median(a for a, _ in pairs):10.1f}")
    print(f"{'textbook / scalar engine':28}{statistics.median(b / a for a, b in pairs):10.1f}")


if __name__ == "__main__":
    main()
