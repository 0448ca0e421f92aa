internal import Logging

/// What the log is told of states that last: once when a state begins, and how often it was met
/// again when it ends. Two texts are of one state when they differ in numbers, in commits and in
/// names of temporary files alone.
package struct LastingWords {
    /// What a text is about; of each there is one state at a time.
    package enum Topic: Hashable, Sendable {
        case capture, exchange, publishing, stateFile, pushes, store, pastVersions, historyIndex
        case thinning
        /// By the repository's path.
        case packs(String)
    }

    private struct State {
        let fact: String
        let text: String
        var again = 0
    }

    private var states: [Topic: State] = [:]

    /// Nothing lasts yet.
    package init() {}

    /// Notes how it stands with a topic.
    /// - Parameter text: nil when all is well.
    /// - Returns: what the log is to be told now: the end of the state before, where it was met
    ///   more than once, and the beginning of another.
    package mutating func note(_ text: String?, of topic: Topic) -> (ended: String?, began: String?)
    {
        let fact = text.map(Self.fact)
        if let fact, states[topic]?.fact == fact {
            states[topic]?.again += 1
            return (nil, nil)
        }
        let before = states[topic]
        states[topic] = text.map { State(fact: fact ?? "", text: $0) }
        let ended = before.flatMap { state in
            state.again == 0 ? nil : "met \(state.again) more times: \(state.text)"
        }
        return (ended, text)
    }

    /// The same, told to a log.
    mutating func say(_ text: String?, of topic: Topic, at level: Logger.Level, in log: Logger) {
        let (ended, began) = note(text, of: topic)
        if let ended { log.info("\(ended)") }
        if let began { log.log(level: level, "\(began)") }
    }

    /// The text without what varies while the state stays the same.
    static func fact(_ text: String) -> String {
        var fact = ""
        var word = ""
        func end() {
            fact += isVarying(word) ? "#" : word
            word = ""
        }
        for scalar in text.unicodeScalars {
            if scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_" {
                word.unicodeScalars.append(scalar)
            } else {
                end()
                fact.unicodeScalars.append(scalar)
            }
        }
        end()
        return fact
    }

    private static func isVarying(_ word: String) -> Bool {
        if word.hasPrefix("tmp_") { return true }
        let isHex = word.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
        }
        let digits = word.utf8.count { (0x30...0x39).contains($0) }
        return !word.isEmpty && (digits == word.utf8.count || isHex && word.utf8.count >= 7)
    }
}
