import SyncModel

/// A value of Prometheus' text format, as this daemon writes it: an entry of `metrics --json`.
struct Metric: Encodable, Equatable {
    let name: String
    private(set) var labels: [String: String] = [:]
    /// Null for what JSON has no number for.
    @OrNull var value: Double?

    /// Reads a line; nil for one that has no value.
    init?(_ line: Substring) {
        guard line.first != "#", let blank = line.lastIndex(of: " "),
            let number = Double(line[line.index(after: blank)...])
        else { return nil }
        let series = line[..<blank]
        let brace = series.firstIndex(of: "{") ?? series.endIndex
        name = String(series[..<brace])
        // The daemon's labels are words: no comma, no quote.
        for label in series[brace...].dropFirst().dropLast().split(separator: ",") {
            guard let equals = label.firstIndex(of: "=") else { return nil }
            let text = label[label.index(after: equals)...].dropFirst().dropLast()
            labels[String(label[..<equals])] = String(text)
        }
        value = number.isFinite ? number : nil
    }
}
