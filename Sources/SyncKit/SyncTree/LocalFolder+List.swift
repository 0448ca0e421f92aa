internal import CLinux
internal import Glibc
package import SyncModel

extension LocalFolder {
    /// Lists one directory by `getdents64` and `fstatat`; a name that goes meanwhile is left out.
    package func list(_ directory: TreePath?, atMost count: Int) throws(FolderError)
        -> [FolderEntry]
    {
        let descriptor: Descriptor
        do throws(SystemError) {
            descriptor = try root.openDirectory(directory, flags: O_RDONLY)
        } catch {
            switch error.number {
            case ELOOP: throw FolderError(.notFound, "list", directory, "no directory")
            default: throw error.folderError("list", directory)
            }
        }
        do throws(SystemError) {
            return try Self.entries(
                descriptor.number, hidingStaging: directory == nil ? staging.insideName : nil,
                atMost: count, modes: abilities.modes)
        } catch {
            throw error.folderError("list", directory)
        }
    }

    /// Bytes read by one `getdents64`: about a thousand entries.
    private static let bufferSize = 32_768

    /// The entries of a directory that is closed afterwards.
    static func entries(consuming descriptor: consuming Descriptor) throws(SystemError)
        -> [FolderEntry]
    {
        try entries(descriptor.number, hidingStaging: nil, atMost: .max, modes: true)
    }

    private static func entries(
        _ descriptor: Int32, hidingStaging: [CChar]?, atMost most: Int, modes: Bool
    ) throws(SystemError) -> [FolderEntry] {
        var entries: [FolderEntry] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: bufferSize, alignment: MemoryLayout<UInt64>.alignment)
        defer { buffer.deallocate() }
        while entries.count < most {
            let count = try attempt {
                syncd_getdents64(descriptor, buffer.baseAddress, buffer.count)
            }.get()
            if count == 0 { break }
            try append(
                UnsafeRawBufferPointer(rebasing: buffer[..<count]), descriptor, hidingStaging,
                atMost: most, modes: modes, to: &entries)
        }
        return entries
    }

    /// Reads `struct linux_dirent64` records: inode 8 bytes, offset 8, record length 2, type 1,
    /// then the name and a NUL. Source: getdents(2).
    private static func append(
        _ records: UnsafeRawBufferPointer, _ descriptor: Int32, _ hidingStaging: [CChar]?,
        atMost most: Int, modes: Bool, to entries: inout [FolderEntry]
    ) throws(SystemError) {
        var offset = 0
        while offset < records.count, entries.count < most, let base = records.baseAddress {
            let record = base + offset
            offset += Int(record.load(fromByteOffset: 16, as: UInt16.self))
            let name = (record + 19).assumingMemoryBound(to: CChar.self)
            if isDots(name) || (hidingStaging.map { strcmp(name, $0) == 0 } ?? false) {
                continue
            }
            let bytes = [UInt8](UnsafeRawBufferPointer(start: name, count: strlen(name)))
            var stat = Glibc.stat()
            switch attempt({ fstatat(descriptor, name, &stat, AT_SYMLINK_NOFOLLOW) }) {
            case .success:
                entries.append(FolderEntry(name: bytes, stat: FileStat(stat, modes: modes)))
            case .failure(let error) where error.number == ENOENT: continue
            case .failure(let error):
                // One entry alone fails, or whoever lists the directory may not look into it.
                var own = Glibc.stat()
                if case .failure = attempt({ fstatat(descriptor, ".", &own, 0) }) { throw error }
                entries.append(FolderEntry(name: bytes, failure: error.code(writing: false)))
            }
        }
    }

    private static func isDots(_ name: UnsafePointer<CChar>) -> Bool {
        name[0] == 0x2e && (name[1] == 0 || (name[1] == 0x2e && name[2] == 0))
    }
}
