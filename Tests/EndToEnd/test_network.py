"""A network that comes and goes, a server that is polite or not, and what the vault says of it."""

import ctypes
import json
import os
import shutil
import subprocess
import threading
import time
import unittest

import servers
import trees
from device import PREFIX, binaries, wait_until
from harness import VaultTest
from proxy import Proxy
from test_https import HTTPSTest

CLONE_NEWNET = 0x40000000
AUTHENTICATION = 4


class InOwnNetwork:
    """Runs work in a network of its own, whose one link can be taken down; what is started in
    there lives there."""

    def __init__(self, test):
        self.test = test

    def run(self, work):
        """Does the work; skips the test where a process may not have a network of its own."""
        failure = []

        def body():
            try:
                self._enter()
                work()
            except BaseException as error:  # pylint: disable=broad-exception-caught
                failure.append(error)

        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        if failure:
            raise failure[0]

    def _enter(self):
        # Of a process with threads this moves the one that asks, and what it starts.
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            cause = os.strerror(ctypes.get_errno())
            self.test.skipTest(f"a network of its own needs root ({cause})")
        self.link("up")

    def link(self, state):
        """Takes the one link up or down."""
        self.ip("link", "set", "lo", state)

    def ip(self, *words):
        """Runs ip."""
        try:
            subprocess.run(["ip", *words], check=True)
        except FileNotFoundError:
            self.test.skipTest("ip is missing: apt install iproute2")


class ComesAndGoes(HTTPSTest):
    """Offline is said with since when; back within a poll, or at once when the link comes."""

    turn = VaultTest.FIRST

    def wait_until_slow(self, device):
        """Waits until the quick tries are over."""
        wait_until(
            lambda: device.status()["sync_health"]["consecutive_failures"] >= 6,
            lambda: f"{device.status()}\n{device.output()}", 90, 0.2,
        )  # fmt: skip

    def test_a_server_that_comes_back_is_found_within_one_poll(self):
        ada, bob = self.pair()
        self.server.stop()
        ada.write("hello.txt", "one\n")
        first = self.offline(ada)
        since = first["offline_since"]
        self.assertRegex(since, r"^\d{4}-\d\d-\d\dT")
        self.wait_until_slow(ada)
        ada.write("hello.txt", "two\n")
        status = wait_until(
            lambda: (lambda s: s if s["pending"]["commits_to_push"] == 2 else None)(ada.status()),
            lambda: f"{ada.status()}\n{ada.output()}",
        )
        self.assertEqual((status["state"], status["offline_since"]), ("offline", since))
        text = ada.ctl("status").stdout
        self.assertIn(f"since {since}, 2 commits and 0 changes wait", text)
        self.server.start()
        began = time.monotonic()
        wait_until(lambda: ada.status()["state"] == "in-sync", lambda: self.picture(ada))
        took = time.monotonic() - began
        # The poll is a second; an exchange with everything at both ends takes part of another.
        self.assertLess(took, 2.5)
        self.assertIsNone(ada.status()["offline_since"])
        self.wait_in_sync(ada, bob)

    test_a_server_that_comes_back_is_found_within_one_poll.turn = VaultTest.ALONE

    def test_a_link_that_comes_up_is_noticed_at_once(self):
        self.server.stop()
        network = InOwnNetwork(self)

        def work():
            self.server.start()
            ada = self.device("ada", start=False)
            # Nothing but the change itself brings it back in time.
            ada.set("sync", "poll", '"10m"')
            ada.set("sync", "timeout", '"1s"')
            ada.start()
            ada.write("a.txt", "a\n")
            self.wait_in_sync(ada)
            network.link("down")
            ada.write("b.txt", "b\n")
            self.offline(ada)
            self.wait_until_slow(ada)
            network.link("up")
            began = time.monotonic()
            self.wait_in_sync(ada)
            self.took = time.monotonic() - began
            self.assertIn("b.txt", trees.git(self.remote, "ls-tree", "-r", "sync").decode())

        network.run(work)
        self.assertLess(self.took, 5)


    def test_an_exchange_ends_when_what_it_stands_on_goes(self):
        self.server.stop()
        network = InOwnNetwork(self)

        def work():
            self.server.start()
            network.ip("address", "add", "10.99.0.1/24", "dev", "lo")
            network.ip("route", "add", "default", "dev", "lo")
            proxy = Proxy(self.server.port)
            self.addCleanup(proxy.close)
            self.at(f"https://localhost:{proxy.port}")
            ada = self.device("ada", start=False)
            # Nothing but the change itself ends it in time.
            ada.set("sync", "timeout", '"5m"')
            ada.start()
            ada.write("a.txt", "a\n")
            self.wait_in_sync(ada)
            for number, gone in enumerate((
                ("route", "delete", "default"),
                ("address", "delete", "10.99.0.1/24", "dev", "lo"),
            )):  # fmt: skip
                proxy.arm("stall", "down", 100)
                ada.write("b.txt", f"{number}\n")
                wait_until(lambda: proxy.struck, ada.output)
                time.sleep(0.5)
                self.assertIsNone(ada.status()["offline_since"])
                # What comes and goes by itself ends nothing.
                network.ip("address", "add", f"10.98.0.{number + 1}/32", "dev", "lo")
                time.sleep(0.5)
                self.assertIsNone(ada.status()["offline_since"])
                began = time.monotonic()
                network.ip(*gone)
                wait_until(lambda: "network went away" in ada.output(), ada.output)
                self.assertLess(time.monotonic() - began, 2)
                self.wait_in_sync(ada)
            self.assertEqual(ada.output(1000).count("network went away"), 2)

        network.run(work)


