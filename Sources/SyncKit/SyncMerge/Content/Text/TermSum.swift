internal import SyncModel

/// Adds and subtracts versions and cancels equal ones.
///
/// The sum of any number of terms depends on which they are, never on the order in which they
/// came together: it is kept flat, and equal contents cancel one for one.
enum TermSum {
    /// Older than every stamp: what a base is, should it come to stand as a side.
    static let origin = VersionStamp(milliseconds: .min, device: "", commit: .zero, blob: nil)

    /// The one version that is no conflict.
    static func single(_ content: [UInt8], _ stamp: VersionStamp = origin) -> ConflictTerms {
        ConflictTerms(bases: [], sides: [CapturedContent(content: content, stamp: stamp)])
    }

    /// Adds what is added, takes off what is taken off, and cancels.
    /// - Parameters:
    ///   - added: one more than `removed`.
    ///   - removed: what is taken off.
    /// - Returns: at least one side; of equal ones the oldest cancel first.
    static func of(_ added: [ConflictTerms], minus removed: [ConflictTerms]) -> ConflictTerms {
        var sides = added.flatMap(\.sides)
        sides += removed.flatMap(\.bases).map { CapturedContent(content: $0, stamp: origin) }
        sides.sort { $0.stamp < $1.stamp }
        let bases = added.flatMap(\.bases) + removed.flatMap(\.sides).map { $0.content ?? [] }
        let left = disagreeing(sides.map { ByteKey($0.content ?? []) }, bases.map { ByteKey($0) })
        return ConflictTerms(
            bases: left.bases.map { bases[$0] }, sides: left.sides.map { sides[$0] })
    }

    /// The value that is left after cancelling, or on which all changed sides agree.
    /// - Parameters:
    ///   - sides: what each added version has, in order.
    ///   - bases: what each subtracted one has.
    /// - Returns: nil when more than one is left.
    static func resolved<Value: Hashable>(_ sides: [Value], _ bases: [Value]) -> Value? {
        if let first = sides.first, sides.allSatisfy({ $0 == first }),
            bases.allSatisfy({ $0 == first })
        {
            return first
        }
        let left = remaining(sides, bases)
        guard let first = left.first.map({ sides[$0] }) else { return nil }
        return left.allSatisfy { sides[$0] == first } ? first : nil
    }

    /// The value that is left; where several are, the newest of them.
    /// - Parameter sides: at least one, oldest first.
    static func newest<Value: Hashable>(_ sides: [Value], _ bases: [Value]) -> Value {
        resolved(sides, bases) ?? sides[remaining(sides, bases).last ?? sides.count - 1]
    }

    /// The indices of the sides that no base cancels.
    static func remaining<Value: Hashable>(_ sides: [Value], _ bases: [Value]) -> [Int] {
        var counts: [Value: Int] = [:]
        for side in sides { counts[side, default: 0] += 1 }
        for base in bases { counts[base, default: 0] -= 1 }
        return sides.indices.filter { counts[sides[$0], default: 0] > 0 }
    }

    /// The indices of the sides and of the bases that disagree: equal ones cancel one for one, of
    /// several the first.
    static func disagreeing<Value: Hashable>(
        _ sides: [Value], _ bases: [Value]
    ) -> (sides: [Int], bases: [Int]) {
        var places: [Value: [Int]] = [:]
        for index in sides.indices.reversed() { places[sides[index], default: []].append(index) }
        var cancelled: Set<Int> = []
        var rest: [Int] = []
        for index in bases.indices {
            if let side = places[bases[index]]?.popLast() {
                cancelled.insert(side)
            } else {
                rest.append(index)
            }
        }
        return (sides.indices.filter { !cancelled.contains($0) }, rest)
    }
}
