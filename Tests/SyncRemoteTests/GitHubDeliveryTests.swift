internal import Foundation
internal import SyncModel
import Testing

@testable import SyncRemote

@Suite("What GitHub could not deliver")
struct GitHubDeliveryTests {
    private func delivery(
        _ id: Int, _ guid: String, status: Int = 0, isRepeated: Bool = false,
        event: String = "push"
    ) throws -> GitHubDelivery {
        let text = """
            {"id": \(id), "guid": "\(guid)", "delivered_at": "2026-11-27T12:00:00Z",
             "redelivery": \(isRepeated), "status_code": \(status), "event": "\(event)"}
            """
        return try JSONDecoder().decode(GitHubDelivery.self, from: Data(text.utf8))
    }

    @Test("is asked for once: no ping, nothing that came, nothing that was asked for")
    func missed() throws {
        let list = [
            try delivery(9, "a", status: 202), try delivery(8, "b"),
            try delivery(7, "c", isRepeated: true), try delivery(6, "d", event: "ping"),
            try delivery(5, "e", status: 502), try delivery(4, "a"), try delivery(3, "c"),
            try delivery(2, "b"), try delivery(1, "f"),
        ]
        let missed = GitHubDelivery.missed(list, asked: ["f"])
        #expect(missed.map(\.id) == [8, 5])
    }

    @Test("is asked for up to a bound, the newest first")
    func bounded() throws {
        let list = try (0..<Limits.redeliveries + 1).map { try delivery($0, "\($0)") }
        #expect(GitHubDelivery.missed(list, asked: []).map(\.id) == Array(0..<Limits.redeliveries))
        let fewer = GitHubDelivery.missed(Array(list.dropLast()), asked: [])
        #expect(fewer.count == Limits.redeliveries)
    }

    private static let links: [(link: String, cursor: String?)] = [
        (#"<https://api.github.com/x?per_page=100&cursor=v1_7>; rel="next""#, "v1_7"),
        (#"<https://a/x?cursor=1>; rel="prev", <https://a/x?cursor=2&b=c>; rel="next""#, "2"),
        (#"<https://a/x?cursor=1>; rel="first""#, nil),
        (#"<https://a/x?cursor=>; rel="next""#, nil),
        (#"<https://a/x?cursor=a b>; rel="next""#, nil),
        (#"<https://a/x?cursor=a#b>; rel="next""#, nil),
        (#">x<; rel="next""#, nil), ("", nil),
    ]

    @Test("goes on behind a page's mark, and follows no URL", arguments: links)
    func cursor(_ link: (link: String, cursor: String?)) {
        #expect(GitHubAPI.cursor(link.link) == link.cursor)
    }
}
