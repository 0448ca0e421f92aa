"""What the figures were measured on."""

import os
import platform
import shutil
import subprocess


def first_line(*command):
    """The first line a program says; empty when it is not there or fails."""
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stdout or done.stderr).splitlines()
    return lines[0].strip() if lines and done.returncode == 0 else ""


def file_system(path):
    """The type of the file system a path is on."""
    return first_line("findmnt", "-n", "-o", "FSTYPE,SOURCE", "-T", path) or "unknown"


def processor():
    """The processor's name."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def describe(top, programs):
    """Machine, versions and load, name by name."""
    versions = {
        "syncd": first_line(f"{programs}/syncd", "--version"),
        "git": first_line("git", "--version"),
        "unison": first_line("unison", "-version"),
        "syncthing": first_line("syncthing", "--version"),
        "gitwatch": shutil.which("gitwatch") or "",
    }
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": processor(),
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') >> 20} MiB",
        "kernel": platform.release(),
        "file system": f"{file_system(top)} ({top})",
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "caches": "warm",
        **{name: version for name, version in versions.items() if version},
    }
