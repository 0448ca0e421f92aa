/// The names of what SQLite keeps beside a database: each is of use to that one version alone.
/// Source: https://sqlite.org/tempfiles.html.
package enum DatabaseName {
    private static let endings = ["-wal", "-shm", "-journal"].map { Array($0.utf8) }

    /// The name of the database whose log, index or journal a file of this name would be.
    /// - Returns: nil for any other name.
    package static func owner(of name: some BidirectionalCollection<UInt8>) -> [UInt8]? {
        // All end in an l or m; most names are passed over here.
        guard let last = name.last, last == 0x6c || last == 0x6d,
            let ending = endings.first(where: {
                name.count > $0.count && name.suffix($0.count).elementsEqual($0)
            })
        else { return nil }
        return Array(name.dropLast(ending.count))
    }
}
