"""A memory of records that all devices of a run of chaos share: each changes its own records."""

import json
import os


PLACE = "memories/notes.jsonl"


class Records:
    """The records of one user: what each has to be, None once it was deleted."""

    def __init__(self, user):
        self.user = user
        self.right = {}
        # Records that changed since all were last in sync, and those that a loss of state makes
        # uncertain until they are again.
        self.changed, self.tainted = set(), set()
        self.count = 0

    def step(self, chance):
        """Adds, changes or deletes one record."""
        mine = sorted(name for name, value in self.right.items() if value is not None)
        kind = chance.choice(("add", "change", "change", "delete")) if mine else "add"
        name = chance.choice(mine) if kind != "add" else f"{self.user.name}-{self.count}"
        value = None
        if kind != "delete":
            token = self.user.ledger.token(self.user.name, PLACE).decode()
            value = {"id": name, "memory": f"remember {token}", "rank": chance.randrange(99)}
            self.count += kind == "add"
        self.user.say(f"record {kind} {name} {value['memory'] if value else ''}")
        with self.user.editing(PLACE):
            self._write(name, value, saves=chance.random() < 0.5)
            self.right[name] = value
            self.changed.add(name)

    def _write(self, name, value, saves):
        """Reads the file and writes it with one record changed.

        It stays open from before it is read until it is written, as a careful program has it: so
        nothing from another device comes in between and is taken away again.
        """
        full = self.user.full(PLACE)
        while True:
            with open(full, "r+b") as file:
                if os.fstat(file.fileno()).st_ino != os.stat(full).st_ino:
                    # It was replaced while this opened it.
                    continue
                lines = file.read().splitlines(keepends=True)
                kept = [line for line in lines if self._name(line) != name]
                place = next((n for n, line in enumerate(lines) if self._name(line) == name), None)
                if value is not None:
                    line = json.dumps(value).encode() + b"\n"
                    kept.insert(len(kept) if place is None else place, line)
                content = b"".join(kept)
                if not saves:
                    file.seek(0)
                    file.write(content)
                    file.truncate()
                    return
                temporary = f"{os.path.dirname(full)}/.notes.jsonl.swp"
                with open(temporary, "wb") as draft:
                    draft.write(content)
                os.rename(temporary, full)
                return

    @staticmethod
    def _name(line):
        try:
            return json.loads(line).get("id")
        except (ValueError, AttributeError):
            return None

    def calm(self, content):
        """All are in sync, and this is the file: what was uncertain is what stands there."""
        for line in content.splitlines():
            name = self._name(line)
            if name in self.tainted:
                self.right[name] = json.loads(line)
                self.tainted.discard(name)
        for name in self.tainted:
            self.right[name] = None
        self.changed, self.tainted = set(), set()

    def state_lost(self):
        """What was not captured may count as never done."""
        self.tainted |= self.changed


def wrong(content, all_records):
    """What is not as its owner left it in the common file, in words."""
    words, seen = [], {}
    for line in content.splitlines():
        try:
            value = json.loads(line)
            seen.setdefault(value["id"], []).append(value)
        except (ValueError, KeyError, TypeError):
            words.append(f"{PLACE}: no record: {line!r}")
    for records in all_records:
        for name, right in records.right.items():
            if name in records.tainted:
                continue
            found = seen.get(name, [])
            if found != ([] if right is None else [right]):
                words.append(f"{PLACE}: record {name} was left as {right}, stands as {found}")
    return words
