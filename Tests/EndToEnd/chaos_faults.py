"""What goes wrong in a run of chaos: daemons, their state and clocks, the network, the remote."""

import contextlib
import os
import shutil
import signal
import subprocess
import time

import servers
from proxy import Proxy

KINDS = ("path", "http", "https", "ssh")
# How long a daemon may take to be ready for SIGTERM, on a machine that is busy with other things.
STARTING = 5.0


class Remote:
    """A bare repository behind one of four kinds of way; each device has a way of its own."""

    def __init__(self, kind, top):
        self.kind, self.top = kind, top
        self.place = f"{top}/store"
        self.repository = f"{self.place}/remote.git"
        os.makedirs(self.place)
        command = ["git", "init", "-q", "--bare", "--initial-branch=sync", self.repository]
        subprocess.run(command, check=True)
        command = ["git", "-C", self.repository, "config", "http.receivepack", "true"]
        subprocess.run(command, check=True)
        self.server = None
        if kind in ("http", "https"):
            tls = kind == "https"
            self.server = servers.HTTPS(f"{top}/web", self.place, tls=tls, login=tls)
        elif kind == "ssh":
            self.server = servers.SSHD(f"{top}/sshd")
        self.is_there = True

    def way(self, name):
        """How a device comes here: its proxy, the URL, and what its programs find around them."""
        if self.kind == "path":
            os.symlink(self.place, f"{self.top}/way-{name}")
            return None, f"{self.top}/way-{name}/remote.git", {}
        proxy = Proxy(self.server.port)
        if self.kind == "ssh":
            return proxy, f"box:{self.repository}", self._shell(name, proxy)
        base = f"{self.kind}://localhost:{proxy.port}"
        return proxy, f"{base}/remote.git", self._login(name, base)

    def _login(self, name, base):
        """The login, as git's own store of them gives it."""
        place = f"{self.top}/login-{name}"
        login = base.replace("://", f"://{servers.USER}:{servers.TOKEN}@")
        with open(place, "w", encoding="utf-8") as file:
            file.write(f"{login}\n")
        with open(f"{place}.config", "w", encoding="utf-8") as file:
            file.write(f"[credential]\n\thelper = store --file {place}\n")
        ours = {"GIT_CONFIG_GLOBAL": f"{place}.config", "GIT_CONFIG_NOSYSTEM": "1"}
        return self.server.environment | ours

    def _shell(self, name, proxy):
        file = f"{self.top}/ssh-{name}"
        with open(f"{self.server.top}/config", encoding="utf-8") as source:
            text = source.read().replace(f"Port {self.server.port}", f"Port {proxy.port}")
        with open(file, "w", encoding="utf-8") as target:
            target.write(text)
            target.write(f"  HostKeyAlias [127.0.0.1]:{self.server.port}\n")
        return {"GIT_SSH_COMMAND": f"ssh -F {file}"}

    def take_away(self):
        """The server stops; the directory on a path goes elsewhere."""
        if self.is_there:
            self.is_there = False
            if self.server:
                self.server.stop()
            else:
                os.rename(self.repository, f"{self.repository}.away")

    def bring_back(self):
        """It is there again."""
        if not self.is_there:
            if self.server:
                self.clear_locks()
                self.server.start()
            else:
                made = [os.path.join(top, name) for top, _, names in os.walk(self.repository)
                        for name in names]  # fmt: skip
                if os.path.exists(self.repository):
                    words = f"a daemon made {self.repository} while it was away: {made}"
                    raise AssertionError(words)
                os.rename(f"{self.repository}.away", self.repository)
            self.is_there = True

    def clear_locks(self):
        """Takes away the locks of a git that died with its web server, as who looks after a server
        does: git itself waits for one of those for ever."""
        if self.kind == "ssh":
            # There git outlives sshd.
            return
        for top, _, names in os.walk(self.repository):
            for name in names:
                if name.endswith(".lock"):
                    os.unlink(f"{top}/{name}")

    def stop(self):
        """Ends what serves it."""
        if self.server:
            self.server.stop()


