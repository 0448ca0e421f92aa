internal import HTTPTypes
internal import HummingbirdTesting
internal import Metrics
internal import NIOCore
import Testing

@testable import SyncAPI

@Suite("The metrics' text")
struct PrometheusTests {
    private let registry = PrometheusRegistry([
        "work_total": .init(help: "Work."),
        "time_seconds": .init(help: "Time.", buckets: [0.1, 1]),
        "now": .init(help: "Now."),
    ])

    @Test("has each family once, with its help, kind and labels")
    func families() {
        Counter(label: "work_total", dimensions: [("result", "a")], factory: registry)
            .increment(by: 2)
        Counter(label: "work_total", dimensions: [("result", "b")], factory: registry)
            .increment()
        registry.makeMeter(label: "now", dimensions: []).set(1.5)
        #expect(
            registry.text() == """
                # HELP now Now.
                # TYPE now gauge
                now 1.5
                # HELP work_total Work.
                # TYPE work_total counter
                work_total{result="a"} 2
                work_total{result="b"} 1

                """)
    }

    @Test("has the time of the last sync before there was one")
    func lastSync() async throws {
        let vault = try ServedVault()
        func line() async throws -> String? {
            let text = String(buffer: try await vault.ask(.get, "/metrics").body)
            return text.split(separator: "\n").map(String.init).first {
                $0.hasPrefix("syncd_last_sync_timestamp_seconds ")
            }
        }
        #expect(try await line() == "syncd_last_sync_timestamp_seconds 0")
    }

    @Test("counts what is at most a bound, and all of it")
    func histogram() {
        let timer = Metrics.Timer(label: "time_seconds", dimensions: [], factory: registry)
        for seconds in [0.05, 0.1, 0.5, 2] { timer.record(duration: .seconds(seconds)) }
        #expect(
            registry.text() == """
                # HELP time_seconds Time.
                # TYPE time_seconds histogram
                time_seconds_bucket{le="0.1"} 2
                time_seconds_bucket{le="1"} 3
                time_seconds_bucket{le="+Inf"} 4
                time_seconds_sum 2.65
                time_seconds_count 4

                """)
    }
}
