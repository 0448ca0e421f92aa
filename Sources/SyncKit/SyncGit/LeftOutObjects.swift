package import SyncModel

/// The file `left-out` beside a repository's objects: what a remote has and no device brings, for
/// its size, so that this is told from what was lost. A name of 40 digits a line, the oldest first.
extension GitRepository {
    private var leftOutFile: String { "\(commonDirectory)left-out" }

    /// Whether an object is noted as one of these; asked where one is missing, which is seldom.
    func isNotedLeftOut(_ id: ObjectID) -> Bool {
        do { return try leftOut().contains(id) } catch {
            // Then nothing is known of what is missing.
            return false
        }
    }

    /// Notes some, durably; past `Limits.tooLargeBlobs` the oldest are forgotten.
    package func noteLeftOut(_ ids: Set<ObjectID>) throws(RepositoryError) {
        let known = try leftOut()
        let more = ids.subtracting(known).sorted()
        if more.isEmpty { return }
        let kept = (known + more).suffix(Limits.tooLargeBlobs)
        let file = try TemporaryFile(in: commonDirectory)
        try file.write(Array(kept.map { "\($0.hex)\n" }.joined().utf8))
        try TemporaryFile.seal([file])
        try file.keep(as: "left-out")
        try FileSystem.sync(commonDirectory)
    }

    private func leftOut() throws(RepositoryError) -> [ObjectID] {
        if !FileSystem.exists(leftOutFile) { return [] }
        return String(decoding: try FileSystem.content(of: leftOutFile), as: UTF8.self)
            .split(separator: "\n").compactMap { ObjectID(hex: String($0)) }
    }
}
