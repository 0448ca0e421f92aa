"""Deliveries of every provider, as their documentation writes them."""

import base64
import hashlib
import hmac
import json
import os
import time
import unittest
import urllib.parse
import uuid

import servers
import trees
from api import APITest, ask, signature
from device import wait_until

SECRET, PREVIOUS = "It's a Secret to Everybody", "the one before"
SIGNING = "whsec_" + base64.b64encode(b"a key of thirty-two bytes, really").decode()
REF, OTHER = "refs/heads/sync", "refs/heads/main"
OLD, NEW = "6113728f27ae82c7b1a177c8d03f9e96e0adf246", "59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5"
REPOSITORY = "top/remote"


def git_push(ref=REF, name=REPOSITORY):
    """GitHub, Gitea, Forgejo, Gogs: docs.github.com/webhooks/webhook-events-and-payloads#push."""
    return {
        "ref": ref, "before": OLD, "after": NEW, "created": False, "deleted": False,
        "forced": False, "compare": f"https://git.example/{name}/compare/{OLD}...{NEW}",
        "commits": [{"id": NEW, "message": "x", "added": ["a"], "removed": [], "modified": []}],
        "repository": {
            "id": 1, "name": name.split("/")[1], "full_name": name, "private": True,
            "html_url": f"https://git.example/{name}", "url": f"https://git.example/{name}",
            "clone_url": f"https://git.example/{name}.git",
            "ssh_url": f"git@git.example:{name}.git", "owner": {"login": "top"},
        },
        "pusher": {"name": "top", "email": "top@example.com"}, "sender": {"login": "top"},
    }  # fmt: skip


def gitlab_push(ref=REF, name=REPOSITORY):
    """docs.gitlab.com/user/project/integrations/webhook_events/#push-events."""
    return {
        "object_kind": "push", "event_name": "push", "before": OLD, "after": NEW, "ref": ref,
        "checkout_sha": NEW, "user_username": "top", "project_id": 15,
        "project": {
            "id": 15, "name": "Remote", "path_with_namespace": name, "default_branch": "main",
            "web_url": f"https://git.example/{name}", "homepage": f"https://git.example/{name}",
            "git_ssh_url": f"git@git.example:{name}.git", "url": f"git@git.example:{name}.git",
            "git_http_url": f"https://git.example/{name}.git",
        },
        "commits": [{"id": NEW, "message": "x"}], "total_commits_count": 1,
    }  # fmt: skip


def bitbucket_push(ref=REF, name=REPOSITORY):
    """Bitbucket Cloud: support.atlassian.com/bitbucket-cloud/docs/event-payloads."""
    branch = {"type": "branch", "name": ref.rpartition("/")[2], "target": {"hash": NEW}}
    return {
        "actor": {"nickname": "top"},
        "repository": {"type": "repository", "full_name": name, "name": "remote",
                       "links": {"html": {"href": f"https://bitbucket.org/{name}"}}},
        "push": {"changes": [{"new": branch, "old": branch | {"target": {"hash": OLD}},
                              "created": False, "closed": False, "forced": False}]},
    }  # fmt: skip


def data_center_push(ref=REF, name=REPOSITORY):
    """Bitbucket Data Center: confluence.atlassian.com, event payload `repo:refs_changed`."""
    return {
        "eventKey": "repo:refs_changed", "date": "2026-11-27T10:00:00+0000",
        "actor": {"name": "top"},
        "repository": {"slug": name.split("/")[1], "id": 84, "project": {"key": "TOP"}},
        "changes": [{"ref": {"id": ref, "displayId": ref.rpartition("/")[2], "type": "BRANCH"},
                     "refId": ref, "fromHash": OLD, "toHash": NEW, "type": "UPDATE"}],
    }  # fmt: skip


def signed(header, prefix="", **others):
    """The headers of a provider that signs the body in hex."""
    return lambda body, secret: {header: prefix + signature(secret, body)} | {
        key.replace("_", "-"): value for key, value in others.items()}  # fmt: skip


def standard(body, secret=SIGNING, when=None, number=None):
    """The headers of Standard Webhooks, as GitLab signs since 19.0."""
    number, when = number or f"msg_{uuid.uuid4()}", str(int(when or time.time()))
    key = base64.b64decode(SIGNING[6:]) if secret == SIGNING else secret.encode()
    code = signature_raw(key, f"{number}.{when}.".encode() + body)
    return {
        "webhook-id": number, "webhook-timestamp": when, "webhook-signature": f"v1,{code}",
        "X-Gitlab-Event": "Push Hook",
    }  # fmt: skip


def signature_raw(key, data):
    """HMAC SHA-256 in base 64."""
    return base64.b64encode(hmac.new(key, data, hashlib.sha256).digest()).decode()


