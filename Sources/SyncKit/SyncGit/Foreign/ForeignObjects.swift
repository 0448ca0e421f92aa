internal import Glibc
internal import SyncModel

/// The objects of a repository that others write too: packs, loose ones, and those of the
/// repositories that it borrows from. Nothing is believed: kinds of files, sizes, deltas.
final class ForeignObjects {
    /// The directory `objects`, and those it borrows from.
    private let places: [String]
    private var listings: [PackListing]
    /// Whether the packs are those of the last look: it may have failed half way.
    private var isSeen = false
    private var packs: [String: ForeignPack] = [:]
    /// Where objects were found last comes first.
    private var order: [String] = []
    /// Those whose files are open, the one used last at the end.
    private var open: [String] = []
    /// What is left for indexes in memory, in bytes.
    private var room = Limits.foreignIndexBytes
    private let inflater: ForeignInflater
    private let loose: LooseObjects
    private var cache: [Spot: StoredObject] = [:]
    private var cachedBytes = 0

    private struct Spot: Hashable {
        let pack: String
        let offset: Int
    }

    /// Opens what stands in `objects` now.
    init(_ objects: String) throws(RepositoryError) {
        places = try LooseObjects.places(objects)
        listings = places.map { _ in PackListing() }
        inflater = try ForeignInflater()
        loose = LooseObjects(places, inflater, most: Limits.receivedObjectBytes)
        try refresh()
    }

    /// Sees packs that came and lets go of those that are gone.
    /// - Returns: whether anything may have changed.
    @discardableResult func refresh() throws(RepositoryError) -> Bool {
        for index in places.indices
        where listings[index].look(at: places[index] + "/pack") != .same { isSeen = false }
        if isSeen { return false }
        var names: Set<String> = []
        for place in places {
            for name in try ForeignFile.names(place + "/pack")
            where name.hasPrefix("pack-") && name.hasSuffix(".idx") {
                names.insert("\(place)/pack/\(name.dropLast(4))")
            }
        }
        if names.count > Limits.foreignPacks {
            throw RepositoryError(
                .corrupt, "look at the packs", "there are more than \(Limits.foreignPacks)")
        }
        if packs.keys.contains(where: { !names.contains($0) }) {
            // What they took of the room is not known any more.
            (packs, open, cache, cachedBytes) = ([:], [], [:], 0)
            room = Limits.foreignIndexBytes
        }
        for name in names where packs[name] == nil {
            packs[name] = try ForeignPack(name, room: &room)
        }
        order = order.filter { packs[$0] != nil } + packs.keys.filter { !order.contains($0) }
        isSeen = true
        return true
    }

    /// Whether one of the places is this directory.
    func stand(in directory: String) -> Bool {
        guard let identity = FileIdentity(directory) else { return false }
        return places.contains { FileIdentity($0) == identity }
    }

    /// Notes a pack that was just put there.
    func noteIndex(_ name: String) { listings[0].add(name) }

    /// Whether the object is here.
    func contains(_ id: ObjectID) throws(RepositoryError) -> Bool {
        do throws(RepositoryError) {
            return try again { () throws(RepositoryError) in
                if try find(id) != nil { return true }
                if try loose.holds(id) { return true }
                throw RepositoryError(.missing, "find", object: id)
            }
        } catch {
            if error.code == .missing { return false }
            throw error
        }
    }

