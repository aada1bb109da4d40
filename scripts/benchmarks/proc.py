"""What /proc and the kernel's clocks know of a process and of all that it started."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from attrs import frozen

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@frozen
class Stat:
    """The fields of /proc/PID/stat that we need."""

    parent: int
    own_cpu_ms: float
    ended_children_cpu_ms: float


def parse_stat(line: str) -> Stat:
    """The program's name stands in parentheses and may hold anything, parentheses too."""
    fields = line[line.rindex(")") + 2 :].split()
    user, system, children_user, children_system = map(int, fields[11:15])
    return Stat(
        int(fields[1]), (user + system) * _TICK_MS, (children_user + children_system) * _TICK_MS
    )


def family(root: int, parents: dict[int, int]) -> list[int]:
    """A process and its descendants, given the parent of each process."""
    members = [root]
    for member in members:
        members += [pid for pid, parent in parents.items() if parent == member]
    return members


def cpu_ms(root: int) -> float:
    """CPU time of a process and its descendants, ended ones and all threads included."""
    stats = _stats()
    members = family(root, {pid: stat.parent for pid, stat in stats.items()})
    return sum(_own_cpu_ms(pid, stats) for pid in members if pid in stats)


def resident_mib(root: int) -> float:
    """Resident memory of a process and its descendants now."""
    return _memory_mib(root, "VmRSS:")


def peak_mib(root: int) -> float:
    """The most that it was since `forget_peak`."""
    return _memory_mib(root, "VmHWM:")


def forget_peak(root: int) -> None:
    """Let the peak begin anew with what is resident now (proc(5), clear_refs)."""
    for pid in _members(root):
        with suppress(OSError):
            Path(f"/proc/{pid}/clear_refs").write_text("5")


def sum_kib(status: Iterable[str], key: str) -> int:
    return sum(int(line.split()[1]) for line in status if line.startswith(key))


def _own_cpu_ms(pid: int, stats: dict[int, Stat]) -> float:
    """The kernel's own clock of the process is exact; /proc counts in steps of 10 ms."""
    stat = stats[pid]
    clock = (~pid << 3) | 2  # clock_getcpuclockid(3)
    try:
        own = time.clock_gettime_ns(clock) / 1e6
    except OSError:
        own = stat.own_cpu_ms
    return own + stat.ended_children_cpu_ms


def _memory_mib(root: int, key: str) -> float:
    total = 0
    for pid in _members(root):
        with suppress(OSError):
            total += sum_kib(Path(f"/proc/{pid}/status").read_text().splitlines(), key)
    return total / 1024


def _members(root: int) -> list[int]:
    return family(root, {pid: stat.parent for pid, stat in _stats().items()})


def _stats() -> dict[int, Stat]:
    stats = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError):
                stats[int(name)] = parse_stat(Path(f"/proc/{name}/stat").read_text())
    return stats
