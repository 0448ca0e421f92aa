"""The vault over HTTPS: nginx, `git http-backend`, TLS 1.3 and a login, all real."""

import http.client
import os
import shutil
import socket
import threading
import time
import unittest

import servers
import trees
from device import PREFIX, Device, wait_until
from harness import Tokens, VaultTest, number
from proxy import Proxy, WebProxy

FAILED, AUTHENTICATION = 1, 4


class HTTPSTest(VaultTest):
    """Gives each test a server; devices find their login through a git credential helper."""

    options = {}
    # Nobody tells of a change there, and no test but those of the budget waits for a turn to push.
    sync = {"poll": '"1s"', "pushes": "600"}

    def setUp(self):
        super().setUp()
        self.server = servers.HTTPS(f"{self.top}/server", self.top, **self.options)
        self.addCleanup(self.server.stop)
        self.at(self.server.base)

    def at(self, base, token=servers.TOKEN):
        """Makes a URL below `base` the remote, with the login that goes with it."""
        self.url = f"{base}/remote.git"
        login = base.replace("://", f"://{servers.USER}:{token}@")
        self.private("store", f"{login}\n")
        self.private("gitconfig", f"[credential]\n\thelper = store --file {self.top}/store\n")
        self.environment = self.server.environment | {
            "GIT_CONFIG_GLOBAL": f"{self.top}/gitconfig", "GIT_CONFIG_NOSYSTEM": "1",
        }  # fmt: skip

    def private(self, name, text):
        """Writes a file that only its owner may read; gives its path."""
        path = f"{self.top}/{name}"
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        return path

    def offline(self, device, *words):
        """Waits until the device says that it is offline, in these words; gives the status."""
        return wait_until(
            lambda: (lambda s: s if s["state"] in ("offline", "blocked") else None)(
                self.told(device, *words)
            ),
            lambda: f"not said {words}: {device.status()}\n{device.output()}",
        )

    def told(self, device, *words):
        """The status, in which every word has to stand."""
        status = device.status()
        if all(word in str(status) for word in words):
            return status
        return status | {"state": ""}