    /// Reads a whole object; its bytes are checked against its name.
    func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
        try again { () throws(RepositoryError) in try read(id) }
    }

    /// Looks again while packs come and go: somebody may have joined one to others, and what was
    /// in it stands elsewhere.
    private func again<Found>(_ look: () throws(RepositoryError) -> Found) throws(RepositoryError)
        -> Found
    {
        try Self.again(look) { () throws(RepositoryError) in try refresh() }
    }

    /// Looks, and looks again while that fails and something changed, `Limits.foreignTries` times
    /// at most.
    static func again<Found>(
        _ look: () throws(RepositoryError) -> Found,
        ifChanged hasChanged: () throws(RepositoryError) -> Bool
    ) throws(RepositoryError) -> Found {
        var tries = Limits.foreignTries
        while true {
            tries -= 1
            do throws(RepositoryError) { return try look() } catch {
                if tries == 0 { throw error }
                if try !hasChanged() { throw error }
            }
        }
    }

    private func read(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
        var found = try packed(id)
        if found == nil { found = try loose.object(id) }
        guard let found else { throw RepositoryError(.missing, "read", object: id) }
        let name = ObjectID(hashing: found.content, as: found.kind)
        if name == id { return found }
        throw RepositoryError(
            .corrupt, "read", object: id, "what is stored under its name is \(name.hex)")
    }

    private func find(_ id: ObjectID) throws(RepositoryError) -> (pack: String, offset: Int)? {
        for (index, name) in order.enumerated() {
            guard let offset = try packs[name]?.offset(of: id) else { continue }
            if index > 0 { order.swapAt(0, index) }
            return (name, offset)
        }
        return nil
    }

    private func packed(_ id: ObjectID) throws(RepositoryError) -> StoredObject? {
        guard let (name, offset) = try find(id), let pack = packs[name] else { return nil }
        if open.last != name {
            open.removeAll { $0 == name }
            open.append(name)
            if open.count > Limits.openPacks { packs[open.removeFirst()]?.rest() }
        }
        do throws(RepositoryError) {
            return try resolve(pack, name, offset)
        } catch {
            throw RepositoryError(error.code, error.operation, object: id, error.cause)
        }
    }

    /// Goes from delta to base until one is whole, then back. Each base is met once: deltas in a
    /// circle have no end.
    private func resolve(_ pack: ForeignPack, _ name: String, _ offset: Int)
        throws(RepositoryError) -> StoredObject
    {
        var chain: [(offset: Int, entry: ForeignPack.Entry)] = []
        var met: Set<Int> = []
        var next = offset
        var whole: StoredObject?
        while whole == nil {
            whole = cache[Spot(pack: name, offset: next)]
            if whole != nil { break }
            guard met.insert(next).inserted, chain.count < Limits.deltaChain else {
                throw RepositoryError(.corrupt, "read \(name).pack", "its deltas have no base")
            }
            let entry = try pack.entry(at: next)
            switch entry.content {
            case .whole(let kind):
                let made = StoredObject(kind: kind, content: try pack.inflate(entry, by: inflater))
                if !chain.isEmpty { remember(made, Spot(pack: name, offset: next)) }
                whole = made
            case .delta(let base):
                chain.append((next, entry))
                next = base
            }
        }
        guard var result = whole else { throw RepositoryError(.io, "read \(name).pack") }
        var made = 0
        for (offset, entry) in chain.reversed() {
            let delta = try pack.inflate(entry, by: inflater)
            let content = Delta.apply(delta, to: result.content, most: Limits.receivedObjectBytes)
            guard let content else {
                throw RepositoryError(
                    .corrupt, "read \(name).pack", "the delta at byte \(offset) is malformed")
            }
            made += content.count
            if made > Limits.deltaChainBytes {
                throw RepositoryError(.corrupt, "read \(name).pack", "its deltas make too much")
            }
            result = StoredObject(kind: result.kind, content: content)
            remember(result, Spot(pack: name, offset: offset))
        }
        return result
    }

    /// Keeps what may be a base of the next object, too.
    private func remember(_ object: StoredObject, _ spot: Spot) {
        let count = object.content.count
        if count > Limits.deltaCacheBytes / 8 { return }
        if cachedBytes + count > Limits.deltaCacheBytes { (cache, cachedBytes) = ([:], 0) }
        if cache.updateValue(object, forKey: spot) == nil { cachedBytes += count }
    }
}
