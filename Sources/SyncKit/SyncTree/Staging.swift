internal import CLinux
internal import Glibc
internal import SyncModel
internal import Synchronization

/// The directory where new versions wait to be installed and displaced ones to be rechecked, on
/// the folder's own file system.
///
/// Inside the folder it stands only while a token is live, so that none is left behind. Its name
/// there is made of a secret that the state directory keeps: whatever else stands in the folder,
/// from a remote, from a user or from another vault, is not taken for ours.
final class Staging: Sendable {
    /// How its name begins.
    static let hiddenName = ".syncd-staging"

    /// Its name where it has to stand in the folder's root.
    let insideName: [CChar]
    private struct State {
        var descriptor: Int32?
        var live: Set<UInt64> = []
        var nextToken: UInt64 = 1
    }

    /// Whether it stands in the folder, where no better place could be had.
    let isInside: Bool
    /// How long a name may be in it, in bytes: eCryptfs and EncFS leave 143 or less.
    let nameBytes: Int
    /// Owned by the folder, which outlives its staging directory.
    private let root: Int32
    private let state: Mutex<State>

    /// Finds the place and opens it.
    /// - Parameters:
    ///   - root: the folder's open root.
    ///   - folder: the folder's path; tells this folder's directory from others of the vault.
    ///   - preferred: a directory outside, or nil.
    init(
        root: borrowing Root, folder: String, preferred: String?
    ) throws(FolderError) {
        self.root = root.descriptor.number
        let most = fpathconf(root.descriptor.number, Int32(_PC_NAME_MAX))
        nameBytes = most > 0 ? min(most, Limits.nameBytes) : Limits.nameBytes
        let secret = preferred.flatMap(Self.secret)
        insideName = Self.insideName(secret, folder)
        if let preferred, let outside = Self.openOutside(preferred, folder, root) {
            isInside = false
            state = Mutex(State(descriptor: outside))
            return
        }
        isInside = true
        switch openName(root.descriptor.number, insideName, O_RDONLY | O_DIRECTORY) {
        case .success(let number): state = Mutex(State(descriptor: number))
        case .failure(let error) where error.number == ENOENT: state = Mutex(State())
        case .failure(let error):
            throw FolderError(.io, "open the staging directory", nil, error.text)
        }
    }

    deinit {
        state.withLock { if let number = $0.descriptor { close(number) } }
    }

    private func openInside() -> Result<Int32, SystemError> {
        openName(root, insideName, O_RDONLY | O_DIRECTORY)
    }

    private static func insideName(_ secret: [UInt8]?, _ folder: String) -> [CChar] {
        guard let secret else { return cName(hiddenName.utf8) }
        let mark = ObjectID(hashing: secret + [0] + Array(folder.utf8), as: .blob).hex.prefix(16)
        return cName("\(hiddenName)-\(mark)".utf8)
    }

    /// The secret of this vault: 32 hexadecimal digits in a file of the state directory, made when
    /// it is not there. Without it (a state directory that cannot be written) every start has one
    /// of its own, and what an earlier one left in a folder stays there.
    private static func secret(_ preferred: String) -> [UInt8] {
        makeDirectories(preferred)
        let path = preferred + "/key"
        if let known = read(path) { return known }
        let digits = (0..<4).map { _ in
            let part = String(UInt32.random(in: 0 ... .max), radix: 16)
            return String(repeating: "0", count: 8 - part.count) + part
        }
        let new = Array(digits.joined().utf8)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        // The name of a file that is not whole is never the secret's.
        let draft = path + ".new"
        unlink(draft)
        guard case .success(let number) = attempt({ syncd_openat(AT_FDCWD, draft, flags, 0o600) })
        else { return new }
        let file = Descriptor(number: number)
        let descriptor = file.number
        guard attempt({ write(descriptor, new, new.count) }) == .success(new.count),
            fsync(descriptor) == 0
        else { return new }
        // Two folders of a vault may be opened at the same time: the first one's stays.
        _ = attempt { syncd_renameat2(AT_FDCWD, draft, AT_FDCWD, path, SYNCD_RENAME_NOREPLACE) }
        return read(path) ?? new
    }

