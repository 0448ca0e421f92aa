"""The faults that the simulation's power is measured by.

Each is one change of our own code: where `old` stands, exactly once, `new` comes in its place.
`ON` is true while the fault is switched on. None of this is in the sources that ship: `inject`
puts all of them into a copy of the repository.
"""

from typing import NamedTuple


class Fault(NamedTuple):
    """One way in which the code could be wrong."""

    name: str
    file: str
    old: str
    new: str
    says: str


ENGINE = "SyncEngine/"

FAULTS = [
    Fault(
        "no-fsync-of-contents", ENGINE + "Apply/StagedContent.swift",
        "try folder.access.flush(staged.map(\\.file))",
        "if !ON { try folder.access.flush(staged.map(\\.file)) }",
        "staged contents are not flushed before they are installed"),
    Fault(
        "no-fsync-of-directories", ENGINE + "Apply/FolderApply.swift",
        "try folder.access.flush(directories: touched)",
        "if !ON { try folder.access.flush(directories: touched) }",
        "the state store moves before the directories are flushed"),
    Fault(
        "verify-skipped", ENGINE + "Exchange.swift",
        "guard try await incoming.verify(remoteHead) else { return false }",
        "guard try await ON ? true : incoming.verify(remoteHead) else { return false }",
        "commits come in without a look at their signatures"),
    Fault(
        "head-before-store", ENGINE + "Capture/CaptureCommits.swift",
        "        try note(captured, captures, containing, over: head)\n"
        "        if let current { try branch.move(to: current, from: head, move) }\n",
        "        if ON, let current { try branch.move(to: current, from: head, move) }\n"
        "        try note(captured, captures, containing, over: head)\n"
        "        if !ON, let current { try branch.move(to: current, from: head, move) }\n",
        "a capture moves the head before the state store"),
    Fault(
        "overflow-forgotten", ENGINE + "DirtyPaths.swift",
        "all = all || other.all || paths.count > Limits.batchPaths",
        "all = all || (other.all && !ON) || paths.count > Limits.batchPaths",
        "that the watch lost count, and all has to be scanned, is forgotten"),
    Fault(
        "mtime-trusted", ENGINE + "Capture/Examination.swift",
        "static let granularity: Int64 = 20_000_000",
        "static let granularity: Int64 = ON ? -60_000_000_000 : 20_000_000",
        "equal stat is believed however fresh it is"),
    Fault(
        "missing-root-deleted", ENGINE + "Capture/VaultCapture.swift",
        "                try folder.access.checkRoot()\n",
        "                if !ON { try folder.access.checkRoot() }\n",
        "a folder that is gone is captured as deleted"),
    Fault(
        "side-order", ENGINE + "Integrate/CommitMerge.swift",
        "return (a, one) < (b, other) ? (one, other) : (other, one)",
        "return ON || (a, one) < (b, other) ? (one, other) : (other, one)",
        "a merge's own side comes first"),
    Fault(
        "recovery-skipped", ENGINE + "Capture/HeadRecovery.swift",
        "for id in named.sorted() where id != .zero && repository.contains(id) {",
        "for id in named.sorted() where !ON && id != .zero && repository.contains(id) {",
        "what the state store names and the head lacks is not brought back"),
    Fault(
        "cut-short-not-noted", ENGINE + "Apply/VaultApply.swift",
        "if next.note != folder.interrupted.note {",
        "if !ON && next.note != folder.interrupted.note {",
        "that an apply begins is not noted"),
    Fault(
        "store-before-folder", ENGINE + "Apply/VaultApply.swift",
        "            try begin(head, in: folder)\n",
        "            try begin(head, in: folder)\n"
        "            if ON { try store.advance(folder.id, [], applied: head) }\n",
        "the state store says that a head is applied before the first file changes"),
    Fault(
        "not-read-again", ENGINE + "Exchange.swift",
        "                try await times.measure(.fetch) { try await fetch() }\n"
        "            }\n"
        "            try readAgain()\n",
        "                try await times.measure(.fetch) { try await fetch() }\n"
        "            }\n"
        "            if !ON { try readAgain() }\n",
        "what a capture left while the remote was waited for is not brought in order"),
    Fault(
        "applied-without-recovery", ENGINE + "Apply/VaultApply.swift",
        "        try recovery.recoverHead()\n"
        "        guard !recovery.mayHaveLostHead, let head",
        "        if !ON { try recovery.recoverHead() }\n"
        "        guard ON || !recovery.mayHaveLostHead, let head",
        "a head is applied that may lack what the state store names"),
    Fault(
        "cut-short-not-learnt", ENGINE + "Capture/VaultCapture.swift",
        "if folders.contains(where: \\.interrupted.needsScan) { try capture([:]) }",
        "if !ON, folders.contains(where: \\.interrupted.needsScan) { try capture([:]) }",
        "another head is applied before what an apply left that was cut short was looked at"),
    Fault(
        "rechecks-lost", ENGINE + "Capture/VaultCapture.swift",
        "defer { if !isDone { rechecks.add(dirty) } }",
        "defer { if !isDone && !ON { rechecks.add(dirty) } }",
        "what a capture that failed had to look at again is forgotten"),
    Fault(
        "inbox-lost", ENGINE + "Service/Inbox.swift",
        "dirty.merge(taken, uniquingKeysWith: DirtyPaths.both)",
        "if !ON { dirty.merge(taken, uniquingKeysWith: DirtyPaths.both) }",
        "what a capture that failed was told is forgotten"),
    Fault(
        "request-forgotten", ENGINE + "Service/RequestQueue.swift",
        "captured += taken",
        "captured = ON ? taken : captured + taken",
        "who waits is forgotten when somebody else asks"),
    Fault(
        "edit-in-displaced-lost", ENGINE + "Capture/FolderReader.swift",
        "for displaced in try folder.access.recheckDisplaced() {",
        "for displaced in try folder.access.recheckDisplaced() {\n"
        "            if ON { try folder.access.forget(displaced); continue }",
        "a replaced file goes without a look at what was written to it since"),
    Fault(
        "base-of-deferred", ENGINE + "Capture/FolderBases.swift",
        "if exceptions.isEmpty && parked.isEmpty { return applied }",
        "if ON || exceptions.isEmpty && parked.isEmpty { return applied }",
        "an edit of a file whose newer version waits counts as one of that"),
    Fault(
        "missing-objects", "SyncRemote/Protocol/Missing.swift",
        "                let first = commit.parents.filter {\n",
        "                let first = ON ? [] : commit.parents.filter {\n",
        "a push lists commits in the order in which they were named"),
    Fault(
        "dry-run-commits", ENGINE + "Resolve/RequestedChanges.swift",
        "from: head)),\n            isDryRun: request.dryRun,",
        "from: head)),\n            isDryRun: request.dryRun && !ON,",
        "a choice that is only tried is made"),
    Fault(
        "deferred-in-sync", ENGINE + "Inspect/VaultReport.swift",
        "try folder.deferred(store).isEmpty\n            else { return false }",
        "try ON ? true : folder.deferred(store).isEmpty\n            else { return false }",
        "in sync is said while files wait"),
    Fault(
        "pushed-over", "SyncRemote/PathTransfer.swift",
        "                guard current == expected, "
        "try isForward(from: expected, to: head) else {\n",
        "                let expected = ON ? current : expected\n"
        "                guard current == expected,\n"
        "                    try ON ? true : isForward(from: expected, to: head)\n"
        "                else {\n",
        "a push replaces what somebody else pushed"),
    Fault(
        "rewrite-followed", ENGINE + "Remote/RemoteTracker.swift",
        "guard let (old, kind, isOtherRemote) = try parted(to: new) else {",
        "guard !ON, let (old, kind, isOtherRemote) = try parted(to: new) else {",
        "a remote that was rewritten is followed"),
    Fault(
        "left-behind-not-kept", ENGINE + "Remote/KeptHeads.swift",
        "for name in [String(id.hex.prefix(12)), id.hex] {",
        "for name in ON ? [] : [String(id.hex.prefix(12)), id.hex] {",
        "heads that a rewrite left behind are not kept"),
    Fault(
        "push-not-remembered", ENGINE + "Remote/Publisher.swift",
        "            tracker.seen = RemoteSnapshot(head: head, devices: devices)\n"
        "            try tracker.remember(head)\n",
        "            tracker.seen = RemoteSnapshot(head: head, devices: devices)\n"
        "            if !ON { try tracker.remember(head) }\n",
        "what was pushed is not remembered as what the remote has"),
    Fault(
        "history-not-asked", ENGINE + "Join/Joining.swift",
        "if wanted.isEmpty { return files }",
        "if ON || wanted.isEmpty { return files }",
        "a file that the state store lost counts as an edit"),
    Fault(
        "scope-ignored", ENGINE + "Capture/Examination.swift",
        "                .filter { folder.isInScope($0.path, $0.version) }\n",
        "                .filter { folder.isInScope($0.path, $0.version) }\n"
        "            if ON {\n"
        "                findings.deleted += try store.files(folder.id, in: directory)\n"
        "                    .filter { !folder.isInScope($0.path, $0.version) }\n"
        "            }\n",
        "what the configuration leaves out counts as deleted"),
    Fault(
        "stamp-not-after-parent", ENGINE + "Capture/CaptureTime.swift",
        "return max(seen, parent.next)",
        "return ON ? seen : max(seen, parent.next)",
        "a commit may be stamped before its parent"),
    Fault(
        "deletion-wins", "SyncMerge/Trees/TreeMerge.swift",
        "        outcome.stand(path, version, from: [side.origin])\n"
        "        let deletion",
        "        outcome.stand(path, ON ? nil : version, from: [side.origin])\n"
        "        let deletion",
        "a deletion takes an edit away"),
    Fault(
        "mode-dropped", ENGINE + "Capture/FolderReader.swift",
        "mode: try mode ?? modes.mode(",
        "mode: try (ON ? .regular : mode) ?? modes.mode(",
        "executable bits and links are captured as plain files"),
    Fault(
        "conflict-stays-listed", ENGINE + "Capture/ResolvedByEdit.swift",
        "            result[record.recordPath] = .some(nil)\n            var moved",
        "            if !ON { result[record.recordPath] = .some(nil) }\n            var moved",
        "a conflict that a user resolved in the file stays listed"),
    Fault(
        "one-merge-base", "SyncMerge/Trees/History.swift",
        "        var best: [ObjectID] = []\n",
        "        if ON { return Array(found.prefix(1)) }\n        var best: [ObjectID] = []\n",
        "of several merge bases one is taken"),
    Fault(
        "brake-not-ended", ENGINE + "Integrate/IntakeGuard.swift",
        "if underWay == 0 { try brake.end() }",
        "if underWay == 0 && !ON { try brake.end() }",
        "that taking in is over is not noted"),
    Fault(
        "differs-not-captured", ENGINE + "Apply/FolderApply.swift",
        "if outcome == .differs { edited.append(step.path) }",
        "if outcome == .differs && !ON { edited.append(step.path) }",
        "what apply finds edited is not looked at again"),
    Fault(
        "unpushed-merged-over", ENGINE + "Integrate/Integrator.swift",
        "guard MergeIdentity.made(commit) else { return current }",
        "guard !ON, MergeIdentity.made(commit) else { return current }",
        "merges that nobody has are merged over, not made again"),
]
