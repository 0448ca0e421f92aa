internal import Foundation
internal import SyncModel
import Testing

@testable import SyncStore

@Suite("The service store")
struct ServiceStoreTests {
    private let place: TemporaryPlace

    init() throws { place = try TemporaryPlace() }
    private let now = Timestamp(seconds: 1_800_000_000)

    private var path: String { place.directory + "/service.db" }

    private func delivery(_ id: String?, _ result: Delivery.Result = .queued) -> Delivery {
        Delivery(
            number: 0, received: "", provider: "github", event: "push", id: id,
            ref: "refs/heads/sync", after: nil, result: result, reason: nil)
    }

    @Test("knows a token by its hash, until it ends or is revoked")
    func tokens() throws {
        let store = try ServiceStore(path)
        let end = Timestamp(seconds: now.seconds + 10)
        #expect(
            try store.addToken("ci", .write, hash: [1], created: now, expires: end))
        #expect(
            try !store.addToken("ci", .read, hash: [2], created: now, expires: nil))
        #expect(try store.token(hash: [1], at: now)?.scope == .write)
        #expect(try store.token(hash: [1], at: end) == nil)
        #expect(try store.token(hash: [2], at: now) == nil)
        #expect(try store.tokens().map(\.name) == ["ci"])
        #expect(try store.removeToken("ci"))
        #expect(try !store.removeToken("ci"))
        #expect(try store.token(hash: [1], at: now) == nil)
    }

    @Test("is for its user alone, and is there after a restart")
    func lasts() throws {
        do {
            _ = try ServiceStore(path).addToken(
                "a", .read, hash: [7], created: now, expires: nil)
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try ServiceStore(path).token(hash: [7], at: now)?.name == "a")
    }

    @Test("takes a delivery once: by its id, and by its body where that is signed")
    func once() throws {
        let store = try ServiceStore(path)
        let first = try store.add(delivery("a"), body: [1], at: now)
        #expect(first == 1)
        #expect(try store.add(delivery("a"), body: [2], at: now) == nil)
        #expect(try store.add(delivery("b"), body: [1], at: now) == nil)
        #expect(try store.add(delivery(nil), body: nil, at: now) != nil)
        #expect(try store.add(delivery(nil), body: nil, at: now) != nil)
        #expect(try store.deliveries(most: 10).count == 3)
    }

    @Test("says of each delivery what came of it, the newest first")
    func outcome() throws {
        let store = try ServiceStore(path)
        for id in ["a", "b", "c"] { _ = try store.add(delivery(id), body: nil, at: now) }
        _ = try store.add(delivery("d", .ignored), body: nil, at: now)
        #expect(try store.lastQueued() == 3)
        try store.finish(through: 2, failure: nil)
        try store.finish(through: 3, failure: "no route")
        let found = try store.deliveries(most: 3)
        #expect(found.map(\.result) == [.ignored, .failed, .fetched])
        #expect(found[1].reason == "no route")
        #expect(try store.deliveries(before: 2, most: 3).map(\.id) == ["a"])
    }

    @Test("keeps the newest deliveries alone")
    func bounded() throws {
        let store = try ServiceStore(path)
        for _ in 0..<Limits.deliveries + 5 {
            _ = try store.add(delivery(nil), body: nil, at: now)
        }
        let all = try store.deliveries(most: 2 * Limits.deliveries)
        #expect(all.count == Limits.deliveries)
        #expect(all.last?.number == 6)
    }

    @Test("is begun anew when it is damaged, and the damaged one is set aside")
    func damaged() throws {
        try Data(repeating: 0x5a, count: 20_000).write(to: URL(fileURLWithPath: path))
        let store = try ServiceStore(path)
        #expect(try store.tokens().isEmpty)
        let names = try FileManager.default.contentsOfDirectory(atPath: place.directory)
        #expect(names.contains { $0.contains("corrupt") })
    }
}
