/// Why a server did not take a push, and what to do about it.
struct PushRefusal {
    /// One line for the user: the reason, the server's own words, the next step.
    let words: String

    /// - Parameters:
    ///   - reason: what stands in the report behind the reference, or of the pack.
    ///   - said: what the server said to people meanwhile, made safe.
    init(_ reason: String, _ said: String) {
        let step = Self.step("\(reason) \(said)")
        var words = reason
        if !said.isEmpty { words += "; it says: \(said)" }
        if let step { words += " — \(step)" }
        self.words = words
    }

    /// Whether a server says that it lacks objects which it should have or have got, and gives no
    /// other reason.
    static func isOfObjects(_ words: String) -> Bool { step(words) == resend }

    private static func step(_ words: String) -> String? {
        let all = words.lowercased()
        return steps.first { step in step.marks.contains { all.contains($0) } }?.step
    }

    /// What was committed meanwhile has it still.
    private static let anew = "syncctl remote accept then pushes one commit of what is left"
    private static let resend = "the next try sends everything that its references do not lead to"

    /// The words by which hosts are known to say a thing, and what helps; the first that fits.
    private static let steps: [(marks: [String], step: String)] = [
        (
            ["gh001", "exceeds github's file size limit", "large files detected"],
            "take the file out of the folder, and put it into .gitignore; \(anew)"
        ),
        (
            ["pack exceeds maximum allowed size"],
            "raise the remote's limit (receive.maxInputSize), or take large files out of the "
                + "folder; \(anew)"
        ),
        (
            ["gh009", "secret", "push protection"],
            "take the secret out of the files, and renew it; \(anew)"
        ),
        (
            ["must have verified signatures", "commits must be signed", "not signed"],
            "let the branch take unsigned commits, in the host's rules for it"
        ),
        (
            ["gh013", "gh006", "protected branch", "not allowed to push", "repository rule"],
            "let this login push to the branch, in the host's rules for it"
        ),
        (["quota", "no space", "disk full", "over its size limit"], "make room at the remote"),
        (["shallow update"], "run at the remote: git fetch --unshallow"),
        (
            ["branch is currently checked out"],
            "a remote has to be bare: git config --bool core.bare true, or another repository"
        ),
        (
            ["hook declined"],
            "the remote's own check refused it; its words say why. Where a file has to go, take it "
                + "out; \(anew)"
        ),
        (["deny updating a hidden ref", "prohibited"], "let this login push to the branch"),
        (
            [
                "missing necessary objects", "missing object", "missing tree", "missing blob",
                "missing commit", "missing unknown", "bad tree object", "bad object",
                "bad blob object", "did not receive expected object", "unresolved delta",
                "failed to read object", "broken link", "missing nodes",
                "index-pack", "unpack-objects", "unpacker error", "unpack error",
            ], resend
        ),
    ]
}
