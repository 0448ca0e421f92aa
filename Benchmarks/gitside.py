"""git as the peer: repositories and commands that nothing of the user's reaches."""

import os
import subprocess

from measure import Cost, run

SETTINGS = {
    "user.name": "bench",
    "user.email": "bench@invalid",
    "init.defaultBranch": "sync",
    # A background gc would be counted in another's round.
    "gc.auto": "0",
    "maintenance.auto": "false",
    "pull.rebase": "true",
    "safe.directory": "*",
    "advice.detachedHead": "false",
}
DURABLE = ("-c", "core.fsync=all", "-c", "core.fsyncMethod=batch")


def environment():
    """The environment for git: the settings above and no others."""
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": str(len(SETTINGS)),
    }
    for number, (key, value) in enumerate(SETTINGS.items()):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def bare_repository(path):
    """Makes a bare repository; gives its path."""
    subprocess.run(["git", "init", "-q", "--bare", path], env=environment(), check=True)
    return path


class GitSide:
    """A work tree and its repository, inside it or elsewhere."""

    def __init__(self, tree, repository=None, options=()):
        self.tree = tree
        self.repository = repository or f"{tree}/.git"
        self._options = (*options, f"--git-dir={self.repository}", f"--work-tree={tree}")

    def git(self, *arguments):
        """Runs one git command in the tree; gives its cost."""
        return run(["git", *self._options, *arguments], environment(), self.tree)

    def init(self):
        """Makes the repository; gives the cost."""
        return self.git("init", "-q")

    def commit_all(self):
        """Commits all there is, as a person does; gives the cost of the two commands."""
        return sum((self.git("add", "-A"), self.git("commit", "-q", "-m", "sync")), Cost())

    def status(self):
        """Scans the tree; gives the cost."""
        return self.git("status", "--porcelain")

    def clone(self, remote):
        """Makes the tree as a clone of the remote with a first commit on both."""
        subprocess.run(
            ["git", "clone", "-q", remote, self.tree], env=environment(), check=True,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.git("checkout", "-q", "-B", "sync")
        if os.listdir(f"{remote}/refs/heads"):
            self.git("pull", "-q", "origin", "sync")
        else:
            self.git("commit", "-q", "--allow-empty", "-m", "start")
            self.git("push", "-q", "origin", "sync")


def objects(repository):
    """What a repository holds: packs, loose objects, and the bytes all take on disk."""
    packs = loose = size = 0
    for directory, _, names in os.walk(f"{repository}/objects"):
        for name in names:
            size += os.stat(f"{directory}/{name}").st_blocks * 512
            packs += name.endswith(".pack")
            loose += len(name) == 38 and len(os.path.basename(directory)) == 2
    return packs, loose, size
