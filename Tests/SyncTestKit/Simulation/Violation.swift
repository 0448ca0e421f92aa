/// A broken promise, with what is needed to see it again.
package struct Violation: Error, CustomStringConvertible, Sendable {
    package let seed: UInt64
    package let invariant: String
    package let detail: String

    package var description: String { "seed \(seed): \(invariant): \(detail)" }
}
