"""The figures, one row for each measure and peer, as a table that is Markdown too."""

from dataclasses import asdict, dataclass

HEADLINE = ("work", "measure", "syncd", "peer", "its figure", "peer / syncd")


@dataclass
class Row:
    """One measure: ours, and the peer's in the same run, in the unit."""

    work: str
    measure: str
    unit: str
    ours: float
    peer: str = ""
    theirs: float | None = None

    @property
    def ratio(self):
        """How many times ours the peer's figure is; None without both."""
        return self.theirs / self.ours if self.theirs is not None and self.ours > 0 else None

    def cells(self):
        """The row in words."""
        theirs = "" if self.theirs is None else words(self.theirs, self.unit)
        ratio = "" if self.ratio is None else f"{self.ratio:.1f}"
        return (self.work, self.measure, words(self.ours, self.unit), self.peer, theirs, ratio)

    def record(self):
        """The row as JSON takes it."""
        return asdict(self) | {"ratio": self.ratio}


def words(value, unit):
    """A figure in words: seconds as s or ms, bytes as MiB, a count as it is."""
    if unit == "s":
        return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"
    if unit == "bytes":
        return f"{value / 1024**2:.1f} MiB"
    return f"{value:,.0f} {unit}".rstrip()


def render(rows):
    """The table, columns aligned."""
    lines = [HEADLINE] + [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADLINE))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
        for line in lines
    )
