"""What page and command line drive: a visitor's text, the model on it, and what is asked of it.

Begin with `session`: it holds the text and the model, and everything else here is one
concern of theirs. Knows neither files, nor the DOM, nor JavaScript.
"""

from microgpt.session.session import Session

__all__ = ["Session"]
