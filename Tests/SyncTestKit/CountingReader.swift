package import SyncModel

/// Counts the commits and the trees that are read, and says which other objects are.
package final class CountingReader: ObjectReader {
    private let repository: InMemoryRepository
    package private(set) var commits = 0
    package private(set) var trees = 0
    /// What was read whole.
    package private(set) var objects: Set<ObjectID> = []
    /// What sizes objects are said to have.
    package var sizes: [ObjectID: Int] = [:]

    /// Takes what to read from.
    package init(_ repository: InMemoryRepository) { self.repository = repository }

    package func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
        objects.insert(id)
        return try repository.object(id)
    }

    package func header(_ id: ObjectID) throws(RepositoryError) -> (kind: ObjectKind, size: Int) {
        let (kind, size) = try repository.header(id)
        return (kind, sizes[id] ?? size)
    }

    package func tree(_ id: ObjectID) throws(RepositoryError) -> Tree {
        trees += 1
        return try repository.tree(id)
    }

    package func commit(_ id: ObjectID) throws(RepositoryError) -> Commit {
        commits += 1
        return try repository.commit(id)
    }

    package func contains(_ id: ObjectID) -> Bool { repository.contains(id) }
}
