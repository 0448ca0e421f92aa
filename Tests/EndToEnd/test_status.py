"""What `status`, `state.json` and the exit codes say is there, and is true."""

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import time
import unittest

import servers
import trees
from device import PREFIX, Device, binaries, wait_until
from harness import VaultTest

STATUS = {
    "vault": str, "device": str, "daemon": str, "state": str, "head": str, "remote_head": str,
    "pending": dict, "conflicts": int, "quarantined": int, "last_sync": dict, "watch": dict,
    "sync_health": dict,
}  # fmt: skip
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"


class Status(VaultTest):
    """The one-glance picture, beside what the repository and the folder say themselves."""

    def test_every_key_is_there_with_its_type(self):
        ada, _ = self.pair()
        status = ada.status()
        for key, kind in STATUS.items():
            self.assertIsInstance(status[key], kind, key)
        self.assertEqual(
            set(status["pending"]), {"changes", "commits_to_push", "oldest_unsynced_seconds"}
        )
        self.assertEqual(set(status["last_sync"]), {"local_to_remote", "remote_to_local"})
        self.assertEqual(set(status["watch"]), {"mode", "directories", "limit"})
        self.assertEqual(
            set(status["sync_health"]), {"status", "last_error", "consecutive_failures"}
        )

    def test_in_sync_is_true(self):
        ada, _ = self.pair()
        status = ada.status()
        self.assertEqual((status["vault"], status["device"]), ("default", "ada"))
        self.assertEqual((status["daemon"], status["state"]), ("running", "in-sync"))
        self.assertEqual(status["head"], trees.head(ada.repository))
        self.assertEqual(status["remote_head"], trees.head(self.remote))
        self.assertEqual(
            status["pending"],
            {"changes": 0, "commits_to_push": 0, "oldest_unsynced_seconds": None},
        )
        self.assertRegex(status["last_sync"]["local_to_remote"], TIME)
        self.assertEqual(status["watch"]["mode"], "inotify")
        self.assertGreaterEqual(status["watch"]["directories"], 1)
        self.assertEqual(
            status["sync_health"],
            {"status": "healthy", "last_error": None, "consecutive_failures": 0},
        )

    def test_without_the_daemon_it_says_so_and_still_looks(self):
        ada, _ = self.pair()
        ada.stop()
        ada.write("hello.txt", "changed while nobody looked\n")
        done = ada.ctl("status", "--json", expect=(3,))
        status = json.loads(done.stdout)
        self.assertEqual(status["daemon"], "stopped")
        self.assertNotEqual(status["state"], "in-sync")
        self.assertEqual(status["head"], trees.head(ada.repository))
        self.assertIn("not running", ada.ctl("status", expect=(3,)).stdout.lower())

    def test_offline_is_said_and_counted(self):
        ada, bob = self.pair()
        os.rename(self.remote, f"{self.remote}.away")
        ada.write("hello.txt", "alone\n")
        status = wait_until(
            lambda: self._offline(ada), lambda: f"{ada.status()}\n{ada.output()}", 30
        )
        self.assertEqual(status["pending"]["commits_to_push"], 1)
        self.assertIsNotNone(status["pending"]["oldest_unsynced_seconds"])
        self.assertIsNotNone(status["sync_health"]["last_error"])
        self.assertNotEqual(status["sync_health"]["status"], "healthy")
        os.rename(f"{self.remote}.away", self.remote)
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.status()["sync_health"]["status"], "healthy")

    @staticmethod
    def _offline(device):
        status = device.status()
        waits = status["pending"]["commits_to_push"] > 0
        return status if status["state"] == "offline" and waits else None

    def test_a_remote_that_takes_no_push_is_not_out_of_reach(self):
        bob = self.device("bob")
        place = f"{self.top}/mounted"
        os.mkdir(place)
        if self._mount("--bind", self.remote, place) != 0:
            self.skipTest("mounting needs root")
        self.mounts.append(place)
        self.url = place
        ada = self.device("ada")
        bob.write("hello.txt", "hello\n")
        self.wait_in_sync(ada, bob)
        self.remount(place, "bind,ro")
        ada.write("mine.txt", "mine\n")
        status = wait_until(
            lambda: (lambda s: s if s["sync_health"]["last_error"] else None)(ada.status()),
            lambda: self.picture(ada))  # fmt: skip
        self.assertEqual((status["state"], status["offline_since"]), ("blocked", None), status)
        bob.write("hello.txt", "more\n")
        wait_until(lambda: ada.read("hello.txt") == b"more\n", lambda: self.picture(ada))
        self.assertEqual(ada.status()["state"], "blocked")
        self.remount(place, "bind,rw")
        self.wait_in_sync(ada, bob)

    def test_of_a_vault_that_cannot_be_opened_nothing_is_said_that_is_not_known(self):
        ada, bob = self.pair()
        ada.stop()
        bob.stop()
        os.rename(ada.repository, f"{ada.repository}.old")
        with open(ada.repository, "w", encoding="ascii") as file:
            file.write("no directory\n")
        text = ada.ctl("status", expect=None).stdout
        self.assertIn("blocked", text)
        self.assertIn("head     unknown\n", text)
        self.assertIn("last     unknown\n", text)
        os.remove(ada.repository)
        os.rename(f"{ada.repository}.old", ada.repository)
        self.assertNotIn("unknown", ada.ctl("status", expect=None).stdout)

    def test_a_disk_of_our_own_is_not_the_remote(self):
        ada, bob = self.pair()
        limit = ["prlimit", f"--pid={bob.process.pid}"]
        subprocess.run([*limit, "--fsize=200000:unlimited"], check=True)
        ada.write("big.bin", os.urandom(500_000))
        status = wait_until(
            lambda: (lambda s: s if s["sync_health"]["last_error"] else None)(bob.status()),
            lambda: self.picture(bob))  # fmt: skip
        self.assertIn("large", status["sync_health"]["last_error"].lower())
        self.assertEqual((status["state"], status["offline_since"]), ("pending", None), status)
        subprocess.run([*limit, "--fsize=unlimited:unlimited"], check=True)
        self.wait_in_sync(ada, bob)

    def test_never_in_sync_while_a_change_waits(self):
        ada, bob = self.pair()
        for count in range(20):
            content = f"round {count}\n".encode()
            ada.write("hello.txt", content)
            # Whenever the sentence is said after this write, the remote must have its bytes.
            wanted = trees.blob_id(content)
            for _ in range(50):
                said = ada.status()
                there = trees.commit_tree(self.remote, "refs/heads/sync", PREFIX)
                if said["state"] == "in-sync":
                    self.assertEqual(there[b"hello.txt"][1], wanted, f"{said}")
                    break
        self.wait_in_sync(ada, bob)

    def test_modes_of_what_is_private(self):
        ada, _ = self.pair()
        self.assertEqual(stat.S_IMODE(os.stat(ada.state).st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(f"{ada.state}/state.json").st_mode), 0o600)
        socket = os.stat(f"{ada.home}/run/syncd/default.sock")
        self.assertTrue(stat.S_ISSOCK(socket.st_mode))
        self.assertEqual(stat.S_IMODE(socket.st_mode), 0o600)

    def test_state_json_is_whole_and_true(self):
        ada, bob = self.pair()
        bob.write("from-bob.txt", "bob\n")
        self.wait_in_sync(ada, bob)

        def complete():
            with open(f"{ada.state}/state.json", encoding="utf-8") as file:
                state = json.load(file)
            return state if f"{PREFIX}/from-bob.txt" in state["files"] else None

        state = wait_until(complete, "from-bob.txt is not in state.json")
        keys = {"version", "last_sync", "files", "pending_conflicts", "resolved_conflicts"}
        self.assertLessEqual(keys | {"sync_health"}, set(state))
        theirs = state["files"][f"{PREFIX}/from-bob.txt"]
        self.assertEqual(theirs["source"], "bob")
        self.assertEqual(theirs["size"], 4)
        self.assertEqual(theirs["hash"], "sha256:" + hashlib.sha256(b"bob\n").hexdigest())
        self.assertRegex(theirs["last_modified"], TIME)
        self.assertEqual(state["files"][f"{PREFIX}/hello.txt"]["source"], "local")

    def test_state_json_may_be_deleted(self):
        ada, bob = self.pair()
        ada.stop()
        os.unlink(f"{ada.state}/state.json")
        ada.start()
        ada.write("after.txt", "after\n")
        self.wait_in_sync(ada, bob)
        wait_until(lambda: os.path.exists(f"{ada.state}/state.json"), "no state.json")

    def test_the_watch_follows_directories(self):
        ada, _ = self.pair()
        before = ada.status()["watch"]["directories"]
        for count in range(5):
            ada.write(f"d{count}/x", "x\n")
        wait_until(
            lambda: ada.status()["watch"]["directories"] == before + 5,
            lambda: f"{before} + 5: {ada.status()['watch']}",
        )

    def test_sync_without_the_daemon_runs_one_cycle(self):
        ada, bob = self.pair()
        ada.stop()
        ada.write("by-hand.txt", "by hand\n")
        ada.ctl("sync", expect=(0,))
        there = trees.commit_tree(self.remote, "refs/heads/sync", PREFIX)
        self.assertIn(b"by-hand.txt", there)
        wait_until(lambda: bob.read("by-hand.txt"), "by-hand.txt did not arrive")

    def test_what_the_remote_has_waits_no_more_whoever_pushed_it(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        self.assertEqual(ada.once().returncode, 0)
        with open(ada.config, encoding="utf-8") as file:
            text = file.read()
        with open(ada.config, "w", encoding="utf-8") as file:
            file.write(text.replace(self.url, f"{self.top}/nowhere.git"))
        ada.write("a.md", "two\n")
        self.assertEqual(ada.once().returncode, 1)
        with open(ada.config, "w", encoding="utf-8") as file:
            file.write(text)
        waiting = ada.status()
        self.assertEqual(waiting["pending"]["commits_to_push"], 1)
        trees.git(ada.repository, "push", "--quiet", self.remote, "sync")
        status = ada.status()
        self.assertEqual(status["state"], "in-sync")
        self.assertEqual(status["pending"]["commits_to_push"], 0)
        self.assertIsNone(status["pending"]["oldest_unsynced_seconds"])

    def test_what_is_held_back_does_not_wait_without_the_daemon(self):
        ada = self.device("ada", start=False)
        ada.write("a.md", "one\n")
        with open(ada.path("large.bin"), "wb") as file:
            file.truncate((100 << 20) + 1)
        self.assertEqual(ada.once().returncode, 0)
        status = ada.status()
        self.assertEqual((status["state"], status["quarantined"]), ("in-sync", 1))
        self.assertEqual(status["pending"]["changes"], 0)
        # Once it may go, it waits.
        os.truncate(ada.path("large.bin"), 10)
        status = ada.status()
        self.assertEqual((status["state"], status["pending"]["changes"]), ("pending", 1))
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(ada.status()["quarantined"], 0)

    def test_a_socket_that_was_taken_away_is_there_again(self):
        """As `$XDG_RUNTIME_DIR` goes with the last logout."""
        ada = self.device("ada")
        self.wait_in_sync(ada)
        run = ada.environment["XDG_RUNTIME_DIR"]
        shutil.rmtree(run)
        # The daemon works on meanwhile.
        ada.write("a.md", "one\n")
        wait_until(
            lambda: b"a.md" in trees.commit_tree(self.remote, "refs/heads/sync", PREFIX),
            ada.output)
        os.mkdir(run, 0o700)
        wait_until(
            lambda: ada.ctl("pause", expect=None).returncode == 0, ada.output, deadline=60.0)
        ada.ctl("resume", expect=(0,))
        self.assertIn("listening there anew", ada.output())
        self.assertEqual(ada.ctl("status", expect=(0,)).returncode, 0)
        self.assertEqual(ada.stop()[0], 0)
        self.assertEqual([names for _, _, names in os.walk(run) if names], [])

    def test_a_reload_where_no_socket_can_be_made_ends_nothing(self):
        ada = self.device("ada")
        self.wait_in_sync(ada)
        run = ada.environment["XDG_RUNTIME_DIR"]
        shutil.rmtree(run)
        ada.set("sync", "poll", '"2s"')
        os.kill(ada.process.pid, signal.SIGHUP)
        wait_until(lambda: ada.output(99).count("started:") == 2, ada.output)
        ada.write("a.md", "one\n")
        wait_until(
            lambda: b"a.md" in trees.commit_tree(self.remote, "refs/heads/sync", PREFIX),
            ada.output)
        os.mkdir(run, 0o700)
        wait_until(ada.answers, ada.output, deadline=60.0)

    def test_while_paused_what_is_committed_does_not_wait(self):
        ada = self.device("ada")
        ada.write("a.md", "one\n")
        ada.write("b/deep.md", "one\n")
        self.wait_in_sync(ada)
        before = ada.ctl("flush").stdout.strip()
        ada.write("a.md", "two\n")
        ada.write("b/deep.md", "two\n")
        self.wait_in_sync(ada)
        ada.ctl("pause")
        ada.ctl("flush", "--pushed", expect=(0,))
        waits = lambda: ada.status()["pending"]["changes"]  # noqa: E731
        changes = [
            ("restore", ada.path("a.md"), "--to", before),
            ("undo",),
            ("rollback", before),
            ("undo",),
        ]
        for words in changes:
            ada.ctl(*words)
            ada.ctl("flush", expect=(0,))
            # What the watch tells of what was applied comes before what it tells of this.
            ada.write("mark", "one\n")
            wait_until(lambda: waits() == 1, lambda words=words: f"{waits()} wait after {words}")
            os.unlink(ada.path("mark"))
            wait_until(lambda: waits() == 0, lambda words=words: f"{waits()} wait after {words}")
        ada.ctl("flush", "--pushed", expect=(1,))
        ada.write("a.md", "three\n")
        ada.write("new.md", "new\n")
        wait_until(lambda: waits() == 2, lambda: f"{waits()} wait, not 2")
        ada.ctl("flush", expect=(1,))
        ada.write("a.md", "two\n")
        os.unlink(ada.path("new.md"))
        wait_until(lambda: waits() == 0, lambda: f"{waits()} wait, not 0")
        ada.ctl("flush", expect=(0,))
        os.unlink(ada.path("b/deep.md"))
        wait_until(lambda: waits() == 1, lambda: f"{waits()} wait, not 1")
        ada.ctl("flush", expect=(1,))
        ada.ctl("resume")
        self.wait_in_sync(ada)
        self.assertFalse(os.path.exists(ada.path("b/deep.md")))

    def test_what_is_written_once_it_is_paused_waits_for_the_resume(self):
        ada = self.device("ada")
        for turn in range(8):
            # An exchange is under way, and another is to come.
            for number in range(6):
                ada.write(f"early-{turn}-{number}.md", "early\n")
                time.sleep(0.03)
            ada.ctl("pause", expect=(0,))
            ada.write(f"late-{turn}.md", "late\n")
            time.sleep(1.2)
            head = trees.commit_tree(ada.repository, "refs/heads/sync", PREFIX)
            self.assertFalse(f"late-{turn}.md".encode() in head, f"turn {turn}")
            self.assertEqual(ada.status()["state"], "paused")
            ada.ctl("flush", expect=(1,))
            ada.ctl("resume", expect=(0,))
            self.wait_in_sync(ada)
        self.assert_converged(ada)

    def test_while_a_push_lasts_it_says_what_waits(self):
        server = servers.SSHD(f"{self.top}/sshd")
        self.addCleanup(server.stop)
        self.environment |= server.environment
        self.url, self.sync = f"box:{self.remote}", {"poll": '"1s"', "pushes": "600"}
        ada = self.device("ada")
        ada.write("a.md", "one\n")
        self.wait_in_sync(ada)
        hook = f"{self.remote}/hooks/pre-receive"
        with open(hook, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\ntouch {self.top}/asked\n")
            file.write(f"while [ -e {hook} ]; do sleep 0.1; done\n")
        os.chmod(hook, 0o755)
        ada.write("b.md", "two\n")
        wait_until(lambda: os.path.exists(f"{self.top}/asked"), ada.output)
        ada.write("c.md", "three\n")
        head = lambda: trees.head(ada.repository)  # noqa: E731
        before = head()
        wait_until(lambda: head() != before, ada.output)
        pending = lambda: ada.status()["pending"]  # noqa: E731
        wait_until(
            lambda: pending()["commits_to_push"] == 2, lambda: f"{pending()}", deadline=8.0)
        self.assertEqual(ada.status()["head"], head())
        age = lambda: pending()["oldest_unsynced_seconds"]  # noqa: E731
        first = age()
        wait_until(lambda: age() > first, lambda: f"{age()}, not more than {first}", deadline=8.0)
        os.unlink(hook)
        self.wait_in_sync(ada)

    def test_a_cycle_that_nobody_waits_for_is_not_begun_while_it_is_paused(self):
        ada = self.device("ada")
        ada.ctl("sync", "--no-wait", expect=(0,))
        ada.ctl("pause")
        said = ada.ctl("sync", "--no-wait", expect=(1,))
        self.assertIn("paused: syncctl resume", said.stderr)

    def test_sync_without_the_daemon_says_that_the_vault_is_paused(self):
        ada = self.device("ada")
        ada.write("a.md", "one\n")
        self.wait_in_sync(ada)
        ada.ctl("pause")
        ada.stop()
        ada.write("a.md", "two\n")
        for done in (ada.ctl("sync", expect=(1,)), ada.once()):
            self.assertEqual(done.returncode, 1)
            self.assertIn("paused: start the daemon (syncd run), then syncctl resume", done.stderr)
        said = json.loads(ada.ctl("sync", "--json", expect=(1,)).stdout)["status"]
        self.assertEqual(said["state"], "paused")
        self.assertIn("syncd run", ada.ctl("status", expect=(3,)).stdout)
        ada.start()
        self.assertIn("paused: syncctl resume", ada.ctl("sync", expect=(1,)).stderr)
        ada.ctl("resume")
        self.wait_in_sync(ada)

    def test_nothing_waits_after_a_sync(self):
        """Nor does it without the daemon that could look, with a remote or without one."""
        alone = Device(f"{self.top}/alone", "alone")
        self.devices.append(alone)
        alone.ctl("init", "--folder", f"{alone.folder}={PREFIX}", "--device", "alone", expect=(0,))
        for device in (alone, self.device("ada", start=False)):
            device.write("a.md", "a\n")
            device.ctl("sync", expect=(0,))
            for turn in range(2):
                status = json.loads(device.ctl("status", "--json", expect=(0, 3)).stdout)
                self.assertEqual(status["state"], "in-sync", turn)
                self.assertEqual(status["pending"]["changes"], 0, turn)
                device.write("b.md", "b\n")
                device.ctl("sync", expect=(0,))

    def test_once_makes_one_cycle_and_ends(self):
        ada = self.device("ada", start=False)
        ada.write("once.txt", "once\n")
        done = ada.once()
        self.assertEqual(done.returncode, 0, done.stderr)
        there = trees.commit_tree(self.remote, "refs/heads/sync", PREFIX)
        self.assertEqual(there, ada.tree())

    def test_doctor_finds_nothing_to_mend(self):
        ada, _ = self.pair()
        done = ada.ctl("doctor", expect=(0,))
        self.assertRegex(done.stdout, r"(?m)\bok\b")
        self.assertNotRegex(done.stdout, r"(?m)^\s*fail\b")

    def test_too_few_open_files(self):
        """The limit is named, and what to do; nothing traps."""
        ada = self.device("ada")
        ada.write("a.md", "one\n")
        self.wait_in_sync(ada)
        ada.stop()
        daemon, once = ["syncd", "run"], ["syncd", "run", "--once"]
        for few in (8, 12, 20, 25, 30, 35, 40, 64):
            for command in (daemon, once, ["syncctl", "status"], ["syncctl", "doctor"]):
                if command[0] == "syncctl" and few >= 32:
                    continue
                done = subprocess.run(
                    ["prlimit", f"--nofile={few}:{few}", "--", f"{binaries()}/{command[0]}",
                     *command[1:], "--config", ada.config],
                    env=ada.environment, capture_output=True, text=True, timeout=60,
                    check=False)  # fmt: skip
                with self.subTest(command, few=few):
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertIn(f"open only {few} files, and it needs", done.stderr)
                    self.assertIn("ulimit -n", done.stderr)
        # What only the soft limit forbids the program allows itself.
        for command in (once, ["syncctl", "sync"], ["syncctl", "log"]):
            done = subprocess.run(
                ["prlimit", "--nofile=20:1024", "--", f"{binaries()}/{command[0]}",
                 *command[1:], "--config", ada.config],
                env=ada.environment, capture_output=True, text=True, timeout=60,
                check=False)  # fmt: skip
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_clock_that_is_behind_is_told(self):
        """By status as by doctor."""
        ada, bob = self.device("ada", start=False), self.device("bob", start=False)
        ada.environment["SYNCD_CLOCK_OFFSET"] = "10m"
        ada.write("a.md", "one\n")
        os.utime(ada.path("a.md"), (time.time() + 600,) * 2)
        self.assertEqual(ada.once().returncode, 0)
        done = bob.once()
        self.assertEqual(done.returncode, 0, done.stderr)
        doctor = bob.ctl("doctor", expect=None).stdout
        for said in (str(bob.status()["notices"]), done.stderr, doctor):
            self.assertIn("minutes behind the newest commit", said)
        self.assertEqual(ada.status()["notices"], [])

    def test_the_daemon_ends_in_time(self):
        ada, _ = self.pair()
        for count in range(300):
            ada.write(f"busy/{count}", f"{count}\n")
        code, seconds = ada.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 5.0)

    def test_a_reload_takes_the_new_configuration_or_keeps_the_old(self):
        ada, bob = self.pair()
        ada.set("sync", "quiet", '"a while"')
        done = ada.run("syncctl", "--config", ada.config, "reload")
        self.assertEqual(done.returncode, 78, done.stderr)
        ada.write("hello.txt", "still here\n")
        self.wait_in_sync(ada, bob)
        ada.set("sync", "quiet", '"100ms"')
        ada.ctl("reload", expect=(0,))
        ada.write("hello.txt", "and after\n")
        self.wait_in_sync(ada, bob)


if __name__ == "__main__":
    unittest.main()
