internal import Glibc
internal import SyncEngine
internal import SyncGit
internal import SyncHistory
internal import SyncMerge
package import SyncModel
internal import SyncRemote
internal import SyncStore
internal import SyncWatch

/// Looks at everything a vault needs on this machine, without changing any of it.
package struct Checkup {
    private let configuration: Configuration

    package init(_ configuration: Configuration) { self.configuration = configuration }

    /// All findings, in the order in which a person would look; the daemon and the state store are
    /// the caller's to ask.
    package func findings() async -> [Finding] {
        var findings = [git()]
        findings += repository()
        for folder in configuration.folders { findings += FolderCheckup(folder).findings() }
        findings.append(watches())
        findings.append(stateDirectory())
        findings.append(await remote())
        if configuration.commit.requireSigned { findings += signatures() }
        findings += space()
        return findings
    }

    private func git() -> Finding {
        let version: String
        do { version = try RepositoryGit.version() } catch {
            let words = "\(error): syncd works without, checks and transports want it"
            return .warn("git", words, mend: error.isAbsent ? "apt install git" : "git --version")
        }
        if let fault = RepositoryGit.configurationFault() {
            return .warn(
                "git", "\(version), and its configuration cannot be read: \(fault)",
                mend: "mend the file that git names: logins, ssh and signatures are asked there")
        }
        return .ok("git", version)
    }

    private func repository() -> [Finding] {
        let path = configuration.repository
        do {
            let repository = try GitRepository(opening: path)
            let head = try repository.reference("refs/heads/\(configuration.branch)")
            guard let head else { return [.ok("repository", "\(path), nothing is committed yet")] }
            let commit = try repository.commit(head)
            _ = try repository.tree(commit.tree)
            let stamps = CommitStamps(reading: repository)
            // libgit2's walk ends at a commit of which it cannot read the time.
            let oldestFirst = try History(stamps).commits(behind: head, notBehind: [])
            return [
                whole(repository, path, head),
                try RefusedNames(oldestFirst.reversed(), reading: repository).finding,
                clock(try stamps.time(of: head)),
            ] + (try namesake(in: repository))
        } catch {
            let mend = Verification.mend(configuration, after: error)
            return [.fail("repository", "\(path): \(error)", mend: mend)]
        }
    }

    /// Another machine with this device's name; nothing where there is none.
    private func namesake(in repository: GitRepository) throws -> [Finding] {
        let found = try Namesake(
            repository.reference(Revision.namesakeReference), of: configuration.device,
            reading: repository)
        guard let words = found?.words(now: SystemClock().now()) else { return [] }
        return [.warn("device", words, mend: Namesake.advice)]
    }

    /// Asks git whether everything is there that the head leads to.
    private func whole(_ repository: GitRepository, _ path: String, _ head: ObjectID) -> Finding {
        let place = "\(path) at \(head.short)"
        let check = GitCheck(
            path, "--connectivity-only", within: Limits.programWait,
            isLeftOut: repository.isLeftOut)
        switch check {
        case .whole: return .ok("repository", "\(place), nothing is missing")
        case .absent: return .ok("repository", "\(place), not checked with git fsck")
        case .notLooked(let words):
            return .warn("repository", "\(place): \(words)", mend: Verification.mendGit(path))
        case .malformed(let words):
            return .warn("repository", "\(place): \(words)", mend: Verification.mendMalformed)
        case .leftOut(let words):
            return .warn("repository", "\(place): \(words)", mend: Verification.mendLeftOut)
        case .damaged(let words):
            return .fail(
                "repository", "\(path): \(words)", mend: Verification.mend(configuration))
        }
    }

    /// The clock decides which of two versions is the later.
    private func clock(_ newest: Timestamp) -> Finding {
        let now = SystemClock().now()
        guard let lead = ClockLead(of: newest, now: now) else { return .ok("clock", now.iso8601) }
        return .warn("clock", lead.words, mend: ClockLead.advice)
    }

    private func watches() -> Finding {
        guard let limit = WatchLoop.limit else {
            return .warn(
                "inotify", "its limit cannot be read", mend: "mount /proc, or rely on full_scan")
        }
        if !WatchLoop.hasInstance {
            return .warn(
                "inotify", "no instance is left: folders are scanned with each poll",
                mend: "sysctl fs.inotify.max_user_instances=1024")
        }
        let count = configuration.folders.reduce(0) {
            $0 + DirectoryCount.below($1.path, most: Limits.countedDirectories)
        }
        let mend = "sysctl fs.inotify.max_user_watches=\(max(2 * count, 524_288))"
        if count > limit {
            return .warn(
                "inotify", "\(count) directories, \(limit) can be watched: the rest is scanned",
                mend: mend)
        }
        if count * 10 > limit * 8 {
            return .warn("inotify", "\(count) directories of \(limit) at most", mend: mend)
        }
        return .ok("inotify", "\(count) directories of \(limit) at most")
    }

    private func stateDirectory() -> Finding {
        let path = configuration.stateDirectory
        let word = ShellWord.shown(path)
        var status = stat()
        guard stat(path, &status) == 0 else {
            return .warn("state", "\(path) is not there yet", mend: "syncd run")
        }
        if status.st_uid != geteuid() {
            return .fail("state", "\(path) belongs to another user", mend: "chown -R $USER \(word)")
        }
        if status.st_mode & 0o077 != 0 {
            return .fail("state", "\(path) is open to others", mend: "chmod 700 \(word)")
        }
        return .ok("state", path)
    }

    private func remote() async -> Finding {
        guard let url = configuration.remote else {
            return .ok("remote", "none: the history stays on this device")
        }
        guard let path = RemotePath(url) else { return await network(url) }
        do {
            let directory = try path.directory
            let head = try PathRemote.head(of: configuration.branch, at: path)
            guard access(directory + "/objects", W_OK) == 0, access(directory + "/refs", W_OK) == 0
            else {
                return .fail(
                    "remote", "\(url) cannot be written",
                    mend: "check the owner and the permissions of \(directory)")
            }
            return .ok("remote", "\(url) \(head.map { "at \($0.short)" } ?? "has no branch yet")")
        } catch { return .remote(error) }
    }

    /// Asks a server for the branch, and whether it takes a push from this login, as the daemon
    /// would ask it.
    private func network(_ url: String) async -> Finding {
        let itsOwn = daemonEnvironment
        let whose = itsOwn == nil ? "with this terminal's environment" : "as the daemon"
        do {
            let remote = try OpenedVault.network(
                url, configuration, itsOwn ?? Machine().environment)
            let head = try await remote.probe(within: Limits.questionWait, isWriting: true)
            let place = head.map { "at \($0.short)" } ?? "has no branch yet"
            return .ok("remote", "\(url) \(place), asked \(whose)")
        } catch { return .remote(error) }
    }

    /// What a daemon that runs found around it; nil without one.
    private var daemonEnvironment: [String: String]? {
        let daemon = VaultLock.owner(configuration.stateDirectory + "/lock")
        return daemon.flatMap { Machine.environment(of: $0) }
    }

    private func signatures() -> [Finding] {
        let checkup = SignatureCheckup(
            configuration, daemonEnvironment ?? Machine().environment)
        do {
            return checkup.findings(try GitRepository(opening: configuration.repository))
        } catch {
            // The repository has a line of its own.
            return checkup.findings(nil)
        }
    }

    private func space() -> [Finding] {
        let places =
            [configuration.repository, configuration.stateDirectory]
            + configuration.folders.map(\.path)
        var seen: Set<UInt> = []
        return places.compactMap { place in
            var status = stat()
            var system = statvfs()
            guard stat(place, &status) == 0, seen.insert(UInt(status.st_dev)).inserted,
                statvfs(place, &system) == 0
            else { return nil }
            let free = Int(system.f_bavail) * Int(system.f_frsize)
            let words = "\(free >> 20) MiB free at \(place)"
            if free < Limits.freeBytes { return .fail("space", words, mend: "free some space") }
            if free < 16 * Limits.freeBytes {
                return .warn("space", words, mend: "free some space")
            }
            return .ok("space", words)
        }
    }
}
