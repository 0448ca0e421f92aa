import Glibc

let isRoot = getuid() == 0

/// Whether file systems can be mounted here: root in a container may not.
let canMount: Bool = {
    let place = Sandbox()
    guard isRoot, run("/bin/mount", "-t", "tmpfs", "none", place.root) == 0 else { return false }
    return run("/bin/umount", place.root) == 0
}()

/// A C function that Swift's Glibc does not show.
private func function<T>(_ name: String, as type: T.Type) -> T {
    guard let address = dlsym(nil, name) else { fatalError("no \(name)") }
    return unsafeBitCast(address, to: type)
}

/// Exchanges two names.
func exchange(_ left: String, _ right: String) -> Bool {
    typealias Rename =
        @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
    let rename = function("renameat2", as: Rename.self)
    return rename(AT_FDCWD, left, AT_FDCWD, right, 2) == 0
}

/// Runs something with this thread's file system rights taken away. `setfsuid` is a thread's
/// own and takes the capabilities that override permissions with it, so other tests go on.
func asNobody<E: Error>(_ body: () throws(E) -> Void) throws(E) {
    let setfsuid = function("setfsuid", as: (@convention(c) (UInt32) -> Int32).self)
    _ = setfsuid(65534)
    defer { _ = setfsuid(0) }
    try body()
}

/// Runs something as one who is neither a file's owner nor may lease others' files: this thread
/// gives CAP_LEASE up for the time. Source: capset(2).
func withoutLeases<E: Error>(_ body: () throws(E) -> Void) throws(E) {
    setLeaseCapability(false)
    defer { setLeaseCapability(true) }
    try asNobody(body)
}

private func setLeaseCapability(_ isOn: Bool) {
    typealias Call = @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int32
    let (get, set) = (function("capget", as: Call.self), function("capset", as: Call.self))
    var header: [UInt32] = [0x2008_0522, 0]
    // Two of (effective, permitted, inheritable).
    var sets = [UInt32](repeating: 0, count: 6)
    guard get(&header, &sets) == 0 else { fatalError("capget") }
    let lease: UInt32 = 1 << 28
    sets[0] = isOn ? sets[0] | lease : sets[0] & ~lease
    guard set(&header, &sets) == 0 else { fatalError("capset") }
}

/// Sets an extended attribute; false where the file system has none of the kind.
func setAttribute(_ path: String, _ name: String, _ value: [UInt8]) -> Bool {
    typealias Call =
        @convention(c) (
            UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeRawPointer?, Int, Int32
        ) -> Int32
    let call = function("setxattr", as: Call.self)
    return value.withUnsafeBytes { call(path, name, $0.baseAddress, $0.count, 0) } == 0
}

/// An extended attribute; nil where there is none.
func getAttribute(_ path: String, _ name: String) -> [UInt8]? {
    typealias Call =
        @convention(c) (
            UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int
        ) -> Int
    let call = function("getxattr", as: Call.self)
    var value = [UInt8](repeating: 0, count: 65_536)
    let count = call(path, name, &value, value.count)
    return count < 0 ? nil : Array(value.prefix(count))
}
