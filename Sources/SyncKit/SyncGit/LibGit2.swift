internal import CGit2
internal import Glibc
internal import SyncModel

/// libgit2 as this program uses it: set up once, its errors turned into ours.
enum LibGit2 {
    /// Sets the library up on first use; what it gives is the count of set-ups, or an error.
    private static let count: Int32 = {
        let count = git_libgit2_init()
        // A reference has to survive a power cut once it is said to be written.
        _ = syncd_git_enable_fsync(1)
        // Nobody's git configuration may change what is captured or written.
        for level in [
            GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
            GIT_CONFIG_LEVEL_PROGRAMDATA,
        ] {
            _ = syncd_git_set_search_path(level.rawValue, "")
        }
        // Only paths that the configuration names are opened, never one that was searched for,
        // and no hook or program of a repository is ever run.
        _ = syncd_git_set_owner_validation(0)
        // What is read is hashed here, with the processor's instructions for it.
        _ = syncd_git_set_hash_verification(0)
        _ = syncd_git_set_cache_size(Limits.objectCacheBytes)
        let room = ReadingRoom.own
        _ = syncd_git_set_windows(room.windowBytes, room.mappedBytes)
        return count
    }()

    /// Makes sure that the library is set up.
    static func start() throws(RepositoryError) {
        if count < 1 { throw failure(count, "start libgit2") }
    }

    /// Checks what a call returned. The library's last error is the thread's: call this in the
    /// same synchronous frame.
    static func check(_ code: Int32, _ operation: String, object: ObjectID? = nil)
        throws(RepositoryError)
    {
        if code < 0 { throw failure(code, operation, object: object) }
    }

    /// Turns the thread's last libgit2 error into ours.
    static func failure(_ code: Int32, _ operation: String, object: ObjectID? = nil)
        -> RepositoryError
    {
        let last = git_error_last()
        let text = last?.pointee.message.map { String(cString: $0) } ?? "libgit2 error \(code)"
        return RepositoryError(
            classify(code, class: last?.pointee.klass ?? 0, text: text), operation, object: object,
            text)
    }

    private static func classify(_ code: Int32, class klass: Int32, text: String)
        -> RepositoryError.Code
    {
        switch code {
        case GIT_ENOTFOUND.rawValue: return .missing
        case GIT_EMODIFIED.rawValue, GIT_EEXISTS.rawValue: return .moved
        default: break
        }
        // libgit2 keeps no errno; its message ends with the system's words for it.
        for number in [ENOSPC, EDQUOT, EROFS, EACCES, EPERM]
        where text.hasSuffix(String(cString: strerror(number))) {
            return SystemFailure.code(number)
        }
        if code == GIT_ELOCKED.rawValue { return .locked }
        let formats = [
            GIT_ERROR_ZLIB, GIT_ERROR_ODB, GIT_ERROR_OBJECT, GIT_ERROR_TREE, GIT_ERROR_INDEXER,
        ]
        return formats.contains { Int32($0.rawValue) == klass } ? .corrupt : .io
    }
}

extension ObjectID {
    /// The name as libgit2 has it.
    var oid: git_oid {
        var oid = git_oid()
        _ = bytes.withUnsafeBufferPointer { git_oid_fromraw(&oid, $0.baseAddress) }
        return oid
    }

    /// Takes a name from libgit2.
    init(_ oid: git_oid) {
        self = withUnsafeBytes(of: oid.id) { ObjectID($0) } ?? .zero
    }
}

/// Stands before mbedTLS' own function of this name. A libgit2 that is built with mbedTLS reads all
/// certificates of the machine with it when it is set up, which takes longer than most commands do.
/// No connection is ever made through libgit2; one that was would trust nobody.
@c(mbedtls_x509_crt_parse_file)
package func noCertificates(_ chain: UnsafeMutableRawPointer?, _ path: UnsafePointer<CChar>?)
    -> CInt
{
    -1
}
