"""Running a WebAssembly module: in the browser, which has it, or through wasmtime.

One interface, two implementations, chosen by where Python runs. Not about what
the module computes. A memory is read and written as whole arrays: a crossing
costs microseconds, whatever its size.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from array import array
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from microgpt.compiler.targets import wasm_format

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


class SharedInstance(Instance, Protocol):
    """One whose memory others of the same module use, too."""

    def help(self, name: str, *arguments: float) -> None:
        """Let another instance call what the module exports, on another core, as soon as it can."""


class Program(Protocol):
    """A translated module, of which there can be many instances."""

    def instance(self) -> Instance:
        """A new one, its memory full of zeros."""

    def shared_instance(self, size: int) -> SharedInstance:
        """A new one of a module whose memory is imported, of so many bytes."""


_start_helper: Callable[..., None] | None = None  # the page's
_page_cores = 1


def let_help(start: Callable[..., None], cores: int) -> None:
    """Tell who makes workers in a browser, where memory can be shared: see web/worker/cores.js."""
    global _start_helper, _page_cores
    _start_helper, _page_cores = start, cores


def can_share() -> bool:
    """Whether several cores can work in one memory here."""
    if IN_BROWSER:
        return _start_helper is not None
    return _wasmtime_shares()


def cores() -> int:
    """How many this process may use."""
    if IN_BROWSER:
        return _page_cores
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
        exports = self._web_assembly.Instance.new(self._module).exports
        return _BrowserInstance(exports, exports.memory)

    def shared_instance(self, size: int) -> SharedInstance:
        pages = wasm_format.pages(size)
        limits = _object({"initial": pages, "maximum": pages, "shared": True})
        memory = self._web_assembly.Memory.new(limits)
        imports = _object({"host": {"memory": memory}})
        exports = self._web_assembly.Instance.new(self._module, imports).exports
        return _SharedBrowserInstance(exports, memory, self._module)


def _object(fields: dict[str, Any]) -> Any:
    """JavaScript's."""
    import js
    from pyodide.ffi import to_js

    return to_js(fields, dict_converter=js.Object.fromEntries)


class _BrowserInstance:
    def __init__(self, exports: Any, memory: Any) -> None:
        import js

        self._exports = exports
        self._functions: dict[str, Any] = {}
        # The memory never grows, so a view of it stays valid.
        self._bytes = js.Uint8Array.new(memory.buffer)

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


class _SharedBrowserInstance(_BrowserInstance):
    def __init__(self, exports: Any, memory: Any, module: Any) -> None:
        super().__init__(exports, memory)
        self._shared = module, memory

    def help(self, name: str, *arguments: float) -> None:
        assert _start_helper, "see `can_share`"
        _start_helper(*self._shared, name, *arguments)


class _WasmtimeProgram:
    def __init__(self, binary: bytes) -> None:
        self._engine = _wasmtime_engine()
        self._module = _wasmtime().Module(self._engine, binary)

    def instance(self) -> Instance:
        store = _wasmtime().Store(self._engine)
        instance = _wasmtime().Instance(store, self._module, [])
        return _WasmtimeInstance(store, instance.exports(store))

    def shared_instance(self, size: int) -> SharedInstance:
        pages = wasm_format.pages(size)
        limits = _wasmtime().Limits(pages, pages)
        memory = _shared_memory()(self._engine, _wasmtime().MemoryType(limits, shared=True))
        return _SharedWasmtimeInstance(self._engine, self._module, memory)


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


class _SharedWasmtimeInstance:
    """wasmtime lets go of Python's lock while it computes, so a thread is a core."""

    def __init__(self, engine: Any, module: Any, memory: Any) -> None:
        self._shared = engine, module, memory
        self._memory = memory
        store = _wasmtime().Store(engine)
        self._store = store
        self._exports = _wasmtime().Instance(store, module, [memory]).exports(store)
        self._size = memory.data_len()

    def call(self, name: str, *arguments: float) -> Any:
        return self._exports[name](self._store, *arguments)

    def help(self, name: str, *arguments: float) -> None:
        import threading

        other = _SharedWasmtimeInstance(*self._shared)
        threading.Thread(target=other.call, args=(name, *arguments), daemon=True).start()

    def read(self, address: int, type_code: str, count: int) -> array[Any]:
        import ctypes

        numbers = array(type_code, bytes(0))
        size = numbers.itemsize * count
        numbers.frombytes(ctypes.string_at(self._place(address, size), size))
        return numbers

    def write(self, address: int, numbers: array[Any]) -> None:
        import ctypes

        size = numbers.itemsize * len(numbers)
        ctypes.memmove(self._place(address, size), numbers.tobytes(), size)

    def _place(self, address: int, size: int) -> int:
        """Where an address in memory is for this process."""
        import ctypes

        if not 0 <= address <= address + size <= self._size:
            raise IndexError(f"there are no {size} bytes at {address}")
        return ctypes.addressof(self._memory.data_ptr().contents) + address


@cache
def _wasmtime() -> Any:
    return importlib.import_module("wasmtime")


@cache
def _wasmtime_engine() -> Any:
    configuration = _wasmtime().Config()
    if hasattr(type(configuration), "shared_memory"):
        configuration.shared_memory = True
    return _wasmtime().Engine(configuration)


@cache
def _shared_memory() -> Any:
    """The class of memories that instances share."""
    ffi = importlib.import_module("wasmtime._ffi")

    class Memory(_wasmtime().SharedMemory):  # type: ignore[misc]
        def _as_extern(self) -> Any:
            # wasmtime 50's own gives a pointer to the pointer, which ctypes refuses.
            union = ffi.wasmtime_extern_union(sharedmemory=self.ptr())
            return ffi.wasmtime_extern_t(ffi.WASMTIME_EXTERN_SHAREDMEMORY, union)

    return Memory


@cache
def _wasmtime_shares() -> bool:
    """Whether that works in the wasmtime that is here."""
    try:
        kind = _wasmtime().MemoryType(_wasmtime().Limits(1, 1), shared=True)
        _shared_memory()(_wasmtime_engine(), kind)._as_extern()
    except (AttributeError, TypeError, _wasmtime().WasmtimeError):
        return False
    return True
