internal import SyncModel

/// How much of a pack came, and how many objects it says it has: looked at before anybody makes
/// room for them.
struct PackGauge {
    /// How many bytes came.
    private(set) var bytes = 0
    private let mostBytes: Int
    private let mostObjects: Int
    private var header: [UInt8] = []
    private static let headerBytes = 12

    init(mostBytes: Int, mostObjects: Int) {
        (self.mostBytes, self.mostObjects) = (mostBytes, mostObjects)
    }

    /// Takes note of the next piece.
    /// - Throws: `.tooLarge` for too many bytes or objects.
    mutating func take(_ piece: UnsafeRawBufferPointer) throws(RepositoryError) {
        let (sum, isOver) = bytes.addingReportingOverflow(piece.count)
        bytes = isOver ? .max : sum
        if bytes > mostBytes {
            throw refuse("the pack is larger than \(mostBytes) bytes")
        }
        if header.count == Self.headerBytes { return }
        header += piece.prefix(Self.headerBytes - header.count)
        if header.count < Self.headerBytes { return }
        // The number of objects stands at the end of it.
        let count = header[8...].reduce(0) { $0 << 8 | Int($1) }
        if count > mostObjects {
            throw refuse("the pack has \(count) objects, more than \(mostObjects)")
        }
    }

    private func refuse(_ cause: String) -> RepositoryError {
        RepositoryError(.tooLarge, "receive objects", cause)
    }
}
