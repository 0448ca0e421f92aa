internal import SyncModel

extension Configuration {
    /// The folders of the `[[folder]]` tables.
    static func readFolders(
        _ top: [String: TOMLNode], _ reader: inout ConfigurationReader
    ) -> [Folder] {
        guard case .array(let nodes)? = top["folder"], !nodes.isEmpty else {
            if let node = top["folder"], node != .array([]) {
                reader.note(["folder"], "expected [[folder]], found \(node.typeName)")
            } else {
                reader.note([], "expected at least one [[folder]] with a path")
            }
            return []
        }
        if nodes.count > Limits.folders {
            reader.note(["folder"], "expected at most \(Limits.folders) folders")
        }
        // A folder that is wrong keeps its place, so that the others keep their numbers.
        return nodes.prefix(Limits.folders).enumerated().map { index, node in
            let key = ["folder", String(index)]
            guard case .table(let table) = node else {
                reader.note(key, "expected a table, found \(node.typeName)")
                return Folder(path: "", prefix: nil)
            }
            reader.checkKeys(table, key)
            if table["path"] == nil { reader.note(key, "expected a path, the directory to sync") }
            return Folder(
                path: reader.path(table, key + ["path"]) ?? "",
                prefix: readPrefix(table, key + ["prefix"], &reader),
                ignore: readIgnore(table, key + ["ignore"], &reader))
        }
    }

    private static func readPrefix(
        _ table: [String: TOMLNode], _ key: [String], _ reader: inout ConfigurationReader
    ) -> FolderID {
        let expected =
            "a path of the repository such as \"shared/documents\", without '.', '..' "
            + "and empty names"
        guard let text = reader.string(table, key, expected: expected), !text.isEmpty else {
            return nil
        }
        guard let prefix = TreePath(text.hasSuffix("/") ? String(text.dropLast()) : text),
            prefix.bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else {
            reader.note(key, "expected \(expected), found \(ConfigurationReader.quoted(text))")
            return nil
        }
        let names = prefix.components.map { String(decoding: $0, as: UTF8.self).lowercased() }
        if names.contains(".git") {
            reader.note(key, "expected a prefix without '.git', which is git's own")
        } else if let name = prefix.components.first(where: { !mayBeCommitted($0) }) {
            reader.note(
                key,
                "expected a prefix of names that servers take, found "
                    + ConfigurationReader.quoted(String(decoding: name, as: UTF8.self)))
        } else if names.first == ".sync" {
            reader.note(key, "expected a prefix outside '.sync', where conflicts are listed")
        }
        return prefix
    }

    private static func mayBeCommitted(_ name: ArraySlice<UInt8>) -> Bool {
        TreeName.isCheckoutSafe(name) && !TreeName.isRefused(Array(name), as: .directory)
    }

    private static func readIgnore(
        _ table: [String: TOMLNode], _ key: [String], _ reader: inout ConfigurationReader
    ) -> [String] {
        let expected = "an array of patterns as in .gitignore, one string each"
        guard let node = table["ignore"] else { return [] }
        guard case .array(let nodes) = node else {
            reader.note(key, "expected \(expected), found \(node.typeName)")
            return []
        }
        return nodes.compactMap { node in
            if case .string(let pattern) = node, !pattern.contains("\n") { return pattern }
            let found =
                if case .string(let text) = node { ConfigurationReader.quoted(text) } else {
                    node.typeName
                }
            reader.note(key, "expected \(expected), found \(found)")
            return nil
        }
    }

    /// Notes folders that overlap, here or in the repository, and what of syncd's own would lie
    /// in a folder. Symbolic links are followed as far as the paths exist.
    func checkPlaces(_ reader: inout ConfigurationReader) {
        let places = folders.map { $0.path.isEmpty ? nil : LocalPaths.resolved($0.path) }
        for index in folders.indices {
            for earlier in 0..<index {
                checkPair(index, earlier, places, &reader)
            }
        }
        var own = [
            ("the repository", repository), ("the state directory", stateDirectory),
            ("the control socket", socket),
        ]
        if let remote, remote.hasPrefix("/") { own.append(("the remote", remote)) }
        for (name, path) in own {
            let resolved = LocalPaths.resolved(path)
            for case (let index, let place?) in places.enumerated() {
                let key = ["folder", String(index), "path"]
                if LocalPaths.isAtOrBelow(resolved, place) {
                    reader.note(key, "expected a directory that does not hold \(name) \(path)")
                } else if LocalPaths.isAtOrBelow(place, resolved) {
                    reader.note(key, "expected a directory outside \(name) \(path)")
                }
            }
        }
        if let remote, remote.hasPrefix("/"),
            LocalPaths.resolved(remote) == LocalPaths.resolved(repository)
        {
            reader.note(["repository", "remote"], "expected a remote other than the repository")
        }
    }

    private func checkPair(
        _ index: Int, _ earlier: Int, _ places: [String?], _ reader: inout ConfigurationReader
    ) {
        let line = reader.line(["folder", String(earlier), "path"])
        let key = ["folder", String(index)]
        let (path, above) = (folders[index].path, folders[earlier].path)
        if let one = places[index], let other = places[earlier] {
            if one == other {
                reader.note(
                    key + ["path"],
                    "expected a directory of its own: \(line) has the same, \(above)")
            } else if LocalPaths.isAtOrBelow(one, other) {
                reader.note(
                    key + ["path"],
                    "expected a directory outside that of \(line): \(path) is below \(above)")
            } else if LocalPaths.isAtOrBelow(other, one) {
                reader.note(
                    key + ["path"],
                    "expected a directory that does not hold that of \(line): \(above) is below "
                        + path)
            }
        }
        let other = reader.line(["folder", String(earlier), "prefix"])
        switch (folders[index].prefix, folders[earlier].prefix) {
        case (let one, let two) where one == two:
            reader.note(
                key + ["prefix"],
                "expected a prefix of its own: \(other) has the same, \(one?.text ?? "none")")
        case (let one?, let two?) where !one.isAtOrBelow(two) && !two.isAtOrBelow(one): break
        case (let one, let two):
            let names = [one, two].map { $0.map { "'\($0)'" } ?? "the top" }
            reader.note(
                key + ["prefix"],
                "expected a prefix neither inside nor around that of \(other): \(names[0]) "
                    + "and \(names[1])")
        }
    }
}
