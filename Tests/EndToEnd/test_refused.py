"""A server that answers, and refuses: what is said of it, and how commands end."""

import unittest

import servers
from device import wait_until
from test_https import AUTHENTICATION, HTTPSTest


class Refused(HTTPSTest):
    """Logins that may not all, or nothing."""

    def test_a_login_that_is_wrong_ends_a_flush_with_4(self):
        ada = self.device("ada")
        ada.write("a.txt", "a\n")
        self.wait_in_sync(ada)
        self.server.passwords({servers.USER: "another"})
        ada.write("a.txt", "b\n")
        ada.ctl("flush", expect=(0,))
        ada.ctl("flush", "--pushed", expect=(AUTHENTICATION,))
        self.assertEqual(self.offline(ada, "login")["state"], "offline")

    def test_a_login_that_may_only_read_is_not_offline(self):
        root = self.server.authority
        server = servers.HTTPS(
            f"{self.top}/reads", self.top, authority=root, certificate=root.certificate("reads"),
            extra="if ($arg_service = git-receive-pack) { return 403; }")  # fmt: skip
        self.addCleanup(server.stop)
        bob, ada = self.device("bob"), self.device("ada", start=False)
        ada.set("repository", "remote", f'"{server.base}/remote.git"')
        self.private("store", "".join(
            place.base.replace("://", f"://{servers.USER}:{servers.TOKEN}@") + "\n"
            for place in (self.server, server)))  # fmt: skip
        bob.write("b.txt", "b\n")
        ada.start()
        ada.write("a.txt", "a\n")
        for content in ("c\n", "d\n"):
            bob.write("b.txt", content)
            wait_until(lambda: ada.read("b.txt") == content.encode(), lambda: self.picture(ada))
            status = wait_until(
                lambda: (lambda s: s if s["state"] == "blocked" else None)(ada.status()),
                lambda: self.picture(ada))  # fmt: skip
            self.assertIsNone(status["offline_since"])
            self.assertIn("403", str(status["notices"]))


if __name__ == "__main__":
    unittest.main()
