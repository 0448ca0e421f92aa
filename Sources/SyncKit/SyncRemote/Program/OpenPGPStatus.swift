internal import SyncModel

/// What `gpg --status-fd` said of one signature. Source: doc/DETAILS of gpg.
struct OpenPGPStatus {
    /// How far a key is trusted, the least first.
    private enum Trust: String, CaseIterable {
        case undefined, never, marginal, fully, ultimate
    }

    /// The keywords that say how a signature stands; one that is good says only the first.
    private static let standings = [
        "GOODSIG": "", "BADSIG": "its signature is bad: it was made of something else",
        "ERRSIG": "the key that signed it is not known to gpg", "EXPSIG": "its signature expired",
        "EXPKEYSIG": "the key that signed it expired",
        "REVKEYSIG": "the key that signed it was revoked",
    ]

    private var found: [(standing: String, key: String)] = []
    private var isValid = false
    private var trust = Trust.undefined

    /// Reads the lines that gpg wrote.
    init(_ lines: [Substring]) {
        for line in lines where line.hasPrefix("[GNUPG:] ") {
            let words = line.dropFirst(9).split(separator: " ")
            guard let keyword = words.first.map(String.init) else { continue }
            if Self.standings[keyword] != nil {
                found.append((keyword, words.count > 1 ? String(words[1]) : ""))
            }
            if keyword == "VALIDSIG" { isValid = true }
            if keyword.hasPrefix("TRUST_"),
                let trust = Trust(rawValue: keyword.dropFirst(6).lowercased())
            {
                self.trust = trust
            }
        }
    }

    /// Judges it.
    /// - Parameters:
    ///   - endedWell: whether gpg ended with 0.
    ///   - least: git's `gpg.minTrustLevel`; nil is as for a merge: at least marginal.
    func verdict(endedWell: Bool, least: String?) -> SignatureVerdict {
        guard let (standing, key) = found.first else {
            return .refused("its signature cannot be read by gpg")
        }
        guard found.count == 1 else { return .refused("it has more than one signature") }
        let name = RemoteWords.clean(Array(key.utf8))
        guard standing == "GOODSIG", isValid, endedWell else {
            let words = Self.standings[standing] ?? ""
            return .refused("\(words.isEmpty ? "its signature is bad" : words) (key \(name))")
        }
        let needed = least.map { Trust(rawValue: $0.lowercased()) ?? .ultimate } ?? .marginal
        let order = Trust.allCases
        guard order.firstIndex(of: trust) ?? 0 >= order.firstIndex(of: needed) ?? 0 else {
            return .refused(
                "the key that signed it is not trusted (gpg --edit-key \(name)): "
                    + "\(trust.rawValue), not \(needed.rawValue)")
        }
        return .good
    }
}
