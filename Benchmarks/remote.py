"""A remote behind HTTPS: what a poll, a fetch, a push and a clone take, beside git's own."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import time

import servers
from device import PREFIX, Device
from gitside import environment as git_environment
from measure import median, run, until

# The daemon takes one small request at a time, and so does git.
SMALL = 2_000
# The system's: Debian's python3-pygit2 is for no other.
PYTHON = "/usr/bin/python3"


def remote(workshop):
    """Makes a server with a repository and a device of it, and measures each kind of work."""
    for program in ("nginx", "fcgiwrap", "openssl"):
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
            workshop.note(f"the benchmark of a remote needs {program}: apt-get install {program}")
            return
    site = Site(workshop)
    try:
        site.measure_clone()
        site.measure_rounds()
        site.measure_libgit2()
    finally:
        site.stop()


class Site:
    """nginx before `git http-backend`, a repository of many files, syncd and git beside it."""

    def __init__(self, workshop):
        self.workshop = workshop
        self.count = workshop.options.remote_files
        self.top = workshop.new_path("site")
        os.makedirs(f"{self.top}/root")
        self.bare = f"{self.top}/root/r.git"
        self.git_variables = git_environment()
        self.device = None
        tree, _ = workshop.tree(self.count)
        work = f"{self.top}/work"
        subprocess.run(["cp", "-a", tree, work], check=True)
        self.git("init", "-q", "--bare", self.bare)
        self.git("-C", work, "init", "-q")
        os.makedirs(f"{work}/new/{PREFIX}")
        for name in os.listdir(work):
            if name not in (".git", "new"):
                os.rename(f"{work}/{name}", f"{work}/new/{PREFIX}/{name}")
        os.rename(f"{work}/new/shared", f"{work}/shared")
        self.git("-C", work, "add", "-A")
        self.git("-C", work, "commit", "-q", "-m", "sample")
        self.git("-C", work, "push", "-q", self.bare, "HEAD:refs/heads/sync")
        self.git("-C", self.bare, "repack", "-adq")
        self.other = work
        self.server = servers.HTTPS(f"{self.top}/server", f"{self.top}/root")
        self.url = f"{self.server.base}/r.git"
        store = f"{self.top}/store"
        with open(store, "w", encoding="utf-8") as file:
            file.write(self.url.replace("://", f"://{servers.USER}:{servers.TOKEN}@") + "\n")
        with open(f"{self.top}/gitconfig", "w", encoding="utf-8") as file:
            file.write(f"[credential]\n\thelper = store --file {store}\n")
        self.git_variables["GIT_SSL_CAINFO"] = self.server.authority.file
        # What git can at its best: the login with the first request, and no helper.
        self.told = f"{self.server.base.split('://')[0]}://{servers.USER}:{servers.TOKEN}@"
        self.told += self.url.split("://")[1]
        self.older = None

    def stop(self):
        """Ends the daemon and the servers."""
        if self.device:
            self.device.kill()
        if self.older:
            self.older.stop()
        self.server.stop()

    def git(self, *arguments):
        """Runs git; fails when it does."""
        done = subprocess.run(
            ["git", *arguments], env=self.git_variables, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr.decode()}")
        return done.stdout.decode().strip()

    def timed_git(self, *arguments):
        """The seconds that a git command takes."""
        return run(["git", *arguments], self.git_variables).wall

    def measure_clone(self):
        """A new device with all files in its folder, beside a clone with all files checked out."""
        ours, theirs, inits = [], [], []
        for _ in range(self.workshop.options.rounds):
            device = Device(self.workshop.new_path("d"), "bench")
            device.environment |= self.server.environment
            device.environment |= {"GIT_CONFIG_GLOBAL": f"{self.top}/gitconfig"}
            began = time.perf_counter()
            device.init(self.url)
            init = time.perf_counter() - began
            done = device.once()
            ours.append(time.perf_counter() - began)
            if done.returncode != 0:
                raise RuntimeError(f"syncd: {done.stderr}")
            target = self.workshop.new_path("clone")
            theirs.append(self.timed_git("clone", "-q", "-b", "sync", self.told, target))
            self.device, self.clone = device, target
            inits.append(init)
        work = f"HTTPS, {self.count:,} files"
        self.workshop.row(work, "a new copy, all files in place", "s", median(ours), "git clone",
                          median(theirs))  # fmt: skip
        bare = [self.timed_git("clone", "-q", "--bare", self.told, self.workshop.new_path("bare"))
                for _ in inits]  # fmt: skip
        self.workshop.row(work, "a new copy, repository only", "s", median(inits),
                          "git clone --bare", median(bare))  # fmt: skip
        self.ours = {"clone": median(inits)}
        self.workshop.note(
            "HTTPS: nginx and git http-backend on this machine, TLS 1.3; git is given its login in "
            "the URL, so that it needs no helper. A new copy is syncctl init and one cycle, files "
            "durable; git's are not."
        )

    def measure_rounds(self):
        """The daemon's answers to "sync now", beside the git command that does the wire's part."""
        device = self.device
        device.set("sync", "poll", '"24h"')
        # What a push takes, not how long the budget of a public host lets it wait.
        device.set("sync", "pushes", "600")
        device.start(deadline=60)
        device.ctl("sync")
        with Socket(f"{device.home}/run/syncd/default.sock") as control:
            rounds = self.workshop.options.exchanges
            for _ in range(3):
                control.cycle()
            poll = self.alternate(rounds, lambda number: control.cycle(), self.ls_remote)
            fetch = self.alternate(rounds, lambda n: self.fetch(control, n), self.git_fetch)
            push = self.alternate(rounds, lambda n: self.push(control, n), self.git_push)
        device.stop()
        work = "HTTPS, one round"
        for name, measure, peer, (ours, theirs) in (
            ("ls", "nothing new: sync now", "git ls-remote", poll),
            ("fetch", "one commit comes: sync now", "git fetch", fetch),
            ("push", "one edit goes: commit to remote", "git push", push),
        ):
            self.workshop.row(work, measure, "s", median(ours), peer, median(theirs))
            self.ours[name] = median(ours)
        self.workshop.note(
            "HTTPS, one round: ours is the whole request to the daemon's socket, with the merge "
            "and the file applied, durably; of an edit it is the time from the commit here, which "
            "settling and capture come before, to the commit there. Git's is the command for the "
            "wire alone, from a commit that is made. Both know the remote's head as it was before."
        )

    def measure_libgit2(self):
        """libgit2's own transport: to a second server, for Debian's knows no TLS 1.3."""
        if subprocess.run([PYTHON, "-c", "import pygit2"], capture_output=True).returncode:
            self.workshop.note("libgit2's own transport needs apt-get install python3-pygit2")
            return
        self.older = servers.HTTPS(
            f"{self.top}/older", f"{self.top}/root", authority=self.server.authority,
            versions="TLSv1.2 TLSv1.3")  # fmt: skip
        url = self.told.replace(f":{self.server.port}/", f":{self.older.port}/")
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "libgit2_side.py")
        words = [PYTHON, script, self.server.authority.file, url, self.clone]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(words, **pipes) as side:

            def timed(command):
                print(command, file=side.stdin, flush=True)
                line = side.stdout.readline()
                if not line:
                    raise RuntimeError(f"libgit2 did not {command.split()[0]}")
                return float(line)

            def fetch():
                self.level()
                self.elsewhere(0)
                return timed("fetch")

            def push():
                self.commit_in_clone(time.perf_counter_ns())
                return timed("push")

            rounds = range(self.workshop.options.exchanges // 2 + 1)
            theirs = {
                "clone": [timed(f"clone {self.workshop.new_path('lib')}") for _ in range(2)],
                "ls": [timed("ls") for _ in rounds],
                "fetch": [fetch() for _ in rounds],
                "push": [push() for _ in rounds],
            }
            side.stdin.close()
        for name, times in theirs.items():
            self.workshop.row("HTTPS, beside libgit2's own", name, "s", self.ours[name],
                              "libgit2", median(times[1:]))  # fmt: skip
        self.workshop.note(
            "libgit2: its own transport in a process that stays, the wire's part alone; over TLS "
            "1.2, for it does not speak 1.3. Ours are the figures of the rows above."
        )

    def alternate(self, rounds, ours, theirs):
        """Times both in turn; the first of each does not count."""
        times = ([], [])
        for number in range(rounds + 1):
            for place, work in enumerate((ours, theirs)):
                seconds = work(number)
                if number > 0:
                    times[place].append(seconds)
        return times

    def ls_remote(self, _):
        return self.timed_git("ls-remote", "-q", self.told, "refs/heads/sync")

    def elsewhere(self, number):
        """One more commit at the remote, made on the machine itself."""
        self.git("-C", self.other, "fetch", "-q", self.bare, "sync")
        self.git("-C", self.other, "reset", "-q", "--hard", "FETCH_HEAD")
        self.write(self.other + f"/{PREFIX}", f"other-{time.perf_counter_ns()}", number)
        self.git("-C", self.other, "add", "-A", f"{PREFIX}")
        self.git("-C", self.other, "commit", "-q", "-m", "one")
        self.git("-C", self.other, "push", "-q", self.bare, "HEAD:refs/heads/sync")

    def write(self, folder, name, number):
        with open(f"{folder}/{name}", "wb") as file:
            file.write(self.workshop.sample.content(number, version=number + 1, size=SMALL))

    def fetch(self, control, number):
        # What git brought there meanwhile is no part of it, for neither of the two.
        control.cycle()
        self.elsewhere(number)
        seconds = control.cycle()
        self.check()
        return seconds

    def git_fetch(self, number):
        self.level()
        self.elsewhere(number)
        return self.timed_git("-C", self.clone, "fetch", "-q", self.told, "sync")

    def push(self, control, number):
        """From the device's own commit, which the watch leads to, to the remote's."""
        control.cycle()
        heads = [f"{place}/refs/heads/sync" for place in (self.device.repository, self.bare)]
        before = [signature(head) for head in heads]
        self.write(self.device.folder, f"ours-{number}", number)
        began = until(lambda: signature(heads[0]) != before[0], "commit", every=0.0002)
        seconds = until(lambda: signature(heads[1]) != before[1], "push", every=0.0002) - began
        control.cycle()
        self.check()
        return seconds

    def level(self):
        """Brings git's clone to the remote's head, past the server."""
        self.git("-C", self.clone, "fetch", "-q", self.bare, "sync")
        self.git("-C", self.clone, "reset", "-q", "--hard", "FETCH_HEAD")

    def commit_in_clone(self, number):
        """One more commit in git's clone, upon the remote's head."""
        self.level()
        self.write(f"{self.clone}/{PREFIX}", f"git-{number}", number)
        self.git("-C", self.clone, "add", "-A", PREFIX)
        self.git("-C", self.clone, "commit", "-q", "-m", "one")

    def git_push(self, number):
        self.commit_in_clone(number)
        return self.timed_git("-C", self.clone, "push", "-q", self.told, "HEAD:refs/heads/sync")

    def check(self):
        """The device and the remote are at the same commit."""
        heads = [
            self.git("-C", repository, "rev-parse", "refs/heads/sync")
            for repository in (self.device.repository, self.bare)
        ]
        if heads[0] != heads[1]:
            raise RuntimeError(f"not in sync: {heads}")


def signature(path):
    """What changes when the file of a reference is replaced."""
    found = os.stat(path)
    return found.st_ino, found.st_mtime_ns


class Socket:
    """The daemon's control socket, kept open."""

    def __init__(self, path):
        self.connection = http.client.HTTPConnection("localhost")
        self.connection.sock = socket.socket(socket.AF_UNIX)
        self.connection.sock.connect(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def cycle(self):
        """Asks for a whole cycle without a scan; gives the seconds until its end."""
        body = json.dumps({"scan": False})
        began = time.perf_counter()
        self.connection.request(
            "POST", "/api/sync/cycle", body, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        words = answer.read()
        seconds = time.perf_counter() - began
        if answer.status != 200 or b'"in-sync"' not in words.replace(b" ", b""):
            raise RuntimeError(f"{answer.status}: {words.decode()}")
        return seconds
