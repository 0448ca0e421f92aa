internal import Glibc
internal import SyncEngine
internal import SyncGit
package import SyncModel

/// Reads all that the vault's repository has, and the folders beside it, without the vault: a
/// daemon may run meanwhile. Nothing is changed.
package struct Verification {
    private let configuration: Configuration

    package init(_ configuration: Configuration) { self.configuration = configuration }

    /// What was found: every object that a reference leads to, what git says, each folder.
    /// - Parameter restore: tries a restore of the head.
    package func findings(_ restore: (ObjectID) -> TrialReport) -> [Finding] {
        do {
            let repository = try GitRepository(opening: configuration.repository)
            var rest: [Finding] = []
            var missing: Finding?
            do { missing = try self.missing(repository) } catch {
                let hint = SyncFailure(error as any Error).hint ?? "syncctl status"
                rest.append(.warn("state", "\(error)", mend: hint))
            }
            let objects = try missing.map { [$0] } ?? objects(repository)
            rest += [git(repository)].compactMap { $0 }
            let name = "refs/heads/\(configuration.branch)"
            guard let head = try repository.reference(name) else {
                return objects + rest + [.ok("restore", "nothing is committed yet")]
            }
            var findings = objects + rest
            for folder in configuration.folders {
                findings.append(self.folder(folder, at: head, repository))
            }
            return findings + restored(head, restore(head))
        } catch {
            let mend = Self.mend(configuration, after: error)
            return [.fail("objects", "\(configuration.repository): \(error)", mend: mend)]
        }
    }

    private var mend: String { Self.mend(configuration) }

    /// What helps a repository that is damaged, not there, or may not be read.
    /// - Parameter error: what its reader said.
    static func mend(_ configuration: Configuration, after error: (any Error)? = nil) -> String {
        let path = configuration.repository
        if (error as? RepositoryError)?.code == .readOnly {
            return "chown -R it to the daemon's user; chmod -R u+rwX \(ShellWord.shown(path))"
        }
        if configuration.remote == nil {
            return "bring \(path) back from a copy, or a backup (syncctl init --from-backup); the "
                + "folders stay as they are"
        }
        let isThere = access(path, F_OK) == 0
        if !isThere {
            return "mount its disk; or, if it is gone: syncctl sync, which fetches it anew and "
                + "leaves the folders as they are"
        }
        return "syncctl sync, so that the remote has what can be read; mv \(ShellWord.shown(path)) "
            + "\(ShellWord.shown(path + ".damaged")); "
            + "syncctl sync, which fetches it anew. What the remote does not have then stays in "
            + "\(path).damaged alone, and what was deleted in it comes back"
    }

    /// What the folders were given and the repository does not have; nil for nothing.
    private func missing(_ repository: GitRepository) throws(StateStoreError) -> Finding? {
        let lost = try AppliedCommits.list(configuration).first { !repository.contains($0) }
        return lost.map {
            .fail(
                "objects",
                "\(configuration.repository) does not have \($0.short), which the folders were "
                    + "given: it was emptied, or it is another one", mend: mend)
        }
    }

    private func objects(_ repository: GitRepository) throws(RepositoryError) -> [Finding] {
        let references = try repository.references("refs/")
        var walk = ObjectWalk(repository) { () throws(RepositoryError) in
            try repository.refresh()
        }
        for reference in references { walk.read(from: reference.id) }
        var findings = [thinned(repository)].compactMap { $0 }
        findings += walk.problems.map { Finding.fail("objects", $0, mend: mend) }
        if walk.more > 0 {
            findings.append(.fail("objects", "… and \(walk.more) more", mend: mend))
        }
        if !findings.isEmpty { return findings }
        if walk.leftOut > 0 {
            let words = "files that are too large for this program, at the remote alone"
            return [
                .warn(
                    "objects", "\(walk.count) read; \(walk.leftOut) \(words)",
                    mend: Self.mendLeftOut)
            ]
        }
        if let words = walk.malformed {
            return [.warn("objects", "all read; \(words)", mend: Self.mendMalformed)]
        }
        let thinned = walk.thinned == 0 ? "" : "; \(walk.thinned) are thinned here"
        return [
            .ok("objects", "\(walk.count) of \(references.count) references, all read\(thinned)")
        ]
    }

    /// What is wrong with the list of what was taken out on purpose: all that is lost seems to be
    /// on one that cannot be read. Nil for nothing.
    private func thinned(_ repository: GitRepository) -> Finding? {
        do throws(RepositoryError) {
            try repository.checkThinned()
            return nil
        } catch {
            let words = "what is lost cannot be told from what is thinned here"
            return .fail("objects", "\(error): \(words)", mend: mend)
        }
    }

    /// Asks git, which looks at the packs as files and at what no reference leads to. A daemon may
    /// take a pack away while git reads it: what git says once is asked again.
    private func git(_ repository: GitRepository) -> Finding? {
        var said = ""
        for _ in 0..<3 {
            let check = GitCheck(
                configuration.repository, "--full", within: Limits.verifyWait,
                isLeftOut: repository.isLeftOut)
            switch check {
            case .whole: return .ok("git", "git fsck finds nothing")
            case .absent:
                return .warn("git", "there is no git program to ask", mend: "apt install git")
            case .notLooked(let words):
                return .warn("git", words, mend: Self.mendGit(configuration.repository))
            case .malformed(let words):
                return .warn("git", words, mend: Self.mendMalformed)
            case .leftOut(let words):
                return .warn("git", words, mend: Self.mendLeftOut)
            case .damaged(let words): said = words
            }
        }
        return .fail("git", said, mend: mend)
    }

    /// What to do about objects that are not made as git makes them.
    static var mendMalformed: String {
        "nothing: they are whole, and every copy of the repository has them so"
    }

    /// What to do about files that are too large to be brought.
    static var mendLeftOut: String {
        "nothing here: git -C THE-REMOTE has them, and syncctl backup takes them from there"
    }

    /// What helps where git could not look.
    static func mendGit(_ repository: String) -> String {
        "nothing is known to be wrong with \(repository): mend what git says, then syncctl verify"
    }

    /// Compares a folder with the head, byte for byte. A file that differs was edited, or is an
    /// older version that waits to be replaced. One that has bytes that nobody captured although
    /// nothing touched it since well before the head was made is nobody's edit.
    private func folder(
        _ folder: Configuration.Folder, at head: ObjectID, _ repository: GitRepository
    ) -> Finding {
        if let missing = FolderCheckup(folder).missing { return missing }
        let name = "folder"
        let local = VaultFolder(
            id: folder.prefix,
            access: ReopeningFolder(
                root: folder.path, expected: nil, staging: configuration.stateDirectory),
            exclude: folder.ignore)
        var (same, edited, wrong): (Int, [TreePath], [TreePath]) = (0, [], [])
        do {
            let commit = try repository.commit(head)
            // By a clock that is ahead it was made after any edit, and came here before.
            let made = min(
                Timestamp(seconds: commit.committer.seconds).seconds, headMoved ?? .max)
            for change in try TreeDiff.changes(from: nil, to: commit.tree, reading: repository) {
                guard let version = change.after, version.mode != .submodule,
                    let path = local.localPath(change.path, version)
                else { continue }
                let bytes: [UInt8]
                do { bytes = version.isDirectory ? [] : try repository.blob(version.id) } catch {
                    if error.code != .leftOut { throw error }
                    edited.append(path)
                    continue
                }
                let disk = DiskVersion(at: Array(folder.path.utf8) + [0x2f] + path.bytes)
                if let disk, disk.isSame(as: version, bytes) {
                    same += 1
                } else if let disk, disk.isLike(version),
                    disk.changed < made - Limits.clockAhead.components.seconds,
                    !repository.contains(ObjectID(hashing: disk.content, as: .blob))
                {
                    wrong.append(path)
                } else {
                    edited.append(path)
                }
            }
        } catch { return .fail(name, "\(folder.path): \(error)", mend: mend) }
        if !wrong.isEmpty {
            return .fail(
                name, "\(folder.path): nobody changed \(Self.list(wrong)), and it differs",
                mend: "syncctl restore PATH --to HEAD, or touch it to keep it as it is")
        }
        if !edited.isEmpty {
            return .warn(
                name, "\(folder.path): \(Self.list(edited)) differs from the head",
                mend: "syncctl status, which says what is edited and what waits")
        }
        return .ok(name, "\(folder.path): \(same) files as in the head")
    }

    /// When the head moved here, in seconds; nil where git has packed the reference.
    private var headMoved: Int64? {
        var status = stat()
        let path = "\(configuration.repository)/refs/heads/\(configuration.branch)"
        return stat(path, &status) == 0 ? Int64(status.st_mtim.tv_sec) : nil
    }

    private func restored(_ head: ObjectID, _ trial: TrialReport) -> [Finding] {
        if trial.problems.isEmpty, let words = trial.untried {
            return [
                .warn(
                    "restore", "\(head.short) was not restored: \(words)",
                    mend: "make room in \(configuration.stateDirectory), then syncctl verify")
            ]
        }
        if trial.problems.isEmpty {
            let gaps = [
                (trial.impossible, "no file system here takes such a name or link"),
                (trial.leftOut, "too large for this program, and at the remote alone"),
            ].filter { !$0.0.isEmpty }
            if gaps.isEmpty { return [.ok("restore", "\(head.short) came back whole")] }
            return gaps.map { paths, why in
                .warn(
                    "restore", "\(head.short) came back but for \(Self.list(paths)): \(why)",
                    mend: "syncctl held")
            }
        }
        return trial.problems.prefix(Limits.listedPaths).map { .fail("restore", $0, mend: mend) }
    }

    private static func list(_ paths: [TreePath]) -> String {
        let first = paths.sorted().prefix(3).map(\.text).joined(separator: ", ")
        return paths.count > 3 ? "\(first) and \(paths.count - 3) more" : first
    }
}
