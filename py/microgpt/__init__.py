"""microgpt: train a GPT on a list of lines and sample new ones, in pure Python.

Read it in this order: `autograd`, `model`, `optimizer`, `training`, `sampling`
are the algorithm; `corpus`, `hyperparameters` and `random_streams` are what it
starts from. The same steps at the speed of machine code: `kernels`, `shape`,
`compiled_engine`, with the `compiler` behind them. `session` is one run as an
object, driven by the page and by the command line (`__main__`).
"""

from importlib.metadata import PackageNotFoundError, version

from microgpt.errors import MicrogptError
from microgpt.session import Session

__all__ = ["MicrogptError", "Session", "__version__"]

try:
    __version__ = version("microgpt")
except PackageNotFoundError:  # run from a checkout, not installed
    __version__ = "0"
