import Foundation

/// The floors, read from `Package.swift`.
struct Floors {
    struct Target {
        let name: String
        let floor: Int
        let directory: String
        let dependencies: [String]
    }

    private(set) var targets: [String: Target] = [:]

    /// Reads the manifest: `// Floor N:` begins a floor; what follows up to the next stands on it.
    init() throws {
        guard let manifest = try SourceTree.file("Package.swift") else { return }
        let list = manifest.text.components(after: "targets: [\n")
        var floor = -1
        for block in try list.matches(of: Self.pattern) {
            if let number = Int(block[1]) {
                floor = number
                continue
            }
            let (kind, name) = (block[2], block[3].isEmpty ? block[4] : block[3])
            if kind.hasPrefix("tests") || kind.hasPrefix("func") { continue }
            // The kit of the tests; on the lowest floor a few lines of C.
            if kind == ".target" && floor > 0 { continue }
            let isProgram = kind == ".executableTarget"
            let dependencies = try block[5].matches(of: #""(\w+)""#).map { $0[1] }
            targets[name] = Target(
                name: name, floor: isProgram ? floor + 1 : floor,
                directory: isProgram ? "Sources/\(name)" : "Sources/SyncKit/\(name)",
                dependencies: dependencies)
        }
    }

    private static let pattern =
        #"// Floor (\d+)"#
        + #"|(floor|library|tests|\.systemLibrary|\.executableTarget|\.target)\(\s*"#
        + #"(?:"(\w+)"|name:\s*"(\w+)")(?:,\s*(?:dependencies:\s*)?\[([^\]]*)\])?"#

    /// The C modules, at the bottom.
    var cModules: [Target] { targets.values.filter { $0.floor == 0 } }
}

extension String {
    /// What follows the first occurrence of a text; all of it where there is none.
    func components(after text: String) -> String {
        guard let range = range(of: text) else { return self }
        return String(self[range.upperBound...])
    }
}
