"""A full scan of files of which none changed."""

from measure import median
from workshop import cycle


def scan(workshop):
    """Measures each size: one cycle with nothing to do, beside git status."""
    for count in workshop.options.scan:
        device, git = workshop.committed(count)
        # One of each before: the index and the record are fresh and in the cache.
        cycle(device), git.status()
        rounds = [(cycle(device), git.status()) for _ in range(workshop.options.rounds + 2)]
        ours, theirs = zip(*rounds)
        work = f"full scan, {count:,} files"
        for measure, unit, key in (
            ("time", "s", lambda cost: cost.wall),
            ("CPU", "s", lambda cost: cost.cpu),
            ("peak RSS", "bytes", lambda cost: cost.rss),
        ):
            values = [median([key(cost) for cost in side]) for side in (ours, theirs)]
            workshop.row(work, measure, unit, values[0], "git status", values[1])
