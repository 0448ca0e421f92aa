/// What `syncctl backup` calls the bundles of a directory: `VAULT-0001.bundle` has everything, the
/// next ones what came since.
package struct BundleName: Sendable, Hashable {
    /// The vault that was saved.
    package let vault: String
    /// From 1.
    package let number: Int

    package init(vault: String, number: Int) { (self.vault, self.number) = (vault, number) }

    /// Reads a file's name; nil for that of any other file.
    package init?(_ file: String) {
        guard file.hasSuffix(".bundle"), let dash = file.lastIndex(of: "-"),
            let number = Int(file[file.index(after: dash)...].dropLast(7)), number > 0
        else { return nil }
        self.init(vault: String(file[..<dash]), number: number)
        if vault.isEmpty || text != file { return nil }
    }

    /// The numbers of a vault's bundles, ascending: of those that come after one another. A bundle
    /// of everything may have got a name like theirs from whoever made it.
    /// - Parameters:
    ///   - directory: where they stand.
    ///   - files: the names of its files.
    package static func numbers(of vault: String, in directory: String, _ files: [String])
        -> [Int]
    {
        let named = files.compactMap(BundleName.init).filter { $0.vault == vault }
        var chain: [Int] = []
        for name in named.sorted(by: { $0.number < $1.number }) {
            let isNext = name.number == 1 || chain.last == name.number - 1
            if isNext || !BundleHead.isOfAll("\(directory)/\(name.text)") {
                chain.append(name.number)
            }
        }
        return chain
    }

    /// The file's name.
    package var text: String {
        let digits = String(number)
        return "\(vault)-\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits).bundle"
    }
}
