"""Syncthing as a contender: two instances on this machine, no servers of others, no web page."""

import os
import socket
import subprocess

from contenders import Contender
from gitside import environment

CONFIGURATION = """<configuration version="35">
  <folder id="bench" label="bench" path="{folder}" type="sendreceive"
          rescanIntervalS="3600" fsWatcherEnabled="true" fsWatcherDelayS="1">
    <filesystemType>basic</filesystemType>
{shares}
  </folder>
{devices}
  <gui enabled="false"/>
  <options>
    <listenAddress>tcp://127.0.0.1:{port}</listenAddress>
    <globalAnnounceEnabled>false</globalAnnounceEnabled>
    <localAnnounceEnabled>false</localAnnounceEnabled>
    <relaysEnabled>false</relaysEnabled>
    <natEnabled>false</natEnabled>
    <reconnectionIntervalS>1</reconnectionIntervalS>
    <startBrowser>false</startBrowser>
    <urAccepted>-1</urAccepted>
    <crashReportingEnabled>false</crashReportingEnabled>
    <autoUpgradeIntervalH>0</autoUpgradeIntervalH>
  </options>
</configuration>
"""


class Syncthing(Contender):
    """Its watch collects for ten seconds as it comes; here for one, the least it takes."""

    name = "Syncthing, watch delay 1 s"
    needs = ("syncthing",)
    share = 5

    def start(self):
        homes = (f"{self.top}/home-a", f"{self.top}/home-b")
        env = environment() | {"HOME": self.top, "STNODEFAULTFOLDER": "1", "STNOUPGRADE": "1"}
        ids, ports = [], []
        for home, side in zip(homes, self.sides):
            os.makedirs(f"{side}/.stfolder")
            own = {"env": env, "check": True, "capture_output": True, "text": True}
            subprocess.run(["syncthing", "generate", f"--home={home}"], **own)
            said = subprocess.run(["syncthing", f"--home={home}", "--device-id"], **own)
            ids.append(said.stdout.split()[-1])
            ports.append(_free_port())
        shares = "\n".join(f'    <device id="{name}"/>' for name in ids)
        devices = "\n".join(
            f'  <device id="{name}" name="d"><address>tcp://127.0.0.1:{port}</address></device>'
            for name, port in zip(ids, ports)
        )
        for home, side, port in zip(homes, self.sides, ports):
            with open(f"{home}/config.xml", "w", encoding="utf-8") as file:
                file.write(CONFIGURATION.format(
                    folder=side, shares=shares, devices=devices, port=port))  # fmt: skip
            self.spawn("syncthing", "serve", f"--home={home}", "--no-browser", env=env)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
