internal import CoreMetrics
internal import Synchronization

/// A number that only grows.
final class CounterValue: CounterHandler {
    private let count = Atomic<Int64>(0)

    var value: Int64 { count.load(ordering: .relaxed) }

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }

    func reset() { count.store(0, ordering: .relaxed) }
}

/// A number that goes up and down.
final class GaugeValue: RecorderHandler, MeterHandler {
    private let current = Mutex(0.0)

    var value: Double { current.withLock { $0 } }

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { set(value) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { current.withLock { $0 = value } }
    func increment(by amount: Double) { current.withLock { $0 += amount } }
    func decrement(by amount: Double) { current.withLock { $0 -= amount } }
}

/// How often a value was at most each bound, and the sum of all.
final class HistogramValue: RecorderHandler, TimerHandler {
    private struct State {
        var counts: [Int64]
        var sum = 0.0
        var count: Int64 = 0
    }

    private let bounds: [Double]
    private let unit: Double
    private let state: Mutex<State>

    /// - Parameters:
    ///   - bounds: of the buckets, rising.
    ///   - unit: what a recorded 1 stands for.
    init(_ bounds: [Double], unit: Double) {
        (self.bounds, self.unit) = (bounds, unit)
        state = Mutex(State(counts: [Int64](repeating: 0, count: bounds.count)))
    }

    /// The mean of what was recorded; 0 before the first.
    var mean: Double { state.withLock { $0.count == 0 ? 0 : $0.sum / Double($0.count) } }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration)) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let value = value * unit
        state.withLock { state in
            state.sum += value
            state.count += 1
            for (index, bound) in bounds.enumerated() where value <= bound {
                state.counts[index] += 1
            }
        }
    }

    /// Its lines in Prometheus' text format.
    func lines(_ name: String, _ labels: String) -> [String] {
        let state = state.withLock { $0 }
        let inner = labels.isEmpty ? "" : labels.dropFirst().dropLast() + ","
        var lines = zip(bounds, state.counts).map { bound, count in
            "\(name)_bucket{\(inner)le=\"\(PrometheusRegistry.number(bound))\"} \(count)"
        }
        lines.append("\(name)_bucket{\(inner)le=\"+Inf\"} \(state.count)")
        lines.append("\(name)_sum\(labels) \(state.sum)")
        lines.append("\(name)_count\(labels) \(state.count)")
        return lines
    }
}
