internal import SyncHistory
internal import SyncModel

extension RevisionOrTime {
    /// The time that a text is; nil for what is not written as one. What only begins as a date
    /// refuses the change.
    static func timeOrRefuse(_ text: String, now: Timestamp) throws -> (begin: Int64, end: Int64)? {
        do {
            guard let begin = try time(text, now: now) else { return nil }
            return (begin, try end(text, now: now) ?? begin)
        } catch {
            throw ChangeRefusal(.missing, error.description)
        }
    }

    /// Finds the commit for a change; a name that names none refuses the change.
    func findOrRefuse(_ name: String, now: Timestamp) throws -> ObjectID {
        try sidesOrRefuse(name, now: now)[0]
    }

    /// The same for all commits that a name means.
    func sidesOrRefuse(_ name: String, now: Timestamp) throws -> [ObjectID] {
        do {
            return try sides(name, now: now)
        } catch let error as Revision.Unknown {
            throw ChangeRefusal(.missing, error.description)
        }
    }
}

extension Branch {
    /// What a user may name: behind a head, and behind those that were kept.
    func revisions(behind head: ObjectID) -> RevisionOrTime {
        RevisionOrTime(head: head, branch: name, repository) { [repository] in
            try repository.references(Revision.keptReferences).map(\.id)
        }
    }
    /// The id of the commit that a user names; a time and an id stay as they are.
    /// - Throws: `ChangeRefusal` for what is neither and names no commit; what reading throws.
    func fixed(_ name: String, behind head: ObjectID?, now: Timestamp) throws -> String {
        if try RevisionOrTime.timeOrRefuse(name, now: now) != nil || ObjectID(hex: name) != nil {
            return name
        }
        guard let head else { throw ChangeRefusal(.missing, "nothing is committed yet") }
        return try revisions(behind: head).findOrRefuse(name, now: now).hex
    }
}
