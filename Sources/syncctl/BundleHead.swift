import SyncModel

/// What a bundle says before its pack, whose checksum does not stand for it.
struct BundleHead {
    /// The commits that whoever takes it has to have.
    private(set) var needs: [ObjectID] = []
    /// Where each reference stood, `HEAD` with them.
    var references: [String: ObjectID] = [:]
    /// The lines before those of commits and references, each with its end.
    private var signature: [UInt8] = []
    /// How many bytes it has, with the blank line at its end.
    let size: Int

    /// What its references name.
    var tips: [ObjectID] { Array(references.values) }

    /// That of a bundle of git's second version.
    init(needs: [ObjectID], references: [String: ObjectID]) {
        (self.needs, self.references) = (needs, references)
        signature = Array("# v2 git bundle\n".utf8)
        size = 0
    }

    /// - Returns: nil for what no bundle begins with.
    init?(_ bytes: [UInt8]) {
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
    var bytes: [UInt8] {
        var text = ""
        for id in needs { text += "-\(id.hex) \n" }
        for (name, id) in references.sorted(by: { $0.key < $1.key }) {
            text += "\(id.hex) \(name)\n"
        }
        return signature + Array("\(text)\n".utf8)
    }
}

/// What bundles that come after one another hold together.
struct BundleChain {
    /// All commits that their references name.
    private(set) var tips: Set<ObjectID> = []
    /// Where the references stand that whoever takes them in order has at the end.
    private var references: [String: ObjectID] = [:]

    /// Takes the next one.
    mutating func add(_ head: BundleHead) {
        tips.formUnion(head.tips)
        references.merge(head.references) { $1 }
    }

    /// Whether whoever takes them has all of these.
    func gives(_ wanted: [String: ObjectID]) -> Bool {
        wanted.allSatisfy { references[$0.key] == $0.value }
    }
}
