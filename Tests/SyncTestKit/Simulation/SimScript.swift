/// Which steps of a history are lived, and what chance each of them begins with: a step that is
/// left out changes no other's.
package final class SimScript: @unchecked Sendable {
    /// The three generators at the beginning of a step.
    struct Chances {
        var random: SeededRandom
        var more: SeededRandom
        var fate: SeededRandom
    }

    /// By step.
    private(set) var chances: [Chances] = []
    /// What the healing begins with; nil when it never came to that.
    private var healing: Chances?
    /// The steps that are lived; nil for all, which notes the chances.
    private var kept: [Int]?
    /// Those of them in which nothing goes wrong and no user gets in between.
    private var tame: Set<Int> = []

    /// All steps.
    package init() {}

    /// Some steps of a history that was lived before.
    init(of whole: SimScript, kept: [Int], tame: Set<Int>) {
        (chances, healing) = (whole.chances, whole.healing)
        (self.kept, self.tame) = (kept, tame)
    }

    /// Some steps of a history that was lived before, by their numbers.
    package convenience init(of whole: SimScript, _ isKept: (Int) -> Bool) {
        self.init(of: whole, kept: whole.chances.indices.filter(isKept), tame: [])
    }

    /// What a step begins with.
    /// - Returns: nil for a step that is left out.
    func begin(_ step: Int, _ now: Chances) -> Chances? {
        guard let kept else {
            chances.append(now)
            return now
        }
        return kept.contains(step) && step < chances.count ? chances[step] : nil
    }

    /// What the healing begins with.
    func heal(_ now: Chances) -> Chances {
        if kept == nil { healing = now }
        return healing ?? now
    }

    /// Whether nothing goes wrong in a step.
    func isTame(_ step: Int) -> Bool { tame.contains(step) }
}
