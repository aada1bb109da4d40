import os
import subprocess
import sys

from scripts.benchmarks import proc


def test_a_program_may_have_any_name() -> None:
    line = "17 (a ) b) S 5 17 17 0 -1 0 1 2 3 4 100 50 30 20 20 0 1 0 99 0 0"

    stat = proc.parse_stat(line)

    tick_ms = 1000 / os.sysconf("SC_CLK_TCK")
    assert stat == proc.Stat(5, 150 * tick_ms, 50 * tick_ms)


def test_a_family_is_all_descendants_and_nobody_else() -> None:
    parents = {10: 1, 11: 10, 12: 11, 13: 10, 20: 1, 21: 20}

    assert sorted(proc.family(10, parents)) == [10, 11, 12, 13]


def test_memory_is_the_sum_of_the_lines_of_that_name() -> None:
    status = ["VmHWM:\t  300 kB", "VmRSS:\t  200 kB", "VmRSSx: 7 kB", "VmRSS:\t  50 kB"]

    assert proc.sum_kib(status, "VmRSS:") == 250


def test_the_cpu_time_of_ended_children_is_counted() -> None:
    before = proc.cpu_ms(os.getpid())
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)

    assert proc.cpu_ms(os.getpid()) - before > 10


def test_a_running_process_uses_memory() -> None:
    assert 1 < proc.resident_mib(os.getpid()) <= proc.peak_mib(os.getpid())
