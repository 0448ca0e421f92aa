"""What a write answers is so: of what waits, of what stands there, and of who may still ask."""

import http.client
import json
import os
import unittest

from api import APITest, ask
from device import PREFIX, wait_until


class WriteAnswers(APITest):
    """Ada's daemon, a client of its API, and a person at the folder."""

    def setUp(self):
        super().setUp()
        self.ada = self.listening()
        self.login = self.token(self.ada, "write")

    def post(self, name, content, **more):
        """Writes a file."""
        body = {"path": f"{PREFIX}/{name}", "content": content, **more}
        return ask(self.ada.port, "POST", "/api/sync", body, token=self.login)

    def test_what_waits_is_not_called_done_when_it_is_written_again(self):
        self.ada.write("a.md", "one\n")
        self.wait_in_sync(self.ada)
        with open(self.ada.path("a.md"), "a", encoding="ascii") as file:
            for _ in range(2):
                answer = self.post("a.md", "of the client\n")
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual(
                    [entry["reason"] for entry in answer.json["waiting"]], ["busy"], answer)
            batch = {"writes": [{"path": f"{PREFIX}/{name}", "content": "of the client\n"}
                                for name in ("a.md", "b.md")]}  # fmt: skip
            answer = ask(self.ada.port, "POST", "/api/sync/batch", batch, token=self.login)
            self.assertEqual([entry["path"] for entry in answer.json["waiting"]],
                             [f"{PREFIX}/a.md"])  # fmt: skip
            file.write("")
        wait_until(lambda: self.ada.read("a.md") == b"of the client\n", self.ada.output)
        answer = self.post("a.md", "of the client\n")
        self.assertEqual((answer.json["commit"], answer.json["waiting"]), (None, []))

    def test_if_match_is_held_against_what_stands_there(self):
        blob = self.post("a.md", "one\n").json["files"][0]["blob"]
        for name, wanted in (("a.md", blob), ("new.md", "*")):
            with open(self.ada.path(name), "w", encoding="ascii") as file:
                file.write("of a person\n")
                file.flush()
                answer = self.post(name, "of the client\n", if_match=wanted)
                self.assertEqual(answer.status, 409, answer)
                self.assertIn("in no commit yet", answer.json["detail"])
        self.wait_in_sync(self.ada)
        self.assertEqual(self.ada.status()["conflicts"], 0)
        for name in ("a.md", "new.md"):
            self.assertEqual(self.ada.read(name), b"of a person\n")
            self.assertEqual(self.post(name, "x\n", if_match=blob).status, 409)

    def test_a_path_is_taken_as_it_is_answered(self):
        name = b"caf\xe9.md"
        with open(os.path.join(os.fsencode(self.ada.folder), name), "wb") as file:
            file.write(b"one\n")
        self.wait_in_sync(self.ada)
        page = ask(self.ada.port, "GET", "/api/sync/history?limit=1", token=self.login).json
        path = page[0]["paths"][0]
        for body in ({"content": "two\n"}, {"delete": True}):
            answer = ask(
                self.ada.port, "POST", "/api/sync", {"path": path, **body}, token=self.login)
            self.assertEqual(answer.status, 200, answer)
        self.assertNotIn(name, self.ada.tree())

    def test_an_agent_has_a_name_whoever_asks(self):
        for agent, status in (("bot", 200), ("a\nSync-Agent: b", 400), ("y" * 65, 400)):
            self.assertEqual(self.post("a.md", agent, agent=agent).status, status)

    def test_what_is_held_back_is_listed_once(self):
        with open(self.ada.path("large.bin"), "wb") as file:
            file.truncate(101 << 20)
        wait_until(lambda: self.ada.status()["quarantined"] == 1, self.ada.output)
        route = "/api/sync/uncommitted"
        found = ask(self.ada.port, "GET", route, token=self.login).json["paths"]
        self.assertEqual(found, [f"{PREFIX}/large.bin"])

    def test_a_stream_ends_with_its_token(self):
        token = self.token(self.ada, "read", "reader")
        connection = http.client.HTTPConnection("127.0.0.1", self.ada.port, timeout=60)
        self.addCleanup(connection.close)
        connection.request(
            "GET", "/api/sync/events", headers={"Authorization": f"Bearer {token}"})
        stream = connection.getresponse()
        self.post("a.md", "seen\n")
        told = []
        while not any('"pushed"' in line for line in told):
            told.append(stream.readline().decode())
        pushed = json.loads(next(line for line in told if '"pushed"' in line)[6:])
        self.assertIn("a.md", pushed["subject"])
        self.ada.ctl("token", "revoke", "reader")
        self.post("b.md", "not seen\n")
        rest = stream.read().decode()
        self.assertNotIn("b.md", rest)


if __name__ == "__main__":
    unittest.main()