class Courtesy(HTTPSTest):
    """Pushes have a budget, and a server that wants to be left alone is."""

    sync = {"poll": '"1s"'}
    options = {"extra": "error_page 418 = @limit; location @limit { add_header Retry-After 3600 "
                        "always; return 429; }"}  # fmt: skip

    def pushes(self):
        """When pushes reached the server, as they stand in its log."""
        return [r for r in self.server.requests() if r[0] == "POST" and "receive-pack" in r[1]]

    def test_a_stream_of_changes_is_few_pushes_and_all_of_it_arrives(self):
        ada, bob = self.pair()
        # Each push of bob's says only how far he has applied.
        bob.stop()
        ada.ctl("sync", expect=None)
        before, commits = len(self.pushes()), self.commits()
        for count in range(50):
            ada.write(f"stream/{count}.txt", f"{count}\n")
            time.sleep(0.2)
            status = ada.status()
            self.assertIn(status["state"], ("in-sync", "syncing", "pending"), status)
            self.assertEqual(status["sync_health"]["status"], "healthy")
        self.assertLessEqual(len(self.pushes()) - before, 5)
        wait_until(
            lambda: ada.status()["pending"]["commits_to_push"] == 0,
            lambda: f"{ada.status()}\n{ada.output()}", 60,
        )  # fmt: skip
        self.assertGreater(self.commits() - commits, 25)
        bob.start()
        self.wait_in_sync(ada, bob)

    def commits(self):
        """How many commits the remote has."""
        return int(trees.git(self.remote, "rev-list", "--count", "sync"))

    def test_the_number_is_the_owners(self):
        ada = self.device("ada", start=False)
        ada.set("sync", "pushes", "600")
        ada.start()
        for count in range(20):
            ada.write("a.txt", f"{count}\n")
            ada.ctl("sync")
        self.assertGreaterEqual(len(self.pushes()), 20)

    def test_a_program_that_is_started_again_and_again_has_the_same_budget(self):
        ada = self.device("ada", start=False)
        ada.set("sync", "pushes", "2")
        for count in range(2):
            ada.write("a.txt", f"{count}\n")
            self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(len(self.pushes()), 2)
        ada.write("a.txt", "late\n")
        words = [f"{binaries()}/syncd", "run", "--once", "--config", ada.config]
        with subprocess.Popen(words, env=ada.environment, stderr=subprocess.DEVNULL) as process:
            wait_until(lambda: b"late" in trees.git(ada.repository, "show", "sync"), "no capture")
            time.sleep(3)
            self.assertIsNone(process.poll())
            process.kill()
        # A daemon that is started after it counts them too.
        ada.start()
        time.sleep(3)
        self.assertEqual(ada.status()["pending"]["commits_to_push"], 1)
        self.assertEqual(len(self.pushes()), 2)

    def test_who_waits_for_a_turn_holds_up_no_end(self):
        ada = self.device("ada", start=False)
        ada.set("sync", "pushes", "1")
        ada.start()
        ada.write("a.txt", "one\n")
        self.wait_in_sync(ada)
        ada.write("a.txt", "two\n")
        done = []
        call = threading.Thread(target=lambda: done.append(ada.ctl("sync", expect=(1,))))
        call.start()
        wait_until(
            lambda: ada.status()["pending"]["commits_to_push"] == 1, lambda: str(ada.status()))
        time.sleep(0.5)
        self.assertEqual(done, [])
        code, seconds = ada.stop()
        call.join()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 2)
        self.assertIn("1 commit waits to be pushed", done[0].stderr)

    def test_a_server_that_wants_to_be_left_alone_is(self):
        ada = self.device("ada")
        ada.write("a.txt", "a\n")
        self.wait_in_sync(ada)
        config = f"{self.server.top}/nginx.conf"
        with open(config, encoding="utf-8") as file:
            text = file.read()
        self.server.stop()
        with open(config, "w", encoding="utf-8") as file:
            file.write(text.replace("location / {", "location / { return 418;"))
        self.server.start()
        ada.write("a.txt", "b\n")
        status = self.offline(ada, "left alone", "too many requests")
        asked = len(self.server.requests())
        self.assertEqual(self.server.requests()[-1][2], "429")
        # What waits for a file here does not wait for the server.
        program = open(ada.path("a.txt"), "ab", buffering=0)  # noqa: SIM115
        self.addCleanup(program.close)
        blob = trees.git(self.remote, "rev-parse", f"sync:{PREFIX}/a.txt").decode().strip()
        ada.ctl("restore", f"{PREFIX}/a.txt", "--to", blob, expect=None)
        self.assertEqual(ada.read("a.txt"), b"b\n")
        program.close()
        wait_until(lambda: ada.read("a.txt") == b"a\n", lambda: str(ada.status()))
        for count in range(3):
            ada.write("a.txt", f"c {count}\n")
            done = ada.ctl("sync", expect=(1,))
            self.assertIn("left alone", done.stderr)
        time.sleep(3)
        self.assertEqual(len(self.server.requests()), asked, "it was asked all the same")
        self.assertEqual(status["state"], "offline")


