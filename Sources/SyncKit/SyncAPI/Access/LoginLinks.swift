internal import SyncModel
internal import Synchronization

/// One-time links to the dashboard: each lets one browser in, once, soon.
final class LoginLinks: Sendable {
    private let codes = Mutex<[(hash: [UInt8], ends: ContinuousClock.Instant)]>([])

    /// Makes a code; of more than `Limits.loginLinks` the oldest lapses.
    func make() -> String {
        let code = Secret.make()
        let ends = ContinuousClock.now + Limits.loginLinkLife
        codes.withLock { codes in
            codes.append((Secret.hash(code), ends))
            if codes.count > Limits.loginLinks { codes.removeFirst() }
        }
        return code
    }

    /// Whether a code is worth something; it stays so.
    func has(_ code: String) -> Bool {
        let hash = Secret.hash(code)
        return codes.withLock { codes in codes.contains { $0.hash == hash && $0.ends >= .now } }
    }

    /// Makes every code worth nothing.
    func removeAll() { codes.withLock { $0 = [] } }

    /// Takes a code, which is worth nothing after it.
    /// - Returns: whether it was worth something.
    func take(_ code: String) -> Bool {
        let hash = Secret.hash(code)
        return codes.withLock { codes in
            codes.removeAll { $0.ends < .now }
            guard let index = codes.firstIndex(where: { $0.hash == hash }) else { return false }
            codes.remove(at: index)
            return true
        }
    }
}

/// Secrets that this daemon makes.
enum Secret {
    /// 256 random bits, in letters that need no quoting anywhere.
    static func make() -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<4).flatMap { _ in
            withUnsafeBytes(of: UInt64.random(in: .min ... .max, using: &random)) { Array($0) }
        }
        return Hex.string(bytes)
    }

    /// What is kept of one. It has enough bits that no salt is needed.
    static func hash(_ secret: String) -> [UInt8] { SHA256Digest.of(Array(secret.utf8)) }
}
