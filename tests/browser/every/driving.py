"""What a check may ask of a page, whatever drives it: the part of Playwright's Page that it uses.

Playwright's own pages are such pages; WebKit's are made by `webkit`. Things are found by role and
name as in the other tests, but what is there is asked in JavaScript, for which every browser's
driver waits. Not about what is checked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Protocol

Role = Literal["button", "checkbox", "combobox", "radio", "spinbutton", "tab", "textbox"]


class Control(Protocol):
    """Something to be operated."""

    def click(self) -> None: ...
    def press(self, key: str) -> None: ...
    def press_sequentially(self, text: str) -> None: ...
    def select_option(self, value: str) -> Any: ...
    def set_input_files(self, files: Path) -> None: ...


class Scripted(Protocol):
    """Something that runs JavaScript: an expression, or a function of one argument."""

    def evaluate(self, expression: str, arg: Any = None) -> Any: ...


class Tab(Scripted, Protocol):
    """A page."""

    def goto(self, url: str) -> Any: ...
    def reload(self) -> Any: ...
    def set_viewport_size(self, viewport_size: Any) -> None: ...
    def get_by_role(self, role: Role, *, name: str, exact: bool) -> Control: ...
    def locator(self, selector: str) -> Control: ...


class Visitor(Protocol):
    """Somebody with a browser.

    Attributes:
        off_origin: what the browser has asked of anywhere but this machine.
    """

    off_origin: list[str]

    def open(self, address: str) -> Tab:
        """A tab, in which nothing else is open."""

    def end(self) -> None:
        """Closes the browser."""
