"""One device of a vault: its own home, its own folder, the real `syncd` and `syncctl`."""

import json
import os
import re
import signal
import subprocess
import time

import trees

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PREFIX = "shared/files"
# How a program ends that stumbled over its own feet; SIGKILL and SIGTERM come from a test.
CRASHES = {
    -number: number.name
    for number in (
        signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE
    )
}  # fmt: skip


def binaries():
    """The directory of the programs: SYNCD_BIN, or a build of this tree; None without one."""
    chosen = os.environ.get("SYNCD_BIN")
    places = [chosen] if chosen else [f"{ROOT}/.build/release", f"{ROOT}/.build/debug"]
    for place in places:
        if all(os.access(f"{place}/{name}", os.X_OK) for name in ("syncd", "syncctl")):
            return os.path.abspath(place)
    return None


def wait_until(condition, what, deadline=30.0, every=0.05):
    """Polls until the condition holds and gives its value; fails after `deadline` seconds."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            words = what() if callable(what) else what
            raise AssertionError(f"after {deadline:g} s: {words}")
        time.sleep(every)


class Device:
    """A device below `home`; nothing of the user's own configuration reaches it."""

    # Of each crash of a program of any device what it was, and by which signal.
    crashes = []

    def __init__(self, home, name):
        self.name = name
        self.home = home
        self.folder = f"{home}/folder"
        self.config = f"{home}/config/syncd/config.toml"
        self.log = f"{home}/output"
        self.process = None
        # When the daemon was last started here.
        self.started = 0.0
        # The user that the programs run as; None is the test's own.
        self.user = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "HOME": f"{home}/user",
            "XDG_CONFIG_HOME": f"{home}/config",
            "XDG_DATA_HOME": f"{home}/data",
            "XDG_STATE_HOME": f"{home}/state",
            "XDG_RUNTIME_DIR": f"{home}/run",
            # A program that crashes ends at once, and not after a minute with its symbols.
            "SWIFT_BACKTRACE": "enable=no",
        }
        for directory in ("user", "config", "data", "state", "run", "folder"):
            os.makedirs(f"{home}/{directory}", mode=0o700, exist_ok=True)

    # Where things are.

    @property
    def repository(self):
        """The device's bare repository."""
        return f"{self.home}/data/syncd/default.git"

    @property
    def state(self):
        """The device's state directory."""
        return f"{self.home}/state/syncd/default"

    def path(self, name):
        """A path in the folder; bytes for a name in bytes."""
        if isinstance(name, bytes):
            return os.path.join(os.fsencode(self.folder), name)
        return os.path.join(self.folder, name)

    # The user's own work.

    def write(self, name, content):
        """Writes a file in place, making directories above it."""
        content = content if isinstance(content, bytes) else content.encode()
        path = self.path(name)
        while True:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            try:
                with open(path, "wb") as file:
                    file.write(content)
                return
            except FileNotFoundError:
                # The daemon took away the directory, which was empty, between the two calls.
                continue

    def read(self, name):
        """The bytes of a file; None when there is none."""
        try:
            with open(self.path(name), "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def tree(self):
        """What the folder holds; read again when something went away meanwhile."""
        for _ in range(100):
            try:
                return trees.folder_tree(self.folder)
            except FileNotFoundError:
                continue
        raise AssertionError(f"{self.name}: the folder does not hold still")

    # The programs.

    def run(self, program, *arguments, timeout=60, cwd=None):
        """Runs a program to its end; gives the finished process, output as text."""
        done = subprocess.run(
            [f"{binaries()}/{program}", *arguments],
            env=self.environment,
            cwd=cwd,
            user=self.user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=timeout,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
        self.note(done.returncode, f"{program} {' '.join(arguments)}")
        return done

    def note(self, code, what):
        """Notes how a program ended: one that crashed fails the test, whatever else holds."""
        if code in CRASHES:
            self.crashes.append(f"{self.name}: {what}: {CRASHES[code]}")

    def ctl(self, *arguments, expect=(0, 10), cwd=None):
        """Runs `syncctl` on this vault; fails when the exit code is none of the expected."""
        done = self.run("syncctl", "--config", self.config, *arguments, cwd=cwd)
        if expect is not None and done.returncode not in expect:
            words = f"syncctl {' '.join(arguments)}: exit {done.returncode}, not one of {expect}"
            raise AssertionError(f"{self.name}: {words}\n{done.stdout}{done.stderr}")
        return done

    def init(self, remote, prefix=PREFIX):
        """Makes the vault with `syncctl init`; the test's devices share a machine, so no port."""
        self.ctl(
            "init", "--remote", remote, "--folder", f"{self.folder}={prefix}",
            "--device", self.name, expect=(0,),
        )  # fmt: skip
        self.set("http", "listen", '""')
        self.set("sync", "poll", '"5s"')

    def set(self, section, key, value):
        """Sets one key of the configuration, as TOML."""
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        line = f"{key} = {value}\n"
        header = re.search(rf"^\[{section}\][^\n]*\n", text, re.M)
        if not header:
            text += f"\n[{section}]\n{line}"
        else:
            after = text[header.end():]
            end = re.search(r"^\[", after, re.M)
            body = after[: end.start()] if end else after
            rest = after[len(body):]
            body = re.sub(rf"^{key}\s*=[^\n]*\n", "", body, flags=re.M)
            text = text[: header.end()] + line + body + rest
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def hand_over(self, user):
        """Lets another user run the programs, who has all that is in the home."""
        self.user = user
        subprocess.run(["chown", "-R", f"{user}:{user}", self.home], check=True)

    def once(self):
        """One full cycle of the daemon; gives the finished process."""
        return self.run("syncd", "run", "--once", "--config", self.config)

    def spawn(self):
        """Starts the daemon and does not wait for it."""
        assert not self.running(), f"{self.name} runs already"
        self.let_go()
        self.started = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [f"{binaries()}/syncd", "run", "--config", self.config],
                env=self.environment,
                user=self.user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start(self, deadline=20.0):
        """Starts the daemon and waits until it answers; gives the seconds that took."""
        began = time.monotonic()
        self.spawn()
        wait_until(
            lambda: not self.running() or self.answers(),
            lambda: f"{self.name} does not answer\n{self.output()}",
            deadline,
        )
        assert self.running(), f"{self.name}: the daemon ended at once\n{self.output()}"
        return time.monotonic() - began

    def running(self):
        """Whether the daemon that was started here still runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self, deadline=10.0):
        """Asks the daemon to end; gives its exit code and the seconds that took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(deadline)
        self.let_go()
        return code, time.monotonic() - began

    def kill(self):
        """Ends the daemon with SIGKILL, wherever it is."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.let_go()

    def let_go(self):
        """Takes note of how a daemon ended that runs no more."""
        if self.process is not None:
            self.note(self.process.returncode, "syncd run")
            self.process = None

    def answers(self):
        """Whether the daemon does: until it has made a repository that is gone nobody does."""
        done = self.ctl("status", "--json", expect=(0, 1, 3, 10))
        return done.returncode != 1 and json.loads(done.stdout)["daemon"] == "running"

    def status(self):
        """`status --json`, whatever the daemon does."""
        done = self.ctl("status", "--json", expect=(0, 3, 10))
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"{self.name}: no JSON: {done.stdout!r} {done.stderr}") from None

    def output(self, lines=30):
        """The end of what the daemon said."""
        if not os.path.exists(self.log):
            return f"[{self.name} said nothing]"
        with open(self.log, encoding="utf-8", errors="replace") as file:
            tail = file.readlines()[-lines:]
        return f"[{self.name} said]\n{''.join(tail)}"
