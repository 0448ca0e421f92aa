internal import SyncModel

/// The loose objects of a repository and of those that it borrows from. Nothing is believed: kinds
/// of files, sizes, what is inflated. libgit2 inflates one that is cut short without end.
struct LooseObjects {
    private let places: [String]
    private let inflater: ForeignInflater
    private let most: Int

    /// - Parameters:
    ///   - places: the directories that `places(_:)` gives.
    ///   - most: how many bytes an object may have.
    init(_ places: [String], _ inflater: ForeignInflater, most: Int) {
        (self.places, self.inflater, self.most) = (places, inflater, most)
    }

    /// The directory `objects` and those that it names to borrow from.
    static func places(_ objects: String) throws(RepositoryError) -> [String] {
        var found = [objects]
        var next = 0
        while next < found.count && found.count <= Limits.alternates {
            let place = found[next]
            next += 1
            let path = "\(place)/info/alternates"
            let content = try ForeignFile.content(path, most: Limits.alternatesBytes) ?? []
            for line in content.split(separator: 0x0a) where line.first != 0x23 {
                let text = String(decoding: line, as: UTF8.self)
                let other = text.hasPrefix("/") ? text : "\(place)/\(text)"
                if !found.contains(other), FileSystem.isDirectory(other) { found.append(other) }
            }
        }
        return Array(found.prefix(Limits.alternates))
    }

    /// Whether a file stands where the object would be.
    func contains(_ id: ObjectID) throws(RepositoryError) -> Bool { try file(id) != nil }

    /// Whether the object stands there whole: a power cut leaves files that are cut short.
    /// - Throws: what reading throws but `.corrupt`.
    func holds(_ id: ObjectID) throws(RepositoryError) -> Bool {
        do throws(RepositoryError) {
            return try object(id).map { ObjectID(hashing: $0.content, as: $0.kind) } == id
        } catch {
            if error.code == .corrupt { return false }
            throw error
        }
    }

    private func file(_ id: ObjectID) throws(RepositoryError) -> ForeignFile? {
        let hex = id.hex
        for place in places {
            if let file = try ForeignFile.open("\(place)/\(hex.prefix(2))/\(hex.dropFirst(2))") {
                return file
            }
        }
        return nil
    }

    /// Reads a whole object; nil where none stands.
    /// - Throws: `.corrupt`, `.tooLarge`, `.readOnly`, `.io`. That it has its name is not checked.
    /// Source: gitrepository-layout(5), `hash-object` in git's "Git Objects".
    func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject? {
        guard let file = try file(id) else { return nil }
        func refuse(_ cause: String, _ code: RepositoryError.Code = .corrupt) -> RepositoryError {
            RepositoryError(code, "read", object: id, cause)
        }
        let tooLarge = "it is larger than \(most >> 20) MiB"
        if file.size > ForeignInflater.mostDeflated(most) { throw refuse(tooLarge, .tooLarge) }
        let deflated = try file.read(file.size, at: 0)
        guard let bytes = inflater.inflate(deflated[...], most: most + 64) else {
            // What is smaller than this inflates to less, whatever it is.
            let mayBeLarge = file.size >= most / ForeignInflater.mostInflated
            throw refuse(
                "it does not inflate, or is larger than \(most >> 20) MiB",
                mayBeLarge ? .tooLarge : .corrupt)
        }
        guard let end = bytes.prefix(64).firstIndex(of: 0) else { throw refuse("it has no header") }
        if bytes.count - end - 1 > most { throw refuse(tooLarge, .tooLarge) }
        let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard words.count == 2, let kind = ObjectKind(rawValue: String(words[0])),
            Int(words[1]) == bytes.count - end - 1
        else { throw refuse("its header is malformed") }
        return StoredObject(kind: kind, content: Array(bytes[(end + 1)...]))
    }
}
