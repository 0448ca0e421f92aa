import Testing

/// A text with a mistake and the exact words for it.
struct Mistake: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let text: String
    let messages: [String]
    let environment: [String: String]

    /// - Parameter folder: whether a folder is added below the text.
    init(
        _ name: String, _ text: String, _ messages: String..., folder: Bool = true,
        environment: [String: String] = [:]
    ) {
        testDescription = name
        self.text = folder ? text + "\n[[folder]]\npath = \"~/notes\"\nprefix = \"n\"\n" : text
        self.messages = messages
        self.environment = environment
    }
}

let deviceRule =
    "a name that git takes in a ref: no blanks, none of ~^:?*[\\/<>, no '..'"
private let vaultRule =
    "a name of up to 64 letters, digits, '.', '_' and '-' that begins with none of '.' and '-'"
private let prefixRule =
    "a path of the repository such as \"shared/documents\", without '.', '..' and empty names"
private let ignoreRule = "an array of patterns as in .gitignore, one string each"
private let durations = "such as \"300ms\", \"5s\", \"15m\" or \"1h\""

let mistakenKeys = [
    Mistake(
        "an unknown key", "[sync]\nquite = \"1s\"",
        "2: sync.quite: unknown key, expected one of quiet, max_wait, poll, pushes, full_scan, "
            + "max_deletes, timeout; the nearest is quiet"),
    Mistake(
        "an unknown key at the top", "valt = \"x\"",
        "1: valt: unknown key, expected one of vault, device, repository, folder, sync, "
            + "commit, auth, http, history, upstream; the nearest is vault"),
    Mistake(
        "a key in the wrong table", "remote = \"/x\"",
        "1: remote: unknown key, expected one of vault, device, repository, folder, sync, "
            + "commit, auth, http, history, upstream; remote belongs in [repository]"),
    Mistake(
        "a key of the top in a table", "[device]\nvault = \"v\"",
        "2: device.vault: unknown key, expected one of name; "
            + "vault belongs at the top of the file, above the first table"),
    Mistake(
        "an unknown table", "[sink]\npoll = \"1s\"",
        "1: sink: unknown table, expected one of [device], [repository], [[folder]], [sync], "
            + "[commit], [auth], [http], [history], [upstream]; the nearest is sync"),
    Mistake(
        "an unknown key of a folder",
        "[[folder]]\npath = \"~/a\"\nprefix = \"a\"\n[[folder]]\npath = \"~/b\"\nprefx = \"b\"",
        "4: folder[2].prefix: expected a prefix neither inside nor around that of line 3: "
            + "the top and 'a'",
        "6: folder[2].prefx: unknown key, expected one of path, prefix, ignore; "
            + "the nearest is prefix",
        folder: false),
    Mistake(
        "a number for a string", "vault = 1", "1: vault: expected \(vaultRule), found an integer"),
    Mistake(
        "a string for a table", "sync = \"fast\"",
        "1: sync: expected a table, [sync], found a string"),
    Mistake(
        "a boolean for a path", "[repository]\npath = true",
        "2: repository.path: expected a path, as a string, found a boolean"),
    Mistake(
        "a string for patterns", "[[folder]]\npath = \"~/a\"\nprefix = \"a\"\nignore = \"*.o\"",
        "4: folder[1].ignore: expected \(ignoreRule), found a string", folder: false),
    Mistake(
        "a number among patterns", "[[folder]]\npath = \"~/a\"\nignore = [\n  \"*.o\",\n  1.5]",
        "3: folder[1].ignore: expected \(ignoreRule), found a number", folder: false),
    Mistake(
        "a table for folders", "[folder]\npath = \"~/a\"",
        "1: folder: expected [[folder]], found a table", folder: false),
    Mistake(
        "a folder that is no table", "folder = [\"~/a\"]",
        "1: folder[1]: expected a table, found a string", folder: false),
    Mistake(
        "no folder", "vault = \"v\"", " expected at least one [[folder]] with a path", folder: false
    ),
    Mistake("an empty file", "", " expected at least one [[folder]] with a path", folder: false),
    Mistake(
        "a folder without a path", "[[folder]]\nprefix = \"a\"",
        "1: folder[1]: expected a path, the directory to sync", folder: false),
    Mistake(
        "a key twice", "vault = \"a\"\nvault = \"b\"",
        "2:9: Error while parsing key-value pair: cannot redefine existing string 'vault'"),
    Mistake(
        "a string without an end", "vault = \"a\n",
        "1:11: Error while parsing string: unescaped control characters other than "
            + "TAB (U+0009) are explicitly prohibited"),
]

