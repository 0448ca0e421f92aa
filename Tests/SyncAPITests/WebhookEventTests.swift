internal import HTTPTypes
import Testing

@testable import SyncAPI

@Suite("A webhook's event")
struct WebhookEventTests {
    private func event(_ headers: [String: String], _ body: String) throws -> WebhookEvent {
        var fields = HTTPFields()
        for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
        var event = WebhookEvent(fields)
        try event.read(fields, Array(body.utf8))
        return event
    }

    private func decide(
        _ headers: [String: String], _ body: String,
        remote: String? = "https://github.com/me/notes.git"
    ) throws -> WebhookDecision {
        WebhookDecision(try event(headers, body), branch: "sync", remote: remote)
    }

    private static let id = String(repeating: "a", count: 40)

    /// Each provider's push, as its documentation has it, cut to what is of use.
    private static let pushes: [(headers: [String: String], body: String)] = [
        (
            ["X-GitHub-Event": "push", "X-GitHub-Delivery": "d"],
            #"{"ref":"refs/heads/sync","after":"\#(id)","repository":{"full_name":"me/notes"}}"#
        ),
        (["X-GitHub-Event": "push"], #"{"ref":"refs/heads/sync","deleted":false}"#),
        (["X-GitHub-Event": "push"], "{}"),
        (["X-GitHub-Event": "push"], #"{"ref":"refs/heads/sync","forced":true,"before":3}"#),
        (
            ["X-Forgejo-Event": "push", "X-GitHub-Event": "push"],
            #"{"ref":"refs/heads/sync","#
                + #""repository":{"clone_url":"https://github.com/me/notes.git"}}"#
        ),
        (
            ["X-Gitlab-Event": "Push Hook", "X-Gitlab-Event-UUID": "d"],
            #"{"object_kind":"push","ref":"refs/heads/sync","after":"\#(id)","#
                + #""project":{"path_with_namespace":"me/notes"}}"#
        ),
        (
            ["X-Event-Key": "repo:push", "X-Request-UUID": "d"],
            #"{"push":{"changes":[{"new":{"type":"branch","name":"sync","#
                + #""target":{"hash":"\#(id)"}}}]},"repository":{"full_name":"me/notes"}}"#
        ),
        (
            ["X-Event-Key": "repo:refs_changed", "X-Request-Id": "d"],
            #"{"changes":[{"ref":{"id":"refs/heads/sync"},"toHash":"\#(id)"}]}"#
        ),
        (["Authorization": "Bearer x"], ""),
        (
            [
                "X-GitHub-Event": "push",
                "Content-Type": "application/x-www-form-urlencoded",
            ], "payload=%7B%22ref%22%3A%22refs%2Fheads%2Fsync%22%7D"
        ),
    ]

    @Test("of any provider asks for a fetch when the branch moved", arguments: pushes)
    func push(headers: [String: String], body: String) throws {
        #expect(try decide(headers, body) == .fetch)
    }

    @Test("that deletes the branch asks too, and names nothing after it")
    func deletion() throws {
        let zeros = String(repeating: "0", count: 40)
        let body = #"{"ref":"refs/heads/sync","after":"\#(zeros)","deleted":true}"#
        let event = try event(["X-GitHub-Event": "push"], body)
        #expect(event.changes == [.init(reference: "refs/heads/sync", after: nil)])
    }

    @Test(
        "of something else is passed over, with the reason",
        arguments: [
            (["X-GitHub-Event": "ping"], "{}", "a ping"),
            (["X-GitHub-Event": "issues"], "{}", "the event issues"),
            (["X-GitHub-Event": "push"], #"{"ref":"refs/heads/main"}"#, "another branch"),
            (["X-GitHub-Event": "push"], #"{"ref":"refs/tags/sync"}"#, "another branch"),
            (
                ["X-GitHub-Event": "push"],
                #"{"ref":"refs/heads/sync","repository":{"full_name":"me/other"}}"#,
                "another repository: me/other"
            ),
            (["X-Event-Key": "pr:opened"], "{}", "the event pr:opened"),
        ])
    func ignored(headers: [String: String], body: String, words: String) throws {
        guard case .ignore(let reason) = try decide(headers, body) else {
            Issue.record("it asks for a fetch")
            return
        }
        #expect(reason.contains(words))
    }

    @Test(
        "names the remote in any of its forms",
        arguments: [
            "https://github.com/me/notes.git", "https://github.com/me/notes",
            "git@github.com:me/notes.git", "ssh://git@github.com/me/notes.git",
            "/srv/git/notes.git",
        ])
    func remotes(remote: String) throws {
        let body = #"{"ref":"refs/heads/sync","repository":{"full_name":"Me/Notes"}}"#
        #expect(try decide(["X-GitHub-Event": "push"], body, remote: remote) == .fetch)
    }

    @Test("of a vault without a remote is passed over")
    func none() throws {
        #expect(
            try decide(["X-GitHub-Event": "push"], "{}", remote: nil)
                == .ignore("this vault has no remote"))
    }

    @Test(
        "that cannot be read says so, and nothing traps",
        arguments: [
            "nonsense", "[]", "3", "\u{0}", #"{"ref":"#,
            String(repeating: "[", count: 100_000),
        ])
    func unreadable(body: String) {
        #expect(throws: WebhookEvent.Unreadable.self) {
            try event(["X-GitHub-Event": "push"], body)
        }
    }

    @Test("reads past parts of another form")
    func forms() throws {
        let body = #"{"ref":5,"repository":[],"push":{"changes":"x"},"changes":{},"after":{}}"#
        #expect(try decide(["X-GitHub-Event": "push"], body) == .fetch)
    }
}
