"""One edited file among many: from its close to the commit, and what the commit costs."""

import time

from device import wait_until
from measure import Renames, cpu_seconds, median, percentile, warm

# The daemon lets an edit settle for so long, in case an editor has more to come.
SETTLE = 0.020
# Between two edits, so that each is one by itself and not part of a storm.
PAUSE = 0.4


def one_file(workshop):
    """Measures each size: edits in turn for the daemon and for git, each in a tree of its own."""
    for count in workshop.options.one_file:
        device, git = workshop.committed(count)
        start_watching(workshop, device, count)
        try:
            _measure(workshop, count, device, git)
        finally:
            device.stop()


def start_watching(workshop, device, count):
    """Starts the daemon and waits until it watches everything and has nothing to do."""
    device.start(deadline=120)
    wanted = workshop.sample.directories(count)
    wait_until(lambda: device.status()["watch"]["directories"] >= wanted, "watching", 120)
    last = [None]

    def calm():
        before, last[0] = last[0], cpu_seconds(device.process.pid)
        return before is not None and last[0] - before < 0.002

    wait_until(calm, "the daemon comes to rest", 120, every=0.5)


def _measure(workshop, count, device, git):
    head = Renames(f"{device.repository}/refs/heads/sync")
    pid = device.process.pid
    latencies, costs, cpu = [], [], []
    rounds = workshop.options.edits
    for number in range(rounds + 1):
        name = workshop.sample.path(number * 7_919 % count)
        content = workshop.sample.content(number, version=number + 1, size=2_000)
        warm(device.repository, f"{device.state}/state.db", f"{git.repository}/index")
        busy = cpu_seconds(pid)
        _save(f"{device.folder}/{name}", content)
        began = time.perf_counter()
        latency = head.wait() - began
        time.sleep(PAUSE)
        busy = cpu_seconds(pid) - busy
        _save(f"{git.tree}/{name}", content)
        cost = git.commit_all()
        if number > 0:
            latencies.append(latency)
            cpu.append(busy)
            costs.append(cost)
    head.close()
    work, peer = f"commit one file among {count:,}", "git add + commit"
    wall = median([cost.wall for cost in costs])
    workshop.row(work, "close to commit, median", "s", median(latencies), peer, wall)
    workshop.row(work, "close to commit, p95", "s", percentile(latencies, 95), peer,
                 percentile([cost.wall for cost in costs], 95))  # fmt: skip
    workshop.row(work, "the commit itself", "s", median(latencies) - SETTLE, peer, wall)
    workshop.row(work, "CPU", "s", median(cpu), peer, median([cost.cpu for cost in costs]))
    workshop.note(
        f"The commit itself is the time from close to commit less the {SETTLE * 1000:.0f} ms that "
        "the daemon lets an edit settle. Its CPU counts all that the daemon does after the edit, "
        "notes and status included."
    )


def _save(path, content):
    with open(path, "wb") as file:
        file.write(content)
