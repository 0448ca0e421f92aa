"""Lifecycle hooks: what they are told, what they may hold back, and that nobody waits for them."""

import json
import os
import threading
import time

import trees
from api import APITest, ask
from device import PREFIX, wait_until


class Hooks(APITest):
    """Hooks beside the configuration of real daemons."""

    def hook(self, device, name, text, mode=0o700):
        """Puts a hook beside a device's configuration; gives its path."""
        place = f"{os.path.dirname(device.config)}/hooks"
        os.makedirs(place, mode=0o700, exist_ok=True)
        path = f"{place}/{name}"
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(f"{path}.new", mode)
        os.rename(f"{path}.new", path)
        return path

    def told(self, name):
        """What a hook that keeps its input was told, a run each."""
        path = f"{self.top}/{name}"
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def recorder(self, name, then=""):
        """A hook that keeps its input."""
        return f"#!/bin/sh\ncat >> {self.top}/{name}\n{then}\n"

    def held(self, device):
        """What is held back, by path below the folder."""
        listed = json.loads(device.ctl("held", "--json").stdout)
        return {entry["path"].removeprefix(f"{PREFIX}/"): entry for entry in listed}

    def committed(self, device):
        """The files of a device's branch."""
        tree = trees.commit_tree(device.repository, "refs/heads/sync", PREFIX)
        return {os.fsdecode(path) for path in tree}

    GUARD = """#!/usr/bin/env python3
import json, subprocess, sys
asked = json.load(sys.stdin)
hold = []
for change in asked["changes"]:
    if change["blob"] is None:
        continue
    text = subprocess.run(["git", "-C", asked["repository"], "cat-file", "blob", change["blob"]],
                          capture_output=True, check=True).stdout
    if b"SECRET" in text:
        hold.append({"path": change["path"], "words": "it holds a secret"})
json.dump({"hold": hold}, sys.stdout)
"""

    def test_a_program_that_writes_all_the_time_keeps_nothing_from_the_remote(self):
        """Each capture takes longer than it is until the next write."""
        ada, bob = self.device("ada", start=False), self.device("bob")
        ada.set("sync", "quiet", '"1ms"')
        ada.set("sync", "max_wait", '"10ms"')
        self.hook(ada, "pre-commit", self.recorder("asked", "sleep 0.2"))
        ada.start()
        ends = threading.Event()

        def write():
            while not ends.wait(0.02):
                with open(ada.path("log.txt"), "a", encoding="utf-8") as file:
                    file.write("a line\n")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            wait_until(lambda: len(self.told("asked")) > 3, "no capture is asked")
            for number in range(3):
                ada.write(f"{number}.md", "beside it\n")
                name = f"{number}.md"
                wait_until(lambda name=name: bob.read(name), lambda: self.picture(ada, bob), 20.0)
                # It is answered, whatever it says: the file changes meanwhile.
                ada.ctl("flush", "--pushed", expect=(0, 1))
        finally:
            ends.set()
            writer.join()
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.read("log.txt"), bob.read("log.txt"))

    def test_a_vault_that_is_busy_is_waited_for(self):
        """For longer than `Limits.answerWait`, and no command says that it does not answer."""
        ada = self.device("ada")
        self.hook(ada, "pre-commit", self.recorder("asked", "sleep 4"))
        for number, words in enumerate((
            ("pause",), ("resume",), ("held",), ("devices",), ("conflicts", "--settled"),
            ("sync", "--no-wait"),
        )):  # fmt: skip
            wait_until(lambda: ada.status()["state"] in ("in-sync", "paused"), "it is at rest")
            if words != ("resume",):
                before = len(self.told("asked"))
                ada.write(f"{number}.md", "new\n")
                wait_until(lambda count=before: len(self.told("asked")) > count, "it is asked")
            ada.ctl(*words)

    def test_pre_commit_holds_a_path_back_until_it_may_go(self):
        ada, bob = self.pair()
        self.hook(ada, "pre-commit", self.GUARD)
        ada.write("key.txt", "SECRET\n")
        ada.write("note.txt", "a note\n")
        wait_until(lambda: "note.txt" in self.committed(bob), lambda: self.picture(ada, bob))
        held = self.held(ada)
        self.assertEqual(set(held), {"key.txt"})
        self.assertEqual(held["key.txt"]["reason"], "hook")
        self.assertEqual(held["key.txt"]["words"], "it holds a secret")
        self.assertIn("it holds a secret", ada.ctl("held").stdout)
        self.assertIn("1 path is held back", ada.ctl("flush", expect=(1,)).stderr)
        self.assertIn("+SECRET", ada.ctl("diff", "HEAD").stdout)
        self.assertNotIn("key.txt", self.committed(ada))
        self.assertNotIn(b"SECRET", trees_blobs(self.remote))
        wait_until(lambda: ada.status()["state"] == "in-sync", lambda: self.picture(ada, bob))
        self.assertEqual(ada.status()["quarantined"], 1)
        # Without the daemon the same is known.
        ada.stop()
        self.assertEqual(self.held(ada)["key.txt"]["words"], "it holds a secret")
        self.assertEqual(json.loads(ada.ctl("status", "--json", expect=(3,)).stdout)["state"],
                         "in-sync")  # fmt: skip
        ada.start()
        # Once the file is another, it goes.
        ada.write("key.txt", "nothing to hide\n")
        self.wait_in_sync(ada, bob)
        self.assertEqual(self.held(ada), {})
        self.assertEqual(bob.read("key.txt"), b"nothing to hide\n")

    def test_what_is_written_by_request_is_asked_about_too(self):
        ada = self.listening(start=False)
        ada.write("held.txt", "good\n")
        self.assertEqual(ada.once().returncode, 0)
        self.hook(ada, "pre-commit", self.GUARD)
        ada.start()
        self.wait_for_listener(ada)
        token = self.token(ada, "write")
        self.wait_in_sync(ada)
        head = trees.head(ada.repository)
        ada.write("held.txt", "SECRET of the folder\n")
        wait_until(lambda: "held.txt" in self.held(ada), lambda: self.picture(ada))
        for writes in (
            [{"path": f"{PREFIX}/key.txt", "content": "SECRET\n"}],
            [{"path": f"{PREFIX}/held.txt", "content": "SECRET\n"}],
            [{"path": f"{PREFIX}/fine.txt", "content": "fine\n"},
             {"path": f"{PREFIX}/key.txt", "content": "SECRET\n"}],
        ):  # fmt: skip
            answer = ask(ada.port, "POST", "/api/sync/batch", {"writes": writes}, token=token)
            self.assertEqual(answer.status, 403, answer)
            self.assertIn("it holds a secret", answer.json["detail"])
            self.assertEqual(trees.head(ada.repository), head)
        fine = {"path": f"{PREFIX}/fine.txt", "content": "fine\n"}
        answer = ask(ada.port, "POST", "/api/sync", fine, token=token)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.committed(ada), {"held.txt", "fine.txt"})

    def test_what_resolves_a_conflict_is_asked_about_when_it_is_new(self):
        ada, bob = self.device("ada", start=False), self.device("bob", start=False)
        for name in ("a.md", "b.md"):
            ada.write(name, "base\n")
        for device in (ada, bob):
            self.assertEqual(device.once().returncode, 0)
        for device in (ada, bob):
            for name in ("a.md", "b.md"):
                device.write(name, f"{device.name}\n")
        for device in (ada, bob, ada):
            device.once()
        self.hook(ada, "pre-commit", self.GUARD)
        head = trees.head(ada.repository)
        done = ada.ctl("resolve", f"{PREFIX}/a.md", "--file", f"{self.top}/mine", expect=(1,))
        self.assertIn(f"{self.top}/mine cannot be read: No such file or directory", done.stderr)
        with open(f"{self.top}/mine", "w", encoding="utf-8") as file:
            file.write("SECRET\n")
        done = ada.ctl("resolve", f"{PREFIX}/a.md", "--file", f"{self.top}/mine", expect=(1,))
        self.assertIn("it holds a secret", done.stderr)
        self.assertEqual(trees.head(ada.repository), head)
        # What comes from the history was committed before.
        self.hook(ada, "pre-commit", "#!/bin/sh\nexit 1\n")
        ada.ctl("resolve", f"{PREFIX}/b.md", "--ours", expect=(10,))
        self.assertNotEqual(trees.head(ada.repository), head)

    def test_what_is_held_goes_when_the_hook_does(self):
        self.sync = {"poll": '"1s"'}
        ada, bob = self.pair()
        path = self.hook(ada, "pre-commit", self.GUARD)
        ada.write("new.txt", "SECRET\n")
        ada.write("hello.txt", "SECRET\n")
        os.remove(ada.path("hello.txt"))
        ada.write("hello.txt", "SECRET\n")
        wait_until(lambda: set(self.held(ada)) == {"new.txt", "hello.txt"},
                   lambda: self.picture(ada, bob))  # fmt: skip
        self.assertEqual(bob.read("hello.txt"), b"hello\n")
        os.remove(path)
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("new.txt"), b"SECRET\n")

    def test_a_deletion_may_be_held_back_too(self):
        ada, bob = self.pair()
        self.hook(ada, "pre-commit", f"""#!/bin/sh
cat > {self.top}/asked
printf '{{"hold": [{{"path": "{PREFIX}/hello.txt", "words": "it stays"}}]}}'
""")
        os.remove(ada.path("hello.txt"))
        ada.write("other.txt", "other\n")
        wait_until(lambda: bob.read("other.txt"), lambda: self.picture(ada, bob))
        self.assertEqual(self.held(ada)["hello.txt"]["words"], "it stays")
        self.assertEqual(bob.read("hello.txt"), b"hello\n")

    def test_an_edit_that_is_held_is_not_lost_to_the_other_side(self):
        self.sync = {"poll": '"1s"'}
        ada, bob = self.pair()
        self.hook(ada, "pre-commit", self.GUARD)
        ada.write("hello.txt", "hello\nSECRET\n")
        wait_until(lambda: "hello.txt" in self.held(ada), lambda: self.picture(ada, bob))
        bob.write("hello.txt", "above\nhello\n")
        self.wait_in_sync(bob)
        time.sleep(2)
        self.assertEqual(ada.read("hello.txt"), b"hello\nSECRET\n")
        ada.write("hello.txt", "hello\nbelow\n")
        self.wait_in_sync(ada, bob)
        self.assertIn(b"below", bob.read("hello.txt"))
        self.assertIn(b"above", bob.read("hello.txt"))

    def test_a_guard_that_cannot_be_asked_lets_nothing_pass(self):
        self.sync = {"poll": '"1s"'}
        ada = self.device("ada")
        cases = (
            ("#!/bin/sh\necho no good >&2\nexit 1\n", 0o700, "pre-commit: no good"),
            ("#!/bin/sh\nexit 0\n", 0o777, "others may write"),
            ("#!/bin/sh\nexit 0\n", 0o600, "is not executable"),
            ("#!/nonexistent\n", 0o700, "pre-commit: "),
            ("#!/bin/sh\necho '{'\n", 0o700, "it is no answer"),
            ("#!/bin/sh\nkill -9 $$\n", 0o700, "it was ended"),
            ("#!/bin/sh\necho '{\"hold\": [{\"path\": \"6.txt\"}]}'\n", 0o700,
             "it holds 6.txt back, which it was not asked about"),
        )
        for number, (text, mode, words) in enumerate(cases):
            self.hook(ada, "pre-commit", text, mode)
            ada.write(f"{number}.txt", f"{number}\n")
            wait_until(lambda name=f"{number}.txt": name in self.held(ada), ada.output)
            self.assertIn(words, self.held(ada)[f"{number}.txt"]["words"])
        self.assertEqual(self.committed(ada), set())
        # Other words than an answer are for the log.
        self.hook(ada, "pre-commit", "#!/bin/sh\necho all is well\n")
        self.wait_in_sync(ada)
        self.assertEqual(len(self.committed(ada)), len(cases))
        self.assertIn("pre-commit: all is well", ada.output())

    def test_pre_commit_ends_with_the_daemon_and_nothing_passes(self):
        ada = self.device("ada")
        asked = f"{self.top}/asked"
        self.hook(ada, "pre-commit", f"#!/bin/sh\nsleep 3600 &\necho $$ $! > {asked}\nwait\n")
        ada.write("a.txt", "a\n")
        wait_until(lambda: os.path.exists(asked) and os.path.getsize(asked), ada.output)
        with open(asked, encoding="utf-8") as file:
            programs = [int(word) for word in file.read().split()]
        self.assertEqual(ada.stop()[0], 0)
        wait_until(
            lambda: not any(os.path.exists(f"/proc/{program}") for program in programs),
            f"{programs} run")
        self.assertNotIn("a.txt", self.committed(ada))

    def test_pre_commit_is_asked_without_the_daemon_too(self):
        ada = self.device("ada", start=False)
        ada.write("first.txt", "first\n")
        ada.once()
        self.hook(ada, "pre-commit", self.GUARD)
        ada.write("key.txt", "SECRET\n")
        ada.once()
        ada.ctl("sync", expect=None)
        self.assertIn("key.txt", self.held(ada))
        self.assertNotIn("key.txt", self.committed(ada))

    def test_post_sync_is_told_what_changed_on_both_sides(self):
        ada, bob = self.pair()
        self.hook(ada, "post-sync", self.recorder("synced"))
        ada.write("mine.txt", "mine\n")
        wait_until(lambda: self.told("synced"), ada.output)
        first = self.told("synced")[0]
        self.assertEqual((first["hook"], first["vault"], first["device"]),
                         ("post-sync", "default", "ada"))  # fmt: skip
        # Nobody was told before: all that there is.
        self.assertIsNone(first.get("before"))
        self.assertEqual(
            {change["path"] for change in first["changes"]},
            {f"{PREFIX}/hello.txt", f"{PREFIX}/mine.txt"})
        bob.write("theirs.txt", "theirs\n")
        bob.write("mine.txt", "mine and theirs\n")
        os.remove(bob.path("hello.txt"))
        self.wait_in_sync(ada, bob)

        def seen():
            return {change["path"].removeprefix(f"{PREFIX}/"): change
                    for run in self.told("synced")[1:] for change in run["changes"]}  # fmt: skip

        wait_until(lambda: len(seen()) == 3, lambda: f"{self.told('synced')}")
        self.assertEqual(seen()["theirs.txt"]["change"], "added")
        self.assertEqual(seen()["mine.txt"]["change"], "modified")
        self.assertEqual(seen()["hello.txt"]["change"], "deleted")
        self.assertEqual(seen()["theirs.txt"]["file"], ada.path("theirs.txt"))
        runs = self.told("synced")
        self.assertEqual([run["before"] for run in runs[1:]], [run["head"] for run in runs[:-1]])
        # Nothing new, nothing told: not after another cycle, nor after a restart.
        ada.ctl("sync")
        ada.stop()
        ada.start()
        ada.ctl("sync")
        self.assertEqual(len(self.told("synced")), len(runs))

    def test_a_slow_hook_delays_no_cycle_and_hears_all_at_its_turn(self):
        ada, bob = self.pair()
        self.hook(ada, "post-sync", self.recorder("slow", f"sleep 3; echo > {self.top}/slept"))
        ada.write("0.txt", "0\n")
        wait_until(lambda: self.told("slow"), ada.output)
        began = time.monotonic()
        for number in range(1, 6):
            ada.write(f"{number}.txt", f"{number}\n")
            wait_until(lambda name=f"{number}.txt": bob.read(name), lambda: self.picture(ada, bob))
        self.assertFalse(os.path.exists(f"{self.top}/slept"), time.monotonic() - began)
        wait_until(lambda: len(self.told("slow")) == 2, lambda: f"{self.told('slow')}")
        self.assertEqual(
            {change["path"] for change in self.told("slow")[1]["changes"]},
            {f"{PREFIX}/{number}.txt" for number in range(1, 6)})
        # The end does not wait for it either.
        code, seconds = ada.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 2.5)

    def test_one_that_fails_is_told_again_and_the_log_says_what_it_said(self):
        ada = self.device("ada")
        self.hook(ada, "post-sync", self.recorder("fails", "echo one; echo two >&2; exit 7"))
        ada.write("1.txt", "1\n")
        wait_until(lambda: "post-sync: it ended with 7" in ada.output(), ada.output)
        self.assertIn("post-sync: one\n", ada.output())
        self.assertIn("post-sync: two\n", ada.output())
        ada.write("2.txt", "2\n")
        wait_until(lambda: len(self.told("fails")) == 2, ada.output)
        self.assertEqual(len(self.told("fails")[1]["changes"]), 2)

    def test_no_secret_stands_in_its_environment(self):
        ada = self.device("ada", start=False)
        ada.environment |= {"GITHUB_TOKEN": "ghp_hidden", "AWS_SECRET_ACCESS_KEY": "hidden",
                            "LC_TIME": "C"}  # fmt: skip
        self.hook(ada, "post-sync", f"#!/bin/sh\nenv > {self.top}/env.new\n"
                  f"mv {self.top}/env.new {self.top}/env\n")  # fmt: skip
        ada.start()
        ada.write("1.txt", "1\n")
        wait_until(lambda: os.path.exists(f"{self.top}/env"), ada.output)
        with open(f"{self.top}/env", encoding="utf-8") as file:
            variables = dict(line.split("=", 1) for line in file.read().splitlines())
        self.assertNotIn("hidden", "".join(variables.values()))
        self.assertEqual(variables["SYNCD_HOOK"], "post-sync")
        self.assertEqual(variables["SYNCD_VAULT"], "default")
        self.assertEqual(variables["LC_TIME"], "C")
        self.assertNotIn("GITHUB_TOKEN", variables)

    def test_conflict_offline_and_blocked_are_told_once_each(self):
        self.sync = {"poll": '"1s"'}
        ada, bob = self.pair()
        for name in ("on-conflict", "on-offline", "on-blocked"):
            self.hook(ada, name, self.recorder(name))
        os.rename(self.remote, f"{self.remote}.away")
        ada.write("hello.txt", "ada says\n")
        bob.write("hello.txt", "bob says\n")
        wait_until(
            lambda: self.told("on-offline") + self.told("on-blocked"), lambda: self.picture(ada))
        reasons = (self.told("on-offline") + self.told("on-blocked"))[0]["reasons"]
        self.assertTrue(any("remote" in reason for reason in reasons), reasons)
        os.rename(f"{self.remote}.away", self.remote)
        wait_until(lambda: self.told("on-conflict"), lambda: self.picture(ada, bob), 60)
        (conflict,) = self.told("on-conflict")[0]["conflicts"]
        self.assertEqual(conflict["path"], f"{PREFIX}/hello.txt")
        self.assertEqual(conflict["status"], "open")
        self.wait_in_sync(ada, bob)
        ada.write("other.txt", "other\n")
        self.wait_in_sync(ada, bob)
        self.assertEqual(len(self.told("on-conflict")), 1)

    def test_one_that_stands_in_a_synced_folder_is_not_run(self):
        ada, bob = self.pair()
        # As where somebody syncs the directory of the configuration.
        os.symlink(ada.path("hooks"), f"{os.path.dirname(ada.config)}/hooks")
        bob.write("hooks/post-sync", self.recorder("evil"))
        os.chmod(bob.path("hooks/post-sync"), 0o700)
        self.wait_in_sync(ada, bob)
        wait_until(lambda: "stands in a folder that is synced" in ada.output(), ada.output)
        self.assertEqual(self.told("evil"), [])

    def test_one_that_others_may_write_is_not_run(self):
        ada = self.device("ada")
        self.hook(ada, "post-sync", self.recorder("open"), mode=0o777)
        ada.write("1.txt", "1\n")
        wait_until(lambda: "post-sync is not run: others may write" in ada.output(), ada.output)
        self.assertEqual(self.told("open"), [])


def trees_blobs(repository):
    """Every object of a repository that a reference reaches, all bytes."""
    listed = trees.git(repository, "rev-list", "--objects", "--all").split()
    names = b"\n".join(name for name in listed if len(name) == 40)
    return trees.git(repository, "cat-file", "--batch", stdin=names)
