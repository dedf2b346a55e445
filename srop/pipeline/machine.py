"""The kind of the CPU, on which the rounding of sums depends."""

import platform
from functools import cache
from pathlib import Path

_WIDE = (("avx512f", "AVX-512"), ("avx2", "AVX2"), ("asimd", "NEON"))


@cache
def cpu_kind() -> str:
    """Name the processor and its widest vector instructions, by which libraries choose their loops."""
    lines = _cpuinfo()
    flags = set(_first(lines, "flags", "Features").split())
    wide = next((name for flag, name in _WIDE if flag in flags), "")
    return ", ".join(filter(None, [processor(), wide]))


@cache
def processor() -> str:
    """Name the processor."""
    return _first(_cpuinfo(), "model name") or platform.processor() or platform.machine()


@cache
def _cpuinfo() -> tuple[str, ...]:
    try:
        return tuple(Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines())
    except OSError:
        return ()


def _first(lines: tuple[str, ...], *names: str) -> str:
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(names)), "")
