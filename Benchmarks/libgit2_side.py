"""libgit2's own transport, for remote.py: does what each line of its input says, prints seconds.

    libgit2_side.py AUTHORITY URL REPOSITORY       commands: ls, fetch, push, clone DIRECTORY

Runs with the system's Python, whose package python3-pygit2 has Debian's libgit2. The process stays,
as the daemon does; each command connects anew, for libgit2 keeps no connection.
"""

import sys
import time

import pygit2

BRANCH = "refs/heads/sync"


def act(command, url, remote):
    """Does one command."""
    name, *place = command.split()
    if name == "ls":
        remote.ls_remotes()
    elif name == "fetch":
        remote.fetch([BRANCH])
    elif name == "push":
        remote.push([f"HEAD:{BRANCH}"])
    elif name == "clone":
        pygit2.clone_repository(url, place[0], bare=True, checkout_branch="sync")
    else:
        raise ValueError(f"no command: {command}")


def main(authority, url, path):
    """Takes commands until the end of the input."""
    pygit2.settings.set_ssl_cert_locations(authority, None)
    remote = pygit2.Repository(path).remotes.create("measured", url)
    for line in sys.stdin:
        began = time.perf_counter()
        act(line.strip(), url, remote)
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
