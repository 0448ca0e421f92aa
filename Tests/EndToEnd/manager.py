"""Service managers for tests: a socket that takes what a daemon says, and a real systemd."""

import os
import pwd
import socket
import subprocess
import textwrap
import threading
import time

from device import wait_until


class NotifySocket:
    """Takes the datagrams of sd_notify(3), with the time at which each came."""

    def __init__(self, name):
        # A name that begins with @ stands in the abstract space.
        self.name = name
        self.said = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self._socket.settimeout(0.1)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        while not self._ends.is_set():
            try:
                text = self._socket.recv(65536).decode()
            except TimeoutError:
                continue
            self.said += [(time.monotonic(), line) for line in text.split("\n")]

    def lines(self, *starts):
        """What was said, in order, that begins with one of the words; all without words."""
        return [line for _, line in list(self.said) if not starts or line.startswith(starts)]

    def times(self, line):
        """When a line was said."""
        return [when for when, said in list(self.said) if said == line]

    def wait_for(self, line, count=1, deadline=30):
        """Waits until a line was said so many times."""
        wait_until(
            lambda: len(self.times(line)) >= count,
            lambda: f"{line} was not said {count} times: {self.lines()}", deadline,
        )  # fmt: skip

    def stop(self):
        """Listens no more."""
        self._ends.set()
        self._thread.join()
        self._socket.close()


class SystemdUser:
    """A `systemd --user` of a user of its own, in namespaces and a cgroup that nobody else sees.

    Needs root, systemd and cgroup2. Commands run in its namespaces, as its user.
    """

    USER = "syncd-e2e"

    def __init__(self, top):
        self.top = top
        user = self._user()
        self.home = f"{top}/home"
        self.runtime = f"/run/user/{user.pw_uid}"
        self.ids = (user.pw_uid, user.pw_gid)
        self.environment = {
            "HOME": self.home, "USER": self.USER, "LOGNAME": self.USER,
            "XDG_RUNTIME_DIR": self.runtime, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
            "SWIFT_BACKTRACE": "enable=no",
        }  # fmt: skip
        os.makedirs(self.home, mode=0o700, exist_ok=True)
        os.chown(self.home, *self.ids)
        os.chmod(top, 0o755)
        self.log = open(f"{top}/systemd", "wb")
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", self._script()],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )  # fmt: skip

    @classmethod
    def is_possible(cls):
        """Whether this machine lets a test start one."""
        if os.geteuid() != 0 or not os.path.exists("/lib/systemd/systemd"):
            return False
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "bash", "-c",
             "mount -t tmpfs none /run && mount -t cgroup2 none /run"],
            capture_output=True, check=False)  # fmt: skip
        return done.returncode == 0

    def _user(self):
        try:
            return pwd.getpwnam(self.USER)
        except KeyError:
            subprocess.run(["useradd", "--no-create-home", self.USER], check=True)
            return pwd.getpwnam(self.USER)

    def _script(self):
        """Makes the places that a user's systemd looks for, then becomes the user and starts it."""
        user, group = self.ids
        return textwrap.dedent(f"""
            set -e
            mount --make-rprivate /
            mount -t proc none /proc
            mount -t tmpfs none /run
            mkdir -p /run/systemd/system /run/systemd/unit-root {self.runtime}
            chown {user}:{group} {self.runtime}; chmod 700 {self.runtime}
            mount -t tmpfs none /sys/fs/cgroup
            mount -t cgroup2 none /sys/fs/cgroup
            mkdir -p /sys/fs/cgroup/syncd-e2e-{os.getpid()}/user
            chown -R {user}:{group} /sys/fs/cgroup/syncd-e2e-{os.getpid()}
            echo $$ > /sys/fs/cgroup/syncd-e2e-{os.getpid()}/user/cgroup.procs
            # Not with the process id 1: with that it is a system's.
            setpriv --reuid {user} --regid {group} --clear-groups \\
                /lib/systemd/systemd --user --log-target=console \\
                --default-standard-output=inherit --default-standard-error=inherit &
            wait
        """)

    def _inside(self):
        """The first process in its namespaces, as this machine counts."""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children, encoding="ascii") as file:
            return file.read().split()[0]

    def run(self, *words, expect=0, **variables):
        """Runs a command beside it, as its user; fails when it ends with another code."""
        user, group = self.ids
        done = subprocess.run(
            ["nsenter", "--target", self._inside(), "--mount", "--pid", "setpriv",
             "--reuid", str(user), "--regid", str(group), "--clear-groups", *words],
            env=self.environment | variables, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, timeout=60)  # fmt: skip
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"{words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def start(self):
        """Waits until it answers."""
        def answers():
            try:
                done = self.run("systemctl", "--user", "is-system-running", expect=None)
            except (IndexError, OSError):
                return False
            return done.stdout.strip() in ("running", "degraded")

        wait_until(answers, self.said, 30)

    def said(self):
        """What it, and what runs under it, said."""
        with open(f"{self.top}/systemd", encoding="utf-8", errors="replace") as file:
            return file.read()[-8000:]

    def stop(self):
        """Ends it and all that runs under it."""
        self.process.kill()
        self.process.wait()
        self.log.close()
        # Its last processes are about to go.
        wait_until(self._remove_groups, "its cgroup has still processes", 10)

    @staticmethod
    def _remove_groups():
        for place in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
            for group, _, _ in os.walk(f"{place}/syncd-e2e-{os.getpid()}", topdown=False):
                try:
                    os.rmdir(group)
                except OSError:
                    return False
        return True
