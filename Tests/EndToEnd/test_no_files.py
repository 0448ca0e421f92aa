"""What is no file stands where one is read by its name: nobody waits for it."""

import os
import signal
import socket
import unittest

from device import wait_until
from harness import VaultTest

CONFIGURATION = 78


class NoFiles(VaultTest):
    """A FIFO waits for whoever writes to it, for ever."""

    def stand(self, kind, path):
        """Puts something that is no file at a path."""
        if kind == "fifo":
            os.mkfifo(path)
        elif kind == "directory":
            os.mkdir(path)
        elif kind == "socket":
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(path)
        else:
            os.symlink("/dev/zero", path)

    def test_in_the_configurations_place(self):
        ada = self.device("ada")
        ada.write("a.md", "one\n")
        ada.ctl("flush", "--pushed")
        kept = f"{ada.config}.kept"
        for kind in ("fifo", "directory", "socket", "device"):
            with self.subTest(kind):
                os.rename(ada.config, kept)
                self.stand(kind, ada.config)
                ada.process.send_signal(signal.SIGHUP)
                wait_until(lambda: "the running one stays" in ada.output(5), ada.output)
                done = ada.run("syncctl", "--config", ada.config, "reload", timeout=20)
                self.assertEqual(done.returncode, CONFIGURATION, done.stderr)
                self.assertEqual(ada.status()["daemon"], "running")
                done = ada.run(
                    "syncd", "run", "--once", "--config", ada.config, timeout=20)
                self.assertEqual(done.returncode, CONFIGURATION, done.stderr)
                os.rename(ada.config, f"{ada.config}.{kind}")
                os.rename(kept, ada.config)
                ada.ctl("reload")
                ada.write("a.md", f"{kind}\n")
                ada.ctl("flush", "--pushed")
                with open(ada.log, "a", encoding="utf-8") as log:
                    log.write("\n" * 5)
        code, took = ada.stop()
        self.assertEqual(code, 0)
        self.assertLess(took, 4)

    def test_in_the_place_of_what_the_daemon_reads_beside_it(self):
        ada = self.device("ada")
        ada.write("a.md", "one\n")
        ada.ctl("flush", "--pushed")
        ada.stop()
        os.mkfifo(f"{ada.state}/webhook.json")
        os.unlink(f"{ada.state}/state.json")
        os.mkfifo(f"{ada.state}/state.json")
        self.assertEqual(ada.status()["daemon"], "stopped")
        ada.start()
        ada.write("a.md", "two\n")
        ada.ctl("flush", "--pushed")


if __name__ == "__main__":
    unittest.main()
