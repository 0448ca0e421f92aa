internal import FoundationEssentials
internal import SyncMerge
internal import SyncModel

/// Works out what a resolved conflict leaves: a function of the head's tree and the request.
struct ConflictResolution {
    let record: ConflictRecord
    let device: String
    let tree: ObjectID?
    let reader: any ObjectReader
    let standing: StandingSides

    /// The versions to put over the tree, the record's own absence among them.
    func versions(_ request: ResolveRequest, writing sink: any PackSink) throws
        -> [TreePath: FileVersion?]
    {
        if let seen = request.ifMatch { try refuseChanged(seen) }
        if let seen = request.sides { try refuseMoved(seen, request.choice) }
        var result: [TreePath: FileVersion?] = [:]
        result.updateValue(nil, forKey: record.recordPath)
        switch request.choice {
        case .content where record.isAgainstDirectory:
            throw ChangeRefusal(
                .wrong, "\(record.path) is a directory: choose --ours, --theirs or --both")
        case .ours where record.isOfNames:
            result.merge(try name(for: record.own(device))) { $1 }
        case .theirs where record.isOfNames:
            result.merge(try name(for: record.other(device))) { $1 }
        case .content:
            guard let text = request.content, let data = Data(base64Encoded: text) else {
                throw ChangeRefusal(.wrong, "expected the file's bytes in base 64")
            }
            result[record.path] = try file(try withoutMarkers(Array(data)), sink)
            if let copy = record.copy { result[copy] = .some(nil) }
        case .both where record.copy != nil: break
        case .ours, .theirs, .base, .both:
            if record.isText {
                result[record.path] = try file(try text(request.choice), sink)
            } else if let chosen = try whole(request.choice) {
                result[record.path] = chosen
                if let copy = record.copy { result[copy] = .some(nil) }
            }
        }
        return result
    }

    /// Refuses what was made from another content than stands at the path by now.
    private func refuseChanged(_ seen: ObjectID) throws {
        let here = try TreeDiff.version(at: record.path, of: tree, reading: reader)
        if here?.id == seen { return }
        throw ChangeRefusal(
            .moved,
            "\(record.path) was changed meanwhile: look at what stands there now, put that and "
                + "what you wrote together, and give it with --file, or edit it again")
    }

    /// Refuses a choice among other sides than those that stand there: all, or the two that this
    /// device shows of more. Which of two is ours is another on another device.
    private func refuseMoved(_ seen: [ObjectID?], _ choice: ResolveRequest.Choice) throws {
        let here = try standing.record(record)
        let now = here.sides.map(\.blob)
        let shown = [here.own(device), here.other(device)].map { now[$0] }
        if [.ours, .theirs].contains(choice), seen != shown, seen == shown.reversed() {
            throw ChangeRefusal(
                .moved,
                "the sides of \(record.path) stand the other way round here: ours is "
                    + "\(shown[0]?.short ?? "the deletion")")
        }
        if Set(seen) == Set(now) || Set(seen) == Set(shown) { return }
        throw ChangeRefusal(.moved, "the sides of \(record.path) have moved: look again")
    }

    /// Refuses what has this conflict's markers in it still: nobody would list them any more.
    private func withoutMarkers(_ content: [UInt8]) throws(ChangeRefusal) -> [UInt8] {
        guard record.isText, ContentMerge.carries(record.id, in: content) else { return content }
        throw ChangeRefusal(
            .wrong,
            "the markers of \(record.path)'s conflict (\(record.id)) are still in the content: "
                + "take them out, or choose --ours, --theirs, --base or --both")
    }

    /// A file's new version: the mode stays.
    private func file(_ content: [UInt8], _ sink: any PackSink) throws -> FileVersion {
        let here = try TreeDiff.version(at: record.path, of: tree, reading: reader)
        let mode = here.flatMap { $0.mode.isFile ? $0.mode : nil } ?? .regular
        return FileVersion(mode: mode, id: try sink.add(.blob, content))
    }

    /// The document with one text in place of each pair of markers.
    private func text(_ choice: ResolveRequest.Choice) throws -> [UInt8] {
        guard let terms = try record.terms(reading: reader),
            let here = try TreeDiff.file(at: record.path, of: tree, reading: reader)
        else { throw ChangeRefusal(.missing, "there is no file \(record.path)") }
        let content = try reader.blob(here.id)
        let rule = try TypeRules(of: tree, for: record.path, reading: reader)
            .type(of: record.path, content: content).rule
        let side: ConflictChoice =
            switch choice {
            case .ours: .ours(of: device)
            case .theirs: .theirs(of: device)
            case .base: .base
            case .both, .content: .both
            }
        let resolved = ContentMerge.resolved(
            content, terms, as: rule, path: record.named, by: side)
        guard let resolved else {
            throw ChangeRefusal(
                .wrong,
                "the markers in \(record.path) do not belong together any more: edit them away, "
                    + "or give the content with --file or --edit")
        }
        return resolved
    }

    /// One of the whole versions; nil leaves what stands there.
    /// - Returns: `.some(nil)` takes the file away.
    private func whole(_ choice: ResolveRequest.Choice) throws -> FileVersion?? {
        if choice == .both { return nil }
        if record.copy == nil, record.kind != .deleteModify {
            throw ChangeRefusal(
                .wrong,
                "\(record.path) has all records of both sides, and two bodies of one: keep them "
                    + "with --both, or take one out with --edit or --file")
        }
        let blob: ObjectID?
        var maker: ObjectID?
        switch choice {
        case .ours, .theirs:
            let side = record.sides[choice == .ours ? record.own(device) : record.other(device)]
            (blob, maker) = (side.blob, side.stamp.commit)
            if let blob, let edited = try standing.edited(blob, of: record) { return .some(edited) }
        case .base:
            guard let base = record.bases.first else {
                throw ChangeRefusal(
                    .wrong,
                    "no one version is known from which both sides of \(record.path) were made: "
                        + "syncctl restore brings back any of before")
            }
            blob = base.blob
        case .both, .content: return nil
        }
        let here = try TreeDiff.version(at: record.path, of: tree, reading: reader)
        guard let blob else {
            if record.kind == .deleteModify { return .some(nil) }
            throw ChangeRefusal(
                .wrong,
                "\(record.path) and the file beside it are two: keep them with --both, "
                    + "or rename one")
        }
        if let here, here.id == blob { return .some(here) }
        if let copy = record.copy,
            let kept = try TreeDiff.version(at: copy, of: tree, reading: reader), kept.id == blob
        {
            return .some(kept)
        }
        let made = try standing.made(blob, in: maker, of: record)
        return .some(made ?? .content(blob, inPlaceOf: here))
    }
}
