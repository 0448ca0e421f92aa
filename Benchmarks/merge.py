"""One file of memories that both sides changed: the merge driver beside `git merge-file`."""

import json
import os
import subprocess

from device import binaries
from measure import median, run

TEXT = "likes tea with milk and sugar in the morning, and coffee after lunch"


def merge(workshop):
    """Measures each size: each side changes every fiftieth record and adds as many."""
    for count in workshop.options.merge:
        top = workshop.new_path("m")
        os.mkdir(top)
        contents = [_memories(count, side) for side in (None, 0, 25)]
        rounds = [_round(top, contents) for _ in range(workshop.options.rounds + 2)]
        work = f"merge of {count:,} memories"
        peer = "git merge-file --union"
        for measure, unit, key in (
            ("time", "s", lambda cost: cost.wall),
            ("CPU", "s", lambda cost: cost.cpu),
            ("peak RSS", "bytes", lambda cost: cost.rss),
        ):
            values = [median([key(costs[side]) for costs in rounds]) for side in (0, 1)]
            workshop.row(work, measure, unit, values[0], peer, values[1])
        wrong = [_wrong(f"{top}/{name}", count) for name in ("driver", "git")]
        workshop.row(work, "ids twice or missing", "", wrong[0], peer, wrong[1])
        if wrong[0]:
            raise RuntimeError(f"{work}: {wrong[0]} ids stand twice or not at all")
    workshop.note(
        f"merge: JSON Lines of {len(contents[0]) // count} bytes a record; the time is that of a "
        "whole process, its start and reading and writing the files included."
    )


def _memories(count, side):
    """The file as it was, or as one side left it."""
    lines = []
    for number in range(count):
        text = TEXT if side is None or number % 50 != side else f"{TEXT}, says {side}"
        lines.append(_memory(number, text))
    if side is not None:
        lines += [_memory(count + side * count + number, "new") for number in range(count // 50)]
    return "".join(lines).encode()


def _memory(number, text):
    record = {
        "id": f"4f2a9c1e-0b7d-4e52-9a51-{number:012d}", "memory": text,
        "hash": f"{number:032x}", "metadata": {"category": "food", "source": "chat"},
        "created_at": f"2026-01-01T00:00:00.{number % 1_000_000:06d}-08:00", "user_id": "ada",
    }  # fmt: skip
    return json.dumps(record) + "\n"


def _round(top, contents):
    """Merges with both; gives the costs."""
    for name, content in zip(("base", "driver", "theirs", "git"), [*contents, contents[1]]):
        with open(f"{top}/{name}", "wb") as file:
            file.write(content)
    environment = {"PATH": os.environ["PATH"], "HOME": top}
    driver = [f"{binaries()}/syncctl", "merge-driver", "memory", "base", "driver", "theirs"]
    git = ["git", "merge-file", "-q", "--union", "git", "base", "theirs"]
    return run(driver, environment, top), run(git, environment, top)


def _wrong(file, count):
    """How many ids stand twice, or not at all, in what came out."""
    names = subprocess.run(
        ["grep", "-o", '"id": "[^"]*"', file], stdout=subprocess.PIPE, check=True
    ).stdout.split(b"\n")[:-1]
    wanted = count + 2 * (count // 50)
    return len(names) - len(set(names)) + wanted - len(set(names))
