"""The kernels by their names, against the files of the folder."""

import ast
from pathlib import Path

from microgpt import kernels


def test_every_kernel_is_found_by_its_name() -> None:
    folder = Path(kernels.__file__).parent
    written = [
        node.name
        for path in folder.glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    ]
    assert sorted(kernels.KERNELS) == sorted(written), "each once, and none is missing"


def test_there_is_no_kernel_that_nothing_calls() -> None:
    called: set[str] = set()
    waiting = [*kernels.EXPORTED, *kernels.FOR_A_TEAM]
    while waiting:
        name = waiting.pop()
        called.add(name)
        named = set(kernels.KERNELS[name].__code__.co_names)
        waiting += named & set(kernels.KERNELS) - called
    assert called == set(kernels.KERNELS)
