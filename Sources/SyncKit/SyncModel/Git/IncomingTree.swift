/// What a tree that somebody else made would do to a folder, found out before the first file is
/// written. Looks at each subtree once, however often it occurs, and not at those that stand
/// where they stood before.
package struct IncomingTree {
    /// A path that may not be written.
    package struct Finding: Sendable, Equatable {
        /// The names that lead there, as they stand in the trees.
        package let names: [[UInt8]]
        /// What is wrong with the last of them.
        package let fault: TreeName.Fault
    }

    /// The first paths that may not be written, at most `Limits.listedPaths`; of a subtree that
    /// occurs more than once, those of the first place.
    package private(set) var findings: [Finding] = []
    /// How many files and empty directories the new parts hold; `Int.max` for more than can be
    /// counted.
    package private(set) var paths = 0
    /// The bytes of these paths, slashes counted; `Int.max` for more than can be counted. A small
    /// tree that holds another many times makes many long ones.
    package private(set) var pathBytes = 0
    /// The deepest of them, in names.
    package private(set) var depth = 0

    /// What hangs below a directory.
    private struct Size {
        var paths = 0
        var bytes = 0
        var depth = 0

        /// Adds what hangs below one name, or the name alone where it is no directory.
        mutating func add(_ below: Size, under name: [UInt8]) {
            let names = below.paths.multipliedReportingOverflow(by: name.count + 1)
            let all = Self.sum(below.bytes, names.overflow ? .max : names.partialValue)
            bytes = Self.sum(bytes, all)
            paths = Self.sum(paths, below.paths)
            depth = max(depth, below.depth + 1)
        }

        private static func sum(_ left: Int, _ right: Int) -> Int {
            let (sum, isTooLarge) = left.addingReportingOverflow(right)
            return isTooLarge ? .max : sum
        }
    }

    /// A directory on the way down.
    private struct Frame {
        let id: ObjectID
        let entries: [TreeEntry]
        /// What stands there before, by name; nil for a directory that is new.
        let beside: [[UInt8]: TreeEntry]?
        var next = 0
        var size = Size()
    }

    /// Of subtrees that are new as a whole.
    private var sizes: [ObjectID: Size] = [:]

    /// Looks at what differs between two trees.
    /// - Parameters:
    ///   - root: the tree that was made elsewhere.
    ///   - known: the tree that the folder holds; nil for none.
    ///   - reader: where both are.
    /// - Throws: `.corrupt` for a tree that is malformed, unsorted or deeper than
    ///   `Limits.pathDepth`, and for a file or link whose entry names no blob; `.missing`.
    package init(_ root: ObjectID, against known: ObjectID?, reading reader: any ObjectReader)
        throws(RepositoryError)
    {
        if root == known { return }
        var names: [[UInt8]] = []
        var frames = [try Self.frame(root, known, reader)]
        while var frame = frames.popLast() {
            guard frame.next < frame.entries.count else {
                if frame.beside == nil { sizes[frame.id] = frame.size }
                guard var above = frames.popLast() else {
                    (paths, depth) = (frame.size.paths, frame.size.depth)
                    pathBytes = frame.size.bytes
                    return
                }
                above.size.add(frame.size, under: names.removeLast())
                frames.append(above)
                continue
            }
            let entry = frame.entries[frame.next]
            frame.next += 1
            let before = frame.beside?[entry.name]
            if before?.id == entry.id && before?.mode == entry.mode {
                frames.append(frame)
                continue
            }
            note(entry, at: names)
            if entry.id != before?.id { try Self.checkContent(of: entry, at: names, reader) }
            let old = before?.mode == .directory ? before?.id : nil
            // An empty directory is made, as a file is.
            if entry.version != nil {
                frame.size.add(Size(paths: 1), under: entry.name)
                frames.append(frame)
            } else if old == nil, let size = sizes[entry.id] {
                frame.size.add(size, under: entry.name)
                frames.append(frame)
            } else {
                frames.append(frame)
                names.append(entry.name)
                if names.count >= Limits.pathDepth {
                    throw RepositoryError(
                        .corrupt, "look at a tree", object: root,
                        "it is \(Limits.pathDepth) names deep or more")
                }
                do throws(RepositoryError) {
                    frames.append(try Self.frame(entry.id, old, reader))
                } catch { throw error.at(names) }
            }
        }
    }

    private mutating func note(_ entry: TreeEntry, at names: [[UInt8]]) {
        guard let fault = TreeName.fault(entry.name), findings.count < Limits.listedPaths else {
            return
        }
        findings.append(Finding(names: names + [entry.name], fault: fault))
    }

    /// Refuses an entry by which a file would have a tree or a commit for its content: nobody can
    /// read that, and git does not push it on. A blob that is not here was left out for its size.
    private static func checkContent(
        of entry: TreeEntry, at names: [[UInt8]], _ reader: any ObjectReader
    ) throws(RepositoryError) {
        guard entry.mode.isFile || entry.mode == .symbolicLink else { return }
        let kind: ObjectKind
        do throws(RepositoryError) { kind = try reader.header(entry.id).kind } catch {
            if [.missing, .thinned, .leftOut].contains(error.code) { return }
            throw error
        }
        if kind == .blob { return }
        throw RepositoryError(.corrupt, "look at a tree", object: entry.id, "it is a \(kind)")
            .at(names + [entry.name])
    }

    private static func frame(
        _ id: ObjectID, _ known: ObjectID?, _ reader: any ObjectReader
    ) throws(RepositoryError) -> Frame {
        var beside: [[UInt8]: TreeEntry]?
        if let known {
            let entries = try reader.tree(known).entries
            beside = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
        }
        return Frame(id: id, entries: try reader.tree(id).entries, beside: beside)
    }
}

extension RepositoryError {
    /// The same of what stands at a path, with that in the cause.
    fileprivate func at(_ names: [[UInt8]]) -> RepositoryError {
        let shown = names.map { TreePath.isName($0) ? $0 : TreeName.quoted($0) }
        let place = TreePath(Array(shown.joined(separator: [0x2f])))?.description ?? "a path"
        return RepositoryError(code, operation, object: object, "\(place): \(cause)")
    }
}
