"""What a program takes: seconds of wall and processor, memory, switches; medians of rounds."""

import ctypes
import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass


@dataclass
class Cost:
    """What one run of one or more programs took."""

    wall: float = 0.0
    cpu: float = 0.0
    rss: int = 0

    def __add__(self, other):
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.rss, other.rss))


class Spawner:
    """Starts programs from a small process of its own; see spawner.py."""

    def __init__(self):
        here = os.path.dirname(os.path.abspath(__file__))
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", f"{here}/spawner.py"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, arguments, environment, directory=None):
        """Runs a program to its end and gives its cost; fails when it does."""
        with tempfile.NamedTemporaryFile() as output:
            order = {"arguments": arguments, "environment": environment, "directory": directory}
            print(json.dumps(order | {"output": output.name}), file=self._process.stdin, flush=True)
            code, wall, cpu, rss = json.loads(self._process.stdout.readline())
            if code != 0:
                words = output.read()[-2_000:].decode(errors="replace")
                raise RuntimeError(f"{' '.join(arguments)}: exit {code}\n{words}")
        return Cost(wall, cpu, rss)


run = Spawner().run


def cpu_seconds(pid):
    """Processor time of a process so far, its ended threads included, to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)


def cpu_seconds_with_children(pid):
    """The same with all children that ended, in the kernel's ticks of 10 ms."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def switches(pid):
    """Context switches of each thread of a process so far."""
    counts = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status", encoding="utf-8") as file:
            lines = [line for line in file if "ctxt_switches" in line]
        counts[thread] = sum(int(line.split()[1]) for line in lines)
    return counts


def switches_since(pid, before):
    """Context switches of all threads since then; of one that ended meanwhile none."""
    return sum(count - before.get(thread, 0) for thread, count in switches(pid).items())


def memory(pid):
    """Resident, proportional and anonymous bytes of a process."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        lines = dict(line.split(":", 1) for line in file if ":" in line and "kB" in line)
    return tuple(int(lines[key].split()[0]) * 1024 for key in ("Rss", "Pss", "Anonymous"))


def median(values):
    """The middle of the values."""
    return statistics.median(values)


def percentile(values, share):
    """The smallest value that at least `share` percent are not above."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def warm(*paths):
    """Reads files, and all files below directories: some machines reclaim what lies idle."""
    for path in paths:
        names = [path]
        for directory, _, files in os.walk(path):
            names += [f"{directory}/{name}" for name in files]
        for name in names:
            try:
                with open(name, "rb") as file:
                    while file.read(1 << 20):
                        pass
            except (FileNotFoundError, IsADirectoryError):
                continue


class Renames:
    """Waits until a name comes into a directory, without taking the processor meanwhile."""

    _MOVED_TO = 0x80

    def __init__(self, path):
        self._path = path
        library = ctypes.CDLL(None, use_errno=True)
        self._events = library.inotify_init1(os.O_CLOEXEC)
        directory = os.path.dirname(path).encode()
        if library.inotify_add_watch(self._events, directory, self._MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch", path)

    def wait(self, deadline=120.0):
        """Gives the time at which the path was seen to have been renamed to."""
        name = os.path.basename(self._path).encode()
        end = time.perf_counter() + deadline
        while select.select([self._events], [], [], max(0, end - time.perf_counter()))[0]:
            if name in os.read(self._events, 1 << 16).replace(b"\0", b"\n").split(b"\n"):
                return time.perf_counter()
        raise RuntimeError(f"after {deadline:g} s: {self._path} was not replaced")

    def close(self):
        """Ends the watch."""
        os.close(self._events)


def until(condition, what, deadline=120.0, every=0.0005):
    """Polls until the condition holds; gives the time at which it was seen to."""
    end = time.perf_counter() + deadline
    while not condition():
        if time.perf_counter() > end:
            raise RuntimeError(f"after {deadline:g} s: {what}")
        time.sleep(every)
    return time.perf_counter()
