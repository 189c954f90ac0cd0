"""Running a WebAssembly module: in the browser, which has it, or through wasmtime.

One interface, two implementations, chosen by where Python runs. Not about what
the module computes. A memory is read and written as whole arrays: a crossing
costs microseconds, whatever its size.
"""

from __future__ import annotations

import importlib.util
import sys
from array import array
from functools import cache
from typing import Any, Protocol

IN_BROWSER = sys.platform == "emscripten"

# (module (func (drop (v128.const i64x2 0 0)))): valid where there are vectors.
_SIMD_PROBE = (
    b"\0asm\1\0\0\0" + b"\1\4\1\x60\0\0" + b"\3\2\1\0" + b"\x0a\x17\1\x15\0\xfd\x0c" + bytes(16)
    + b"\x1a\x0b"
)  # fmt: skip


class Instance(Protocol):
    """A module with a memory of its own."""

    def call(self, name: str, *arguments: float) -> Any:
        """What an exported function returns; arrays are addresses."""

    def read(self, address: int, type_code: str, count: int) -> array[Any]:
        """A copy of numbers in memory, of a type of `array`'s."""

    def write(self, address: int, numbers: array[Any]) -> None:
        """Put numbers into memory."""


class Program(Protocol):
    """A translated module, of which there can be many instances."""

    def instance(self) -> Instance:
        """A new one, its memory full of zeros."""


def available() -> bool:
    """Whether WebAssembly can be run here."""
    return IN_BROWSER or importlib.util.find_spec("wasmtime") is not None


@cache
def has_simd() -> bool:
    """Whether modules may use 128-bit vectors here."""
    if not IN_BROWSER:
        return True  # wasmtime always has them
    import js  # type: ignore[import-not-found]
    from pyodide.ffi import to_js  # type: ignore[import-not-found]

    return bool(js.WebAssembly.validate(to_js(_SIMD_PROBE)))


def spreads_on_loading() -> bool:
    """Whether one instruction that loads a number into all lanes is the quickest way there.

    V8 makes one of it. Cranelift, which is wasmtime's, makes three, by way of a register for
    integers; a load and then a spread are two, and products a fifth quicker.
    """
    return IN_BROWSER


def load(binary: bytes) -> Program:
    """Translate a module to machine code."""
    return _BrowserProgram(binary) if IN_BROWSER else _WasmtimeProgram(binary)


class _BrowserProgram:
    def __init__(self, binary: bytes) -> None:
        import js
        from pyodide.ffi import to_js

        self._web_assembly = js.WebAssembly
        # In a worker, a module of any size may be translated without waiting for a promise.
        self._module = js.WebAssembly.Module.new(to_js(binary))

    def instance(self) -> Instance:
        return _BrowserInstance(self._web_assembly.Instance.new(self._module).exports)


class _BrowserInstance:
    def __init__(self, exports: Any) -> None:
        import js

        self._exports = exports
        self._functions: dict[str, Any] = {}
        # The memory never grows, so a view of it stays valid.
        self._bytes = js.Uint8Array.new(exports.memory.buffer)

    def call(self, name: str, *arguments: float) -> Any:
        function = self._functions.get(name)
        if function is None:
            function = self._functions[name] = getattr(self._exports, name)
        return function(*arguments)

    def read(self, address: int, type_code: str, count: int) -> array[Any]:
        numbers = array(type_code, bytes(0))
        end = address + numbers.itemsize * count
        numbers.frombytes(self._bytes.subarray(address, end).to_bytes())
        return numbers

    def write(self, address: int, numbers: array[Any]) -> None:
        end = address + numbers.itemsize * len(numbers)
        self._bytes.subarray(address, end).assign(memoryview(numbers).cast("B"))


class _WasmtimeProgram:
    def __init__(self, binary: bytes) -> None:
        self._engine = _wasmtime_engine()
        self._module = _wasmtime().Module(self._engine, binary)

    def instance(self) -> Instance:
        store = _wasmtime().Store(self._engine)
        instance = _wasmtime().Instance(store, self._module, [])
        return _WasmtimeInstance(store, instance.exports(store))


class _WasmtimeInstance:
    def __init__(self, store: Any, exports: Any) -> None:
        self._store = store
        self._exports = exports
        self._memory = exports["memory"]

    def call(self, name: str, *arguments: float) -> Any:
        return self._exports[name](self._store, *arguments)

    def read(self, address: int, type_code: str, count: int) -> array[Any]:
        numbers = array(type_code, bytes(0))
        end = address + numbers.itemsize * count
        numbers.frombytes(self._memory.read(self._store, address, end))
        return numbers

    def write(self, address: int, numbers: array[Any]) -> None:
        self._memory.write(self._store, numbers.tobytes(), address)


@cache
def _wasmtime() -> Any:
    return importlib.import_module("wasmtime")


@cache
def _wasmtime_engine() -> Any:
    return _wasmtime().Engine()
