#!/usr/bin/env python3
"""Real git servers for tests: nginx with `git http-backend`, and sshd.

    servers.py https DIRECTORY ROOT     serves ROOT's repositories; says where on standard output
                                        as JSON, ends with standard input
"""

import contextlib
import fcntl
import json
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

USER, TOKEN = "ada", "canary-token-4f1d"

NGINX = """
daemon off;
{user}
worker_processes 2;
pid {top}/nginx.pid;
error_log {top}/error.log;
events {{ worker_connections 512; }}
http {{
    log_format plain '$request_method $request_uri $status $request_length $bytes_sent '
                     '$server_protocol $ssl_protocol $connection $request_time';
    access_log {top}/access.log plain;
    client_body_temp_path {top}/body;
    fastcgi_temp_path {top}/fastcgi;
    proxy_temp_path {top}/proxy;
    uwsgi_temp_path {top}/uwsgi;
    scgi_temp_path {top}/scgi;
    client_max_body_size {most};
    keepalive_requests 100000;
    server {{
        listen 127.0.0.1:{port} {listen};
        {tls}
        {extra}
        location / {{
            {auth}
            fastcgi_pass unix:{top}/fcgi.sock;
            fastcgi_read_timeout 120;
            fastcgi_param SCRIPT_FILENAME {backend};
            fastcgi_param GIT_PROJECT_ROOT {root};
            fastcgi_param GIT_HTTP_EXPORT_ALL 1;
            fastcgi_param PATH_INFO $uri;
            fastcgi_param REMOTE_USER $remote_user;
            fastcgi_param QUERY_STRING $query_string;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param CONTENT_TYPE $content_type;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_param GIT_PROTOCOL {protocol};
            fastcgi_param GIT_CONFIG_NOSYSTEM 1;
            fastcgi_param HOME {top};
        }}
    }}
}}
"""


RESERVATIONS = "/tmp/syncd-test-ports"
# Ports that this process has for itself, by the files that say so to the other tests.
RESERVED = []


