/// What fuzzing of packs and of repositories on a path begins with.
extension Seeds {
    private static let name = "0123456789abcdef0123456789abcdef01234567"

    /// Entries, each with a byte before its content that says what it is: see `PackTarget`.
    static let packs = [
        "\u{3}a blob", "PACK\u{0}\u{0}\u{0}\u{2}\u{0}\u{0}\u{0}\u{0}", "",
        "\u{1}tree \(name)\nparent \(name)\nauthor a <b> 1 +0000\ncommitter a <b> 1 +0000\n\nx\n",
        "\u{2}100644 a\u{0}abcdefghijklmnopqrst40000 d\u{0}abcdefghijklmnopqrst",
        "\u{4}object \(name)\ntype commit\ntag v1\n", "\u{7}\u{3}\u{3}\u{3}abc",
        "\u{2}160000 s\u{0}abcdefghijklmnopqrst100644 t\u{0}abcdefghijklmnopqrst",
        "\u{2}1006424 a\u{0}abcdefghijklmnopqrst0160000 b\u{0}abcdefghijklmnopqrst",
        // A delta on the entry before it, and one that claims gigabytes.
        "\u{3}abcdef\u{1e}\u{6}\u{6}\u{4}\u{4}wxyz",
        "\u{3}abcdef\u{1e}\u{6}\u{6}\u{7f}\u{7f}\u{7f}\u{7f}\u{1}",
        "\u{3}a\u{1e}\u{46}\u{1}\u{1}\u{1}\u{1}\u{1}b\u{1e}\u{5}\u{1e}\u{0}",
        [String](repeating: "\u{3}a", count: 65).joined(separator: "\u{1e}"),
    ]

    /// The files of `RepositoryTarget`, in its order.
    static let repositories = [
        [
            "[core]\n\trepositoryformatversion = 0\n\tbare = true\n", "ref: refs/heads/sync\n",
            "# pack-refs with: peeled fully-peeled sorted \n\(name) refs/heads/old\n"
                + "\(name) refs/tags/v1\n^\(name)\n",
            "\(name)\n", "ref: refs/heads/sync\n", "\(name)",
        ],
        [
            "[extensions]\nobjectformat=\"sha256\"\nrefstorage = reftable\n", name, "",
            "ref: refs/heads/other\n", "ref: refs/heads/sync\n", "ref:\t../../etc/passwd",
        ],
        [
            "[core] repositoryformatversion = 2\n[include]\npath = /dev/zero\n[CORE", "ref:", name,
            "", "ref: refs/heads/sync.lock", "\(name) x\n",
        ],
        [
            "", "ref: refs/../../x\r\n",
            "\(name) refs/heads/../x\n\(name)  \n\(name) refs/heads/a/b\n",
        ],
        ["", "ref: refs/heads/sync", "\(name) refs/heads/" + String(repeating: "n", count: 300)],
        ["\u{feff}[core]\rrepositoryformatversion = 1", "ref: refs/sync/devices/linden"],
    ].map { $0.joined(separator: "\u{1e}") }
}
