internal import Glibc
internal import SyncConfiguration
package import SyncEngine
package import SyncModel
internal import SyncRemote

/// A vault that is to be made: what `syncctl init` was told.
package struct VaultPlan: Sendable {
    /// Why a vault is not made; nothing was written then.
    package struct Refusal: Error, Sendable, CustomStringConvertible {
        package let description: String
        /// Whether what was asked for makes no sense, as against something in its way.
        package let isUsage: Bool

        init(_ description: String, isUsage: Bool = false) {
            self.description = description
            self.isUsage = isUsage
        }
    }

    /// The configuration file.
    package let file: String
    /// Nil derives it from the file's name.
    package var vault: String?
    /// Nil is the host name.
    package var device: String?
    /// Without `refs/heads/`; the same on every device.
    package var branch = "sync"
    /// A path or URL that all devices share; nil syncs nowhere.
    package var remote: String?
    /// Directories as given and their prefixes; an empty prefix is the whole repository.
    package var folders: [(directory: String, prefix: String)] = []
    /// Where the token for the remote comes from.
    package var auth = Configuration.Auth()
    /// A directory whose files begin the first folder, when that is empty.
    package var template: String?
    /// What `syncctl backup` wrote, a file or a directory, from which the vault is made; absolute.
    package var backup: String?

    /// Begins a plan.
    /// - Parameter file: the configuration file that is to be written, absolute.
    package init(file: String) { self.file = file }

    /// Writes the configuration, makes what it names, and fetches what the remote has.
    /// - Returns: what was done, a line each.
    /// - Throws: `Refusal` before anything was written; what opening the
    ///   vault or asking the remote says after.
    package func carryOut(on machine: Machine) async throws -> [String] {
        try refuseToOverwrite()
        let remote = try remoteInFull(machine.home)
        let draft = try writeDraft(remote, machine)
        defer { unlink(draft.path) }
        var done: [String] = []
        var saved: ObjectID?
        if let backup {
            let source = try BackupSource(backup, vault: draft.configuration.vault)
            let isAgain = UnfinishedVault(draft.configuration.repository).isMarked
            saved = try source.restore(into: draft.configuration.repository, branch: branch)
            done += try restoreUnsynced(source, draft.configuration, isAgain: isAgain)
        }
        for folder in draft.configuration.folders where try Self.makeDirectory(folder.path) {
            done.append("made the folder \(folder.path)")
        }
        let isThere = saved == nil && access(draft.configuration.repository, F_OK) == 0
        let opened: OpenedVault
        do {
            opened = try OpenedVault(
                draft.configuration, waiting: Limits.lockWait, for: .joining)
        } catch let error as ConfigurationError {
            let problems = error.problems.map { "--\($0.key ?? "") \($0.message)" }
            throw Refusal(problems.joined(separator: "\n"))
        }
        let seen: RemoteSnapshot?
        do throws(RemoteError) {
            if let path = remote.flatMap(RemotePath.init) {
                try await PathRemote(
                    local: draft.configuration.repository, remote: path, branch: branch,
                    device: draft.configuration.device
                ).refuseCheckedOut()
            }
            seen = try await opened.vault.tracker.link?.fetch()
        } catch {
            throw RemoteError(advising: error, isFar: remote.map { RemotePath($0) == nil } ?? false)
        }
        if let template, let folder = draft.configuration.folders.first {
            let count = try Template(template).copy(into: folder.path, prefix: folder.prefix)
            done.append("copied \(count) files of the example layout into \(folder.path)")
        }
        // A link, as against a rename, never replaces a file that came meanwhile.
        guard link(draft.path, file) == 0 else {
            throw Refusal("\(file) cannot be written: \(String(cString: strerror(errno)))")
        }
        // Where it stays, the first daemon takes it back.
        try UnfinishedVault(draft.configuration.repository).end()
        done.append("wrote \(file)")
        let origin = saved.map { " from the backup, at \($0.short)" } ?? ""
        done.append(
            (isThere ? "goes on with" : "made")
                + " the repository \(draft.configuration.repository)\(origin)")
        if saved != nil {
            // What this device said there before was said by the one that was lost: whatever the
            // remote has is met for the first time, as by any new device.
            try opened.vault.tracker.remember(seen?.head)
        }
        if let head = seen?.head {
            try await opened.vault.intake.takingIn {
                guard try opened.vault.intake.mayRead(head) else { return }
                try opened.vault.integrator.integrate(head)
                try opened.vault.tracker.remember(head)
            }
            done.append("fetched \(branch) at \(head.short) from \(remote ?? "")")
        }
        return done
    }

    /// Writes the backup's files that were in no commit beside the first folder, for somebody to
    /// look at: they may be older than what the folders get.
    /// - Parameter isAgain: whether a run before may have done it.
    private func restoreUnsynced(
        _ source: BackupSource, _ configuration: Configuration, isAgain: Bool
    ) throws -> [String] {
        guard let bundle = source.bundles.last, let folder = configuration.folders.first else {
            return []
        }
        let directory = folder.path + ".from-backup"
        if isAgain, access(directory, F_OK) == 0 {
            return ["left \(directory) as the run before wrote it"]
        }
        guard let count = try UnsyncedFiles.restore(beside: bundle, into: directory) else {
            return []
        }
        return ["wrote \(count) files that were in no commit into \(directory)"]
    }

    private func refuseToOverwrite() throws(Refusal) {
        if access(file, F_OK) == 0 {
            throw Refusal("\(file) is there already, and init overwrites nothing")
        }
    }

    /// The remote as the configuration shall have it: a path made absolute, and one that can be
    /// used now.
    private func remoteInFull(_ home: String) throws -> String? {
        guard let remote else { return nil }
        guard let path = RemotePath(remote) else { return remote }
        let full = remote.hasPrefix("file:") ? remote : Machine.absolute(remote, home: home)
        _ = try (RemotePath(full) ?? path).directory
        return full
    }

    /// Writes the configuration beside its place and reads it as the daemon will.
    private func writeDraft(_ remote: String?, _ machine: Machine) throws -> (
        path: String, configuration: Configuration
    ) {
        var folders: [Configuration.Folder] = []
        for (directory, prefix) in self.folders {
            var name = prefix
            while name.hasSuffix("/") { name.removeLast() }
            if name.hasPrefix("/") || (TreePath(name) == nil && !name.isEmpty) {
                throw Refusal(
                    "'\(prefix)' is no path of the repository: expected one such as "
                        + "shared/documents", isUsage: true)
            }
            folders.append(
                .init(
                    path: Machine.absolute(directory, home: machine.home), prefix: TreePath(name)))
        }
        var auth = auth
        auth.tokenFile = auth.tokenFile.map { Machine.absolute($0, home: machine.home) }
        let text = ConfigurationText.render(
            vault: vaultName(machine), device: device, branch: branch, remote: remote,
            folders: folders, auth: auth)
        let slash = file.lastIndex(of: "/") ?? file.startIndex
        _ = try Self.makeDirectory(String(file[..<slash]))
        let path = "\(file).\(getpid()).new"
        try Self.write(text, to: path)
        do {
            var configuration = try machine.load(path)
            configuration.file = file
            return (path, configuration)
        } catch {
            unlink(path)
            let options = PlanOptions(text, folders: self.folders.map(\.directory))
            throw Refusal(
                error.problems.map(options.words).joined(separator: "\n"), isUsage: true)
        }
    }

    /// The vault's name: as given, or as the configuration file is called.
    private func vaultName(_ machine: Machine) -> String {
        if let vault { return vault }
        if file == machine.defaultConfigurationFile { return "default" }
        let name = file.split(separator: "/").last.map(String.init) ?? ""
        let stem = name.hasSuffix(".toml") ? String(name.dropLast(5)) : name
        return stem.isEmpty ? "default" : stem
    }

    private static func write(_ text: String, to path: String) throws(Refusal) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Refusal("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0
        else {
            let cause = String(cString: strerror(errno))
            unlink(path)
            throw Refusal("\(path) cannot be written: \(cause)")
        }
    }

    /// Makes a directory and those above it.
    /// - Returns: false when it was there.
    static func makeDirectory(_ path: String) throws(Refusal) -> Bool {
        var information = stat()
        if stat(path, &information) == 0 {
            if information.st_mode & S_IFMT == S_IFDIR { return false }
            throw Refusal("\(path) is there and is no directory")
        }
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o755) != 0 && errno != EEXIST {
                throw Refusal("\(made) cannot be made: \(String(cString: strerror(errno)))")
            }
        }
        return true
    }
}

extension RemoteError {
    /// The same failure, with what helps somebody who has no configuration yet.
    fileprivate init(advising error: RemoteError, isFar: Bool) {
        let mayBeLogin = error.code == .authentication || error.code == .missing
        guard isFar, mayBeLogin else {
            self = error
            return
        }
        let hint =
            "name the token's source to init, which writes it into [auth]: --token-env NAME, "
            + "--token-file FILE or --token-command COMMAND"
        self.init(error.code, error.operation, error.cause, hint: hint)
    }
}
