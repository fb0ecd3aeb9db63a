"""The compiled functions as machine code that is loaded without Numba.

Numba takes half a second and 100 MB to import. So what it has compiled is kept as an object file, which LLVM loads by
itself; Numba is imported only where there is no such file yet. A file belongs to the sources, to this processor, and to
the version of LLVM's binding; it begins with its digest, for LLVM does not survive a damaged one.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.compiled import cache_folder
from quality.packet_records import CANDIDATE, FRAME, HELD, NOTE, ODD, PACKET, SENDER, STREAM, TOLD

_BYTES, _WORDS, _ROWS, _PLACES = (np.dtype(each) for each in ("u1", "u8", "i4", "i8"))
Kind = str | np.dtype[Any] | tuple[np.dtype[Any], int]  # "i" int64, "u" uint64, "d" float64; arrays of one or two axes
_PREFIX = "hotline_"
_LIBRARY = frozenset({"memcpy", "memset", "memmove", "log10", "exp", "pow", "fmod"})  # of C
_DECODE, _TABLE, _RTCP = "quality.fast_decode", "quality.fast_table", "quality.fast_rtcp"
_RING = "quality.fast_ring"

# Where each function stands, what it takes and how many integers it gives back.
ENTRIES: dict[str, tuple[str, Sequence[Kind], int]] = {
    "walk_pcap": (_DECODE, ("i", "i", "i", "i", "i", "i", FRAME), 3),
    "read_pcap": (_DECODE, ("i", "i", "i", "i", "i", "i", FRAME, "u", PACKET, ODD), 5),
    "walk_pcapng": (_DECODE, ("i", "i", "i", (_PLACES, 4), "i", FRAME), 4),
    "decode": (_DECODE, ("i", FRAME, "u", PACKET, ODD), 2),
    "locate": (_TABLE, (PACKET, _WORDS, _ROWS, _ROWS), 0),
    "track": (
        _TABLE,
        (_BYTES, PACKET, _ROWS, "i", "i", _WORDS, _ROWS, STREAM, CANDIDATE, (PACKET, HELD), NOTE, "i"),
        5,
    ),
    "index": (_TABLE, (_WORDS, _WORDS, _ROWS), 0),
    "open_row": (_TABLE, (STREAM, "i", CANDIDATE, "i", _WORDS, _ROWS), 1),
    "add_type": (_TABLE, (STREAM, "i", "i", "i", "d", "i"), 0),
    "begin": (_TABLE, (STREAM, "i", CANDIDATE, "i", NOTE, "i"), 1),
    "hold_first": (_TABLE, (STREAM, "i", CANDIDATE, "i", (PACKET, HELD), "i"), 0),
    "replay": (_TABLE, (STREAM, "i", (PACKET, HELD), NOTE, "i"), 1),
    "settle": (_TABLE, (STREAM, _PLACES, "i", NOTE, "i"), 2),
    "analyse": (_TABLE, (_BYTES, PACKET, _ROWS, STREAM, (_PLACES, 256), (_PLACES, 256)), 0),
    "take_reports": (
        _RTCP,
        ("i", FRAME, ODD, "i", "i", "u", TOLD, "i", _WORDS, _ROWS, SENDER, "i", _WORDS, _ROWS),
        6,
    ),
    "walk": (_RING, ("i", "i", FRAME), 1),
    "told_row": (_RTCP, ("i", ODD, "i", "i", "u", TOLD, "i", _WORDS, _ROWS), 2),
}


def at(array: NDArray[Any]) -> tuple[int, int]:
    """Where an array lies, and its length: what functions are given of it."""
    return array.ctypes.data, len(array)


def larger(table: NDArray[Any]) -> NDArray[Any]:
    """Twice as large, with its rows; the memory of the others is taken when they are used."""
    made = np.zeros((2 * len(table), *table.shape[1:]), table.dtype)
    made[: len(table)] = table
    return made


@functools.cache
def machine_code() -> MachineCode:
    """That of this process."""
    return MachineCode()


class MachineCode:
    """Its attributes are the functions of `ENTRIES`; each gives a list of integers.

    They do not hold on to arrays: whoever calls has to.
    """

    def __init__(self) -> None:
        """Load, or compile and keep. Errors: ImportError without llvmlite or Numba; whatever a compiler raises."""
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = _machine(llvm)
        path = _file(llvm)
        code = _read(path)
        if code is None:
            code = _compile(llvm, machine)
            _keep(path, code)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        for name, (_, kinds, results) in ENTRIES.items():
            setattr(self, name, self._function(name, kinds, results))

    def __getattr__(self, name: str) -> Callable[..., list[int]]:
        raise AttributeError(name)

    def _function(self, name: str, kinds: Sequence[Kind], results: int) -> Callable[..., list[int]]:
        parameters: list[Any] = [ctypes.c_void_p]
        for kind in kinds:
            if isinstance(kind, str):
                parameters.append({"i": ctypes.c_int64, "u": ctypes.c_uint64, "d": ctypes.c_double}[kind])
            else:
                parameters += [ctypes.c_int64, ctypes.c_int64]
        raw = ctypes.CFUNCTYPE(None, *parameters)(self._engine.get_function_address(_symbol(name)))
        room = ctypes.c_int64 * max(1, results)

        def call(*arguments: float) -> list[int]:
            given = room()  # of this call alone: another thread may be in the same function
            raw(given, *arguments)
            return given[:results]

        return call


def _symbol(name: str) -> str:
    return _PREFIX + name


def _machine(llvm: Any) -> Any:
    """What code is made for: this processor."""
    target = llvm.Target.from_default_triple()
    features = llvm.get_host_cpu_features().flatten()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3, reloc="pic", codemodel="jitdefault", jit=True
    )


def _file(llvm: Any) -> Path:
    import llvmlite

    whose = f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()} {sys.byteorder}"
    versions = f"{llvmlite.__version__} {np.__version__}"  # each llvmlite goes with one Numba
    key = hashlib.sha256(f"{whose} {versions} {sys.version}".encode()).hexdigest()[:16]
    return cache_folder() / f"{key}.o"


def _read(path: Path) -> bytes | None:
    """None where there is nothing, or what there is is damaged."""
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    return kept[32:] if hashlib.sha256(kept[32:]).digest() == kept[:32] else None


def _keep(path: Path, code: bytes) -> None:
    """For the next process, where that can be written; never a half of it."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(hashlib.sha256(code).digest() + code)
        part.replace(path)


