"""What stands in a folder and what stands in a repository, in one form, so that they compare."""

import hashlib
import os
import re
import stat
import subprocess

TOKEN = re.compile(rb"tok-[0-9a-z]+-[0-9]+-end")


def git(repository, *arguments, check=True, stdin=None):
    """Runs git on a repository with no configuration but the repository's; gives its bytes."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    done = subprocess.run(
        ["git", "-C", repository, *arguments],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        check=False,
    )
    if check and done.returncode != 0:
        words = done.stderr.decode(errors="replace")
        raise AssertionError(f"git {' '.join(arguments)} in {repository}: {words}")
    return done.stdout


def blob_id(content):
    """The name git gives to these bytes as a blob."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def folder_tree(folder):
    """Everything below a folder but directories: {path: (git mode, blob id)}, paths as bytes.

    Raises FileNotFoundError when something goes away while it is read.
    """
    folder = os.fsencode(folder)
    tree = {}

    def visit(directory):
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    visit(entry.path)
                    continue
                mode, content = leaf(entry.path)
                tree[os.path.relpath(entry.path, folder)] = mode, blob_id(content)

    visit(folder)
    return tree


def leaf(path):
    """The git mode and the bytes of what stands at a path and is no directory."""
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        return "120000", os.readlink(os.fsencode(path))
    if not stat.S_ISREG(mode):
        return "special", b""
    with open(path, "rb") as file:
        return ("100755" if mode & stat.S_IXUSR else "100644"), file.read()


def commit_tree(repository, reference, prefix=""):
    """The files of a commit below a prefix, in the form of `folder_tree`; {} without a commit."""
    if not git(repository, "rev-parse", "-q", "--verify", reference, check=False).strip():
        return {}
    tree = {}
    start = prefix.encode() + b"/" if prefix else b""
    for line in git(repository, "ls-tree", "-r", "-z", "--full-tree", reference).split(b"\0"):
        if not line:
            continue
        entry, path = line.split(b"\t", 1)
        mode, _, name = entry.split(b" ")
        if path.startswith(start):
            tree[path[len(start):]] = mode.decode(), name.decode()
    return tree


def differences(left, right, limit=10):
    """The first few paths at which two trees differ, in words."""
    found = []
    for path in sorted(set(left) | set(right)):
        if left.get(path) != right.get(path):
            found.append(f"{path!r}: {left.get(path)} / {right.get(path)}")
    more = [f"… {len(found) - limit} more"] if len(found) > limit else []
    return found[:limit] + more


def head(repository, reference="refs/heads/sync"):
    """What a reference points at, as hex; None when it does not exist."""
    name = git(repository, "rev-parse", "-q", "--verify", reference, check=False)
    return name.decode().strip() or None


def fsck(repository):
    """What `git fsck --strict` has to say that is not about objects nothing points at."""
    done = subprocess.run(
        ["git", "-C", repository, "-c", "safe.directory=*", "fsck", "--strict", "--no-dangling"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    lines = done.stdout.decode(errors="replace").splitlines()
    harmless = ("notice: HEAD points to an unborn branch", "notice: No default references")
    words = [line for line in lines if not line.startswith(harmless)]
    if done.returncode != 0:
        words.append(f"exit {done.returncode}")
    return words


def tokens_in_folder(folder):
    """Every token that stands in a file of the folder."""
    found = set()
    for directory, _, names in os.walk(os.fsencode(folder)):
        for name in names:
            path = os.path.join(directory, name)
            if os.path.islink(path):
                continue
            with open(path, "rb") as file:
                found.update(TOKEN.findall(file.read()))
    return found


def reachable(repository):
    """The names of all objects that a reference reaches."""
    listed = git(repository, "rev-list", "--objects", "--all", "--no-object-names")
    return set(listed.decode().split())


def tokens_in_history(repository):
    """Every token in any blob that any reference reaches, files of the past included."""
    listed = git(repository, "rev-list", "--objects", "--all", "--no-object-names")
    kinds = git(repository, "cat-file", "--batch-check", stdin=listed).splitlines()
    blobs = b"".join(line.split(b" ")[0] + b"\n" for line in kinds if b" blob " in line)
    return set(TOKEN.findall(git(repository, "cat-file", "--batch", stdin=blobs)))