class Faults:
    """What can go wrong for one device."""

    def __init__(self, programs, proxy, remote, later):
        self.programs, self.user, self.device = programs, programs.user, programs.user.device
        self.proxy, self.remote, self.later = proxy, remote, later
        self.way = f"{remote.top}/way-{self.device.name}"
        self.kills = self.cuts = self.losses = 0
        # The most memory and descriptors that a daemon of this device had.
        self.memory = self.files = 0

    def measure(self):
        """Looks at the memory and the open files of the daemon."""
        if not self.device.running():
            return
        # It may end meanwhile.
        with contextlib.suppress(OSError):
            place = f"/proc/{self.device.process.pid}"
            with open(f"{place}/status", encoding="ascii", errors="replace") as file:
                for line in file:
                    if line.startswith("VmHWM:"):
                        self.memory = max(self.memory, int(line.split()[1]) * 1024)
            self.files = max(self.files, len(os.listdir(f"{place}/fd")))

    def start(self):
        """The daemon, if it does not run."""
        with self.user.lock:
            # One that ended by itself is left to be found.
            if self.device.process is None:
                self.user.say("start")
                self.device.spawn()

    def kill(self, chance):
        """SIGKILL, and a new start after a while."""
        self._end(chance, "kill -9")
        self.later(chance.choice((0, 0.1, 0.7, 3.0)), self.start)

    def restart(self, chance):
        """SIGTERM, and a new start after a while."""
        with self.user.lock:
            if not self.device.running():
                return
            self.user.say("SIGTERM")
            age = time.monotonic() - self.device.started
            code, seconds = self.device.stop()
            # Before the daemon has its handler the signal ends it as it ends any program.
            is_early = code == -signal.SIGTERM and age < STARTING
            if (code != 0 and not is_early) or seconds > 6:
                self.programs.faults.append(f"SIGTERM: exit {code} after {seconds:.1f} s")
        self.later(chance.choice((0, 0.5, 4.0)), self.start)

    def lose(self, chance):
        """The record or the whole state directory goes while the daemon is down."""
        with self.user.lock:
            self._end(chance, "kill -9")
            everything = chance.random() < 0.5
            self.user.say(f"lost: {'the state directory' if everything else 'state.db'}")
            self.user.lost_state(everything)
            self.losses += 1
            if everything:
                shutil.rmtree(self.device.state, ignore_errors=True)
            else:
                for end in ("", "-wal", "-shm"):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(f"{self.device.state}/state.db{end}")
            for held in self.user.holds:
                held.is_orphan |= held.links() == 0
        self.later(chance.choice((0, 1.0)), self.start)

    def clock(self, chance):
        """The daemon's clock is off from its next start."""
        off = chance.choice(("0s", "-2s", "3s", "-90s", "4m", "-1h", "2h"))
        with self.user.lock:
            self.user.say(f"clock {off}")
            self._end(chance, "kill -9")
            self.device.environment["SYNCD_CLOCK_OFFSET"] = off
            self.start()

    def network(self, chance):
        """The way to the remote delays, stalls, cuts or is away."""
        seconds = chance.choice((0.5, 2.0, 6.0))
        self.cuts += 1
        if not self.proxy:
            self.user.say(f"the remote is out of reach for {seconds} s")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.way)
            self.later(seconds, self.heal)
            return
        kind = chance.choice(("delay", "stall", "cut", "cut", "refuse"))
        direction = chance.choice(("up", "down"))
        offset = int(2 ** (chance.random() * 14))
        self.user.say(f"network: {kind} {direction} at {offset} for {seconds} s")
        if kind == "delay":
            self.proxy.delay = chance.choice((0.02, 0.1, 0.5))
        elif kind == "refuse":
            self.proxy.refuses = True
            self.proxy.hang_up()
        else:
            self.proxy.arm(kind, direction, offset)
        # What stalls goes on stalling now and then: the daemon has to give it up by itself.
        hangs_up = chance.random() < 0.5
        self.later(seconds, lambda: self.heal(hangs_up))

    def heal(self, hangs_up=True):
        """The way to the remote is as it should be."""
        self.user.say("network healed")
        if self.proxy:
            self.proxy.disarm()
            if hangs_up:
                self.proxy.hang_up()
        elif not os.path.islink(self.way):
            os.symlink(self.remote.place, self.way)

    def away(self, chance):
        """The remote is away for everybody."""
        if self.remote.is_there:
            self.user.say("the remote goes away")
            self.remote.take_away()
            self.later(chance.choice((0.5, 3.0, 7.0)), self.back)

    def back(self):
        """The remote is there again."""
        if not self.remote.is_there:
            self.user.say("the remote comes back")
            self.remote.bring_back()

    def pause(self, chance):
        """Syncing is paused for a while."""
        self.programs.command(["pause"])
        self.later(chance.choice((0.5, 3.0)), lambda: self.programs.command(["resume"]))

    def _end(self, chance, words):
        with self.user.lock:
            if self.device.running():
                self.measure()
                self.user.say(words)
                self.kills += 1
                self.device.kill()


FAULTS = [
    ("kill", 8, Faults.kill), ("restart", 2, Faults.restart), ("state", 1, Faults.lose),
    ("clock", 3, Faults.clock), ("network", 8, Faults.network), ("remote", 3, Faults.away),
    ("pause", 1, Faults.pause),
]  # fmt: skip
