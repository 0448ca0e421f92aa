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