def _compile(llvm: Any, machine: Any) -> bytes:
    """All functions as one object file. Errors: ImportError without Numba."""
    os.environ.setdefault("NUMBA_OPT", "0")  # optimised once below, all together, instead of function by function
    whole = llvm.parse_assembly("")
    whole.triple, whole.data_layout = machine.triple, str(machine.target_data)
    for name, (module, kinds, results) in ENTRIES.items():
        function = getattr(importlib.import_module(module), name)
        part = llvm.parse_assembly(_as_c(name, function, kinds, results))
        whole.link_in(part)
    _alone(llvm, machine, whole)
    code: bytes = machine.emit_object(whole)
    return code


def _alone(llvm: Any, machine: Any, whole: Any) -> None:
    """Make it need nothing of Numba: what nobody calls goes, and what Numba calls to raise an error stops the program.

    None of these functions raises anything.
    """
    for each in whole.functions:
        if not each.is_declaration and not each.name.startswith(_PREFIX):
            each.linkage = "internal"
    builder = llvm.create_pass_builder(machine, llvm.PipelineTuningOptions(speed_level=3))
    passes = builder.getModulePassManager()
    passes.add_global_dead_code_eliminate_pass()
    passes.add_strip_dead_prototype_pass()
    passes.run(whole, builder)
    stubs = ["declare void @llvm.trap()"]
    for each in whole.functions:
        if each.is_declaration and not each.name.startswith("llvm.") and each.name not in _LIBRARY:
            head = str(each).strip().partition(" #")[0].replace("declare ", "define ", 1)
            stubs.append(f"{head} {{\n  call void @llvm.trap()\n  unreachable\n}}")
    whole.link_in(llvm.parse_assembly("\n".join(stubs)))


def _as_c(name: str, function: Any, kinds: Sequence[Kind], results: int) -> str:
    """A function under a name of its own, with C's conventions: pointers and lengths for arrays. LLVM's assembler."""
    numba: Any = importlib.import_module("numba")
    types = numba.types

    parameters, arguments, kinds_of = ["out"], [], [types.CPointer(types.int64)]
    for number, kind in enumerate(kinds):
        parameters.append(f"p{number}")
        if isinstance(kind, str):
            arguments.append(f"p{number}")
            kinds_of.append({"i": types.int64, "u": types.uint64, "d": types.float64}[kind])
            continue
        element, shape = (kind[0], f"(n{number}, {kind[1]})") if isinstance(kind, tuple) else (kind, f"n{number}")
        parameters.append(f"n{number}")
        arguments.append(f"carray(p{number}, {shape})")
        kinds_of += [types.CPointer(numba.from_dtype(element)), types.int64]
    call = f"function({', '.join(arguments)})"
    lines = {0: [call], 1: [f"out[0] = {call}"]}.get(
        results, [f"found = {call}", *(f"out[{each}] = found[{each}]" for each in range(results))]
    )
    text = f"def entry({', '.join(parameters)}):\n    " + "\n    ".join(lines)
    space: dict[str, Any] = {"function": function, "carray": numba.carray}
    exec(text, space)  # noqa: S102 - from the table above and nothing else
    made = numba.cfunc(types.void(*kinds_of), nopython=True, error_model="numpy")(space["entry"])
    assembler: str = made.inspect_llvm()
    return assembler.replace(made.native_name, _symbol(name))
