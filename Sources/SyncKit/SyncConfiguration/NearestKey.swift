/// How many letters have to be changed, added, removed or swapped with their neighbour to turn
/// one word into the other (optimal string alignment).
func editDistance(_ one: String, _ other: String) -> Int {
    let (one, other) = (Array(one.lowercased().utf8), Array(other.lowercased().utf8))
    var rows = [Array(0...other.count)]
    for (row, letter) in one.enumerated() {
        var next = [row + 1]
        for (column, candidate) in other.enumerated() {
            var cost = min(
                rows[row][column] + (letter == candidate ? 0 : 1),
                rows[row][column + 1] + 1, next[column] + 1)
            if row > 0, column > 0, letter == other[column - 1], one[row - 1] == candidate {
                cost = min(cost, rows[row - 1][column - 1] + 1)
            }
            next.append(cost)
        }
        rows.append(next)
    }
    return rows[one.count][other.count]
}

/// The known key that is nearest to a word, the first of equals.
func nearestKey(_ word: String, in known: [String]) -> String? {
    known.min { editDistance(word, $0) < editDistance(word, $1) }
}
