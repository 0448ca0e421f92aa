"""Three real daemons driven at random: edits, programs, faults; then all heals and is checked."""

import heapq
import itertools
import json
import os
import random
import re
import time

import chaos_checks as checks
import chaos_records
from chaos_edits import EDITS, Editor
from chaos_faults import FAULTS, KINDS, Faults, Remote
from chaos_ledger import Ledger, Script
from chaos_programs import Programs

NAMES = ("ada", "bob", "cyd")
# What a step does, by weight; a fault is chosen from those of `chaos_faults`.
STEPS = [("edit", 100), ("record", 14), ("hold", 7), ("momentary", 8), ("restore", 3),
         ("resolve", 3), ("sync", 2), ("rest", 3), ("fault", 14)]  # fmt: skip
# Seconds between two steps: bursts, and pauses in which daemons come to rest.
PAUSES = (*(0, 0, 0, 0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2) * 8, 0.5, 1.0)
STRETCH = 20.0


class Broken(AssertionError):
    """What did not hold, with the script that led there."""


class Chaos:
    """One run."""

    def __init__(self, top, seed, kind=None, without=()):
        self.seed = seed
        chance = random.Random(f"{seed}")
        self.kind = kind or chance.choice(KINDS)
        self.faults = [fault for fault in FAULTS if fault[0] not in without]
        self.steps = [step for step in STEPS if step[0] not in without]
        self.edits = [(edit, weight) for weight, edit in EDITS if edit.__name__ not in without]
        self.resolves = "settle" not in without
        self.script = Script(f"{top}/script.txt")
        self.ledger = Ledger(self.script)
        self.remote = Remote(self.kind, top)
        self.waiting, self.order, self.step = [], itertools.count(), 0
        self.users, self.records, self.programs, self.trouble = [], [], [], []
        self.sampler = None

    def begin(self, make):
        """Makes the devices and what stands at the start."""
        for name in NAMES:
            proxy, url, environment = self.remote.way(name)
            device = make(name, url, environment)
            user = Editor(device, self.ledger)
            programs = Programs(user, self.later)
            self.users.append(user)
            self.programs.append(programs)
            self.records.append(user.records)
            self.trouble.append(Faults(programs, proxy, self.remote, self.later))
        first = self.users[0]
        first.write(chaos_records.PLACE, b"")
        for number in range(40):
            first.write(f"files/still/f{number}.txt", f"nobody changes this, {number}\n".encode())
        for user in self.users:
            user.device.start()
        self.heal()
        self.calm()

    def later(self, seconds, action):
        """Does something after so many seconds, in the driver's thread."""
        heapq.heappush(self.waiting, (time.monotonic() + seconds, next(self.order), action))

    def run(self, seconds):
        """Stretches of chaos, each healed and checked; at the end everything is."""
        end = time.monotonic() + seconds
        self.sampler = sampler = checks.Sampler(self.users, self.remote, self.seed)
        sampler.start()
        try:
            while time.monotonic() < end:
                self.stretch(min(time.monotonic() + STRETCH, end))
                self.heal()
                self.judge(checks.unequal(self.users, self.records, self.ledger, self.remote))
                self.judge(sampler.faults)
                self.calm()
        finally:
            sampler.over.set()
            sampler.join(60)
        self.judge(self.final())
        return self.figures(sampler)

    def stretch(self, end):
        """Steps at random, and what was put off."""
        while time.monotonic() < end:
            self.step += 1
            chance = random.Random(f"{self.seed}/{self.step}")
            self.take(chance)
            self.wait(time.monotonic() + chance.choice(PAUSES))
            self.watch()

    def take(self, chance):
        """One step."""
        kind = self.choose(self.steps, chance)
        number = chance.randrange(len(self.users))
        user, programs = self.users[number], self.programs[number]
        try:
            if kind == "fault":
                names = [fault[0] for fault in self.faults]
                chosen = self.choose([(fault[0], fault[1]) for fault in self.faults], chance)
                self.faults[names.index(chosen)][2](self.trouble[number], chance)
            elif kind == "rest":
                self.wait(time.monotonic() + checks.NOTICED + 0.2)
                for each in self.users:
                    self.sampler.sample(each)
            elif kind == "record":
                self.records[number].step(chance)
            elif kind == "edit":
                path = user.pick(chance)
                if path:
                    self.choose(self.edits, chance)(user, path, chance)
            else:
                getattr(programs, kind)(chance)
        except OSError as error:
            # Another kind of thing stands there, or nothing: what a user meets, too.
            user.say(f"failed: {error}")

    @staticmethod
    def choose(weighted, chance):
        """One of some pairs of a thing and its weight."""
        things, weights = zip(*weighted)
        return chance.choices(things, weights)[0]

    def wait(self, until):
        """Does what was put off until then."""
        while True:
            now = time.monotonic()
            due = self.waiting[0][0] if self.waiting else until
            if due <= now and self.waiting:
                heapq.heappop(self.waiting)[2]()
            elif now >= until:
                return
            else:
                time.sleep(min(due, until) - now)

    def watch(self):
        """No daemon ended by itself, no command did what it may not."""
        for user in self.users:
            process = user.device.process
            if process is not None and process.poll() is not None:
                self.judge([f"{user.name}: the daemon ended by itself, {process.returncode}\n"
                            f"{user.device.output()}"])  # fmt: skip
        self.judge(
            [f"{each.user.name}: {fault}" for each in self.programs for fault in each.faults])

    def heal(self):
        """Every fault ends, and all devices get in sync."""
        while self.waiting:
            heapq.heappop(self.waiting)[2]()
        for programs in self.programs:
            for held in list(programs.user.holds):
                programs.close_held(held)
        self.script.say("", "all heals")
        self.trouble[0].back()
        for trouble in self.trouble:
            trouble.heal()
        for programs, trouble in zip(self.programs, self.trouble):
            programs.join()
            while self.waiting:
                heapq.heappop(self.waiting)[2]()
            if programs.user.device.environment.pop("SYNCD_CLOCK_OFFSET", "0s") != "0s":
                trouble.kill(random.Random(self.step))
            trouble.start()
            checks.wait_until(
                lambda device=trouble.device: device.status()["daemon"] == "running",
                lambda device=trouble.device: f"{device.name} does not answer", 20)  # fmt: skip
            programs.command(["resume"])
            programs.join()
        self.waiting.clear()
        for trouble in self.trouble:
            trouble.start()
        self.come_to_rest()
        for trouble in self.trouble:
            trouble.measure()
        self.watch()
        self.script.say("", "all are in sync")

    def come_to_rest(self):
        """Waits until all are in sync."""
        done = []
        try:
            checks.wait_until(
                lambda: not checks.at_rest(self.users, self.remote), "", checks.HEALING, 0.2)
        except AssertionError:
            done = checks.at_rest(self.users, self.remote)
        if done:
            self.judge([f"not in sync {checks.HEALING:g} s after all healed", *done])

    def calm(self):
        """One user resolves all conflicts; then the next stretch begins."""
        if self.resolves:
            programs = random.Random(f"{self.seed}/calm/{self.step}").choice(self.programs)
            self.judge(programs.resolve_all(self.step))
            self.come_to_rest()
        self.ledger.forget(checks.trees.commit_tree(
            self.remote.repository, "refs/heads/sync", checks.PREFIX))  # fmt: skip
        content = self.users[0].device.read(chaos_records.PLACE) or b""
        for records in self.records:
            records.calm(content)

    def final(self):
        """What has to hold at the end, beside what holds after each stretch."""
        words = []
        for programs in self.programs:
            done = programs.user.device.ctl("sync", expect=None)
            if done.returncode not in (0, 10):
                words.append(f"{programs.user.name}: sync: exit {done.returncode}: "
                             f"{done.stdout}{done.stderr}")  # fmt: skip
        words += checks.restless(self.users, self.remote)
        words += checks.unsound(self.users, self.remote)
        words += checks.lost(self.users, self.remote, self.ledger)
        for user, trouble in zip(self.users, self.trouble):
            words += checks.flood(user, self.step // 20)
            trouble.measure()
            if trouble.memory > checks.MEMORY or trouble.files > checks.FILES:
                words.append(f"{user.name}: {trouble.memory >> 20} MiB, {trouble.files} files")
        return words

    def judge(self, words):
        """Ends the run when something does not hold."""
        if words:
            rest = [f"… {len(words) - 20} more"] if len(words) > 20 else []
            raise Broken("\n".join(words[:20] + rest))

    def figures(self, sampler):
        """What a run came to."""
        excused = len(self.ledger.tokens) - len(self.ledger.demanded())
        return {
            "seed": self.seed, "remote": self.kind, "steps": self.step,
            "lines": self.script.count, "tokens": len(self.ledger.tokens), "excused": excused,
            "kills": sum(each.kills for each in self.trouble),
            "cuts": sum(each.cuts for each in self.trouble),
            "lost_states": sum(each.losses for each in self.trouble),
            "samples": sampler.samples, "claims": sampler.claims,
            "status_seconds": round(sampler.slowest, 3),
            "commits": int(checks.trees.git(
                self.remote.repository, "rev-list", "--count", "sync")),
            "memory_mib": max(each.memory for each in self.trouble) >> 20,
            "files": max(each.files for each in self.trouble),
        }  # fmt: skip

    def stop(self):
        """Ends everything that runs."""
        for user in self.users:
            user.device.kill()
        self.remote.stop()

    def story(self, error):
        """A failure with the script: its end, and the lines about the paths that it names."""
        words = set(re.findall(r"(?:documents|files|settings|memories)/[\w./-]+", str(error)))
        return "\n".join([
            f"chaos of seed {self.seed} over {self.kind}:", str(error), "",
            f"{self.script.path}, the end and what is about these paths:",
            *self.script.lines(words, last=40), json.dumps({"kept": os.path.dirname(
                self.script.path)})])  # fmt: skip
