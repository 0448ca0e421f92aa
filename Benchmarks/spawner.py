"""Runs programs for `measure`, one after the other, as the child of a small process.

A child counts the memory of the process it was started from as its own peak, so that the
benchmark with its sample in memory would hide what a small program takes. One JSON object a
line comes in (arguments, environment, directory, output), one goes out (what it took).
"""

import json
import os
import sys
import time


def serve():
    """Runs what each line names, until there are no more."""
    for line in sys.stdin:
        order = json.loads(line)
        if order["directory"]:
            os.chdir(order["directory"])
        output = (os.POSIX_SPAWN_OPEN, 1, order["output"], os.O_WRONLY | os.O_CREAT, 0o600)
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            output,
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        arguments, environment = order["arguments"], order["environment"]
        began = time.perf_counter()
        pid = os.posix_spawnp(arguments[0], arguments, environment, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - began
        code = os.waitstatus_to_exitcode(status)
        took = (code, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    serve()
