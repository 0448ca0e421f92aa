internal import SyncModel

/// A new version that waits beside the folder.
struct StagedContent {
    let step: ApplyStep
    let file: StagedFile
    let sha256: [UInt8]

    /// Writes all new contents beside the folder, durably, before the first file is touched. What
    /// the disk has no room for waits: what is deleted may make some. So does everything while the
    /// file system is read-only.
    /// - Returns: what was written, and the steps that fail for themselves alone; without a
    ///   failure those that are held back as before, for which nothing is written in vain.
    static func stage(
        _ steps: [ApplyStep], in folder: VaultFolder, modified: Timestamp,
        _ repository: any ObjectRepository, _ store: any StateStore, _ work: WorkCount
    ) throws -> (staged: [StagedContent], refused: [(ApplyStep, FolderError?)]) {
        var staged: [StagedContent] = []
        var refused: [(ApplyStep, FolderError?)] = []
        work.begin(.apply, of: steps.count)
        defer { work.end(.apply) }
        let quarantined = try folder.quarantined(store)
        var readOnly: FolderError?
        do {
            for step in steps {
                guard let want = step.want else { continue }
                if let reason = quarantined[step.path],
                    folder.access.isStillQuarantined(step.path, for: reason)
                {
                    refused.append((step, nil))
                    continue
                }
                if let readOnly {
                    refused.append((step, readOnly))
                    continue
                }
                guard let content = try content(of: want.id, repository) else {
                    refused.append((step, FolderError(.tooLarge, "apply", step.path)))
                    continue
                }
                do throws(FolderError) {
                    let file = try folder.access.stage(content, as: want, modified: modified)
                    staged.append(
                        StagedContent(
                            step: step, file: file, sha256: SHA256Digest.of(content)))
                } catch {
                    if error.code == .readOnlyFileSystem {
                        readOnly = error
                    } else if error.code.reason == nil && error.code != .noSpace {
                        throw error
                    }
                    refused.append((step, error))
                }
            }
            try folder.access.flush(staged.map(\.file))
            return (staged, refused)
        } catch {
            for content in staged { folder.access.discard(content.file) }
            throw error
        }
    }

    /// A blob's content; nil for one that was not brought, for its size.
    private static func content(
        of blob: ObjectID, _ repository: any ObjectRepository
    ) throws -> [UInt8]? {
        do { return try repository.blob(blob) } catch let error as RepositoryError {
            guard error.code == .leftOut else { throw error }
            return nil
        }
    }
}
