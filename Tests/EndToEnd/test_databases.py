"""A database, its log and its journal are one version of it, and stay together."""

import os
import shutil
import sqlite3
import subprocess
import time

import test_one_path
import trees
from device import PREFIX, wait_until
from harness import VaultTest


class Databases(VaultTest):
    """Two devices with SQLite databases, and somebody with git."""

    sync = {"poll": '"1s"'}
    reasons = test_one_path.OnePath.reasons
    wait_held = test_one_path.OnePath.wait_held
    wait_file = test_one_path.OnePath.wait_file

    def test_a_database_waits_for_its_log(self):
        ada, bob = self.pair()
        place = ada.path("m.db")
        base = sqlite3.connect(place)
        base.execute("pragma journal_mode=wal")
        base.execute("create table t(x)")
        base.commit()
        base.close()
        wait_until(lambda: bob.read("m.db"), lambda: ada.output())
        script = (
            "import os, sqlite3, sys\n"
            "c = sqlite3.connect(sys.argv[1])\n"
            "c.execute('insert into t values(1)')\n"
            "c.commit()\n"
            "os._exit(9)\n"
        )
        subprocess.run(["python3", "-c", script, place], check=False)
        self.assertGreater(os.path.getsize(f"{place}-wal"), 0)
        self.wait_held(ada, {"m.db": "in-use"})
        before = bob.read("m.db")
        other = sqlite3.connect(bob.path("m.db"))
        other.execute("create table u(x)")
        other.commit()
        other.close()
        ada.write("after.txt", "after\n")
        self.wait_file(bob, "after.txt", b"after\n")
        time.sleep(2)
        self.assertEqual(ada.read("m.db"), before)
        self.assertEqual(self.reasons(ada), {"m.db": "in-use"})
        # Whoever opens it next writes the log into it.
        base = sqlite3.connect(place)
        self.assertEqual(base.execute("select count(*) from t").fetchone(), (1,))
        base.close()
        self.assertFalse(os.path.exists(f"{place}-wal"))
        self.wait_held(ada, {})
        for device in (ada, bob):
            check = sqlite3.connect(device.path("m.db"))
            self.assertEqual(check.execute("pragma integrity_check").fetchone(), ("ok",))
            check.close()

    def test_a_journal_is_never_synced_without_its_database(self):
        """Another device's SQLite would roll it back into its own version. No ending tells it."""
        ada, bob = self.pair()
        for device in (ada, bob):
            device.set("sync", "max_wait", '"1s"')
            device.ctl("reload")
        place = ada.path("History")
        base = sqlite3.connect(place, isolation_level=None)
        base.execute("pragma cache_size=2")
        base.execute("create table t(x)")
        base.executemany("insert into t values(?)", [("a" * 500,)] * 200)
        ada.write("travel-journal", "Monday\n")
        self.wait_file(bob, "travel-journal", b"Monday\n")
        wait_until(lambda: bob.read("History"), lambda: ada.output())
        base.execute("begin")
        base.execute("update t set x = x || 'b'")
        self.assertGreater(os.path.getsize(f"{place}-journal"), 512)
        for turn in range(3):
            ada.write("after.txt", f"{turn}\n")
            self.wait_file(bob, "after.txt", f"{turn}\n".encode())
            time.sleep(1)
        self.assertIsNone(bob.read("History-journal"))
        self.assertEqual(self.reasons(ada).get("History-journal"), "in-use")
        base.execute("commit")
        base.close()
        self.wait_held(ada, {})
        # One that somebody's git pushed stays away from the database, too.
        work = f"{self.top}/work"
        trees.git(".", "clone", "-q", "-b", "sync", self.remote, work)
        shutil.copy(f"{work}/{PREFIX}/History", f"{work}/{PREFIX}/History-journal")
        who = ["-c", "user.name=eve", "-c", "user.email=eve@example.org"]
        for words in (["add", "."], [*who, "commit", "-q", "-m", "a journal"], ["push", "-q"]):
            subprocess.run(["git", "-C", work, *words], check=True, capture_output=True)
        self.wait_held(bob, {"History-journal": "in-use"})
        self.assertIsNone(bob.read("History-journal"))
        for device in (ada, bob):
            check = sqlite3.connect(device.path("History"))
            self.assertEqual(check.execute("pragma integrity_check").fetchone(), ("ok",))
            self.assertEqual(check.execute("select count(*) from t where x like '%b'").fetchone(),
                             (200,))  # fmt: skip
            check.close()

    def test_a_log_in_the_vault_stays_away_from_the_database(self):
        """Another device's SQLite would write it into its own version, whatever rule let it in."""
        ada, bob = self.pair()
        for device in (ada, bob):
            device.set("sync", "max_wait", '"1s"')
            device.ctl("reload")
        base = sqlite3.connect(ada.path("m.db"))
        base.execute("pragma journal_mode=wal")
        base.execute("create table t(x)")
        base.close()
        ada.write(".gitignore", "!*-wal\n!*-shm\n")
        self.wait_file(bob, ".gitignore", b"!*-wal\n!*-shm\n")
        wait_until(lambda: bob.read("m.db"), lambda: ada.output())
        base = sqlite3.connect(ada.path("m.db"))
        base.execute("insert into t values('of ada')")
        base.commit()
        self.wait_held(ada, {"m.db": "in-use", "m.db-wal": "in-use", "m.db-shm": "in-use"})
        # What somebody's git pushed, with the database or beside the one that stands there.
        work = f"{self.top}/work"
        trees.git(".", "clone", "-q", "-b", "sync", self.remote, work)
        names = ["m.db-wal", "m.db-shm", "new.db", "new.db-wal"]
        for name in names:
            source = "m.db" if name == "new.db" else "m.db-wal"
            shutil.copy(ada.path(source), f"{work}/{PREFIX}/{name}")
        who = ["-c", "user.name=eve", "-c", "user.email=eve@example.org"]
        for words in (["add", "."], [*who, "commit", "-q", "-m", "logs"], ["push", "-q"]):
            subprocess.run(["git", "-C", work, *words], check=True, capture_output=True)
        self.wait_held(bob, dict.fromkeys(["m.db-wal", "m.db-shm", "new.db-wal"], "in-use"))
        self.assertIsNotNone(bob.read("new.db"))
        for name in ("m.db-wal", "m.db-shm", "new.db-wal"):
            self.assertIsNone(bob.read(name), name)
        base.close()
        for device, count in ((ada, 1), (bob, 1)):
            wait_until(lambda: self.rows(device.path("m.db")) == count, lambda: ada.output())

    def rows(self, place):
        """How many rows a database has, without anything being written beside it."""
        base = sqlite3.connect(f"file:{place}?immutable=1", uri=True)
        try:
            return base.execute("select count(*) from t").fetchone()[0]
        finally:
            base.close()
