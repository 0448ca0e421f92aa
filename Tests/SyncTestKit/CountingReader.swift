package import SyncModel

/// Counts the commits and the trees that are read.
package final class CountingReader: ObjectReader {
    private let repository: InMemoryRepository
    package private(set) var commits = 0
    package private(set) var trees = 0

    /// Takes what to read from.
    package init(_ repository: InMemoryRepository) { self.repository = repository }

    package func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
        try repository.object(id)
    }

    package func header(_ id: ObjectID) throws(RepositoryError) -> (kind: ObjectKind, size: Int) {
        try repository.header(id)
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
