"""microgpt: train a GPT on a list of lines and sample new ones, in pure Python.

Read it in this order: `autograd`, `model`, `optimizer`, `training`, `sampling`
are the algorithm; `corpus`, `hyperparameters` and `random_streams` are what it
starts from. The same steps at the speed of machine code: `kernels`, `shape`,
`compiled_engine`, with the `compiler` behind them. What is left of a run, and how it
travels: `saved`, `checkpoint` (files), `links` and `sharing`, `twin`. `session` is one
visitor's training as an object, driven by the page and by the command line (`__main__`).
"""

from typing import TYPE_CHECKING

from microgpt.errors import MicrogptError
from microgpt.session import Session

__all__ = ["MicrogptError", "Session", "__version__"]

if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        """The version, when asked for: to look it up takes as long as half of all imports here."""
        if name != "__version__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("microgpt")
        except PackageNotFoundError:  # run from a checkout, not installed
            return "0"
