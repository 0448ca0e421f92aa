"""The port that the service manager listens at for the daemon: packaging/syncd.socket."""

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time

import servers
from api import PATIENCE, APITest, ask
from device import ROOT, binaries, wait_until

CLOSED_IN_CHILDREN = 0o2000000


class Activated(APITest):
    """A daemon that is passed descriptor 3, as systemd does it."""

    def setUp(self):
        super().setUp()
        self.ada = self.listening(start=False)
        self.elsewhere, self.ada.port = self.ada.port, servers.free_port()

    def listen(self, host="127.0.0.1"):
        """What systemd does for a socket unit."""
        listener = socket.create_server((host, self.ada.port), backlog=64)
        self.addCleanup(listener.close)
        return listener

    def activate(self, descriptor):
        """Starts the daemon with a descriptor as its third."""
        # In the shell's place: LISTEN_PID is the daemon's own.
        words = 'exec env LISTEN_PID=$$ LISTEN_FDS=1 "$0" run --config "$1" 3<&"$2"'
        with open(self.ada.log, "ab") as log:
            self.ada.process = subprocess.Popen(
                ["/bin/bash", "-c", words, f"{binaries()}/syncd", self.ada.config,
                 str(descriptor)],
                env=self.ada.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=[descriptor], start_new_session=True)  # fmt: skip
        wait_until(lambda: self.ada.status()["daemon"] == "running", self.ada.output)

    def notices(self):
        return " ".join(self.ada.status()["notices"])

    def ask_behind(self, answers):
        """Asks on a thread of its own: nobody may be there yet."""
        thread = threading.Thread(
            target=lambda: answers.append(ask(self.ada.port, "GET", "/health").status))
        thread.start()
        self.addCleanup(thread.join)
        return thread

    def test_who_asks_while_nobody_is_there_is_answered(self):
        listener, answers = self.listen(), []
        first = self.ask_behind(answers)
        time.sleep(0.3)
        self.assertEqual(answers, [])
        self.activate(listener.fileno())
        first.join(PATIENCE)
        self.assertEqual(answers, [200])
        self.assertEqual(self.notices(), "")
        # Nobody listens at http.listen, and no program that is started has the descriptor.
        with self.assertRaises(ConnectionRefusedError):
            ask(self.elsewhere, "GET", "/health")
        with open(f"/proc/{self.ada.process.pid}/fdinfo/3", encoding="ascii") as file:
            flags = next(line for line in file if line.startswith("flags:"))
        self.assertTrue(int(flags.split()[1], 8) & CLOSED_IN_CHILDREN, flags)
        # With a changed configuration the services begin anew, and after a stop the daemon.
        self.ada.set("sync", "quiet", '"200ms"')
        self.ada.ctl("reload")
        self.assertEqual(ask(self.ada.port, "GET", "/health").status, 200)
        code, _ = self.ada.stop()
        self.assertEqual(code, 0)
        last = self.ask_behind(answers)
        time.sleep(0.3)
        self.assertEqual(answers, [200])
        self.activate(listener.fileno())
        last.join(PATIENCE)
        self.assertEqual(answers, [200, 200])
        answer = ask(self.ada.port, "GET", "/status", token=self.token(self.ada))
        self.assertEqual(answer.status, 200)
        self.assertRegex(answer.header("date"), r"^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$")

    def test_one_that_others_can_reach_takes_what_http_listen_takes(self):
        listener = self.listen("0.0.0.0")
        self.activate(listener.fileno())
        wait_until(lambda: "behind_proxy" in self.notices(), self.notices)
        self.ada.write("a.md", "a\n")
        self.wait_in_sync(self.ada)

    def test_what_is_no_listening_socket_is_said(self):
        plain = socket.socket()
        with contextlib.closing(plain), open(self.ada.config, "rb") as file:
            for descriptor in (file.fileno(), plain.fileno()):
                with self.subTest(descriptor):
                    self.activate(descriptor)
                    wait_until(lambda: "socket unit" in self.notices(), self.notices)
                    self.assertEqual(self.ada.stop()[0], 0)

    def test_systemd_takes_the_units(self):
        directory = f"{self.top}/units"
        os.makedirs(directory)
        for name in ("syncd.socket", "syncd.service"):
            shutil.copy(f"{ROOT}/packaging/{name}", directory)
        # A program has to be there that the unit starts.
        with open(f"{directory}/syncd.service", encoding="utf-8") as file:
            text = file.read().replace("%h/.local/bin/syncd", f"{binaries()}/syncd")
        with open(f"{directory}/syncd.service", "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", f"{directory}/syncd.socket"],
            capture_output=True, encoding="utf-8", check=False)  # fmt: skip
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
