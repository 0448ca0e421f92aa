import Dispatch
import FoundationEssentials
import Glibc
import SyncEngine
import SyncHTTP
import SyncModel
import Synchronization

/// Shows how far a sync is, on standard error: on a terminal in one line that is kept up to date,
/// elsewhere in a line from time to time.
final class ProgressReport: Sendable {
    private struct State {
        var isOver = false
        var isFollowing = false
        var isLineShown = false
        var nextLine: ContinuousClock.Instant
    }

    private let isTerminal: Bool
    private let state: Mutex<State>

    /// Nil where nobody wants it.
    init?(_ options: CommonOptions) {
        if options.json || options.quiet { return nil }
        let terminal = Machine().environment["TERM"] ?? ""
        isTerminal = isatty(STDERR_FILENO) == 1 && terminal != "" && terminal != "dumb"
        // What is over soon says nothing.
        state = Mutex(State(nextLine: .now + Self.between))
    }

    private static let between = Duration.seconds(3)

    /// Shows what a daemon tells until the end. A daemon that is not there, or that tells
    /// nothing, is no reason not to sync.
    func follow(_ client: DaemonClient) {
        let isNew = state.withLock { state in
            defer { state.isFollowing = true }
            return !state.isFollowing && !state.isOver
        }
        if !isNew { return }
        DispatchQueue(label: "syncctl.progress").async { [self] in
            do {
                _ = try client.followOnce { [self] events in
                    for event in events where event.name == "progress" {
                        if let progress = WorkProgress(event) { show(progress) }
                    }
                    return !state.withLock { $0.isOver }
                }
            } catch {
                // It is asked again, if the command asks again.
                state.withLock { $0.isFollowing = false }
            }
        }
    }

    /// Shows what this process does itself, until the end.
    func follow(_ work: WorkCount) {
        Task.detached { [self] in
            let clock = ContinuousClock()
            while !state.withLock({ $0.isOver }) {
                // A timer: whoever works does not stop to tell.
                do { try await clock.sleep(for: Limits.progressEvery) } catch { return }
                if let progress = work.progress { show(progress) }
            }
        }
    }

    private func show(_ progress: WorkProgress) {
        state.withLock { state in
            if state.isOver { return }
            let line = ProgressText.line(progress)
            if isTerminal {
                state.isLineShown = true
                let text = "\r\(line.prefix(Self.columns - 1))\u{1b}[K"
                Output.write(Array(text.utf8), to: STDERR_FILENO)
            } else if .now >= state.nextLine {
                state.nextLine = .now + Self.between
                Output.message(line)
            }
        }
    }

    /// Shows no more, and takes the line away.
    func end() {
        state.withLock { state in
            state.isOver = true
            if state.isLineShown { Output.write(Array("\r\u{1b}[K".utf8), to: STDERR_FILENO) }
            state.isLineShown = false
        }
    }

    /// The width of the terminal. Source: ioctl_tty(2).
    private static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
    }
}

extension WorkProgress {
    /// What an event `progress` says of a step; nil for one that an exchange begins or ends.
    init?(_ event: ServerEvent) {
        do { self = try JSONDecoder().decode(Self.self, from: Data(event.data.utf8)) } catch {
            return nil
        }
    }
}
