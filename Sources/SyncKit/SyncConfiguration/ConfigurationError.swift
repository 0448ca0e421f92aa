/// Why a configuration cannot be used: everything that is wrong with the file, at once.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One mistake.
    package struct Problem: Sendable, Equatable, CustomStringConvertible {
        /// The path as the program was given it.
        package let file: String
        /// Counted from 1; nil when the mistake is not in one line.
        package let line: Int?
        /// Counted from 1, in characters; only a syntax error has one.
        package let column: Int?
        /// As it would be written, `sync.quiet`, `folder[1].path`; nil for the whole file.
        package let key: String?
        /// What is wrong and what was expected.
        package let message: String

        package init(file: String, line: Int?, column: Int?, key: String?, message: String) {
            (self.file, self.line, self.column) = (file, line, column)
            (self.key, self.message) = (key, message)
        }

        /// `FILE:LINE:COLUMN: KEY: MESSAGE`, without the parts that are not known.
        package var description: String {
            ([file] + [line, column].compactMap { $0.map(String.init) }).joined(separator: ":")
                + ": " + (key.map { "\($0): " } ?? "") + message
        }
    }

    /// Never empty, in the order of the lines.
    package let problems: [Problem]

    package init(problems: [Problem]) { self.problems = problems }

    /// One problem a line.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
