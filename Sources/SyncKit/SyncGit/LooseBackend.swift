internal import CGit2
internal import SyncModel

/// Gives libgit2 loose objects in the place of its own reader, which inflates one that is cut short
/// without end: a power cut leaves such, of whatever git wrote into the repository.
///
/// It is libgit2's to free, and used by the one thread that has the database.
final class LooseBackend {
    private let objects: LooseObjects

    private init(_ objects: LooseObjects) { self.objects = objects }

    /// What libgit2 knows, and behind it whom that means.
    private struct Backend {
        var interface: git_odb_backend
        let own: Unmanaged<LooseBackend>
    }

    /// Adds one to a database, behind its packs.
    /// - Parameter places: as `LooseObjects.places(_:)`.
    static func add(to database: OpaquePointer, _ places: [String]) throws(RepositoryError) {
        let objects = LooseObjects(places, try ForeignInflater(), most: Limits.looseObjectBytes)
        var interface = git_odb_backend()
        interface.version = UInt32(GIT_ODB_BACKEND_VERSION)
        interface.read = { data, size, kind, backend, id in
            LooseBackend.of(backend).read(id) { object in
                let room = git_odb_backend_data_alloc(backend, max(object.content.count, 1))
                guard let room else { return GIT_ERROR.rawValue }
                object.content.withUnsafeBytes { bytes in
                    if let start = bytes.baseAddress {
                        room.copyMemory(from: start, byteCount: bytes.count)
                    }
                }
                data?.pointee = room
                size?.pointee = object.content.count
                kind?.pointee = object.kind.type
                return 0
            }
        }
        interface.read_header = { size, kind, backend, id in
            LooseBackend.of(backend).read(id) { object in
                size?.pointee = object.content.count
                kind?.pointee = object.kind.type
                return 0
            }
        }
        interface.exists = { backend, id in LooseBackend.of(backend).has(id) ? 1 : 0 }
        interface.free = { backend in
            LooseBackend.whole(backend).pointee.own.release()
            LooseBackend.whole(backend).deallocate()
        }
        let made = UnsafeMutablePointer<Backend>.allocate(capacity: 1)
        made.initialize(
            to: Backend(interface: interface, own: .passRetained(LooseBackend(objects))))
        let code = made.withMemoryRebound(to: git_odb_backend.self, capacity: 1) {
            git_odb_add_backend(database, $0, 1)
        }
        if code == 0 { return }
        made.pointee.own.release()
        made.deallocate()
        throw LibGit2.failure(code, "open the objects")
    }

    private static func whole(
        _ backend: UnsafeMutablePointer<git_odb_backend>?
    ) -> UnsafeMutablePointer<Backend> {
        UnsafeMutableRawPointer(backend!).assumingMemoryBound(to: Backend.self)
    }

    private static func of(_ backend: UnsafeMutablePointer<git_odb_backend>?) -> LooseBackend {
        whole(backend).pointee.own.takeUnretainedValue()
    }

    private func has(_ id: UnsafePointer<git_oid>?) -> Bool {
        guard let id = id?.pointee else { return false }
        // Whoever reads it is told what is wrong with it.
        do { return try objects.contains(ObjectID(id)) } catch { return true }
    }

    /// Reads an object for libgit2.
    /// - Returns: what `give` says of it, or the number of an error whose words are set.
    private func read(
        _ id: UnsafePointer<git_oid>?, _ give: (StoredObject) -> Int32
    ) -> Int32 {
        guard let id = id?.pointee else { return GIT_ENOTFOUND.rawValue }
        do {
            guard let object = try objects.object(ObjectID(id)) else {
                return GIT_ENOTFOUND.rawValue
            }
            return give(object)
        } catch {
            let klass = error.code == .corrupt ? GIT_ERROR_ODB : GIT_ERROR_OS
            git_error_set_str(Int32(klass.rawValue), error.cause)
            return GIT_ERROR.rawValue
        }
    }
}

extension ObjectKind {
    /// As libgit2 has it.
    fileprivate var type: git_object_t {
        switch self {
        case .commit: GIT_OBJECT_COMMIT
        case .tree: GIT_OBJECT_TREE
        case .blob: GIT_OBJECT_BLOB
        case .tag: GIT_OBJECT_TAG
        }
    }
}
