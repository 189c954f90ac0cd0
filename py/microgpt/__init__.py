"""microgpt: train a GPT on a list of lines and sample new ones, in pure Python.

`gpt` is the algorithm, which is what people come to read. `compiler`, `kernels` and
`engines` are the same steps at the speed of machine code. `run` is a text and a model that
learns from it, `sharing` what is left of one and how it travels; `session` is one visitor's
training as an object, driven by the page and by the command line (`cli`). Nothing knows of
what comes after it in this list.
"""

from typing import TYPE_CHECKING

from microgpt.errors import MicrogptError
from microgpt.session import Session

__all__ = ["MicrogptError", "Session", "__version__", "qr_code"]


def qr_code(address: str) -> str:
    """An address as a QR code, an SVG. Needs segno, which the page installs when one is wanted.

    Raises:
        LinkError: the address is longer than a code can be.
    """
    from microgpt.sharing.qr import svg

    return svg(address)


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
