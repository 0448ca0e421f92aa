internal import CLinux
internal import Glibc
internal import SyncModel

/// SQLite databases. What was written last may stand in a log or journal beside the file: the file
/// alone is then old or torn, and another version under that log is damaged.
/// Source: https://sqlite.org/fileformat2.html, https://sqlite.org/howtocorrupt.html (1.4, 4.4).
enum Database {
    private static let magic = Array("SQLite format 3\0".utf8)

    /// Whether a content begins as a database does.
    static func isOne(_ content: [UInt8]) -> Bool { content.starts(with: magic) }

    /// Whether a place is left alone: it has a database that is in use, or is itself the log or
    /// journal of one. Looked at anew by each call.
    /// - Parameter holdsOne: whether what stands there, or is to, is a database.
    static func isInUse(_ place: borrowing Place, holdsOne: Bool) -> Bool {
        holdsOne && hasLog(place) || isCompanion(place)
    }

    /// Whether a place is in use, whatever stands there now.
    static func isInUse(_ place: borrowing Place) -> Bool { hasLog(place) || isCompanion(place) }

    /// Whether a place has the name of a log, its index or a journal, and the database beside it.
    /// SQLite would write a log that came from another device into its own version of the
    /// database, or roll a journal back in it, and needs its own ones if it was ended. A journal of
    /// somebody's days has no such file beside it.
    private static func isCompanion(_ place: borrowing Place) -> Bool {
        let name = place.name.dropLast().map { UInt8(bitPattern: $0) }
        guard let owner = DatabaseName.owner(of: name) else { return false }
        let database = cName(owner)
        let flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW
        guard size(place.directory.number, database) > 0,
            case .success(let number) = openName(place.directory.number, database, flags)
        else { return false }
        let file = Descriptor(number: number)
        let descriptor = file.number
        var first = [UInt8](repeating: 0, count: magic.count)
        return attempt { read(descriptor, &first, first.count) } == .success(magic.count)
            && isOne(first)
    }

    /// Whether a log or journal stands beside a place that is not empty: a program has the
    /// database open, or ended in the middle.
    private static func hasLog(_ place: borrowing Place) -> Bool {
        let name = place.name.dropLast().map { UInt8(bitPattern: $0) }
        let (directory, log) = (place.directory.number, cName(name + Array("-wal".utf8)))
        if size(directory, log) > 0 { return true }
        let journal = cName(name + Array("-journal".utf8))
        return size(directory, journal) > 0 && !isBlank(directory, journal)
    }

    private static func size(_ directory: Int32, _ name: [CChar]) -> Int64 {
        // What is not there, or no file, is no log.
        guard case .success(let stat) = statName(directory, name),
            stat.st_mode & S_IFMT == S_IFREG
        else { return 0 }
        return Int64(stat.st_size)
    }

    /// With `journal_mode=PERSIST` the journal of a transaction that has ended stays, its first
    /// bytes overwritten with zeros.
    private static func isBlank(_ directory: Int32, _ name: [CChar]) -> Bool {
        guard case .success(let number) = openName(directory, name, O_RDONLY | O_NONBLOCK) else {
            return false
        }
        let file = Descriptor(number: number)
        let descriptor = file.number
        var first: UInt8 = 1
        return attempt { read(descriptor, &first, 1) } == .success(1) && first == 0
    }
}
