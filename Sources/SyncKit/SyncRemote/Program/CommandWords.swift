internal import SyncModel

/// A command line as words, quoted as in a shell, with nothing else that a shell does.
enum CommandWords {
    /// Splits at blanks; knows `'…'`, `"…"` and `\`.
    /// - Returns: nil for an open quote, for no word at all, and for what only a shell could
    ///   carry out: `$`, backquotes, `|`, `&`, `;`, `<`, `>`, parentheses and wildcards.
    static func split(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = text[...]
        while let character = rest.popFirst() {
            if quote == "'" {
                if character == "'" { quote = nil } else { word?.append(character) }
            } else if character == "\\" {
                guard let next = rest.popFirst() else { return nil }
                let isPlain = quote != nil && !"\\\"$`".contains(next)
                word = (word ?? "") + (isPlain ? "\\" : "") + String(next)
            } else if "$`".contains(character) {
                return nil
            } else if let open = quote {
                if character == open { quote = nil } else { word?.append(character) }
            } else if character == "'" || character == "\"" {
                (quote, word) = (character, word ?? "")
            } else if character == " " || character == "\t" || character == "\n" {
                if let done = word { words.append(done) }
                word = nil
            } else if "|&;<>()*?[".contains(character) {
                return nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if quote != nil { return nil }
        if let word { words.append(word) }
        return words.isEmpty ? nil : words
    }

    /// Quotes a word for the shell at the other end, as git does: that shell is the account's.
    static func quoted(_ word: String) -> String {
        var result = "'"
        for character in word {
            switch character {
            case "'": result += #"'\''"#
            case "!": result += #"'\!'"#
            default: result.append(character)
            }
        }
        return result + "'"
    }
}
