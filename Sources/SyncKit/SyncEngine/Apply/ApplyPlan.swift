internal import SyncModel

/// What has to happen to one path of a folder so that it holds the head's version.
struct ApplyStep {
    let path: TreePath
    /// What the state store says stands there.
    let have: TrackedFile?
    /// What shall stand there; nil for nothing, or a directory with something in it.
    let want: FileVersion?
    /// The commit whose version stands there, for when the step has to be put off.
    let base: ObjectID?
    /// Whether a rule leaves out what stands there, since it was not synced: it is no edit of what
    /// is to come, and nobody else may read it.
    var isLeftOut = false

    /// Whether a version comes in the place of another.
    var isUpdate: Bool { have != nil && want != nil && have?.version != want }
}

/// The steps from what a folder holds to the head, in the order they are taken.
struct ApplyPlan {
    /// Removals that make room: of a file where a directory comes, or in a directory where a
    /// file comes.
    var clearing: [ApplyStep] = []
    /// Changes of the executable bit only.
    var modes: [ApplyStep] = []
    /// New contents.
    var installs: [ApplyStep] = []
    /// All other removals: after the installs, so that a rename never leaves nothing.
    var removals: [ApplyStep] = []
    /// Directories in which nothing is to stand: last, since what stood there goes first.
    var directories: [ApplyStep] = []
    /// The directories that stay or come, whatever is taken out of them.
    private(set) var standing: Set<TreePath> = []
    /// Postponed paths that hold the head's version by now.
    var upToDate: [TreePath] = []

    /// Sorts steps into the order in which they are safe.
    init(_ steps: [ApplyStep]) {
        let coming = Set(steps.filter { $0.want != nil }.map(\.path))
        var directories: Set<TreePath> = []
        for path in coming { directories.formUnion(path.ancestors) }
        standing = directories
        for step in steps {
            if step.want?.isDirectory ?? false { standing.insert(step.path) }
            if step.have?.version == step.want {
                upToDate.append(step.path)
            } else if step.want?.isDirectory ?? false {
                self.directories.append(step)
            } else if step.want == nil {
                let makesRoom =
                    directories.contains(step.path)
                    || step.path.ancestors.contains { coming.contains($0) }
                if makesRoom { clearing.append(step) } else { removals.append(step) }
            } else if let have = step.have?.version, let want = step.want, have.id == want.id,
                have.mode.isFile, want.mode.isFile
            {
                modes.append(step)
            } else {
                installs.append(step)
            }
        }
    }

    /// Where each content stands that goes from one place alone: what comes with it elsewhere is
    /// the same file under another name.
    var renamed: [ObjectID: TreePath] {
        var places: [ObjectID: TreePath?] = [:]
        for step in clearing + removals {
            guard let have = step.have, have.version.mode.isFile else { continue }
            places[have.version.id] = .some(places[have.version.id] == nil ? step.path : nil)
        }
        return places.compactMapValues { $0 }
    }

    /// Whether the commits on the way may tell more than the two ends: a file came while another
    /// one went.
    var mayBeRenamed: Bool {
        if clearing.isEmpty && removals.isEmpty { return false }
        let renamed = renamed
        return installs.contains { step in
            step.have == nil && step.want.map { renamed[$0.id] == nil } ?? false
        }
    }

    /// Whether there is nothing to do to any file.
    var isEmpty: Bool {
        clearing.isEmpty && modes.isEmpty && installs.isEmpty && removals.isEmpty
            && directories.isEmpty
    }
}
