internal import Glibc
internal import SyncModel

/// The file `thinned` beside a repository's objects: what was taken out of it on purpose, so that
/// this is told from what was lost.
///
/// A word, two numbers of 8 bytes each, the commits as of `thinnedBehind`, the objects in order,
/// and a hash of it all; names are 20 bytes.
struct ThinnedObjects: Equatable {
    /// As `ObjectReader.thinnedBehind`.
    let boundary: [ObjectID]
    /// Sorted.
    let objects: [ObjectID]

    private static let word = Array("thinned1".utf8)

    /// The file's name.
    static let name = "thinned"

    init(boundary: [ObjectID], objects: Set<ObjectID>) {
        (self.boundary, self.objects) = (boundary, objects.sorted())
    }

    /// Reads the file; nil where there is none.
    /// - Throws: `.corrupt` for one that does not end with its own hash.
    init?(in directory: String) throws(RepositoryError) {
        let path = "\(directory)/\(Self.name)"
        if !FileSystem.exists(path) { return nil }
        let bytes = try FileSystem.content(of: path)
        let head = Self.word.count + 16
        let names = bytes.dropFirst(head).dropLast(ObjectID.byteCount)
        var hash = StreamingSHA1()
        hash.update(Array(bytes.dropLast(ObjectID.byteCount)))
        guard bytes.starts(with: Self.word), bytes.count >= head + ObjectID.byteCount,
            hash.value == ObjectID(bytes.suffix(ObjectID.byteCount)),
            names.count % ObjectID.byteCount == 0
        else { throw RepositoryError(.corrupt, "read \(path)", "it is no list of objects") }
        let count = bytes[Self.word.count..<(Self.word.count + 8)].reduce(0) { $0 << 8 | Int($1) }
        let ids = stride(from: names.startIndex, to: names.endIndex, by: ObjectID.byteCount)
            .compactMap { ObjectID(names[$0..<($0 + ObjectID.byteCount)]) }
        guard count <= ids.count else {
            throw RepositoryError(.corrupt, "read \(path)", "it is no list of objects")
        }
        (boundary, objects) = (Array(ids.prefix(count)), Array(ids.dropFirst(count)))
    }

    /// The file's bytes.
    var serialized: [UInt8] {
        var bytes = Self.word
        for number in [boundary.count, objects.count] {
            withUnsafeBytes(of: UInt64(number).bigEndian) { bytes.append(contentsOf: $0) }
        }
        for id in boundary + objects { bytes.append(contentsOf: id.bytes) }
        var hash = StreamingSHA1()
        hash.update(bytes)
        return bytes + hash.value.bytes
    }

    func contains(_ id: ObjectID) -> Bool {
        var (low, high) = (0, objects.count)
        while low < high {
            let middle = (low + high) / 2
            if objects[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < objects.count && objects[low] == id
    }
}

/// What a handle knows of what was thinned; read again when the file is another.
struct ThinnedCache {
    private var stamp: (inode: UInt, seconds: Int, nanoseconds: Int)?
    private var known: ThinnedObjects?

    /// The list as it is now; nil for none.
    mutating func list(in directory: String) throws(RepositoryError) -> ThinnedObjects? {
        guard let status = FileSystem.status("\(directory)/\(ThinnedObjects.name)") else {
            (stamp, known) = (nil, nil)
            return nil
        }
        let now = (UInt(status.st_ino), status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        if let stamp, stamp == now { return known }
        known = try ThinnedObjects(in: directory)
        stamp = now
        return known
    }
}
