internal import CoreMetrics
internal import Synchronization

/// Metrics as Prometheus scrapes them: a backend of swift-metrics. Counters are counters, recorders
/// that do not aggregate and meters are gauges, timers and other recorders are histograms. A name
/// has one kind; help and buckets come with the registry.
final class PrometheusRegistry: MetricsFactory, Sendable {
    /// What a name means.
    struct Family: Sendable {
        /// One line.
        let help: String
        /// Whether it only grows, although it is set from outside.
        var isCounter = false
        /// Upper bounds of a histogram's buckets, rising.
        var buckets: [Double] = []
    }

    private struct Series: Hashable {
        let name: String
        let labels: String
    }

    private let families: [String: Family]
    private let counters = Mutex<[Series: CounterValue]>([:])
    private let gauges = Mutex<[Series: GaugeValue]>([:])
    private let histograms = Mutex<[Series: HistogramValue]>([:])

    /// - Parameter families: what the names mean.
    init(_ families: [String: Family]) { self.families = families }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Self.find(series(label, dimensions), in: counters) { CounterValue() }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool)
        -> any RecorderHandler
    {
        let series = series(label, dimensions)
        if !aggregate { return Self.find(series, in: gauges) { GaugeValue() } }
        return Self.find(series, in: histograms) { HistogramValue(buckets(label), unit: 1) }
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        Self.find(series(label, dimensions), in: gauges) { GaugeValue() }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Self.find(series(label, dimensions), in: histograms) {
            HistogramValue(buckets(label), unit: 1e-9)
        }
    }

    // What is registered lives as long as the registry.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    /// Everything in Prometheus' text format 0.0.4.
    func text() -> String {
        var lines: [String: [String]] = [:]
        for (series, value) in counters.withLock({ $0 }) {
            lines["\(series.name) counter", default: []].append(
                "\(series.name)\(series.labels) \(value.value)")
        }
        for (series, value) in gauges.withLock({ $0 }) {
            let kind = families[series.name]?.isCounter ?? false ? "counter" : "gauge"
            lines["\(series.name) \(kind)", default: []].append(
                "\(series.name)\(series.labels) \(Self.number(value.value))")
        }
        for (series, value) in histograms.withLock({ $0 }) {
            lines["\(series.name) histogram", default: []] += value.lines(
                series.name, series.labels)
        }
        return lines.sorted { $0.key < $1.key }.map { key, values in
            let name = key.prefix { $0 != " " }
            let help = families[String(name)]?.help ?? ""
            // Histograms keep the order of their buckets.
            let body = key.hasSuffix("histogram") ? values : values.sorted()
            return "# HELP \(name) \(help)\n# TYPE \(key)\n" + body.joined(separator: "\n") + "\n"
        }.joined()
    }

    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    private func buckets(_ name: String) -> [Double] { families[name]?.buckets ?? [] }

    private func series(_ name: String, _ dimensions: [(String, String)]) -> Series {
        let labels = dimensions.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
        return Series(name: name, labels: labels.isEmpty ? "" : "{\(labels)}")
    }

    private static func find<Value: Sendable>(
        _ series: Series, in values: borrowing Mutex<[Series: Value]>, _ make: () -> Value
    ) -> Value {
        values.withLock { values in
            if let value = values[series] { return value }
            let value = make()
            values[series] = value
            return value
        }
    }
}
