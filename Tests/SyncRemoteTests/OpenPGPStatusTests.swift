import SyncModel
import Testing

@testable import SyncRemote

/// Lines of `gpg --status-fd`, and what they are worth.
@Suite("What gpg says of a signature")
struct OpenPGPStatusTests {
    private static let good = "GOODSIG 1A2B Ada"
    private static let valid = "VALIDSIG 00FF 2026-01-01 1"

    private func verdict(_ lines: [String], least: String? = nil, endedWell: Bool = true)
        -> SignatureVerdict
    {
        OpenPGPStatus(lines.map { Substring("[GNUPG:] \($0)") })
            .verdict(endedWell: endedWell, least: least)
    }

    @Test(
        "trust counts as for git merge --verify-signatures, or as gpg.minTrustLevel says",
        arguments: [
            ("TRUST_ULTIMATE", nil, true), ("TRUST_FULLY", nil, true),
            ("TRUST_MARGINAL", nil, true), ("TRUST_UNDEFINED", nil, false),
            ("TRUST_NEVER", nil, false), ("TRUST_UNDEFINED", "UNDEFINED", true),
            ("TRUST_NEVER", "never", true), ("TRUST_MARGINAL", "FULLY", false),
            ("TRUST_ULTIMATE", "no such level", true), ("TRUST_FULLY", "no such level", false),
        ] as [(String, String?, Bool)])
    func trust(_ said: String, _ least: String?, _ isGood: Bool) {
        let found = verdict([Self.good, Self.valid, "\(said) 0 pgp"], least: least)
        #expect((found == .good) == isGood)
    }

    @Test(
        "everything else is refused, with words",
        arguments: [
            ([], "cannot be read"), (["NODATA 4"], "cannot be read"),
            (["BADSIG 1A2B Ada"], "something else (key 1A2B)"),
            (["ERRSIG 1A2B 22 8 00 1 9", "NO_PUBKEY 1A2B"], "not known to gpg (key 1A2B)"),
            (["EXPSIG 1A2B Ada", valid], "its signature expired"),
            (["EXPKEYSIG 1A2B Ada", valid, "TRUST_FULLY"], "the key that signed it expired"),
            (["REVKEYSIG 1A2B Ada", valid, "TRUST_FULLY"], "was revoked"),
            ([good, "TRUST_FULLY"], "bad"),
            ([good, valid, good, valid, "TRUST_FULLY"], "more than one"),
            ([good, valid, "BADSIG 3C Eve", "TRUST_FULLY"], "more than one"),
            ([good, valid], "not trusted"),
        ] as [([String], String)])
    func refused(_ lines: [String], _ words: String) {
        guard case .refused(let said) = verdict(lines) else {
            Issue.record("\(lines) passes")
            return
        }
        #expect(said.contains(words))
    }

    @Test("what gpg ends badly over, and what only looks like a status, is not good")
    func others() {
        let lines = [Self.good, Self.valid, "TRUST_FULLY"]
        #expect(verdict(lines) == .good)
        #expect(verdict(lines, endedWell: false) != .good)
        let plain = OpenPGPStatus(lines.map { Substring($0) }).verdict(endedWell: true, least: nil)
        #expect(plain != .good)
    }
}
