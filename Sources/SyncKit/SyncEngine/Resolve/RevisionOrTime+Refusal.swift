internal import SyncHistory
internal import SyncModel

extension RevisionOrTime {
    /// Finds the commit for a change; a name that names none refuses the change.
    func findOrRefuse(_ name: String, now: Timestamp) throws -> ObjectID {
        do {
            return try find(name, now: now)
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
}
