/// Finds the shortest part of a failing history that still fails in the same way.
package final class SimShrinker {
    private let seed: UInt64
    private let mix: SimMix
    private let whole = SimScript()
    private var invariant = ""
    /// How many histories were lived to find it.
    package private(set) var tries = 0
    /// The steps that are left.
    package private(set) var kept: [Int] = []
    /// Those of them in which nothing has to go wrong.
    private var tame: Set<Int> = []

    /// - Parameter seed: of a history that fails.
    package init(seed: UInt64, mix: SimMix) { (self.seed, self.mix) = (seed, mix) }

    /// Shrinks.
    /// - Returns: false when the history does not fail.
    package func shrink() async -> Bool {
        guard let word = await failure(whole) else { return false }
        invariant = word
        kept = Array(whole.chances.indices)
        kept = await Self.shortest(kept) { await stillFails($0, []) }
        for step in kept where await stillFails(kept, tame.union([step])) { tame.insert(step) }
        let tame = tame
        kept = await Self.shortest(kept) { await stillFails($0, tame) }
        return true
    }

    /// Lives what is left of the history, and tells it step by step.
    package func tell() async throws {
        try await SimWorld.run(
            seed: seed, mix: mix, traced: true,
            script: SimScript(of: whole, kept: kept, tame: tame))
    }

    /// Drops runs of steps, long ones first, until no single step can be missed.
    /// - Parameter fails: whether some of the steps are enough.
    package static func shortest(
        _ steps: [Int], fails: ([Int]) async -> Bool
    ) async -> [Int] {
        var kept = steps
        var length = max(1, kept.count / 2)
        while true {
            var hasDropped = false
            var at = 0
            while at < kept.count {
                var less = kept
                less.removeSubrange(at..<min(at + length, less.count))
                if await fails(less) {
                    (kept, hasDropped) = (less, true)
                } else {
                    at += length
                }
            }
            if length == 1 && !hasDropped { return kept }
            length = max(1, length / 2)
        }
    }

    private func stillFails(_ steps: [Int], _ tame: Set<Int>) async -> Bool {
        await failure(SimScript(of: whole, kept: steps, tame: tame)) == invariant
    }

    /// What is broken in a history; nil for nothing.
    private func failure(_ script: SimScript) async -> String? {
        tries += 1
        do {
            try await SimWorld.run(seed: seed, mix: mix, script: script)
            return nil
        } catch let violation as Violation {
            return violation.invariant
        } catch { return "\(error)" }
    }
}