let mistakenValues = [
    Mistake(
        "a duration without a unit", "[sync]\nquiet = \"300\"",
        "2: sync.quiet: expected a duration from 1ms to 10m, \(durations), found \"300\""),
    Mistake(
        "a number for a duration", "[sync]\npoll = 30",
        "2: sync.poll: expected a duration from 100ms to 24h, \(durations), found an integer"),
    Mistake(
        "no push at all", "[sync]\npushes = 0",
        "2: sync.pushes: expected a whole number from 1 to 600, found 0"),
    Mistake(
        "more pushes than there may be", "[sync]\npushes = 601",
        "2: sync.pushes: expected a whole number from 1 to 600, found 601"),
    Mistake(
        "a text for a number", "[sync]\npushes = \"6\"",
        "2: sync.pushes: expected a whole number from 1 to 600, found a string"),
    Mistake(
        "a negative duration", "[sync]\nmax_wait = \"-5s\"",
        "2: sync.max_wait: expected a duration from 1ms to 1h, \(durations), found \"-5s\""),
    Mistake(
        "a duration out of bounds", "[sync]\nfull_scan = \"9999999999999999999h\"",
        "2: sync.full_scan: expected a duration from 1s to 168h, \(durations), "
            + "found \"9999999999999999999h\""),
    Mistake(
        "a quiet longer than max_wait", "[sync]\nquiet = \"6s\"",
        "2: sync.quiet: expected quiet to be no longer than max_wait (max_wait is the default)"),
    Mistake(
        "a max_wait shorter than quiet", "[sync]\nmax_wait = \"1s\"\nquiet = \"2s\"",
        "3: sync.quiet: expected quiet to be no longer than max_wait (max_wait is in line 2)"),
    Mistake(
        "an App without its key", "[auth]\ngithub_app = \"1\"",
        "2: auth.github_app: expected github_app_key_file beside it"),
    Mistake(
        "a key without its App", "[auth]\ngithub_app_key_file = \"/k\"",
        "2: auth.github_app_key_file: expected github_app beside it"),
    Mistake(
        "a signature of another kind", "[commit]\nsign = \"x509\"",
        "2: commit.sign: expected \"off\", \"git\", \"ssh\" or \"openpgp\", found \"x509\""),
    Mistake(
        "a key that is an option", "[commit]\nsign = \"openpgp\"\nsigning_key = \"-x\"",
        "3: commit.signing_key: expected the name of a key, which begins with no dash, "
            + "found \"-x\""),
    Mistake(
        "a rule that is a word", "[commit]\nrequire_signed = \"yes\"",
        "2: commit.require_signed: expected true or false, found a string"),
    Mistake(
        "a commit's name cut short", "[commit]\ntrusted = \"0123456789\"",
        "2: commit.trusted: expected a commit's name in full, 40 digits of hex, "
            + "found \"0123456789\""),
    Mistake(
        "a key's name misspelt", "[commit]\nsigning_kay = \"x\"",
        "2: commit.signing_kay: unknown key, expected one of sign, signing_key, "
            + "require_signed, trusted; "
            + "the nearest is signing_key"),
    Mistake(
        "a patience of no time", "[sync]\ntimeout = \"10ms\"",
        "2: sync.timeout: expected a duration from 1s to 10m, \(durations), found \"10ms\""),
    Mistake(
        "a share above the whole", "[sync]\nmax_deletes = \"101%\"",
        "2: sync.max_deletes: expected a share from \"0%\" to \"100%\", found \"101%\""),
    Mistake(
        "a vault with a slash", "vault = \"a/b\"",
        "1: vault: expected \(vaultRule), found \"a/b\""),
    Mistake(
        "a device with a blank", "[device]\nname = \"my laptop\"",
        "2: device.name: expected \(deviceRule), found \"my laptop\""),
    Mistake(
        "a branch with two dots", "[repository]\nbranch = \"a..b\"",
        "2: repository.branch: expected a branch name that git takes, found \"a..b\""),
    Mistake(
        "a relative remote", "[repository]\nremote = \"notes.git\"",
        "2: repository.remote: expected a git URL, or a path that begins with / or ~/, "
            + "found \"notes.git\""),
    Mistake(
        "a password in a remote", "[repository]\nremote = \"https://me:secret@host/x\"",
        "2: repository.remote: expected a URL without a password: name its source in [auth]"),
    Mistake(
        "a relative path", "[repository]\npath = \"notes.git\"",
        "2: repository.path: expected an absolute path, or one that begins with ~/, "
            + "found \"notes.git\""),
    Mistake(
        "another user's home", "[auth]\ntoken_file = \"~root/t\"",
        "2: auth.token_file: expected an absolute path, or one that begins with ~/, "
            + "found \"~root/t\""),
    Mistake(
        "a path with two dots", "[http]\nwebhook_secret_file = \"/a/../b\"",
        "2: http.webhook_secret_file: expected a path without '..', found \"/a/../b\""),
    Mistake(
        "a variable with a dash", "[auth]\ntoken_env = \"A-B\"",
        "2: auth.token_env: expected the name of an environment variable, found \"A-B\""),
    Mistake(
        "an empty command", "[auth]\ntoken_command = \" \"",
        "2: auth.token_command: expected a shell command, found \" \""),
    Mistake(
        "a listen address without a port", "[http]\nlisten = \"localhost\"",
        "2: http.listen: expected \"HOST:PORT\", such as \"127.0.0.1:8390\", or \"\" for no TCP, "
            + "found \"localhost\""),
]

