internal import FoundationEssentials
package import SyncModel

/// Asking the hook before a commit. Its word comes after the contents are in the repository, so
/// that it may look at the very bytes that would be committed, and before anything names them.
package final class CaptureGate {
    /// Is asked before something is committed; nil lets everything pass.
    package var hook: (any CaptureHook)?
    private let store: any StateStore

    init(_ store: any StateStore) { self.store = store }

    /// What a hook said of a path that it holds back.
    private struct Words: Codable {
        let path: TreePath
        let words: String
    }

    /// Leaves out what the hook holds back: the state store keeps what was there before, so that
    /// the path is looked at again, and asked about again, until the hook lets it pass.
    func passed(_ captured: [Captured], into pack: any PackSink) throws -> [Captured] {
        guard hook?.isThere ?? false else { return captured }
        let asked = captured.filter { !($0.change.after ?? $0.change.before).isDirectory }
        if asked.isEmpty { return captured }
        let held = try held(
            asked.map {
                CapturedChange(change: $0.change, folder: $0.folder.id, local: $0.local)
            }, into: pack)
        try note(held, of: Set(asked.map(\.change.path)))
        if held.isEmpty { return captured }
        // What came in the place of something that is held would take it away all the same.
        let above = Set(held.keys.lazy.flatMap(\.ancestors))
        var result: [Captured] = []
        for item in captured {
            let path = item.change.path
            let isInPlace =
                item.change.after != nil
                && (above.contains(path) || path.ancestors.contains { held[$0] != nil })
            guard held[path] != nil || isInPlace else {
                result.append(item)
                continue
            }
            if isInPlace && item.change.after.isDirectory { continue }
            try store.quarantine(item.folder.id, item.local, .hook)
            item.folder.interrupted.noteUnread(item.local)
        }
        return result
    }

    /// What the hook holds back of changes, by its words.
    /// - Parameter pack: has their contents; it is finished, so that the hook may read them.
    func held(_ changes: [CapturedChange], into pack: any PackSink) throws -> [TreePath: String] {
        guard let hook, hook.isThere, !changes.isEmpty else { return [:] }
        try pack.finish()
        return hook.held(changes)
    }

    /// Of each path that a hook holds back why, as far as that is remembered.
    func heldWords() throws(StateStoreError) -> [TreePath: String] {
        guard let fact = try store.fact(Vault.Fact.hookWords) else { return [:] }
        do {
            let words = try JSONDecoder().decode([Words].self, from: Data(fact.utf8))
            return Dictionary(words.map { ($0.path, $0.words) }, uniquingKeysWith: { $1 })
        } catch {
            // The reason alone is shown then; the next question brings the words again.
            return [:]
        }
    }

    private func note(_ held: [TreePath: String], of asked: Set<TreePath>) throws {
        let before = try heldWords()
        var words = before.filter { !asked.contains($0.key) }
        for (path, text) in held where words.count < Limits.hookPaths { words[path] = text }
        if words == before { return }
        let list = words.sorted { $0.key < $1.key }.map { Words(path: $0.key, words: $0.value) }
        let data = try JSONEncoder().encode(list)
        try store.setFact(
            Vault.Fact.hookWords, list.isEmpty ? nil : String(decoding: data, as: UTF8.self))
    }
}

extension FileVersion? {
    fileprivate var isDirectory: Bool { self?.isDirectory ?? false }
}
