"""Every row of docs/reference/needs.md, run against a daemon."""

import os
import re
import shutil
import subprocess

import servers
from device import ROOT, Device, binaries, wait_until
from harness import VaultTest

PAGE = f"{ROOT}/docs/reference/needs.md"
SECRET = "It's a Secret to Everybody\n"


def rows(text):
    """Of each row the need, the command and what the answer has."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and cells[1].startswith("`"):
            yield cells[0], cells[1].strip("`").replace("\\|", "|"), cells[2].strip("`")


class NeedsTest(VaultTest):
    """The page's shell, in which its rows run one after the other."""

    def setUp(self):
        super().setUp()
        for program in ("curl", "jq"):
            if shutil.which(program) is None:
                self.skipTest(f"there is no {program} here")
        with open(PAGE, encoding="utf-8") as file:
            self.text = file.read()
        self.base = f"127.0.0.1:{servers.free_port()}"

    def vault(self, name):
        """A device with its folder at `notes`, in `~/notes`."""
        device = Device(f"{self.top}/{name}", name)
        device.environment |= self.environment
        device.environment["PATH"] = f"{binaries()}:{device.environment['PATH']}"
        device.environment["SYNCD_CONFIG"] = device.config
        self.devices.append(device)
        device.init(self.url, "notes")
        os.makedirs(f"{device.home}/user", exist_ok=True)
        os.symlink(device.folder, f"{device.home}/user/notes")
        return device

    def with_conflict(self):
        """A device that listens and has an open conflict in plan.md."""
        ada, bob = self.vault("ada"), self.vault("bob")
        ada.write("plan.md", "plan\nbefore\n")
        for device in (ada, bob):
            self.assertEqual(device.once().returncode, 0, device.name)
        bob.write("plan.md", "plan\nof bob\n")
        self.assertEqual(bob.once().returncode, 0)
        ada.write("plan.md", "plan\nof ada\n")
        secret = f"{self.top}/secret"
        with open(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(SECRET)
        ada.set("http", "listen", f'"{self.base}"')
        ada.set("http", "webhook_secret_file", f'"{secret}"')
        ada.start()
        wait_until(lambda: ada.status()["conflicts"] == 1, ada.output)
        return ada

    def shell(self, device, script):
        """What the page's shell writes; its exit code is 0, or 10 for open conflicts."""
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.top, env=device.environment, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
        )  # fmt: skip
        text = done.stdout.decode(errors="replace")
        self.assertIn(done.returncode, (0, 10), text)
        return text

    def test_every_row_of_the_page(self):
        ada = self.with_conflict()
        before = re.search(r"```sh\n(.*?)```", self.text, re.DOTALL)[1]
        before = before.replace("127.0.0.1:8390", self.base)
        first, _, ask = before.partition("ask()")
        self.shell(ada, first)
        base = re.search(r"^URL=.*$", first, re.MULTILINE)[0]
        found = list(rows(self.text))
        self.assertGreater(len(found), 40)
        for need, command, wanted in found:
            with self.subTest(need=need):
                text = self.shell(ada, f"{base}\nask(){ask}\n{command}")
                self.assertTrue(wanted in text, f"{command}\nwanted {wanted}, got {text[:2000]}")
