internal import Glibc
package import SyncModel

/// What a bundle says before its pack, whose checksum does not stand for it.
package struct BundleHead {
    /// The commits that whoever takes it has to have.
    package private(set) var needs: [ObjectID] = []
    /// Where each reference stood, `HEAD` with them.
    package var references: [String: ObjectID] = [:]
    /// The lines before those of commits and references, each with its end.
    private var signature: [UInt8] = []
    /// How many bytes it has, with the blank line at its end.
    package let size: Int

    /// What its references name.
    package var tips: [ObjectID] { Array(references.values) }

    /// That of a bundle of git's second version.
    package init(needs: [ObjectID], references: [String: ObjectID]) {
        (self.needs, self.references) = (needs, references)
        signature = Array("# v2 git bundle\n".utf8)
        size = 0
    }

    /// - Returns: nil for what no bundle begins with.
    package init?(_ bytes: [UInt8]) {
        size = bytes.count
        let lines = bytes.split(separator: 0x0a)
        guard let first = lines.first,
            ["# v2 git bundle", "# v3 git bundle"].contains(String(decoding: first, as: UTF8.self))
        else { return nil }
        signature = first + [0x0a]
        for line in lines.dropFirst() {
            // Of the third version lines say what git has to be capable of.
            if line.first == 0x40 {
                signature += line + [0x0a]
                continue
            }
            let isNeed = line.first == 0x2d
            let words = isNeed ? line.dropFirst() : line
            guard let id = ObjectID(hex: String(decoding: words.prefix(40), as: UTF8.self)[...]),
                [0x20, nil].contains(words.dropFirst(40).first)
            else { return nil }
            if isNeed {
                needs.append(id)
            } else {
                references[String(decoding: words.dropFirst(41), as: UTF8.self)] = id
            }
        }
        if references.isEmpty { return nil }
    }

    /// The same as it is written.
    package var bytes: [UInt8] {
        var text = ""
        for id in needs { text += "-\(id.hex) \n" }
        for (name, id) in references.sorted(by: { $0.key < $1.key }) {
            text += "\(id.hex) \(name)\n"
        }
        return signature + Array("\(text)\n".utf8)
    }
}

extension BundleHead {
    /// Whether a file is a bundle that needs no other one.
    static func isOfAll(_ path: String) -> Bool {
        // What is no file, such as a FIFO, is not waited for.
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        if file < 0 { return false }
        defer { close(file) }
        var head = BundleBeginning()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while !head.isOver, head.bytes.count < Limits.bundleHeadBytes {
            let count = read(file, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return false }
            _ = head.take(buffer[..<count])
        }
        return head.isOver && BundleHead(head.bytes)?.needs.isEmpty ?? false
    }
}

/// The bytes of a bundle up to the blank line before its pack, as they are read.
package struct BundleBeginning {
    /// Up to `Limits.bundleHeadBytes` of them.
    package private(set) var bytes: [UInt8] = []
    /// Whether the blank line came.
    package private(set) var isOver = false
    private var isAtLineStart = false

    package init() {}

    /// Takes what comes next.
    /// - Returns: what of it is the pack's.
    package mutating func take(_ next: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = next
        while !isOver, let byte = rest.popFirst() {
            isOver = byte == 0x0a && isAtLineStart
            isAtLineStart = byte == 0x0a
            if bytes.count < Limits.bundleHeadBytes { bytes.append(byte) }
        }
        return rest
    }
}

/// What bundles that come after one another hold together.
package struct BundleChain {
    /// All commits that their references name.
    package private(set) var tips: Set<ObjectID> = []
    /// Where the references stand that whoever takes them in order has at the end.
    private var references: [String: ObjectID] = [:]

    package init() {}

    /// Takes the next one.
    package mutating func add(_ head: BundleHead) {
        tips.formUnion(head.tips)
        references.merge(head.references) { $1 }
    }

    /// Whether whoever takes them has all of these.
    package func gives(_ wanted: [String: ObjectID]) -> Bool {
        wanted.allSatisfy { references[$0.key] == $0.value }
    }
}
