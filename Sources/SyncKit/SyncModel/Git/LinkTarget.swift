/// Where a symbolic link leads.
package enum LinkTarget {
    /// Why no link can lead to a target; nil where one can.
    /// - Parameter target: its bytes.
    package static func fault(_ target: [UInt8]) -> String? {
        if target.isEmpty || target.contains(0) { return "a link to nothing" }
        return target.count > Limits.linkBytes ? "a target of \(target.count) bytes" : nil
    }
}
