"""Between two devices: one file from write to readable, and many at once."""

import os
import random
import time

from contenders import GitLoop, GitWatch, Syncd, Unison, read
from measure import median, percentile, until
from syncthing import Syncthing

KINDS = (Syncd, GitLoop, Unison, GitWatch, Syncthing)

BLOCKS = 5
PAUSE = 0.35
DROP_BYTES = 2_048


def latency(workshop):
    """One file: blocks of rounds, the contenders in turn, directions in turn."""
    contenders = _started(workshop)
    chance = random.Random(workshop.options.seed)
    times = {contender.name: ([], []) for contender in contenders}
    size = -(-workshop.options.exchanges // BLOCKS)
    try:
        for block in range(BLOCKS):
            for contender in contenders:
                contender.resume()
                rounds = -(-size // contender.share)
                for number in range(block * rounds, (block + 1) * rounds):
                    for direction in (0, 1):
                        # So that a loop's phase is met by chance.
                        time.sleep(PAUSE + chance.random() * 0.1)
                        took = _exchange(contender, number, direction)
                        times[contender.name][direction].append(took)
                contender.rest()
    finally:
        _stop(contenders)
    _latency_rows(workshop, times)


def _latency_rows(workshop, times):
    measures = {
        "A to B, median": lambda there, back: median(there),
        "B to A, median": lambda there, back: median(back),
        "both, p95": lambda there, back: percentile(there + back, 95),
    }
    ours = times.pop("syncd")
    work = "one file, write to readable"
    for measure, of in measures.items():
        if not times:
            workshop.row(work, measure, "s", of(*ours))
        for peer, theirs in times.items():
            workshop.row(work, measure, "s", of(*ours), peer, of(*theirs))


def _exchange(contender, number, direction):
    """Writes a file on one side; gives the seconds until it reads so on the other."""
    here, there = contender.sides if direction == 0 else contender.sides[::-1]
    name, content = f"note-{direction}.md", f"round {number} {direction}\n".encode() * 40
    with open(f"{here}/{name}", "wb") as file:
        file.write(content)
    began = time.perf_counter()
    path = f"{there}/{name}"
    return until(lambda: read(path) == content, f"{contender.name}: {path}") - began


def drop(workshop):
    """Many files at once: written on one side as fast as it goes, until all are on the other."""
    contenders = _started(workshop)
    times = {contender.name: [] for contender in contenders}
    count = workshop.options.drop
    try:
        for number in range(workshop.options.rounds):
            for contender in contenders:
                contender.resume()
                times[contender.name].append(_drop(workshop, contender, number, count))
                contender.rest()
    finally:
        _stop(contenders)
    work = f"{count:,} files of 2 KiB at once"
    ours = median(times.pop("syncd"))
    if not times:
        workshop.row(work, "first write to all there", "s", ours)
    for peer, theirs in times.items():
        workshop.row(work, "first write to all there", "s", ours, peer, median(theirs))


def _drop(workshop, contender, number, count):
    here, there = (f"{side}/import-{number}" for side in contender.sides)
    contents = [workshop.sample.content(file, number, DROP_BYTES) for file in range(count)]
    time.sleep(PAUSE)
    began = time.perf_counter()
    os.mkdir(here)
    for file, content in enumerate(contents):
        with open(f"{here}/{file:05d}.md", "wb", buffering=0) as opened:
            opened.write(content)

    def complete():
        try:
            with os.scandir(there) as entries:
                files = (entry for entry in entries if not entry.name.startswith("."))
                return sum(file.stat().st_size == DROP_BYTES for file in files) == count
        except FileNotFoundError:
            return False

    took = until(complete, f"{contender.name}: {there}", every=0.01) - began
    for file, content in enumerate(contents):
        if read(f"{there}/{file:05d}.md") != content:
            raise RuntimeError(f"{contender.name}: {there}/{file:05d}.md differs")
    return took


def _started(workshop):
    """Both sides of each contender, shown to work, at rest."""
    contenders = []
    try:
        for kind in KINDS:
            # A hasty run has no time for those who take seconds a round.
            if not kind.is_installed() or (workshop.options.quick and kind.share > 1):
                continue
            top = workshop.new_path("c")
            os.makedirs(top)
            contender = kind(top)
            contenders.append(contender)
            contender.start()
            for number in range(2):
                _exchange(contender, f"start {number}", number)
            contender.rest()
            workshop.say(f"{contender.name} is ready")
    except BaseException:
        _stop(contenders)
        raise
    return contenders


def _stop(contenders):
    for contender in contenders:
        contender.stop()