def free_port():
    """A port that nobody has, kept for this process: below those that the system gives to whoever
    connects, and not one of another test that runs."""
    os.makedirs(RESERVATIONS, exist_ok=True)
    while True:
        port = random.randrange(10_240, 32_768)
        file = open(f"{RESERVATIONS}/{port}", "w", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            file.close()
            continue
        RESERVED.append(file)
        return port


def run(*arguments, **options):
    """Runs a program that has to succeed; gives what it wrote."""
    done = subprocess.run(arguments, capture_output=True, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def wait_for_port(port, process, words, deadline=10.0):
    """Waits until somebody listens at the port."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"the server ended at once: {words()}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError(f"nobody listens at {port}: {words()}")


def text_of(path):
    """What a file holds; nothing when it is not there."""
    with contextlib.suppress(FileNotFoundError), open(path, errors="replace") as file:
        return file.read()
    return ""


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, top):
        self.top = top
        os.makedirs(top, exist_ok=True)
        self.file = f"{top}/ca.pem"
        self.key = f"{top}/ca.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "30", "-subj", "/CN=syncd tests", "-keyout", self.key,
            "-out", self.file)  # fmt: skip

    def certificate(self, name, host="localhost", expired=False):
        """A certificate for a host; gives the paths of it and its key."""
        base = f"{self.top}/{name}"
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={host}", "-keyout", f"{base}.key", "-out", f"{base}.csr")  # fmt: skip
        with open(f"{base}.ext", "w") as file:
            names = f"DNS:{host}" + (",IP:127.0.0.1" if host == "localhost" else "")
            file.write(f"subjectAltName={names}\n")
        # A certificate of yesterday: `x509` can only count days from now.
        span = ["-days", "-1"] if expired else ["-days", "10"]
        run("openssl", "x509", "-req", "-in", f"{base}.csr", "-CA", self.file, "-CAkey", self.key,
            "-CAcreateserial", "-extfile", f"{base}.ext", "-out", f"{base}.pem", *span)  # fmt: skip
        return f"{base}.pem", f"{base}.key"


class HTTPS:
    """nginx over TLS 1.3 with a login, before `git http-backend`."""

    def __init__(self, top, root, certificate=None, authority=None, tls=True, login=True,
                 protocol="$http_git_protocol", most="0", extra="", http2=True,
                 versions="TLSv1.3"):  # fmt: skip
        self.top = top
        self.port = free_port()
        self.tls = tls
        for name in ("", "/body", "/fastcgi", "/proxy", "/uwsgi", "/scgi"):
            os.makedirs(f"{top}{name}", exist_ok=True)
        self.authority = authority
        if tls and not authority:
            self.authority = Authority(f"{top}/ca")
        lines = ""
        if tls:
            chain, key = certificate or self.authority.certificate("server")
            lines = f"ssl_certificate {chain}; ssl_certificate_key {key}; ssl_protocols {versions};"
        auth = f'auth_basic "git"; auth_basic_user_file {top}/users;' if login else ""
        self.passwords({USER: TOKEN})
        words = NGINX.format(
            user="user root;" if os.geteuid() == 0 else "", top=top, port=self.port, most=most,
            listen=("ssl" + (" http2" if http2 else "")) if tls else "", tls=lines, auth=auth,
            backend=run("git", "--exec-path").decode().strip() + "/git-http-backend", root=root,
            protocol=protocol, extra=extra)  # fmt: skip
        with open(f"{top}/nginx.conf", "w") as file:
            file.write(words)
        self.processes = []
        self.start()

    @property
    def base(self):
        """The URL below which repositories are."""
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}"

    @property
    def environment(self):
        """What a client needs to trust this server."""
        return {"SSL_CERT_FILE": self.authority.file} if self.tls else {}

    def passwords(self, users):
        """Writes who may come in; for basic authentication, read with each request."""
        with open(f"{self.top}/users.new", "w") as file:
            for user, password in users.items():
                crypted = run("openssl", "passwd", "-apr1", password).decode().strip()
                file.write(f"{user}:{crypted}\nx-access-token:{crypted}\n")
        os.chmod(f"{self.top}/users.new", 0o644)
        os.rename(f"{self.top}/users.new", f"{self.top}/users")

    def start(self):
        """Starts both programs and waits for them."""
        log = open(f"{self.top}/output", "ab")
        quiet = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        socket_path = f"{self.top}/fcgi.sock"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(socket_path)
        fcgiwrap = shutil.which("fcgiwrap") or "/usr/sbin/fcgiwrap"
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        self.processes = [
            subprocess.Popen([fcgiwrap, "-c", "6", "-s", f"unix:{socket_path}"],
                             start_new_session=True, **quiet)  # fmt: skip
        ]
        while not os.path.exists(socket_path):
            if self.processes[0].poll() is not None:
                raise AssertionError(f"fcgiwrap ended: {text_of(self.top + '/output')}")
            time.sleep(0.01)
        command = [nginx, "-e", f"{self.top}/error.log", "-c", f"{self.top}/nginx.conf"]
        self.processes.append(subprocess.Popen(command, **quiet))
        log.close()
        try:
            wait_for_port(self.port, self.processes[1], self.words)
        except BaseException:
            self.stop()
            raise

    def words(self):
        """What both programs said."""
        return text_of(f"{self.top}/output") + text_of(f"{self.top}/error.log")

    def stop(self):
        """Ends both."""
        for process in reversed(self.processes):
            process.terminate()
        if self.processes:
            # fcgiwrap waits for its children, which wait for requests.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.processes[0].pid, signal.SIGKILL)
        for process in self.processes:
            process.wait(10)
        self.processes = []

    def requests(self):
        """The requests so far: lists of method, path, status, bytes in, bytes out, HTTP version,
        TLS version, connection, seconds."""
        return [line.split(" ") for line in text_of(f"{self.top}/access.log").splitlines()]


class SSHD:
    """sshd on a port of its own with keys of its own."""

    def __init__(self, top, accept_protocol=True):
        self.top = top
        self.port = free_port()
        os.makedirs(top, exist_ok=True)
        os.chmod(top, 0o700)
        for name in ("host", "user", "other"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{top}/{name}")
        shutil.copy(f"{top}/user.pub", f"{top}/authorized")
        os.chmod(f"{top}/authorized", 0o600)
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        accept = "AcceptEnv GIT_PROTOCOL\n" if accept_protocol else ""
        with open(f"{top}/sshd_config", "w") as file:
            file.write(
                f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {top}/host\n"
                f"AuthorizedKeysFile {top}/authorized\nStrictModes no\nUsePAM no\nPidFile none\n"
                f"PermitRootLogin yes\nPasswordAuthentication no\nMaxStartups 100\n{accept}"
            )
        self.trust(f"{top}/host.pub")
        with open(f"{top}/config", "w") as file:
            file.write(
                f"Host box\n  HostName 127.0.0.1\n  Port {self.port}\n  User {self.user}\n"
                f"  IdentityFile {top}/user\n  IdentitiesOnly yes\n"
                f"  UserKnownHostsFile {top}/known\n  GlobalKnownHostsFile /dev/null\n"
                f"  LogLevel ERROR\n"
            )
        self.process = None
        self.start()

    def trust(self, key):
        """Makes a host key the one that is expected."""
        with open(key) as source, open(f"{self.top}/known", "w") as file:
            kind, public = source.read().split()[:2]
            file.write(f"[127.0.0.1]:{self.port} {kind} {public}\n")

    @property
    def environment(self):
        """What a client needs to come here as `box`."""
        return {"GIT_SSH_COMMAND": f"ssh -F {self.top}/config"}

    def start(self):
        """Starts the server and waits for it."""
        sshd = shutil.which("sshd") or "/usr/sbin/sshd"
        with open(f"{self.top}/output", "ab") as log:
            self.process = subprocess.Popen(
                [sshd, "-D", "-e", "-f", f"{self.top}/sshd_config"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # fmt: skip
        wait_for_port(self.port, self.process, lambda: text_of(f"{self.top}/output"))

    def stop(self):
        """Ends the server."""
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None


def main():
    """Serves until standard input ends."""
    kind, top, root = sys.argv[1:4]
    if kind == "https":
        server = HTTPS(top, root, **json.loads(sys.argv[4] if len(sys.argv) > 4 else "{}"))
        place = {"base": server.base, "environment": server.environment, "log": f"{top}/access.log"}
    else:
        server = SSHD(top, **json.loads(sys.argv[4] if len(sys.argv) > 4 else "{}"))
        place = {"base": "box:" + root, "environment": server.environment, "log": f"{top}/output"}
    try:
        print(json.dumps(place), flush=True)
        sys.stdin.read()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
