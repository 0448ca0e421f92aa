package import SyncModel

extension RuleByType {
    /// The trees that are merged and the history behind them.
    package struct Sides {
        /// The common ancestor's tree, or several folded into one; nil for none.
        package let base: ObjectID?
        /// The best common ancestors.
        let bases: [ObjectID]
        /// Its commit is the earlier of the two.
        package let first: MergeSide
        /// Its commit is the later of the two.
        package let second: MergeSide
        /// Whether the result is itself a base: what conflicts takes its ancestor's text.
        let isFolding: Bool
        /// Whether the base is a change of the past that is taken back: what one side was made of
        /// was not made upon it then, and each side counts as one version.
        let isTakingBack: Bool

        package init(
            base: ObjectID?, of bases: [ObjectID], first: MergeSide, second: MergeSide,
            isFolding: Bool = false, isTakingBack: Bool = false
        ) {
            self.base = base
            self.bases = bases
            self.first = first
            self.second = second
            self.isFolding = isFolding
            self.isTakingBack = isTakingBack
        }
    }
}
