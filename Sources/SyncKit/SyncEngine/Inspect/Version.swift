/// The program's version.
package enum Version {
    /// As `--version` says it.
    package static let text = "0.1.0"
}
