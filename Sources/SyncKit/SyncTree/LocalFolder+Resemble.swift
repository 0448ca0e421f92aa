internal import CLinux
internal import Glibc
package import SyncModel
internal import Synchronization

extension LocalFolder {
    /// Makes a directory that nobody but the owner can enter before it has what it is to have.
    package func makeDirectory(_ path: TreePath, like old: [TreePath]) -> Bool {
        do throws(SystemError) {
            var sources: [(descriptor: Int32, mode: UInt32)] = []
            defer { for source in sources { close(source.descriptor) } }
            for directory in old {
                let place = try Place(directory, below: root)
                let flags = O_RDONLY | O_DIRECTORY
                let number = try root.open(place.directory.number, place.name, flags)
                sources.append((number, 0))
                sources[sources.count - 1].mode = try statName(number, [0]).get().st_mode
            }
            guard let first = sources.first else { return false }
            let place = try makePlace(path)
            let (directory, name) = (place.directory.number, place.name)
            _ = try attempt { mkdirat(directory, name, 0o700) }.get()
            _ = unflushedParents.withLock { $0.insert(path.parent) }
            Attributes.keepOwner(of: first.descriptor, on: directory, name)
            Attributes.copy(from: first.descriptor, to: directory, name)
            // Last: a list of rights changes these bits. The files have to come into it.
            let mode = sources.reduce(UInt32(0o7777)) { $0 & $1.mode } | 0o700
            _ = attempt { fchmodat(directory, name, mode, 0) }
            return true
        } catch {
            // Something stands there or in the way, or what it would resemble is gone.
            return false
        }
    }
}