let mistakenPlaces = [
    Mistake(
        "a prefix that leads out", "[[folder]]\npath = \"~/a\"\nprefix = \"../x\"",
        "3: folder[1].prefix: expected \(prefixRule), found \"../x\"", folder: false),
    Mistake(
        "a prefix in .git", "[[folder]]\npath = \"~/a\"\nprefix = \"x/.GIT/y\"",
        "3: folder[1].prefix: expected a prefix without '.git', which is git's own",
        folder: false),
    Mistake(
        "a prefix that servers refuse", "[[folder]]\npath = \"~/a\"\nprefix = \"x/git~1\"",
        "3: folder[1].prefix: expected a prefix of names that servers take, found \"git~1\"",
        folder: false),
    Mistake(
        "a prefix in .sync", "[[folder]]\npath = \"~/a\"\nprefix = \".sync\"",
        "3: folder[1].prefix: expected a prefix outside '.sync', where conflicts are listed",
        folder: false),
    Mistake(
        "one prefix twice", "[[folder]]\npath = \"~/a\"\nprefix = \"n/\"",
        "6: folder[2].prefix: expected a prefix of its own: line 3 has the same, n"),
    Mistake(
        "a prefix inside another", "[[folder]]\npath = \"~/a\"\nprefix = \"n/m\"",
        "6: folder[2].prefix: expected a prefix neither inside nor around that of line 3: "
            + "'n' and 'n/m'"),
    Mistake(
        "a folder at the top beside another", "[[folder]]\npath = \"~/a\"",
        "5: folder[2].prefix: expected a prefix neither inside nor around that of line 1: "
            + "'n' and the top"),
    Mistake(
        "one directory twice", "[[folder]]\npath = \"~//./notes/\"\nprefix = \"a\"",
        "5: folder[2].path: expected a directory of its own: line 2 has the same, ~/notes"),
    Mistake(
        "one directory by a link", "[[folder]]\npath = \"~/link/notes\"\nprefix = \"a\"",
        "5: folder[2].path: expected a directory of its own: line 2 has the same, ~/link/notes"),
    Mistake(
        "a folder inside another", "[[folder]]\npath = \"/\"\nprefix = \"a\"",
        "2: folder[1].path: expected a directory that does not hold the repository "
            + "~/.local/share/syncd/default.git",
        "2: folder[1].path: expected a directory that does not hold the state directory "
            + "~/.local/state/syncd/default",
        "2: folder[1].path: expected a directory that does not hold the control socket "
            + "~/.local/state/syncd/default/syncd.sock",
        "5: folder[2].path: expected a directory outside that of line 2: ~/notes is below /"),
    Mistake(
        "a folder around another", "[[folder]]\npath = \"~/notes/sub\"\nprefix = \"a\"",
        "5: folder[2].path: expected a directory that does not hold that of line 2: "
            + "~/notes/sub is below ~/notes"),
    Mistake(
        "the repository in a folder", "[repository]\npath = \"~/notes/r.git\"",
        "4: folder[1].path: expected a directory that does not hold the repository ~/notes/r.git"),
    Mistake(
        "a folder in the repository", "[repository]\npath = \"~\"",
        "4: folder[1].path: expected a directory outside the repository ~"),
    Mistake(
        "the state directory in a folder", "",
        "3: folder[1].path: expected a directory that does not hold the state directory "
            + "~/notes/syncd/default",
        environment: ["XDG_STATE_HOME": "~/notes", "XDG_RUNTIME_DIR": "/run"]),
    Mistake(
        "the remote in a folder", "[repository]\nremote = \"~/notes/r.git\"",
        "4: folder[1].path: expected a directory that does not hold the remote ~/notes/r.git"),
    Mistake(
        "the remote as the repository", "[repository]\nremote = \"/r.git\"\npath = \"/r.git\"",
        "2: repository.remote: expected a remote other than the repository"),
]
