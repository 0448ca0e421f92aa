"""The listener's certificate: a renewed one is taken without a restart, a broken one is not."""

import contextlib
import http.client
import os
import shutil
import socket
import ssl

import servers
from api import PATIENCE, APITest
from device import wait_until


class Certificate(APITest):
    """A daemon with a certificate that somebody renews."""

    def setUp(self):
        super().setUp()
        self.authority = servers.Authority(f"{self.top}/ca")
        self.chain, self.key = f"{self.top}/chain.pem", f"{self.top}/key.pem"
        self.issue("first")
        self.ada = self.listening(
            start=False, certificate=f'"{self.chain}"', key=f'"{self.key}"')  # fmt: skip
        self.ada.start()
        servers.wait_for_port(self.ada.port, self.ada.process, self.ada.output)
        self.context = ssl.create_default_context(cafile=self.authority.file)

    def issue(self, name):
        """Puts another certificate and its key where the daemon looks, each at once."""
        chain, key = self.authority.certificate(name)
        for source, target in ((key, self.key), (chain, self.chain)):
            shutil.copyfile(source, f"{target}.new")
            os.replace(f"{target}.new", target)
        with open(self.chain, encoding="utf-8") as file:
            return ssl.PEM_cert_to_DER_cert(file.read())

    def shown(self):
        """The certificate that the daemon shows to who connects now."""
        with socket.create_connection(("127.0.0.1", self.ada.port), PATIENCE) as plain:
            with self.context.wrap_socket(plain, server_hostname="localhost") as client:
                return client.getpeercert(binary_form=True)

    def notices(self):
        return " ".join(self.ada.status()["notices"])

    def test_a_renewed_one_is_taken_and_a_broken_one_is_not(self):
        first = self.shown()
        process = self.ada.process.pid
        open_since_before = http.client.HTTPSConnection(
            "localhost", self.ada.port, timeout=PATIENCE, context=self.context)  # fmt: skip
        with contextlib.closing(open_since_before) as connection:
            connection.request("GET", "/health")
            self.assertEqual(connection.getresponse().read()[:1], b"{")
            second = self.issue("second")
            self.assertNotEqual(first, second)
            wait_until(lambda: self.shown() == second, self.ada.output)
            self.assertEqual(self.notices(), "")
        cases = {
            "no certificate": lambda: self.spoil(self.chain, "nonsense\n"),
            "a key of another": lambda: shutil.copyfile(
                self.authority.certificate("x")[1], self.key),
            "no file": lambda: os.unlink(self.chain),
        }  # fmt: skip
        for case, spoil in cases.items():
            with self.subTest(case):
                spoil()
                wait_until(lambda: "certificate" in self.notices(), self.ada.output)
                self.assertIn("the one before goes on", self.notices())
                self.assertEqual(self.shown(), second)
                second = self.issue(f"after {case}".replace(" ", "-"))
                wait_until(lambda new=second: self.shown() == new, self.ada.output)
                wait_until(lambda: self.notices() == "", self.notices)
        self.assertEqual(self.ada.process.pid, process)
        self.assertIsNone(self.ada.process.poll())

    @staticmethod
    def spoil(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