# How each provider's delivery shows the secret, and what its body is.
PROVIDERS = {
    "github": (git_push, signed("X-Hub-Signature-256", "sha256=", X_GitHub_Event="push")),
    "gitea": (git_push, signed("X-Gitea-Signature", X_Gitea_Event="push", X_GitHub_Event="push")),
    "forgejo": (git_push, signed("X-Forgejo-Signature", X_Forgejo_Event="push",
                                 X_Gitea_Event="push")),
    "gogs": (git_push, signed("X-Gogs-Signature", X_Gogs_Event="push")),
    "gitlab": (gitlab_push, lambda _, secret: {"X-Gitlab-Token": secret,
                                               "X-Gitlab-Event": "Push Hook"}),
    "gitlab, signed": (gitlab_push, standard),
    "bitbucket": (bitbucket_push, signed("X-Hub-Signature", "sha256=", X_Event_Key="repo:push")),
    "bitbucket, data center": (data_center_push, signed("X-Hub-Signature", "sha256=",
                                                        X_Event_Key="repo:refs_changed")),
    "bearer": (git_push, lambda _, secret: {"Authorization": f"Bearer {secret}"}),
}  # fmt: skip


class WebhookTest(APITest):
    """One daemon with a secret; its remote is `top/remote`."""

    sync = {"poll": '"1h"'}

    def setUp(self):
        super().setUp()
        os.makedirs(f"{self.top}/top")
        remote = f"{self.top}/top/remote.git"
        os.rename(self.remote, remote)
        trees.git(remote, "config", "http.receivepack", "true")
        self.server = servers.HTTPS(f"{self.top}/server", self.top, tls=False, login=False)
        self.addCleanup(self.server.stop)
        self.remote, self.url = remote, f"{self.server.base}/top/remote.git"
        self.path = self.secret(f"{SECRET}\n{PREVIOUS}\n{SIGNING}\n")
        self.ada = self.listening(webhook_secret_file=f'"{self.path}"')

    def deliver(self, body, headers, expected=202):
        """Sends a delivery; gives what came of it, or the problem."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = headers(body, SECRET) if callable(headers) else headers
        answer = ask(self.ada.port, "POST", "/api/sync/webhook", body,
                     {"Content-Type": "application/json"} | headers)  # fmt: skip
        # Past ten failures in a minute the words are others.
        allowed = {401: (401, 429)}.get(expected, (expected,))
        self.assertIn(answer.status, allowed, f"{headers}: {answer}\n{self.ada.output()}")
        return answer.json

    def listed(self):
        """`syncctl webhook deliveries --json`."""
        done = self.ada.run(
            "syncctl", "webhook", "deliveries", "--config", self.ada.config, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)


class Deliveries(WebhookTest):
    """Who is believed, and what a delivery means."""

    def test_each_provider_is_understood(self):
        for provider, (body, headers) in PROVIDERS.items():
            with self.subTest(provider):
                ours = json.dumps(body() | {"for": provider}).encode()
                secret = SIGNING if headers is standard else SECRET
                answer = self.deliver(ours, headers(ours, secret))
                self.assertEqual(answer["result"], "queued", answer)
                newest = wait_until(
                    lambda: [d for d in self.listed()[:1] if d["result"] == "fetched"], "no fetch")
                self.assertEqual(newest[0]["provider"], provider.partition(",")[0])
                self.assertEqual(newest[0]["ref"], REF)
                other = self.deliver(
                    body(OTHER) | {"for": provider}, lambda b, _: headers(b, secret))
                self.assertEqual(other["result"], "ignored", other)
                self.assertIn(OTHER, other["reason"])
                if provider != "bitbucket, data center":
                    foreign = self.deliver(
                        body(REF, "top/other") | {"for": provider}, lambda b, _: headers(b, secret))
                    self.assertEqual(foreign["result"], "ignored", foreign)
                wrong = ours.replace(NEW.encode(), OLD.encode())
                sent = headers(wrong, "a guess")
                self.deliver(wrong, sent, 401)
                if provider not in ("gitlab", "bearer"):
                    # One byte after signing.
                    self.deliver(ours + b" ", headers(ours, secret), 401)

    def test_the_published_vector_of_github(self):
        code = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        head = {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={code}"}
        self.assertEqual(self.deliver(b"Hello, World!", head)["result"], "ignored")
        self.deliver(b"Hello, World?", head, 401)
        self.deliver(b"Hello, World!", head | {"X-Hub-Signature-256": f"sha1={code}"}, 401)
        self.deliver(b"Hello, World!", {"X-GitHub-Event": "push"}, 401)
        self.deliver(b"Hello, World!", head | {"X-Hub-Signature-256": "sha256="}, 401)

    def test_github_pings_forms_and_parts(self):
        ping = {"zen": "Keep it logically awesome.", "hook_id": 1, "repository": {}}
        head = PROVIDERS["github"][1]
        answer = self.deliver(ping, lambda b, s: head(b, s) | {"X-GitHub-Event": "ping"})
        self.assertEqual((answer["result"], answer["reason"]), ("ignored", "a ping"))
        answer = self.deliver({"action": "opened"},
                              lambda b, s: head(b, s) | {"X-GitHub-Event": "issues"})  # fmt: skip
        self.assertEqual(answer["result"], "ignored")
        self.assertIn("issues", answer["reason"])
        form = "payload=" + urllib.parse.quote_plus(json.dumps(git_push()))
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.deliver(form.encode(), lambda b, s: head(b, s) | kind)
        self.assertEqual(answer["result"], "queued", answer)
        for body in ({"ref": REF}, {"ref": REF, "after": "0" * 40, "deleted": True, "n": 1},
                     {"ref": REF, "forced": True}, {"repository": None, "ref": REF}):  # fmt: skip
            self.assertEqual(self.deliver(body, head)["result"], "queued", body)
        tag = self.deliver({"ref": "refs/tags/sync"}, head)
        self.assertEqual(tag["result"], "ignored")

    def test_a_delivery_counts_once(self):
        """By its id, which nobody signs, and by its body."""
        body, head = git_push(), PROVIDERS["github"][1]
        number = {"X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}
        self.assertEqual(
            self.deliver(body, lambda b, s: head(b, s) | number)["result"], "queued")
        other = body | {"after": OLD}
        for again, headers in ((body, number), (body, {}), (body, {"X-GitHub-Delivery": "new"}),
                               (other, number)):  # fmt: skip
            answer = self.deliver(again, lambda b, s, h=headers: head(b, s) | h)
            self.assertEqual(answer["result"], "duplicate", headers)
        self.assertEqual(self.deliver(other, head)["result"], "queued")
        self.assertEqual(len(self.listed()), 2)
        self.ada.stop()
        self.ada.start()
        self.wait_for_listener(self.ada)
        self.assertEqual(self.deliver(other, head)["result"], "duplicate")

    def test_an_old_signature_is_refused(self):
        body = json.dumps(gitlab_push()).encode()
        for shift in (-301, 301, -10**6, 10**6):
            self.deliver(body, standard(body, when=time.time() + shift * 1.1), 401)
        head = standard(body)
        late = head | {"webhook-timestamp": str(int(head["webhook-timestamp"]) + 1)}
        self.deliver(body, late, 401)
        many = head | {"webhook-signature": "v1,AAAA v2,x " + head["webhook-signature"]}
        self.assertEqual(self.deliver(body, many)["result"], "queued")

    def test_secrets_change_without_a_reload(self):
        head, counted = PROVIDERS["github"][1], iter(range(100))

        def sent(secret, expected):
            body = json.dumps(git_push() | {"n": next(counted)}).encode()
            return self.deliver(body, head(body, secret), expected)

        sent(SECRET, 202)
        sent(PREVIOUS, 202)
        self.secret("the new one\n")
        sent("the new one", 202)
        sent(SECRET, 401)
        self.secret(f"\n  spaces round it \r\n\n{SECRET}\n")
        sent("spaces round it", 202)
        sent(SECRET, 202)
        for secret in ("", "\n", " "):
            sent(secret, 401)
        self.secret("")
        sent("", 401)
        self.healthy(self.ada)
        with open(self.ada.log, encoding="utf-8") as file:
            self.assertNotIn(SECRET, file.read())

    def test_a_token_that_may_write_is_as_good_as_the_secret(self):
        for scope, expected in (("read", 401), ("write", 202), ("admin", 202)):
            token = self.token(self.ada, scope)
            self.deliver({"ref": REF, "n": scope}, {"Authorization": f"Bearer {token}"}, expected)


class SecretFile(WebhookTest):
    """A file that cannot be used."""

    def test_a_secret_that_others_may_read_is_not_used(self):
        """Whoever asks need not know where it is; who looks after the daemon has to."""
        for mode in (0o644, 0o640, 0o604, None):
            with self.subTest(mode=mode):
                if mode is None:
                    os.unlink(self.path)
                else:
                    os.chmod(self.path, mode)
                body = json.dumps(git_push() | {"n": mode}).encode()
                answer = self.deliver(body, PROVIDERS["github"][1](body, SECRET), 503)
                self.assertNotIn(self.top, answer["detail"])
                self.assertIn(self.path, self.ada.output())
                self.assertIn(self.path, str(self.ada.status()["notices"]))
        self.healthy(self.ada)


if __name__ == "__main__":
    unittest.main()
