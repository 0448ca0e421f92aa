"""Those who keep two directories the same, each driven in the same way."""

import os
import shutil
import signal
import subprocess

from device import Device
from gitside import GitSide, bare_repository, environment
from measure import until

HERE = os.path.dirname(os.path.abspath(__file__))


class Contender:
    """Two directories `sides` that processes keep the same; they can be stopped for a while."""

    name = ""
    needs = ()
    # One that takes seconds a round makes so many times fewer rounds.
    share = 1

    def __init__(self, top):
        self.top = top
        self.processes = []
        self.sides = (f"{top}/a", f"{top}/b")

    @classmethod
    def is_installed(cls):
        """Whether all programs it needs are there."""
        return all(shutil.which(program) for program in cls.needs)

    def start(self):
        """Sets up both sides and starts whatever keeps them the same."""
        raise NotImplementedError

    def spawn(self, *command, env=None, directory=None):
        """Starts a process in a group of its own."""
        with open(f"{self.top}/output", "ab") as output:
            process = subprocess.Popen(
                command, env=env, cwd=directory, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)

    def rest(self):
        """Holds all processes, so that they take no time from another's round."""
        self._signal(signal.SIGSTOP)

    def resume(self):
        """Lets them go on."""
        self._signal(signal.SIGCONT)

    def stop(self):
        """Ends them."""
        self._signal(signal.SIGKILL)
        for process in self.processes:
            process.wait()

    def _signal(self, number):
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, number)

    def wait_for(self, name, content, sides):
        """Waits until a file reads so in all of the sides."""
        for side in sides:
            until(lambda: read(f"{side}/{name}") == content, f"{self.name}: {side}/{name}")


class Syncd(Contender):
    """Two vaults with a bare repository between them."""

    name = "syncd"

    def start(self):
        remote = bare_repository(f"{self.top}/remote.git")
        self.devices = [Device(f"{self.top}/{name}", name) for name in ("a", "b")]
        self.sides = tuple(device.folder for device in self.devices)
        for device in self.devices:
            device.init(remote)
            # The default: nothing of what is measured waits for the poll.
            device.set("sync", "poll", '"30s"')
            device.start()
            self.processes.append(device.process)


class GitLoop(Contender):
    """The script that people write: commit, pull, push, every tenth of a second."""

    name = "git loop, 100 ms"
    needs = ("git", "bash")

    def start(self):
        remote = bare_repository(f"{self.top}/remote.git")
        for side in self.sides:
            GitSide(side).clone(remote)
            self.spawn("bash", f"{HERE}/gitloop.sh", env=environment(), directory=side)


class GitWatch(Contender):
    """gitwatch on both sides; it only pushes, so each side also pulls every tenth of a second."""

    name = "gitwatch + pull loop"
    needs = ("gitwatch", "inotifywait")
    share = 5

    def start(self):
        remote = bare_repository(f"{self.top}/remote.git")
        watch = ("gitwatch", "-s", "0.1", "-R", "-r", "origin", "-b", "sync")
        pull = "while :; do git pull -q --rebase origin sync; sleep 0.1; done"
        for side in self.sides:
            GitSide(side).clone(remote)
            self.spawn(*watch, side, env=environment(), directory=side)
            self.spawn("bash", "-c", pull, env=environment(), directory=side)


class Unison(Contender):
    """Unison on two local directories: no network, no history, no repository between them.

    Its monitor is no part of Debian's package; without it, it runs every tenth of a second.
    """

    watches = shutil.which("unison-fsmonitor") is not None
    name = "unison, watching" if watches else "unison loop, 100 ms"
    needs = ("unison", "bash")

    def start(self):
        for side in self.sides:
            os.makedirs(side)
        env = environment() | {"UNISON": f"{self.top}/unison", "HOME": self.top}
        command = ["unison", *self.sides, "-ui", "text", "-batch", "-auto", "-silent"]
        if self.watches:
            command += ["-repeat", "watch"]
        else:
            loop = 'while :; do "$@"; sleep 0.1; done'
            command = ["bash", "-c", loop, "loop", *command]
        self.spawn(*command, env=env)


def read(path):
    """The bytes of a file; None when there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None

