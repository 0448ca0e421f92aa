import Testing

/// Imports point down; siblings never meet; each C library has one importer.
@Suite("floors")
struct FloorTests {
    private let floors: Floors

    init() throws {
        floors = try Floors()
    }

    @Test("the manifest's floors are read whole: each directory of Sources is a target")
    func whole() throws {
        let directories = Set(
            try SourceTree.sources().map { file in
                let parts = file.path.split(separator: "/")
                return parts[1] == "SyncKit"
                    ? parts[0...2].joined(separator: "/") : parts[0...1].joined(separator: "/")
            })
        let known = Set(floors.targets.values.map(\.directory))
        expectNone(directories.subtracting(known).sorted())
        #expect(floors.targets["SyncModel"]?.floor == 1)
        #expect(floors.targets["SyncEngine"]?.dependencies.contains("SyncTree") == true)
    }

    @Test("a target depends on lower floors alone")
    func dependencies() {
        let violations = floors.targets.values.flatMap { target in
            target.dependencies.compactMap { name -> String? in
                guard let below = floors.targets[name], below.floor >= target.floor else {
                    return nil
                }
                return "Package.swift:1: \(target.name) (floor \(target.floor)) depends on"
                    + " \(name) (floor \(below.floor))"
            }
        }
        expectNone(violations.sorted())
    }

    @Test("a file imports only what its target declares, and only from below")
    func imports() throws {
        let violations = try eachImport { file, line, target, imported in
            guard let below = floors.targets[imported] else { return nil }
            if below.floor >= target.floor {
                return file.violation(
                    line, "floor \(target.floor) imports \(imported) of floor \(below.floor)")
            }
            return target.dependencies.contains(imported)
                ? nil : file.violation(line, "\(imported) is not declared by \(target.name)")
        }
        expectNone(violations)
    }

    @Test("each C module has one importer")
    func oneImporter() throws {
        var importers: [String: Set<String>] = [:]
        _ = try eachImport { _, _, target, imported in
            importers[imported, default: []].insert(target.name)
            return nil
        }
        let violations = floors.cModules.compactMap { module -> String? in
            let declared = floors.targets.values.filter { $0.dependencies.contains(module.name) }
            let all = Set(declared.map(\.name)).union(importers[module.name] ?? [])
            return all.count == 1 ? nil : "\(module.name): imported by \(all.sorted())"
        }
        expectNone(violations.sorted())
    }

    private func eachImport(
        _ judge: (SourceTree.File, Int, Floors.Target, String) -> String?
    ) throws -> [String] {
        var found: [String] = []
        let pattern =
            #"^\s*(?:@\w+(?:\(\w+\))?\s+)*(?:package |public |internal |private |fileprivate )?"#
            + #"import (?:struct |class |enum |func |protocol |actor |typealias |var |let )?(\w+)"#
        for file in try SourceTree.sources() {
            let owner = floors.targets.values.first { file.path.hasPrefix($0.directory + "/") }
            guard let owner else { continue }
            for (line, code) in SwiftText(file.text).codeLines.enumerated() {
                guard let match = try code.matches(of: pattern).first else { continue }
                if let violation = judge(file, line, owner, match[1]) { found.append(violation) }
            }
        }
        return found
    }
}