class Truth(HTTPSTest):
    """`doctor`, and `status` without the daemon, ask the server."""

    def test_status_without_the_daemon_asks(self):
        ada = self.device("ada")
        ada.write("a.txt", "a\n")
        self.wait_in_sync(ada)
        ada.stop()
        self.assertEqual(ada.status()["state"], "in-sync")
        ada.write("a.txt", "b\n")
        self.assertEqual(ada.status()["state"], "pending")
        self.server.passwords({servers.USER: "another"})
        status = ada.status()
        self.assertEqual(status["state"], "offline")
        self.assertIn("login", str(status["notices"]))
        self.server.stop()
        self.assertIn("connect", str(ada.status()["notices"]).lower())

    def test_what_is_captured_while_an_exchange_lasts_is_told_and_its_packs_are_joined(self):
        proxy = Proxy(self.server.port)
        self.addCleanup(proxy.close)
        self.at(f"https://localhost:{proxy.port}")
        ada = self.device("ada", start=False)
        ada.set("sync", "timeout", '"5m"')
        ada.set("sync", "quiet", '"1ms"')
        ada.start()

        def capture(numbers):
            for number in numbers:
                ada.write(f"{number}.txt", f"{number}\n")
                wait_until(
                    lambda name=f"{number}.txt".encode():
                        name in trees.commit_tree(ada.repository, "refs/heads/sync", PREFIX),
                    ada.output)  # fmt: skip

        # The exchange that hangs is given up some time: most are there before it.
        capture(range(40))
        self.wait_in_sync(ada)
        proxy.arm("stall", "down", 100)
        ada.write("b.txt", "b\n")
        wait_until(lambda: proxy.struck, ada.output)
        capture(range(40, 60))

        def told():
            with open(f"{ada.state}/state.json", encoding="utf-8") as file:
                return any(path.endswith("/59.txt") for path in json.load(file)["files"])

        wait_until(told, ada.output)
        packs = f"{ada.repository}/objects/pack"
        wait_until(
            lambda: sum(name.endswith(".pack") for name in os.listdir(packs)) < 50,
            lambda: f"{os.listdir(packs)}")
        there = trees.commit_tree(self.remote, "refs/heads/sync", PREFIX)
        self.assertNotIn(b"59.txt", there, "the exchange was over")
        proxy.hang_up()
        self.wait_in_sync(ada)

    def test_a_stop_while_the_server_is_waited_for_is_no_failure(self):
        proxy = Proxy(self.server.port)
        self.addCleanup(proxy.close)
        self.at(f"https://localhost:{proxy.port}")
        ada = self.device("ada", start=False)
        ada.set("sync", "timeout", '"5m"')
        ada.start()
        ada.write("a.txt", "a\n")
        self.wait_in_sync(ada)
        proxy.arm("stall", "down", 100)
        ada.write("a.txt", "b\n")
        wait_until(lambda: proxy.struck, ada.output)
        code, _ = ada.stop()
        self.assertEqual(code, 0)
        self.assertNotIn("cancelled", ada.output(1000))
        with open(f"{ada.state}/state.json", encoding="utf-8") as file:
            health = json.load(file)["sync_health"]
        self.assertEqual((health["last_error"], health["consecutive_failures"]), (None, 0))

    def test_status_without_the_daemon_does_not_hang(self):
        proxy = Proxy(self.server.port)
        self.addCleanup(proxy.close)
        self.at(f"https://localhost:{proxy.port}")
        ada = self.device("ada", start=False)
        ada.write("a.txt", "a\n")
        self.assertEqual(ada.once().returncode, 0)
        proxy.arm("stall", "down", 100)
        began = time.monotonic()
        status = ada.status()
        took = time.monotonic() - began
        self.assertEqual(status["state"], "offline")
        self.assertIn("no answer", str(status["notices"]))
        self.assertLess(took, 10)

    def stalled(self, *command):
        """A device, and a command on it that waits for the server while no daemon runs."""
        proxy = Proxy(self.server.port)
        self.addCleanup(proxy.close)
        self.at(f"https://localhost:{proxy.port}")
        ada = self.device("ada", start=False)
        self.assertEqual(ada.once().returncode, 0)
        ada.set("sync", "timeout", '"10s"')
        proxy.arm("stall", "down", 100)
        words = [f"{binaries()}/syncctl", "--config", ada.config, *command]
        nothing = subprocess.DEVNULL
        process = subprocess.Popen(words, env=ada.environment, stdout=nothing, stderr=nothing)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_until(lambda: proxy.struck, "nothing was asked")
        return ada, proxy, process

    def test_a_daemon_starts_while_a_command_waits_for_the_server(self):
        for command in ("status", "devices", "remote", "doctor"):
            with self.subTest(command):
                ada, proxy, process = self.stalled(command)
                self.assertLess(ada.start(), 5)
                self.assertIsNone(process.poll(), "it did not wait")
                proxy.hang_up()
                process.wait(20)
                ada.stop()
                shutil.rmtree(ada.home)

    def test_a_daemon_waits_for_a_command_that_has_the_vault(self):
        ada, proxy, process = self.stalled("sync")
        ada.spawn()
        wait_until(lambda: "waiting for it" in ada.output(), ada.output)
        self.assertTrue(ada.running())
        self.assertIsNone(process.poll())
        proxy.hang_up()
        wait_until(lambda: ada.status()["daemon"] == "running", ada.output)
        ada.stop()
        # It ends at once when it is asked to, as always.
        proxy.arm("stall", "down", 100)
        words = [f"{binaries()}/syncctl", "--config", ada.config, "sync"]
        with subprocess.Popen(words, env=ada.environment, stderr=subprocess.DEVNULL) as process:
            wait_until(lambda: proxy.struck, "nothing was asked")
            ada.spawn()
            wait_until(lambda: ada.output().count("waiting for it") == 2, ada.output)
            code, seconds = ada.stop()
            self.assertEqual(code, 0)
            self.assertLess(seconds, 4)
            proxy.hang_up()

    def test_doctor_asks_as_the_daemon_would(self):
        ada = self.device("ada")
        found = ada.ctl("doctor", expect=(0,)).stdout
        self.assertIn("asked as the daemon", found)
        # The terminal knows nothing of the login: the daemon does.
        kept = dict(ada.environment)
        ada.environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
        self.assertIn("asked as the daemon", ada.ctl("doctor", expect=(0,)).stdout)
        ada.stop()
        found = ada.ctl("doctor", expect=(AUTHENTICATION,)).stdout
        self.assertIn("login", found)
        ada.environment.update(kept)
        found = ada.ctl("doctor", expect=(0,)).stdout
        self.assertIn("with this terminal's environment", found)
        del ada.environment["SSL_CERT_FILE"]
        found = ada.ctl("doctor", expect=(1,)).stdout
        self.assertIn("certificate", found)
        ada.environment.update(kept)
        ada.set("repository", "remote", f'"{self.server.base}/none.git"')
        self.assertIn("no such repository", ada.ctl("doctor", expect=(1,)).stdout)

    def test_a_device_that_cannot_be_seen_is_said_once(self):
        trees.git(self.remote, "config", "receive.hideRefs", "refs/sync")
        ada = self.device("ada")
        for count in range(4):
            ada.write("a.txt", f"{count}\n")
            ada.ctl("sync")
        status = ada.status()
        self.assertEqual(status["state"], "in-sync")
        self.assertIn("do not see how far", str(status["notices"]))
        self.assertEqual(ada.output(1000).count("do not see how far"), 1)


if __name__ == "__main__":
    unittest.main()
