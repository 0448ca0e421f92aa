"""A TCP proxy that does what bad networks do: cuts, stalls and flips bits at a byte, delays."""

import contextlib
import select
import socket
import threading
import time


class WebProxy:
    """A proxy for HTTPS: takes CONNECT, and connects to this machine whatever the name."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        # What each client said before the tunnel began.
        self.heads = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """Takes no more."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(4096)
                if not piece:
                    return
                head += piece
            self.heads.append(head.decode())
            port = int(head.split(b" ")[1].rsplit(b":", 1)[1])
            with socket.create_connection(("127.0.0.1", port)) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                ends = {client: server, server: client}
                while True:
                    for end in select.select(list(ends), [], [])[0]:
                        data = end.recv(65536)
                        if not data:
                            return
                        ends[end].sendall(data)


class Proxy:
    """Passes bytes on to a port, except for the one fault that it is armed with."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.sockets = set()
        self.fault = None
        # Seconds that each piece waits, and whether connections are closed at once.
        self.delay = 0
        self.refuses = False
        self.passed = {"up": 0, "down": 0}
        self.struck = False
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, kind=None, direction="up", offset=0):
        """Does `cut`, `stall` or `flip` at a byte from now on, once; nothing without a kind.
        Closes what is open and counts from zero."""
        self.hang_up()
        with self.lock:
            self.fault = (kind, direction, offset) if kind else None
            self.passed = {"up": 0, "down": 0}
            self.struck = False

    def disarm(self):
        """Does no more harm from now on; a connection that stalls goes on stalling."""
        with self.lock:
            self.fault = None
        self.delay, self.refuses = 0, False

    def hang_up(self):
        """Closes every connection."""
        with self.lock:
            sockets, self.sockets = self.sockets, set()
        for end in sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        """Ends it."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.hang_up()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refuses:
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            client.close()
            return
        with self.lock:
            self.sockets |= {client, server}
        with client, server:
            self._pass_on(client, server)
        with self.lock:
            self.sockets -= {client, server}

    def _pass_on(self, client, server):
        other = {client: (server, "up"), server: (client, "down")}
        open_ends = [client, server]
        while open_ends:
            ready, _, _ = select.select(open_ends, [], [])
            for end in ready:
                target, direction = other[end]
                try:
                    data = end.recv(65536)
                    if not data:
                        open_ends.remove(end)
                        target.shutdown(socket.SHUT_WR)
                        continue
                    if self.delay:
                        time.sleep(self.delay)
                    data, goes_on = self._strike(data, direction)
                    target.sendall(data)
                except OSError:
                    return
                if goes_on == "cut":
                    return
                if goes_on == "stall":
                    # Nothing more, in either direction, until somebody hangs up.
                    with contextlib.suppress(OSError):
                        while end.recv(65536):
                            pass
                    return

    def _strike(self, data, direction):
        with self.lock:
            start = self.passed[direction]
            self.passed[direction] += len(data)
            if not self.fault or self.struck or self.fault[1] != direction:
                return data, None
            kind, _, offset = self.fault
            if offset >= start + len(data):
                return data, None
            self.struck = True
        place = max(0, offset - start)
        if kind == "flip":
            flipped = bytearray(data)
            flipped[place] ^= 1 << (offset % 8)
            return bytes(flipped), None
        return data[:place], kind
