import Foundation
import SyncGit
import SyncModel
import SyncRemote
import Testing

/// Two devices' repositories and a bare remote between them, in a directory of their own.
final class RemoteFixture {
    let path: String

    init() throws {
        var template = Array("/tmp/syncd-remote-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }
        path = String(cString: try #require(made))
        for device in ["a", "b"] {
            try GitRepository.create(at: local(device), branch: "sync")
        }
        try git("init", "-q", "--bare", remote)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            Issue.record("\(path) stays: \(error)")
        }
    }

    var remote: String { path + "/remote.git" }

    func local(_ device: String) -> String { "\(path)/\(device).git" }

    func repository(_ device: String) throws -> GitRepository {
        try GitRepository(opening: local(device))
    }

    /// A way between the device and the remote.
    func transfer(
        _ device: String, unpublished: @escaping (RepositoryError?) -> Void = { _ in }
    ) throws -> PathTransfer {
        PathTransfer(
            local: try repository(device), remote: try GitRepository(opening: remote),
            branch: "sync", device: device, unpublished: unpublished)
    }

    func pathRemote(_ device: String, branch: String = "sync") throws -> PathRemote {
        PathRemote(
            local: local(device), remote: try #require(RemotePath(remote)), branch: branch,
            device: device)
    }

    /// Commits one file to a device's repository.
    /// - Parameter parents: of which the first gives the tree to start from.
    func commit(_ path: String, _ text: String, on parents: [ObjectID] = [], by device: String)
        throws -> ObjectID
    {
        let repository = try repository(device)
        let pack = try repository.beginPack()
        let blob = try pack.add(.blob, Array(text.utf8))
        var root: ObjectID?
        if let first = parents.first { root = try repository.commit(first).tree }
        let file = try #require(TreePath(path))
        let tree = try TreeEdit.apply(
            [file: FileVersion(mode: .regular, id: blob)], to: root, reading: repository,
            writing: pack)
        let who = Signature(name: device, email: "a@b", seconds: 1)
        let id = try pack.add(
            .commit,
            Commit(
                tree: tree, parents: parents, author: who, committer: who, message: "\(text)\n"
            ).serialized)
        try pack.finish()
        return id
    }

    /// Runs git without anybody's configuration; returns what it printed.
    @discardableResult func git(_ arguments: String...) throws -> String { try git(arguments) }

    /// The same for words that are made.
    @discardableResult func git(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@b", "LC_ALL": "C",
        ]
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, output)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(
            decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "git \(arguments): \(text)")
        return text.trimmingCharacters(in: .newlines)
    }

    /// What `git fsck --strict` has to say of a repository.
    func fsck(_ repository: String) throws -> String {
        try git(
            "--git-dir", repository, "fsck", "--strict", "--full", "--no-dangling",
            "--no-progress"
        )
        .split(separator: "\n").filter { !$0.hasPrefix("notice: ") }.joined(separator: "\n")
    }

    /// How many packs the repository has.
    func packs(_ repository: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: repository + "/objects/pack")
            .filter { $0.hasSuffix(".pack") }.count
    }
}
