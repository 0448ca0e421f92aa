"""A daemon with nothing to do: what it takes all the same."""

import os
import signal
import subprocess
import time

from contenders import HERE
from gitside import bare_repository, environment
from measure import cpu_seconds, cpu_seconds_with_children, memory, switches, switches_since
from one_file import start_watching


def idle(workshop):
    """Measures a daemon with a path remote on many files, beside the git loop on as many."""
    count, seconds = workshop.options.idle_files, workshop.options.idle_seconds
    device, git = workshop.committed(count)
    remote = bare_repository(workshop.new_path("remote"))
    device.set("repository", "remote", f'"{remote}"')
    start_watching(workshop, device, count)
    try:
        pid = device.process.pid
        workshop.say(f"{seconds} s of nothing")
        # Threads of the pool end some seconds after their last work.
        time.sleep(min(seconds, 10))
        cpu, before = cpu_seconds(pid), switches(pid)
        time.sleep(seconds)
        cpu, switched = cpu_seconds(pid) - cpu, switches_since(pid, before)
        rss, pss, anonymous = memory(pid)
    finally:
        device.stop()
    work = f"idle, {count:,} files, {seconds} s"
    peer = "git loop, 100 ms"
    workshop.row(work, "CPU", "s", cpu, peer, _loop(git, workshop.new_path("remote"), seconds))
    workshop.row(work, "context switches", "", switched)
    workshop.row(work, "RSS", "bytes", rss)
    workshop.row(work, "PSS", "bytes", pss)
    workshop.row(work, "anonymous memory", "bytes", anonymous)


def _loop(git, remote, seconds):
    """The processor time of the loop and all that it starts."""
    bare_repository(remote)
    git.git("remote", "add", "origin", remote)
    git.git("push", "-q", "origin", "sync")
    process = subprocess.Popen(
        ["bash", f"{HERE}/gitloop.sh"], env=environment(), cwd=git.tree,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        time.sleep(seconds)
        return cpu_seconds_with_children(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