    private static func read(_ path: String) -> [UInt8]? {
        let opened = attempt { syncd_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) }
        guard case .success(let number) = opened else { return nil }
        let file = Descriptor(number: number)
        let descriptor = file.number
        var bytes = [UInt8](repeating: 0, count: 33)
        let count = attempt { Glibc.read(descriptor, &bytes, bytes.count) }
        return count == .success(32) ? Array(bytes.prefix(32)) : nil
    }

    /// - Returns: nil when the directory cannot be made, or files cannot be renamed from it.
    private static func openOutside(
        _ preferred: String, _ folder: String, _ root: borrowing Root
    ) -> Int32? {
        makeDirectories(preferred)
        let mark = ObjectID(hashing: Array(folder.utf8), as: .blob).hex.prefix(16)
        let path = "\(preferred)/\(hiddenName)-\(mark)"
        mkdir(path, 0o700)
        let opened = attempt { syncd_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        guard case .success(let number) = opened else { return nil }
        if case .success(let stat) = statName(number, [0]),
            UInt64(stat.st_dev) == root.identity.device,
            canRename(number, root.descriptor.number)
        {
            return number
        }
        close(number)
        rmdir(path)
        return nil
    }

    /// Renames a name that is not there. Where two directories belong to different mounts, be it
    /// of one file system, the kernel says `EXDEV` before it looks for the name; so nothing is
    /// ever seen in the folder.
    private static func canRename(_ from: Int32, _ to: Int32) -> Bool {
        let absent = cName("\(hiddenName)-absent".utf8)
        let result = attempt { syncd_renameat2(from, absent, to, absent, 0) }
        return result == .failure(SystemError(number: ENOENT))
    }

    /// Makes the directory and those above it; what fails shows when it is opened.
    private static func makeDirectories(_ path: String) {
        if mkdir(path, 0o700) == 0 || errno != ENOENT { return }
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        makeDirectories(String(path[..<slash]))
        mkdir(path, 0o700)
    }

    /// The open directory. It stays open while a token is live; -1 (`EBADF`) when none is.
    var descriptor: Int32 { state.withLock { $0.descriptor ?? -1 } }

    /// Gives out a token and sees that the directory is there.
    func begin() throws(SystemError) -> UInt64 {
        let result: Result<UInt64, SystemError> = state.withLock { state in
            if state.descriptor == nil {
                if mkdirat(root, insideName, 0o700) != 0, errno != EEXIST {
                    return .failure(SystemError(number: errno))
                }
                switch openInside() {
                case .success(let number): state.descriptor = number
                case .failure(let error): return .failure(error)
                }
            }
            let token = state.nextToken
            state.nextToken += 1
            state.live.insert(token)
            return .success(token)
        }
        return try result.get()
    }

    /// Counts a token found after a crash as live.
    func adopt(_ token: UInt64) {
        state.withLock {
            $0.live.insert(token)
            $0.nextToken = max($0.nextToken, token + 1)
        }
    }

    /// Takes a token back; with the last one a directory inside the folder goes.
    func end(_ token: UInt64) {
        state.withLock {
            $0.live.remove(token)
            removeIfIdle(&$0)
        }
    }

    /// Removes a directory inside the folder that nothing lives in.
    func removeIfIdle() { state.withLock { removeIfIdle(&$0) } }

    private func removeIfIdle(_ state: inout State) {
        guard isInside, state.live.isEmpty, let number = state.descriptor else { return }
        // Fails when a stranger's file is in it: then it stays, and is used again.
        guard unlinkat(root, insideName, AT_REMOVEDIR) == 0 else { return }
        close(number)
        state.descriptor = nil
    }

    /// Moves what an earlier run left inside the folder to the directory outside.
    func takeOverInside() throws(SystemError) {
        guard !isInside, case .success(let number) = openInside() else { return }
        let inside = Descriptor(number: number)
        let outside = descriptor
        for name in try Self.names(inside.number) {
            _ = try attempt {
                syncd_renameat2(inside.number, name, outside, name, SYNCD_RENAME_NOREPLACE)
            }.get()
        }
        unlinkat(root, insideName, AT_REMOVEDIR)
    }

    /// The names in the directory now.
    func names() throws(SystemError) -> [[CChar]] {
        let number = descriptor
        return number < 0 ? [] : try Self.names(number)
    }

    private static func names(_ directory: Int32) throws(SystemError) -> [[CChar]] {
        // A second open: the position of a directory's descriptor is shared by its users.
        let number = try attempt {
            syncd_openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }.get()
        return try LocalFolder.entries(consuming: Descriptor(number: number)).map { cName($0.name) }
    }

    /// The name of a staged file.
    static func stagedName(_ token: UInt64) -> [CChar] {
        cName("s-\(String(token, radix: 16))".utf8)
    }
}