class OverHTTPS(HTTPSTest):
    """What works over a path works over HTTPS."""

    def test_changes_go_both_ways(self):
        ada, bob = self.pair()
        ada.write("deep/er/notes.md", "- [ ] one\n")
        bob.write("other.md", "two\n")
        self.wait_in_sync(ada, bob)
        os.rename(bob.path("deep/er"), bob.path("moved"))
        os.unlink(ada.path("other.md"))
        for device in (ada, bob):
            device.ctl("sync", expect=None)
        self.wait_in_sync(ada, bob)
        self.assertEqual(ada.read("moved/notes.md"), b"- [ ] one\n")
        self.assert_converged(ada, bob)
        devices = trees.git(self.remote, "for-each-ref", "refs/sync/devices").decode()
        self.assertEqual(devices.count("\n"), 2, devices)

    def test_what_a_round_asks_of_the_server(self):
        """In a running daemon a poll and a push are one request each, a fetch is two."""
        ada = self.device("ada", start=False)
        ada.set("sync", "poll", '"1h"')
        ada.start()
        ada.write("a.txt", "a\n")
        self.wait_in_sync(ada)
        ada.ctl("sync")
        self.assertEqual(self.asked(lambda: ada.ctl("sync")), ["upload"])
        self.assertEqual(self.asked(lambda: self.edit_is_pushed(ada, "b\n")), ["receive"])
        self.assertEqual(self.asked(lambda: self.edit_is_pushed(ada, "c\n")), ["receive"])
        self.foreign_commit("d.txt")
        self.assertEqual(self.asked(lambda: ada.ctl("sync")), ["upload", "upload"])
        self.assertEqual(ada.read("d.txt"), b"foreign\n")
        # How far this device is goes with the next push, or with a poll that finds nothing.
        self.assertEqual(self.asked(lambda: ada.ctl("sync")), ["upload", "receive"])
        self.foreign_commit("e.txt")
        self.assertEqual(self.asked(lambda: ada.ctl("sync")), ["upload", "upload"])
        self.assertEqual(self.asked(lambda: self.edit_is_pushed(ada, "f\n")), ["receive"])
        self.assertEqual(self.asked(lambda: ada.ctl("sync")), ["upload"])
        # Somebody else was faster: one push that is refused, and a round as there is always.
        self.foreign_commit("g.txt")
        requests = self.asked(lambda: self.edit_is_pushed(ada, "h\n"))
        self.assertEqual(requests[:1] + requests[-1:], ["receive", "receive"], requests)
        self.wait_in_sync(ada)
        self.assertEqual(ada.read("g.txt"), b"foreign\n")
        own = trees.git(self.remote, "rev-parse", "refs/sync/devices/ada").decode().strip()
        self.assertEqual(own, trees.head(self.remote))

    def asked(self, work):
        """Which of the server's programs a piece of work asked, in order."""
        before = len(self.server.requests())
        work()
        names = []
        for request in self.server.requests()[before:]:
            self.assertEqual((request[0], request[2]), ("POST", "200"), request)
            names.append(request[1].rpartition("git-")[2].removesuffix("-pack"))
        return names

    def edit_is_pushed(self, device, text):
        """Changes one file and waits until the server has it."""
        before = trees.head(self.remote)
        device.write("a.txt", text)
        wait_until(
            lambda: trees.head(self.remote) != before
            and device.status()["state"] == "in-sync", lambda: self.picture(device))

    def foreign_commit(self, name):
        """One more file at the remote, made by git."""
        work = f"{self.top}/work"
        trees.git(self.top, "clone", "-q", self.remote, work)
        with open(f"{work}/{PREFIX}/{name}", "w") as file:
            file.write("foreign\n")
        trees.git(work, "add", "-A")
        trees.git(work, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-m", name)
        trees.git(work, "push", "-q", "origin", "HEAD:sync")
        shutil.rmtree(work)

    def test_a_server_that_is_away_is_waited_for(self):
        ada, bob = self.pair()
        self.server.stop()
        ada.write("meanwhile.txt", "meanwhile\n")
        ada.ctl("sync", expect=None)
        self.offline(ada)
        kept = trees.commit_tree(ada.repository, "refs/heads/sync", PREFIX)
        self.assertIn(b"meanwhile.txt", kept)
        self.server.start()
        self.wait_in_sync(ada, bob)
        self.assertEqual(bob.read("meanwhile.txt"), b"meanwhile\n")

    def test_a_wrong_login_is_exit_4_and_a_new_one_needs_no_restart(self):
        self.at(self.server.base, "of-yesterday")
        ada = self.device_without_init("ada")
        done = ada.ctl("init", "--remote", self.url, "--folder", f"{ada.folder}={PREFIX}",
                       "--device", "ada", expect=(AUTHENTICATION,))  # fmt: skip
        self.assertIn("[auth]", done.stderr)
        self.assertNotIn("of-yesterday", done.stdout + done.stderr)
        self.at(self.server.base)
        ada.init(self.url)
        token = self.private("token", "of-yesterday\n")
        ada.set("auth", "token_file", f'"{token}"')
        # The helper would know better.
        self.private("store", "")
        ada.start()
        ada.write("a.txt", "a\n")
        self.offline(ada, "login")
        for words in (("sync",), ("devices", "forget", "bob")):
            ada.ctl(*words, expect=(AUTHENTICATION,))
        self.private("token", f"{servers.TOKEN}\n")
        ada.ctl("sync", expect=None)
        self.wait_in_sync(ada)

    def device_without_init(self, name):
        """A device whose vault is not made yet."""
        device = Device(f"{self.top}/{name}", name)
        device.environment |= self.environment
        self.devices.append(device)
        return device

    def test_certificates_that_show_nothing_are_refused(self):
        root = self.server.authority
        other = servers.Authority(f"{self.top}/other")
        cases = {
            "expired": (root.certificate("old", expired=True), "expired"),
            "of another host": (root.certificate("wrong", "example.org"), "localhost"),
            "of nobody we know": (other.certificate("nobody"), "local issuer"),
        }
        ada = self.device("ada", start=False)
        for name, (certificate, word) in cases.items():
            with self.subTest(certificate=name):
                server = servers.HTTPS(
                    f"{self.top}/{name.replace(' ', '-')}", self.top, certificate=certificate,
                    authority=root)  # fmt: skip
                self.addCleanup(server.stop)
                ada.set("repository", "remote", f'"{server.base}/remote.git"')
                done = ada.once()
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(word, done.stderr)
                self.assertIn("SSL_CERT_FILE", done.stderr)
                self.assertEqual(server.requests(), [], "it sent a request all the same")

    def test_what_a_server_refuses_has_words_and_an_exit_code(self):
        root = self.server.authority
        plain = "location ~ info/refs {{ default_type text/plain; {} }}"
        cases = {
            "return 403 'Write access to repository not granted.';":
                (AUTHENTICATION, "not granted", "the token has to allow"),
            "return 404;": (FAILED, "no such repository, or none this login may see"),
            "add_header Retry-After 120 always; return 429;": (FAILED, "too many requests"),
            "return 413;": (FAILED, "client_max_body_size"),
            "return 507;": (FAILED, "make room at the remote"),
            "return 301 https://example.org/;": (FAILED, "redirects to https://example.org/"),
        }  # fmt: skip
        ada = self.device("ada", start=False)
        ada.set("sync", "pushes", "600")
        ada.write("a.txt", "a\n")
        for number, (lines, (code, *words)) in enumerate(cases.items()):
            with self.subTest(lines):
                server = servers.HTTPS(
                    f"{self.top}/refuses{number}", self.top, authority=root,
                    certificate=root.certificate(f"r{number}"), extra=plain.format(lines))
                self.addCleanup(server.stop)
                ada.set("repository", "remote", f'"{server.base}/remote.git"')
                self.refused(ada, code, words)
        ada.set("repository", "remote", f'"{self.url}"')
        hook = f"{self.remote}/hooks/pre-receive"
        for said, word in {
            "error: GH013: Repository rule violations found for refs/heads/sync.": "host's rules",
            "remote: - Commits must have verified signatures.": "unsigned commits",
            "error: GH006: Protected branch update failed for refs/heads/sync.": "host's rules",
            "error: GH001: Large files detected.": "take the file out",
            "fatal: Disk quota exceeded": "make room at the remote",
            "not on a Sunday": "its words say why",
        }.items():
            with self.subTest(said):
                with open(hook, "w", encoding="utf-8") as file:
                    file.write(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
                os.chmod(hook, 0o755)
                self.refused(ada, FAILED, [said.split(": ", 1)[-1], word])
        os.unlink(hook)
        self.assertEqual(ada.once().returncode, 0)

    def refused(self, device, code, words):
        """One cycle that ends with a code and has said these words, and lost nothing."""
        done = device.once()
        self.assertEqual(done.returncode, code, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertIsNotNone(trees.head(device.repository))
        self.assertIsNone(trees.head(self.remote))

    def test_a_proxy_of_the_environment_is_used_and_never_told_the_login(self):
        root = self.server.authority
        server = servers.HTTPS(
            f"{self.top}/far", self.top, authority=root,
            certificate=root.certificate("far", "git.example.test"))  # fmt: skip
        self.addCleanup(server.stop)
        proxy = WebProxy()
        self.addCleanup(proxy.close)
        self.at(f"https://git.example.test:{server.port}")
        self.environment["https_proxy"] = f"http://127.0.0.1:{proxy.port}"
        ada = self.device("ada", start=False)
        ada.write("a.txt", "a\n")
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(trees.commit_tree(self.remote, "refs/heads/sync", PREFIX), ada.tree())
        self.assertGreaterEqual(len(proxy.heads), 2)
        for head in proxy.heads:
            self.assertTrue(head.startswith(f"CONNECT git.example.test:{server.port} "), head)
            self.assertNotIn("authorization", head.lower())
        # Without it there is no such host; and this machine is not asked through it.
        ada.environment["no_proxy"] = "git.example.test"
        self.assertIn("resolve", ada.once().stderr)
        count = len(proxy.heads)
        ada.set("repository", "remote", f'"{self.server.base}/remote.git"')
        self.private("store", f"{self.server.base}\n".replace("://", f"://ada:{servers.TOKEN}@"))
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(len(proxy.heads), count)

    def test_the_token_is_nowhere(self):
        ada = self.device("ada", start=False)
        token = self.private("token", f"{servers.TOKEN}\n")
        ada.set("auth", "token_file", f'"{token}"')
        ada.start()
        ada.write("a.txt", "a\n")
        self.wait_in_sync(ada)
        for words in ("status", "doctor", "log", "devices", "held"):
            done = ada.ctl(words, expect=None)
            self.assertNotIn(servers.TOKEN, done.stdout + done.stderr, words)
        for name in ("cmdline", "status"):
            with open(f"/proc/{ada.process.pid}/{name}", "rb") as file:
                self.assertNotIn(servers.TOKEN.encode(), file.read(), name)
        with open(f"/proc/{ada.process.pid}/limits", encoding="utf-8") as file:
            self.assertRegex(file.read(), r"Max core file size +0 +0 ")
        self.private("token", "of-tomorrow-canary\n")
        self.server.passwords({servers.USER: "another"})
        ada.write("b.txt", "b\n")
        ada.ctl("sync", expect=None)
        self.offline(ada)
        ada.stop()
        self.search(ada.home, servers.TOKEN, "of-tomorrow-canary")

    def search(self, top, *words):
        """No file below `top` holds one of the words, in its name or its bytes."""
        for directory, _, names in os.walk(top):
            for name in names:
                path = os.path.join(directory, name)
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    content = file.read()
                for word in words:
                    self.assertNotIn(word.encode(), content + path.encode(), path)

    def test_devices_that_push_at_once_lose_nothing(self):
        count, each = number("SYNC_PUSHERS", 4), number("SYNC_PUSHES", 5)
        trees.git(self.remote, "config", "receive.denyNonFastForwards", "true")
        devices = [self.device(f"d{index}") for index in range(count)]
        tokens = Tokens()

        def write(device):
            for step in range(each):
                words = tokens.new(device.name)
                device.write(f"{device.name}-{step}.txt", words + b"\n")
                device.ctl("sync", expect=None)

        threads = [threading.Thread(target=write, args=(device,)) for device in devices]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.wait_in_sync(*devices, deadline=120)
        self.assert_converged(*devices)
        self.assert_kept(tokens.written, *devices)
        self.assertEqual(len(devices[0].tree()), count * each)


class BadNetwork(HTTPSTest):
    """Cuts, stalls and flipped bits: never a hang, never half a change, the next try succeeds."""

    def setUp(self):
        super().setUp()
        self.proxy = Proxy(self.server.port)
        # Of each fault, whether it struck, and the exit code of the try it struck.
        self.tries = []
        self.addCleanup(self.proxy.close)
        scheme = self.server.base.split(":")[0]
        self.at(f"{scheme}://localhost:{self.proxy.port}")

    def devices_at_rest(self):
        """Two devices with one file, no daemon running."""
        ada, bob = (self.device(name, start=False) for name in ("ada", "bob"))
        token = self.private("token", f"{servers.TOKEN}\n")
        for device in (ada, bob):
            device.set("sync", "timeout", '"1s"')
            device.set("sync", "pushes", "600")
            device.set("auth", "token_file", f'"{token}"')
        self.edit(ada)
        self.assertEqual(ada.once().returncode, 0)
        self.assertEqual(bob.once().returncode, 0)
        return ada, bob

    def edit(self, device):
        """Changes one file by some kilobytes."""
        device.write("file.txt", self.random.randbytes(2000).hex() + "\n")

    def trouble(self, kind, offsets, deadline):
        """Does a push and a fetch with the fault at each offset, and then without."""
        ada, bob = self.devices_at_rest()
        for act, (actor, other) in {"push": (ada, bob), "fetch": (bob, ada)}.items():
            # What came before is not to be measured with it.
            self.assertEqual(actor.once().returncode, 0)
            self.edit(ada)
            if act == "fetch":
                self.assertEqual(ada.once().returncode, 0)
            self.proxy.arm()
            self.assertEqual(actor.once().returncode, 0)
            sizes = dict(self.proxy.passed)
            self.assertEqual(other.once().returncode, 0)
            for direction in ("up", "down"):
                for offset in offsets(sizes[direction]):
                    with self.subTest(act=act, direction=direction, offset=offset):
                        self.one(kind, act, direction, offset, ada, actor, deadline)
        self.assertEqual(bob.once().returncode, 0)
        self.assertEqual(ada.once().returncode, 0)
        self.assert_converged(ada, bob)
        struck = [code for hit, code in self.tries if hit]
        # What is sent differs by some bytes from try to try, so the last offsets may miss.
        self.assertGreater(len(struck), len(self.tries) * 3 // 4)
        self.assertIn(1, struck)

    def one(self, kind, act, direction, offset, ada, actor, deadline):
        """One fault and the try after it."""
        self.edit(ada)
        if act == "fetch":
            self.proxy.arm()
            self.assertEqual(ada.once().returncode, 0)
        self.proxy.arm(kind, direction, offset)
        began = time.monotonic()
        done = actor.once()
        took = time.monotonic() - began
        # A flipped bit of the login is another login.
        codes = (0, FAILED, AUTHENTICATION) if kind == "flip" else (0, FAILED)
        self.assertIn(done.returncode, codes, done.stderr)
        self.assertLess(took, deadline, done.stderr)
        self.tries.append((self.proxy.struck, done.returncode))
        self.proxy.arm()
        done = actor.once()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(actor.tree(), ada.tree())
        self.assertEqual(trees.head(actor.repository), trees.head(self.remote))
        left = [n for n in os.listdir(f"{actor.repository}/objects") if n.startswith("tmp")]
        self.assertEqual(left, [], "something of a pack is left")

    def spread(self, count):
        """Offsets over a length, one by chance in each of so many parts."""
        def offsets(length):
            for part in range(count):
                yield self.random.randrange(
                    length * part // count, max(length * (part + 1) // count, 1))  # fmt: skip
        return offsets

    def test_cut_anywhere(self):
        self.trouble("cut", self.spread(max(1, number("SYNC_CUTS", 48) // 4)), 10)

    def test_stalled_at_each_phase(self):
        self.trouble("stall", lambda length: (0, length * 3 // 4), 15)

    def test_status_answers_while_the_network_hangs(self):
        """In a tenth of a second, whatever the network does."""
        ada, _ = self.devices_at_rest()
        ada.set("sync", "timeout", '"20s"')
        self.proxy.arm("stall", "down", 100)
        ada.start()
        wait_until(lambda: self.proxy.struck, "nothing was asked")
        self.edit(ada)
        times = []
        for _ in range(50):
            began = time.monotonic()
            self.ask(f"{ada.home}/run/syncd/default.sock")
            times.append(time.monotonic() - began)
        self.assertLess(max(times), 0.1)
        # And an end that is asked for comes at once.
        code, seconds = ada.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 5)

    test_status_answers_while_the_network_hangs.turn = VaultTest.ALONE

    def ask(self, path):
        """`GET /status` over the control socket."""
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(10)
        connection.sock.connect(path)
        connection.request("GET", "/status")
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        answer.read()
        connection.close()


class FlippedBits(BadNetwork):
    """Without TLS, on this machine alone: git's own sums have to find what changed."""

    options = {"tls": False}
    test_cut_anywhere = test_stalled_at_each_phase = None
    test_status_answers_while_the_network_hangs = None

    def test_flipped_in_what_comes(self):
        ada, bob = self.devices_at_rest()
        self.edit(ada)
        self.assertEqual(ada.once().returncode, 0)
        self.proxy.arm()
        self.assertEqual(bob.once().returncode, 0)
        length = self.proxy.passed["down"]
        for offset in self.spread(number("SYNC_FLIPS", 16))(length):
            with self.subTest(offset=offset):
                self.one("flip", "fetch", "down", offset, ada, bob, 10)
        self.assert_converged(ada, bob)

    def test_flipped_in_what_goes(self):
        ada, bob = self.devices_at_rest()
        self.edit(ada)
        self.proxy.arm()
        self.assertEqual(ada.once().returncode, 0)
        length = self.proxy.passed["up"]
        for offset in self.spread(number("SYNC_FLIPS", 16))(length):
            with self.subTest(offset=offset):
                self.one("flip", "push", "up", offset, ada, ada, 10)
        self.assertEqual(bob.once().returncode, 0)
        self.assert_converged(ada, bob)


if __name__ == "__main__":
    unittest.main()
