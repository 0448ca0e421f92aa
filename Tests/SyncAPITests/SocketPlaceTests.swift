internal import Glibc
internal import SyncHTTP
import Testing

@Suite("Where a control socket is")
struct SocketPlaceTests {
    private func status(_ mode: mode_t, _ user: uid_t) -> stat {
        var status = stat()
        (status.st_mode, status.st_uid) = (mode, user)
        return status
    }

    @Test(
        "has to be such that nobody else can have put it there",
        arguments: [
            (0o700, 7, 7, nil), (0o755, 7, 7, nil), (0o755, 0, 7, nil), (0o755, 0, 8, nil),
            (0o1777, 0, 7, nil), (0o1777, 0, 0, nil),
            (0o700, 8, 7, "belongs to another user"), (0o755, 8, 8, "belongs to another user"),
            (0o1777, 0, 8, "can be written by other users"),
            (0o775, 7, 7, "can be written by other users"),
            (0o757, 0, 7, "can be written by other users"),
        ] as [(mode_t, uid_t, uid_t, String?)])
    func trust(mode: mode_t, owner: uid_t, socketOwner: uid_t, words: String?) {
        let directory = status(mode_t(S_IFDIR) | mode, owner)
        let socket = status(mode_t(S_IFSOCK) | 0o600, socketOwner)
        #expect(SocketPlace.distrust(of: directory, with: socket, for: 7) == words)
    }

    @Test("is no link")
    func link() {
        let link = status(mode_t(S_IFLNK) | 0o777, 7)
        let socket = status(mode_t(S_IFSOCK) | 0o600, 7)
        #expect(SocketPlace.distrust(of: link, with: socket, for: 7) == "is no directory")
    }
}
