"""The model's code, made to be recorded: its values are recorded ones.

Not about where changed code comes from: its text is given.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Sequence
from typing import Any

from microgpt.tracing.recording import Recorder, dot, largest, total

_AUTOGRAD = "microgpt.gpt.autograd"


def load(text: str, file: str, recorder: Recorder) -> types.ModuleType:
    """A module of a text, which gets recorded values in place of autograd's.

    Args:
        text: as of gpt/model.py.
        file: its name, for messages.
        recorder: of what it will compute.
    """
    autograd = types.ModuleType(_AUTOGRAD)
    vars(autograd).update(Value=recorder.Value, dot=dot, total=total)

    def imported(
        name: str,
        space: Any = None,
        names: Any = None,
        wanted: Sequence[str] = (),
        level: int = 0,
    ) -> Any:
        if name == _AUTOGRAD:
            return autograd
        return builtins.__import__(name, space, names, wanted, level)

    made = types.ModuleType("microgpt.tracing.recorded")
    vars(made)["__builtins__"] = vars(builtins) | {"__import__": imported, "max": largest}
    sys.modules[made.__name__] = made  # where dataclasses look for their own module
    exec(compile(text, file, "exec"), vars(made))  # noqa: S102
    return made
