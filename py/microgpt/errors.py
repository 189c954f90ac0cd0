"""The errors that a person using the package can cause and mend.

Every message says what happened and what to do; the command line (`__main__`)
and the page show it as it stands. Anything else that is raised is a bug.
"""

from typing import Any


class MicrogptError(Exception):
    """Something given to the package can't be used; the message says why."""


class CorpusError(MicrogptError):
    """A text that can't be trained on.

    Attributes:
        field: what in the way of reading it is wrong or could help, a name of
            `texts.Reading`; or "" if it is nothing of that.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class HyperparameterError(MicrogptError):
    """A hyperparameter out of its range, or two that contradict each other.

    Attributes:
        field: the name of the one that it is about, or "" if it is about none.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class SamplingError(MicrogptError):
    """A wish that can't be fulfilled, such as a count or a prefix that can't be sampled with.

    Attributes:
        field: the name of what is wrong in a `session.reports.Wish`, "text" for a line that
            can't be explained, or "" if it is none of these.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class DivergedError(MicrogptError):
    """The weights have grown so large that the loss can't be computed any more."""


class EngineError(MicrogptError):
    """An engine that doesn't exist, or can't run here."""


class SessionError(MicrogptError):
    """A request that makes no sense now, such as sampling without a model."""


class SavedModelError(MicrogptError):
    """A file that isn't a saved model, or is damaged."""


class CodeNeededError(SavedModelError):
    """A model or a run that only the changed code can read that it was made by.

    Attributes:
        needed: what is known of it: a `sharing.needed.Needed`.
    """

    def __init__(self, message: str, needed: Any) -> None:
        super().__init__(message)
        self.needed = needed


class LinkError(SavedModelError):
    """A link that is damaged, cut, foreign or newer; or a model that doesn't fit in a link."""


class ChangeError(MicrogptError):
    """A change of the algorithm's files that doesn't fit them."""
