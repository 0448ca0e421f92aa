"""Programs that write a file while it is being synced: six kinds, as editors and agents do it.

Each adds one line to what it reads, so no writer ever takes away what it wrote before; a word that
is gone was taken by somebody else.
"""

import mmap
import os


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def rewrite(path, line):
    """Writes the whole file anew, in place."""
    content = _read(path) + line
    with open(path, "wb") as file:
        file.write(content)


def atomic_save(path, line):
    """Writes a temporary file beside it and renames it over, as most editors do."""
    content = _read(path) + line
    directory, name = os.path.split(path)
    temporary = os.path.join(directory, f".{name}.swp")
    with open(temporary, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)


def append(path, line):
    """Opens for appending and writes once."""
    with open(path, "ab") as file:
        file.write(line)


def mapped(path, line):
    """Makes the file longer and writes through a shared mapping, which inotify does not see."""
    with open(path, "r+b" if os.path.exists(path) else "w+b") as file:
        size = os.fstat(file.fileno()).st_size
        file.truncate(size + len(line))
        with mmap.mmap(file.fileno(), 0) as memory:
            memory[size:] = line
            memory.flush()


def truncate(path, line):
    """Keeps the file open, empties it, and writes everything again in two pieces."""
    content = _read(path) + line
    with open(path, "r+b" if os.path.exists(path) else "w+b", buffering=0) as file:
        file.truncate(0)
        middle = len(content) // 2
        file.write(content[:middle])
        file.write(content[middle:])


def rename_over(path, line):
    """Writes a draft in another directory of the folder and moves it over the file."""
    content = _read(path) + line
    drafts = os.path.join(os.path.dirname(os.path.dirname(path)), "drafts")
    os.makedirs(drafts, exist_ok=True)
    draft = os.path.join(drafts, os.path.basename(path))
    with open(draft, "wb") as file:
        file.write(content)
    os.rename(draft, path)


KINDS = [rewrite, atomic_save, append, mapped, truncate, rename_over]
