"""Writes by request: agents that write at once on two devices lose nothing that was answered."""

import contextlib
import json
import multiprocessing
import os
import threading
import time
import unittest

import trees
from api import PATIENCE, APITest, ask
from device import PREFIX, wait_until
from harness import number

# Writes of all agents together.
WRITES = number("SYNC_WRITES", 400)
AGENTS = 8
COUNTER, RACE = "counter.json", "race.md"


class Agent:
    """A process that writes through one device."""

    def __init__(self, name, device, token, kinds):
        self.name, self.device, self.token, self.kinds = name, device, token, kinds
        self.kept, self.increments, self.stale = [], 0, 0

    def read(self, name):
        """A file of the head: its blob and its bytes."""
        target = f"/api/sync/blob/HEAD/{PREFIX}/{name}"
        answer = ask(self.device.port, "GET", target, token=self.token)
        if answer.status == 404:
            return "*", None
        assert answer.status == 200, answer
        return answer.header("etag").strip('"'), answer.body

    def write(self, name, content, seen):
        """Writes over what was seen; says whether that still stood there."""
        body = {"path": f"{PREFIX}/{name}", "content": content, "if_match": seen}
        answer = ask(self.device.port, "POST", "/api/sync", body, token=self.token)
        if answer.status == 409:
            self.stale += 1
            return False
        assert answer.status == 200, answer
        return True

    def run(self, results):
        """Makes all writes, and tells what was answered."""
        try:
            for count in range(WRITES // AGENTS):
                token = f"tok-{self.name}-{count}-end"
                while not getattr(self, self.kinds[count % len(self.kinds)])(token):
                    pass
                self.kept.append(token.encode())
            results.put((self.name, self.kept, self.increments, self.stale, None))
        except BaseException as error:
            results.put((self.name, self.kept, self.increments, self.stale, repr(error)))

    def own(self, token):
        """A file that nobody else writes: it stands in the folder when the answer comes."""
        name = f"{self.name}/{token}.md"
        assert self.write(name, f"{token}\n", "*")
        assert self.device.read(name) == f"{token}\n".encode(), name
        assert not self.write(name, "again", "*")
        return True

    def count(self, token):
        """Adds one to the device's number in a file of both devices."""
        seen, content = self.read(COUNTER)
        value = json.loads(content)
        value[self.device.name] = {"count": value[self.device.name]["count"] + 1, "by": token}
        done = self.write(COUNTER, json.dumps(value, indent=1) + "\n", seen)
        self.increments += done
        return done

    def race(self, token):
        """Replaces a line that everybody replaces."""
        return self.write(RACE, f"{token}\n", self.read(RACE)[0])


class AgentsTest(APITest):
    """Many at once."""

    sync = {"pushes": "600"}
    turn = APITest.FIRST

    def lose_nothing(self, *kinds):
        """On one device `if_match` lets one of those that saw the same version through. Two
        devices merge: the JSON file by key, so that each device's number is exact; the raced line
        is a conflict, of which history keeps every version."""
        devices = [self.listening("ada"), self.listening("bob")]
        names = [device.name for device in devices]
        start = {name: {"count": 0, "by": "nobody"} for name in names}
        devices[0].write(COUNTER, json.dumps(start, indent=1) + "\n")
        devices[0].write(RACE, "start\n")
        self.wait_in_sync(*devices)
        fork = multiprocessing.get_context("fork")
        results = fork.Queue()
        agents, processes = [], []
        for count in range(AGENTS):
            device = devices[count % 2]
            name = f"agent{count}"
            agent = Agent(name, device, self.token(device, "write", name), kinds)
            agents.append(agent)
            processes.append(fork.Process(target=agent.run, args=(results,)))
        began = time.monotonic()
        for process in processes:
            process.start()
        told = [results.get(timeout=600 + WRITES / 5) for _ in agents]
        for process in processes:
            process.join()
        seconds = time.monotonic() - began
        self.assertEqual([words[4] for words in told if words[4]], [])
        kept = [token for words in told for token in words[1]]
        print(f"{len(kept)} writes in {seconds:.1f} s, {sum(w[3] for w in told)} times refused")
        self.assertEqual(len(kept), WRITES // AGENTS * AGENTS)
        self.wait_in_sync(*devices, deadline=120)
        self.assert_kept(kept, *devices)
        counted = dict.fromkeys(names, 0)
        for name, _, increments, _, _ in told:
            counted[names[int(name[-1]) % 2]] += increments
        value = json.loads(devices[0].read(COUNTER))
        self.assertEqual({name: value[name]["count"] for name in names}, counted)
        own = {f"{words[0]}/{token.decode()}.md"
               for words in told for token in words[1][::len(kinds)]}  # fmt: skip
        self.assertEqual([name for name in own if devices[1].read(name) is None], [])
        self.assert_converged(*devices)


class Agents(AgentsTest):
    """On files that merge."""

    def test_no_write_that_was_answered_is_lost(self):
        self.lose_nothing("own", "count")

    def test_of_those_that_saw_the_same_one_wins(self):
        ada = self.listening()
        token = self.token(ada, "write")
        seen = "*"
        for count in range(10):
            answers = []

            def write(agent, seen=seen, answers=answers):
                body = {"path": f"{PREFIX}/one.md", "content": f"{agent}\n", "if_match": seen}
                answers.append(ask(ada.port, "POST", "/api/sync", body, token=token))

            threads = [threading.Thread(target=write, args=(f"{count} {n}",)) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            won = [answer for answer in answers if answer.status == 200]
            lost = [answer for answer in answers if answer.status == 409]
            self.assertEqual((len(won), len(lost)), (1, 7), answers)
            self.assertEqual(lost[0].json["type"], "urn:syncd:problem:moved")
            seen = won[0].json["files"][0]["blob"]
            self.assertEqual(trees.blob_id(ada.read("one.md")), seen)


class Requests(APITest):
    """What one request does."""

    def setUp(self):
        super().setUp()
        self.ada = self.listening()
        self.writer = self.token(self.ada, "write", "robot")

    def post(self, target, body, expected=200, key=None, token=None):
        """Posts; gives the answer."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = ask(
            self.ada.port, "POST", target, body, headers, token=token or self.writer)
        self.assertEqual(answer.status, expected, answer)
        return answer

    def message(self, revision="HEAD"):
        """A commit's message."""
        return trees.git(self.ada.repository, "log", "-1", "--format=%B", revision).decode()

    def commits(self):
        """How many commits the branch has."""
        return int(trees.git(self.ada.repository, "rev-list", "--count", "sync"))

    def test_a_write_says_who_and_why(self):
        body = {"path": f"{PREFIX}/a.md", "content": "a", "description": "the weather\nmore"}
        commit = self.post("/api/sync", body | {"agent": "liar"}).json["commit"]
        lines = self.message(commit).splitlines()
        self.assertEqual(lines[0], "the weather")
        self.assertIn("Sync-Agent: robot", lines)
        socket_path = f"{self.ada.home}/run/syncd/default.sock"
        self.assertTrue(os.path.exists(socket_path))
        hostile = "x\r\nSync-Agent: root\u202e\x1b[2J" + "y" * 500
        commit = self.post("/api/sync", body | {"description": hostile, "content": "b"})
        lines = self.message(commit.json["commit"]).splitlines()
        self.assertEqual([line for line in lines if line.startswith("Sync-Agent: ")],
                         ["Sync-Agent: robot"])  # fmt: skip
        self.assertNotIn("\x1b", "".join(lines))

    def test_a_batch_is_one_commit_or_none(self):
        self.ada.write("gone.md", "gone\n")
        self.wait_in_sync(self.ada)
        before = self.commits()
        writes = [{"path": f"{PREFIX}/b/{n}.md", "content": f"{n}\n"} for n in range(1000)]
        stale = [{"path": f"{PREFIX}/stale.md", "content": "x", "if_match": "0" * 40}]
        self.post("/api/sync/batch", {"writes": writes[:999] + stale}, 409)
        self.assertEqual((self.commits(), self.ada.read("b/0.md")), (before, None))
        self.post("/api/sync/batch", {"writes": writes + stale}, 400)
        self.post("/api/sync/batch", {"writes": []}, 400)
        self.post("/api/sync/batch", {"writes": writes[:1] * 2}, 400)
        writes[0] = {"path": f"{PREFIX}/gone.md", "delete": True}
        self.post("/api/sync/batch", {"writes": writes})
        self.assertEqual(self.commits(), before + 1)
        self.assertIsNone(self.ada.read("gone.md"))
        self.assertEqual(len(self.ada.tree()), 999)
        self.wait_in_sync(self.ada)

    def test_a_file_and_a_directory_are_not_of_one_name(self):
        self.ada.write("notes/a.md", "a\n")
        self.wait_in_sync(self.ada)
        before = self.commits()
        file, below = ({"path": f"{PREFIX}/{name}", "content": "x"} for name in ("bb", "bb/c/d"))
        for writes in ([file, below], [below, file]):
            self.post("/api/sync/batch", {"writes": writes}, 400)
        directory = {"path": f"{PREFIX}/notes", "content": "oops\n"}
        for match in ({}, {"if_match": "*"}):
            self.post("/api/sync", directory | match, 400)
            self.post("/api/sync/batch", {"writes": [file, directory | match]}, 400)
        self.assertEqual((self.commits(), self.ada.tree().keys()), (before, {b"notes/a.md"}))

    def test_a_rollback_of_no_path_and_a_query_are_refused(self):
        self.ada.write("a.md", "one\n")
        self.wait_in_sync(self.ada)
        self.ada.write("a.md", "two\n")
        self.wait_in_sync(self.ada)
        before = self.commits()
        self.post("/api/sync/rollback", {"to": "HEAD~1", "paths": []}, 400)
        self.post("/api/sync/restore", {"to": "HEAD~1", "paths": []}, 400)
        for route, body in (
            ("rollback", {"to": "HEAD~1"}), ("undo", {}), ("cycle", {}),
            ("restore", {"paths": [f"{PREFIX}/a.md"], "to": "HEAD~1"}),
        ):  # fmt: skip
            with self.subTest(route):
                self.post(f"/api/sync/{route}?dry_run=true", body, 400)
        self.assertEqual((self.commits(), self.ada.read("a.md")), (before, b"two\n"))

    def test_a_key_makes_a_write_once(self):
        one = {"path": f"{PREFIX}/k.md", "content": "one"}
        first = self.post("/api/sync", one, key="k1")
        self.post("/api/sync", one | {"content": "two"}, key="k2")
        count = self.commits()
        again = self.post("/api/sync", one, key="k1")
        self.assertEqual((again.body, self.commits()), (first.body, count))
        self.assertEqual(self.ada.read("k.md"), b"two")
        self.post("/api/sync", one | {"content": "three"}, 422, key="k1")
        self.post("/api/sync/batch", one, 422, key="k1")
        self.post("/api/sync", one, 400, key="x" * 256)
        # Another one's key is another key, and what was refused may be tried again.
        other = self.token(self.ada, "write", "other")
        self.post("/api/sync", one | {"content": "four"}, key="k1", token=other)
        stale = one | {"if_match": "*"}
        self.post("/api/sync", stale, 409, key="k3")
        os.unlink(self.ada.path("k.md"))
        self.post("/api/sync", stale, key="k3")

    def test_a_condition_in_a_header_is_refused_and_not_passed_over(self):
        self.post("/api/sync", {"path": f"{PREFIX}/a.md", "content": "one"})
        tag = ask(self.ada.port, "GET", f"/api/sync/blob/HEAD/{PREFIX}/a.md",
                  token=self.writer).header("ETag")  # fmt: skip
        self.ada.write("a.md", "by hand")
        body = {"path": f"{PREFIX}/a.md", "content": "two"}
        for header, value in (("If-Match", tag), ("If-None-Match", "*")):
            answer = ask(self.ada.port, "POST", "/api/sync", body, {header: value}, self.writer)
            self.assertEqual(answer.status, 400, answer)
            self.assertIn("if_match", answer.json["detail"])
        self.assertEqual(self.ada.read("a.md"), b"by hand")
        self.post("/api/sync", body | {"if_match": tag.strip('"')}, 409)

    def test_a_key_that_comes_while_the_first_is_under_way_is_not_written_twice(self):
        before, statuses = self.commits_or_none(), []

        def write():
            body = {"path": f"{PREFIX}/c.md", "content": "c"}
            answer = ask(self.ada.port, "POST", "/api/sync", body,
                         {"Idempotency-Key": "same"}, self.writer)  # fmt: skip
            statuses.append(answer.status)

        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertLessEqual(set(statuses), {200, 409})
        self.assertIn(200, statuses)
        self.assertEqual(self.commits() - before, 1)

    def commits_or_none(self):
        """How many commits there are, before the first too."""
        with contextlib.suppress(AssertionError):
            return self.commits()
        return 0

    def test_a_file_changed_by_hand_just_before_is_not_written_over(self):
        self.ada.write("both.md", "by hand\n")
        body = {"path": f"{PREFIX}/both.md", "content": "by request\n", "if_match": "*"}
        self.post("/api/sync", body, 409)
        self.assertEqual(self.ada.read("both.md"), b"by hand\n")
        wait_until(lambda: self.ada.status()["state"] == "in-sync", self.ada.output, PATIENCE)


class Conflicts(AgentsTest):
    """Writes while a conflict is open."""

    def test_no_write_that_was_answered_is_lost_in_a_conflict(self):
        self.lose_nothing("own", "count", "race")

    def test_a_write_while_a_conflict_is_open(self):
        ada, bob = self.listening("ada"), self.listening("bob")
        ada.write(RACE, "start\n")
        self.wait_in_sync(ada, bob)
        bob.stop()
        for device in (bob, ada):
            device.write(RACE, f"{device.name}\n")
        self.wait_in_sync(ada)
        bob.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.status()["conflicts"], 1, ada.status())
        token = self.token(ada, "write")
        for name, left in (("other.md", 1), (RACE, 0)):
            body = {"path": f"{PREFIX}/{name}", "content": "decided\n"}
            answer = ask(ada.port, "POST", "/api/sync", body, token=token)
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(ada.status()["conflicts"], left)
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read(RACE), b"decided\n")


if __name__ == "__main__":
    unittest.main()
