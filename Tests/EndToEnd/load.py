"""Many clients of one daemon at once: what they ask, and how long it takes to be answered.

Runs as a process of its own, so that what measures does not wait for what loads. Reads what to do
as JSON from its arguments, prints one JSON object at the end.
"""

import asyncio
import hashlib
import hmac
import json
import os
import re
import socket
import sys
import time

LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
EVENT = re.compile(rb"\nid: [0-9a-f]+-(\d+)\n")
# A GitHub delivery has some kilobytes.
FILLING = "x" * 2000


class Connection:
    """A connection that is kept from one request to the next."""

    def __init__(self, port):
        self.port = port
        self.reader = self.writer = None

    async def ask(self, request):
        """Sends a request; gives the status, 0 when the connection is cut meanwhile."""
        try:
            return await self.exchange(request)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.writer = None
            return 0

    async def exchange(self, request):
        """Sends a request; gives the status."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        if length and int(length[1]):
            await self.reader.readexactly(int(length[1]))
        return int(head[9:12])


class Load:
    """All that is done to one daemon, and what came of it."""

    def __init__(self, asked):
        self.asked = asked
        self.port, self.token = asked["port"], asked["token"]
        self.end = 0.0
        self.health = []
        self.statuses = {}
        self.deliveries = []
        self.late = 0.0
        self.streams = []
        self.sleepers = []

    def request(self, method, target, headers=(), body=b""):
        """A request's bytes."""
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost",
                 f"Content-Length: {len(body)}", *headers]  # fmt: skip
        return "\r\n".join([*lines, "", ""]).encode() + body

    def note(self, what, status):
        key = f"{what} {status}"
        self.statuses[key] = self.statuses.get(key, 0) + 1

    async def client(self, index):
        """Asks once a second: whether it works, and every other time how it stands."""
        connection = Connection(self.port)
        health = self.request("GET", "/health")
        status = self.request("GET", "/status", [f"Authorization: Bearer {self.token}"])
        clock = time.monotonic
        due = clock() + index / self.asked["clients"]
        while due < self.end:
            await asyncio.sleep(max(0.0, due - clock()))
            began = clock()
            self.note("health", await connection.ask(health))
            self.health.append(clock() - began)
            if index % 2:
                self.note("status", await connection.ask(status))
            due += 1.0

    async def sender(self, index, senders):
        """Delivers its share of the deliveries, each of its own id and body."""
        connection = Connection(self.port)
        rate = self.asked["rate"] / senders
        clock = time.monotonic
        began, number = clock() + index / self.asked["rate"], 0
        while (due := began + number / rate) < self.end:
            wait = due - clock()
            if wait > 0:
                await asyncio.sleep(wait)
            self.late = max(self.late, -wait)
            name = f"{self.asked['name']}-{index}-{number}"
            body = json.dumps({"ref": "refs/heads/sync", "n": name, "x": FILLING}).encode()
            proof = hmac.new(self.asked["secret"].encode(), body, hashlib.sha256).hexdigest()
            sent = clock()
            status = await connection.ask(self.request("POST", "/api/sync/webhook", [
                "Content-Type: application/json", "X-GitHub-Event: push",
                f"X-GitHub-Delivery: {name}", f"X-Hub-Signature-256: sha256={proof}"], body))
            self.deliveries.append(clock() - sent)
            self.note("delivery", status)
            number += 1

    async def stream(self):
        """Reads a stream of events to its end; notes the last id, the number, what is missing."""
        seen = {"last": 0, "count": 0, "gaps": 0, "is_cut": False}
        self.streams.append(seen)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        writer.write(self.request(
            "GET", "/api/sync/events", [f"Authorization: Bearer {self.token}"]))  # fmt: skip
        rest = b"\n"
        while True:
            try:
                piece = await reader.read(1 << 18)
            except ConnectionError:
                piece = b""
            if not piece:
                seen["is_cut"] = True
                return
            rest += piece
            for found in EVENT.finditer(rest):
                number = int(found[1])
                # The status at the beginning has the id of the last event.
                seen["gaps"] += seen["count"] > 0 and number != seen["last"] + 1
                seen["last"], seen["count"] = number, seen["count"] + 1
                end = found.end()
            if EVENT.search(rest):
                rest = rest[end - 1:]

    def sleeper(self):
        """Asks for the events and never reads."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", self.port))
        client.sendall(self.request(
            "GET", "/api/sync/events", [f"Authorization: Bearer {self.token}"]))  # fmt: skip
        self.sleepers.append(client)

    async def run(self):
        """Does it all; gives what came of it."""
        seconds = self.asked["seconds"]
        for _ in range(self.asked["streams"] // 2):
            self.sleeper()
        readers = [
            asyncio.create_task(self.stream())
            for _ in range(self.asked["streams"] - len(self.sleepers))
        ]
        self.end = time.monotonic() + seconds
        senders = min(32, max(1, self.asked["rate"] // 20))
        work = [self.client(index) for index in range(self.asked["clients"])]
        if self.asked["rate"]:
            work += [self.sender(index, senders) for index in range(senders)]
        await asyncio.gather(*work)
        # What is on its way to the streams.
        last = -1
        while last != (last := max((seen["last"] for seen in self.streams), default=0)):
            await asyncio.sleep(1.0)
        for task in readers:
            task.cancel()
        for task in readers:
            try:
                await task
            except asyncio.CancelledError:
                pass
        return {
            "statuses": self.statuses, "health": self.health, "deliveries": self.deliveries,
            "late": self.late, "streams": self.streams, "cpu": time.process_time(),
        }  # fmt: skip


if __name__ == "__main__":
    os.nice(5)
    print(json.dumps(asyncio.run(Load(json.loads(sys.argv[1])).run())))
