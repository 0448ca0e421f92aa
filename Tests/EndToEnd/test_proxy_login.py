"""A proxy that cannot be read is said without the login that stands in it."""

from device import wait_until
from harness import VaultTest


class SaysNoLogin(VaultTest):
    """Nothing of it leaves this machine: libcurl refuses the proxy before it asks anybody."""

    def test_a_proxy_with_a_bad_port_is_named_without_its_password(self):
        ada = self.device("ada", start=False)
        ada.environment["https_proxy"] = "http://bob:s3cret@proxy.invalid:80800"
        ada.set("repository", "remote", '"https://git.invalid/remote.git"')
        ada.start()
        status = wait_until(
            lambda: (lambda s: s if "proxy" in str(s) else None)(ada.status()),
            lambda: f"{ada.status()}\n{ada.output()}",
        )
        said = str(status) + ada.output() + ada.ctl("doctor", expect=None).stdout
        self.assertIn("proxy.invalid:80800", said)
        self.assertNotIn("s3cret", said)
