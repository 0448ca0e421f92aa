internal import FoundationEssentials
internal import Glibc

/// What the system says of this process (proc(5)). What it does not say is left out.
enum ProcessFigures {
    private static let began = Double(time(nil))

    /// Hands each figure over with the name that Prometheus' clients give it.
    static func note(_ note: (String, Double) -> Void) {
        _ = began
        if let pages = fields("/proc/self/statm").dropFirst().first {
            note("process_resident_memory_bytes", pages * Double(sysconf(Int32(_SC_PAGESIZE))))
        }
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            note("process_cpu_seconds_total", seconds(usage.ru_utime) + seconds(usage.ru_stime))
        }
        do {
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
            note("process_open_fds", Double(open.count))
        } catch {
            // Without proc(5) there is no such figure.
        }
        note("process_start_time_seconds", began)
    }

    private static func fields(_ path: String) -> [Double] {
        let text: String
        // Without proc(5) there is no such figure.
        do { text = try String(contentsOfFile: path, encoding: .utf8) } catch { return [] }
        return text.split(separator: " ").compactMap { Double($0) }
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
}
