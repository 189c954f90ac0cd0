"""The intermediate form as a WebAssembly module.

Every operation is one instruction, so an expression is its operands' instructions and then its
own. The opcodes are those of the specification (WebAssembly 2.0, section 5.4 and its table of
vector instructions); how numbers and modules are written is in `wasm_format`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from microgpt.compiler import instructions as ir
from microgpt.compiler.instructions import F32, F32X4, F64, F64X2, I32, I64, NOTHING
from microgpt.compiler.targets import wasm_format
from microgpt.compiler.targets.wasm_format import signed, unsigned


def encode(program: ir.Program, memory_bytes: int, shared: bool = False) -> bytes:
    """The binary of a module that exports the program's exports, and its memory as "memory".

    Args:
        program: in the intermediate form.
        memory_bytes: size of the memory, which doesn't grow.
        shared: whether it is imported, and at least so large.
    """
    functions = [function(each) for each in program.functions]
    pages = wasm_format.pages(memory_bytes)
    return wasm_format.module(functions, program.exports, pages, shared)


def function(lowered: ir.Function) -> wasm_format.Function:
    """A function, encoded."""
    code = bytearray()
    _block(lowered.body, code)
    if lowered.result is not NOTHING:
        code += _UNREACHABLE  # the body ends with a return, and the format wants a value
    return wasm_format.Function(
        [_TYPES[local.type] for local in lowered.parameters],
        [_TYPES[lowered.result]] if lowered.result is not NOTHING else [],
        [_TYPES[local.type] for local in lowered.locals],
        bytes(code),
    )


def size(lowered: ir.Function) -> int:
    """Bytes of a function in a module."""
    return len(wasm_format.body(function(lowered)))


def _vector_code(code: str) -> bytes:
    return b"\xfd" + unsigned(int(code, 16))  # they stand behind a prefix


def _named(names: str, codes: str, code: Callable[[str], bytes]) -> dict[str, bytes]:
    return {n: code(c) for n, c in zip(names.split(), codes.split(), strict=True)}


_TYPES = {
    I32: wasm_format.I32,
    I64: wasm_format.I64,
    F32: wasm_format.F32,
    F64: wasm_format.F64,
    F32X4: wasm_format.V128,
    F64X2: wasm_format.V128,
}
_UNREACHABLE, _BLOCK, _LOOP, _IF, _ELSE = b"\x00", b"\x02", b"\x03", b"\x04", b"\x05"
_VOID, _END = wasm_format.VOID, wasm_format.END
_BRANCH_IF, _RETURN, _CALL, _DROP, _SELECT = b"\x0d", b"\x0f", b"\x10", b"\x1a", b"\x1b"
_COMPARE = "== != < > <= >="
_MATH = "abs neg floor nearest sqrt + - * /"
_SCALAR = f"load store const {_COMPARE} {_MATH}"
_VECTOR = f"load store const load_spread splat lane << blend min max {_COMPARE} {_MATH}"
# By type and name, what there is of each type. An operation's is that of its first operand.
_CODES: dict[ir.Type, dict[str, bytes]] = {
    I32: _named(
        f"load store const {_COMPARE} + - * // % & | << >> f32 f64 from_bits",
        "28 36 41 46 47 48 4a 4c 4e 6a 6b 6c 6d 6f 71 72 74 76 b2 b7 be",
        bytes.fromhex,
    ),
    I64: _named("const & | << >> i32 from_bits", "42 83 84 86 88 a7 bf", bytes.fromhex),
    F32: _named(
        f"{_SCALAR} to_bits splat",
        "2a 38 43 5b 5c 5d 5e 5f 60 8b 8c 8e 90 91 92 93 94 95 bc fd13",
        bytes.fromhex,
    ),
    F64: _named(
        f"{_SCALAR} to_bits splat",
        "2b 39 44 61 62 63 64 65 66 99 9a 9c 9e 9f a0 a1 a2 a3 bd fd14",
        bytes.fromhex,
    ),
    F32X4: _named(
        _VECTOR,
        "0 b c 9 13 1f ab 52 ea eb 41 42 43 44 45 46 e0 e1 68 6a e3 e4 e5 e6 e7",
        _vector_code,
    ),
    F64X2: _named(
        _VECTOR,
        "0 b c a 14 21 cb 52 f6 f7 47 48 49 4a 4b 4c ec ed 75 94 ef f0 f1 f2 f3",
        _vector_code,
    ),
}
# Behind the prefix fe, as in the proposal for threads.
_ATOMICS = _named("notify wait load store add", "00 01 10 17 1e", bytes.fromhex)
for _codes in _CODES.values():
    _codes["select"] = _SELECT


@cache
def _get(number: int) -> bytes:
    return b"\x20" + unsigned(number)


@cache
def _set(number: int) -> bytes:
    return b"\x21" + unsigned(number)


@cache
def _memory_access(kind: ir.Type, name: str, offset: int) -> bytes:
    return _CODES[kind][name] + b"\x00" + unsigned(offset)  # 0: alignment isn't promised


@cache
def _integer(kind: ir.Type, number: int) -> bytes:
    return _CODES[kind]["const"] + signed(number)


# Expressions


def _push(value: ir.Expression, code: bytearray) -> None:
    """Append what leaves a value on the stack."""
    _EXPRESSIONS[type(value)](value, code)


def _local(local: ir.Local, code: bytearray) -> None:
    code += _get(local.number)


def _operation(operation: ir.Operation, code: bytearray) -> None:
    operands = operation.operands
    for operand in operands:
        if type(operand) is ir.Local:
            code += _get(operand.number)
        else:
            _EXPRESSIONS[type(operand)](operand, code)
    code += _CODES[operands[0].type][operation.name]


def _constant(constant: ir.Constant, code: bytearray) -> None:
    kind = constant.type
    if kind is I32 or kind is I64:
        code += _integer(kind, constant.value)
    else:
        code += _CODES[kind]["const"] + _float_bytes(kind, constant.value) * kind.lanes


def _float_bytes(kind: ir.Type, number: float) -> bytes:
    """A number as it stands in memory; what is too large for a single is infinite."""
    layout = "<d" if kind.size // kind.lanes == 8 else "<f"
    try:
        return struct.pack(layout, number)
    except OverflowError:
        return struct.pack(layout, float("inf") if number > 0 else float("-inf"))


def _load(load: ir.Load, code: bytearray) -> None:
    code += _get(load.address.number)
    code += _memory_access(load.type, "load_spread" if load.spread else "load", load.offset)


def _lane(lane: ir.Lane, code: bytearray) -> None:
    _push(lane.vector, code)
    code += _CODES[lane.vector.type]["lane"]
    code.append(lane.number)


def _call(call: ir.Call, code: bytearray) -> None:
    for argument in call.arguments:
        _push(argument, code)
    code += _CALL + unsigned(call.function)


def _atomic(atomic: ir.Atomic, code: bytearray) -> None:
    code += _get(atomic.address.number)
    if atomic.operand is not None:
        _push(atomic.operand, code)
    elif atomic.name == "notify":
        code += _integer(I32, -1)  # unsigned: all of them
    if atomic.name == "wait":
        code += _integer(I64, -1)  # nanoseconds: for ever
    # They must be told that an int lies at a multiple of its size.
    code += b"\xfe" + _ATOMICS[atomic.name] + b"\x02" + unsigned(atomic.offset)
    if atomic.name == "notify":
        code += _DROP


_EXPRESSIONS: dict[type, Callable[[Any, bytearray], None]] = {
    ir.Local: _local,
    ir.Operation: _operation,
    ir.Constant: _constant,
    ir.Load: _load,
    ir.Lane: _lane,
    ir.Call: _call,
    ir.Atomic: _atomic,
}

# Statements


def _block(statements: list[ir.Statement], code: bytearray) -> None:
    for statement in statements:
        _STATEMENTS[type(statement)](statement, code)


def _line(_line: ir.Line, _code: bytearray) -> None:
    pass


def _assign(statement: ir.Set, code: bytearray) -> None:
    value = statement.value
    _EXPRESSIONS[type(value)](value, code)  # _push, without a call of its own: it is in every line
    code += _set(statement.local.number)


def _store(store: ir.Store, code: bytearray) -> None:
    code += _get(store.address.number)
    _push(store.value, code)
    code += _memory_access(store.type, "store", store.offset)


def _repeat(loop: ir.Repeat, code: bytearray) -> None:
    code += _LOOP + _VOID
    _block(loop.body, code)
    _push(loop.test, code)
    code += _BRANCH_IF + b"\x00" + _END


def _unless(statement: ir.Unless, code: bytearray) -> None:
    code += _BLOCK + _VOID
    _push(statement.test, code)
    code += _BRANCH_IF + b"\x00"
    _block(statement.body, code)
    code += _END


def _if(statement: ir.If, code: bytearray) -> None:
    _push(statement.test, code)
    code += _IF + _VOID
    _block(statement.then, code)
    if statement.other:
        code += _ELSE
        _block(statement.other, code)
    code += _END


def _do(statement: ir.Do, code: bytearray) -> None:
    _push(statement.call, code)
    if statement.call.type is not NOTHING:
        code += _DROP


def _return(statement: ir.Return, code: bytearray) -> None:
    if statement.value is not None:
        _push(statement.value, code)
    code += _RETURN


_STATEMENTS: dict[type, Callable[[Any, bytearray], None]] = {
    ir.Line: _line,
    ir.Set: _assign,
    ir.Store: _store,
    ir.Repeat: _repeat,
    ir.Unless: _unless,
    ir.If: _if,
    ir.Do: _do,
    ir.Return: _return,
}
