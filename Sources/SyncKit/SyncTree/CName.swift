/// A name as the system calls want it: its bytes and a NUL.
func cName(_ bytes: some Sequence<UInt8>) -> [CChar] {
    var name = bytes.map { CChar(bitPattern: $0) }
    name.append(0)
    return name
}
