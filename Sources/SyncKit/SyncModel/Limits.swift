/// Every bound of the program, by name. ARCHITECTURE.md says what happens past each.
package enum Limits {
    /// The largest file that is synced, in bytes: 100 MiB, where GitHub refuses (GH001).
    package static let fileSize = 100 << 20
    /// The most paths one batch of changes holds before it is captured.
    package static let batchPaths = 10_000
    /// The most files `state.json` lists.
    package static let stateFiles = 10_000
    /// The most resolved conflicts that are kept.
    package static let resolvedConflicts = 1_000
    /// The most tries of one cycle to push before it waits for the next.
    package static let pushTries = 8
    /// The most pushes to a server without a look at it in between.
    package static let pushesSinceFetch = 20
    /// The most exchanges in a row that put off saying how far this device has applied.
    package static let unpublishedRounds = 10
    /// The most commits one search for a version's origin or a merge base looks at.
    package static let historyWalk = 1_000_000
    /// The most days of which `[history] keep` can keep all: a hundred years.
    package static let keptDays = 36_500
    /// The fewest objects for which the daemon thins the history by itself.
    package static let thinnedAtOnce = 1_000
    /// The most objects of which a remote is asked in one request whether it has them.
    package static let askedObjects = 10_000
    /// Between two looks of the daemon at what can be thinned.
    package static let thinningPause = Duration.seconds(86_400)
    /// The most commits that an apply looks at for who made what it brings; past it whoever made
    /// the head is named.
    package static let makerCommits = 200
    /// The most commits that are looked at for an ancestor before their dates are asked.
    package static let nearHistory = 1_000
    /// The most commits of one command that an undo takes back, the newest of them.
    package static let undoneCommits = 10_000
    /// The deepest directory that is synced, in names.
    package static let pathDepth = 1_000
    /// The longest name of a file, in bytes: Linux's `NAME_MAX`.
    package static let nameBytes = 255
    /// The longest target of a symbolic link, in bytes: Linux's `PATH_MAX` without its NUL.
    package static let linkBytes = 4_095
    /// The longest line of a `.gitattributes` file, in bytes, that git's servers take.
    package static let attributeLineBytes = 2_047
    /// The most directories without a file that make room for a file that comes in their place.
    package static let emptyDirectories = 10_000
    /// The most held paths that are looked at again with each poll; more wait for a full scan.
    package static let recheckedPaths = 1_000
    /// The most files left out by a built-in pattern that are listed; more are counted.
    package static let temporaryFiles = 10_000
    /// The most files left out by a rule, and in the way of what waits, that another change of the
    /// rules lets in; more stay out until they are moved.
    package static let leftOutMarks = 10_000
    /// The most trees of the history that `doctor` looks through for names that servers refuse.
    package static let checkedTrees = 200_000
    /// The most directories that could not be watched and are listed; past it all are scanned.
    package static let unwatchedDirectories = 1_000
    /// Deletions up to this many never count as a mass deletion.
    package static let deletesUnasked = 10
    /// Deletions that follow one another within this time are counted together.
    package static let deletionsTogether = Duration.seconds(60)
    /// The most times one cycle applies what was edited while it was applied.
    package static let applyRounds = 4
    /// The most files that the daemon asks the system to let it have open.
    package static let openFiles = 65_536
    /// The fewest files that `syncctl` has to be able to open.
    package static let fewestFiles = 32
    /// The fewest files that the daemon has to be able to open, besides those of its loops.
    package static let fewestDaemonFiles = 64
    /// The files of one loop of the server: its epoll, an event and a timer, and as many again.
    package static let loopFiles = 6
    /// The most bytes of the list of mounts that are read; further mounts are found by a full scan.
    package static let mountTableBytes = 4 << 20
    /// Small packs beyond this number are consolidated.
    package static let packs = 50
    /// The most paths an error, a status or a commit message lists by name.
    package static let listedPaths = 20
    /// Staged files or directories up to this many are made durable one by one, more by one
    /// `syncfs` (measured on ext4: 16 files 3.1 ms one by one, 0.7 ms together; 2 files 0.4, 0.3).
    package static let syncOneByOne = 8
    /// The most files apply keeps displaced; past it a folder rechecks the clean ones first and
    /// is busy when that frees none.
    package static let displacedFiles = 10_000
    /// The most tries of one operation on one path that another program keeps changing.
    package static let pathTries = 8
    /// The most heads whose apply was cut short in which a capture looks for what stands in the
    /// folder.
    package static let interruptedApplies = 100
    /// The most heads that a folder held and its branch left, in which the base of an edit of a
    /// displaced file is looked for.
    package static let leftHeads = 100
    /// The most files that could not be read since an apply was cut short and are remembered.
    package static let unreadPaths = 1_000
    /// The most commits that are visited to find where a version came from.
    package static let originCommits = 100_000
    /// How often in a row the process may die of a head of the remote's before that rests.
    package static let intakeDeaths = 2
    /// How long it rests after so many deaths, and after each further one.
    package static let intakeRests: [Duration] = [
        .seconds(20), .seconds(60), .seconds(300), .seconds(3_600), .seconds(28_800),
        .seconds(86_400),
    ]
    /// The bytes of the note of what is taken in.
    package static let intakeNote = 256
    /// How deep merge bases of merge bases are merged.
    package static let foldedBases = 16
    /// The most bytes of a commit's message that are looked at.
    package static let commitBytes = 4 << 20
    /// The most bytes of a message's last paragraph that are searched for trailers.
    package static let trailerBytes = 16 << 10
    /// How many bytes of content a change that is tried out keeps in memory before it forgets what
    /// it does not come to.
    package static let scratchBytes = 64 << 20
    /// The most bytes of text in no commit that are compared at once.
    package static let comparedBytes = 32 << 20
    /// How many bytes of a content that is no text a comparison keeps: a NUL among them tells.
    package static let shownBytes = 64 << 10
    /// The most bytes of conflict records that are read of one tree.
    package static let conflictListBytes = 64 << 20
    /// How far a parent's stamp may be ahead of this device's clock for a capture to follow it.
    package static let clockLead = Duration.seconds(3_600)
    /// The most commits of which none stands upon another that a time means together.
    package static let timeSides = 16
    /// The most bytes of a command's lines that go out together.
    package static let collectedLines = 64 << 10
    /// The most pairs of files that are compared to find what was renamed and edited.
    package static let renameComparisons = 2_500
    /// The most commits in which a version of a joining file is looked for.
    package static let joinedCommits = 200_000
    /// The most versions of files that the state store's index of the past has: 16 MiB or so.
    package static let indexedVersions = 500_000
    /// After so many moves of the head the index takes in what came.
    package static let indexedMoves = 100
    /// The most changed paths of commits that the index of the history holds: 160 MiB or so.
    package static let indexedPaths = 4_000_000
    /// Commits wait so long for their time to be believed before they are in that index without.
    package static let claimsWait = Duration.seconds(86_400)
    /// The longest name of a file in a backup's archive, in bytes, with what else is said of it.
    package static let archiveRecordBytes = 64 << 10
    /// The most bytes of the paths that one commit of the history's index changes, each with 64 for
    /// where it is kept.
    package static let indexedCommitBytes = 128 << 20
    /// The most bundles of one backup.
    package static let bundles = 100_000
    /// The most bytes of what a bundle says before its pack: the commits that it needs, and its
    /// references.
    package static let bundleHeadBytes = 64 << 20
    /// The most commits that come into the index of the history at once.
    package static let indexedAtOnce = 1_000
    /// The most bytes of content that are read and deflated at a time during a capture.
    package static let captureBytes = 64 << 20
    /// The most bytes of the state store's pages that are kept in memory.
    package static let stateCache = 4 << 20
    /// The largest record, in bytes, that is checked page by page at each start (about 40 ms); a
    /// larger one answers `corrupt` when a damaged page is met.
    package static let stateChecked = 16 << 20
    /// The most damaged records that are kept aside.
    package static let damagedStores = 3
    /// The most folders of one vault: each holds an inotify instance, of which a user has 128.
    package static let folders = 64
    /// The largest configuration file, in bytes.
    package static let configurationBytes = 1 << 20
    /// The longest path of a UNIX socket, in bytes: `sun_path` without its NUL.
    package static let socketPathBytes = 107
    /// The most bytes of objects that libgit2 keeps in memory.
    package static let objectCacheBytes = 2 << 20
    /// What libgit2 maps of a pack at a time, in bytes, a power of two.
    package static let packWindowBytes = 1 << 20
    /// What libgit2 keeps mapped of all packs together, in bytes.
    package static let packMappedBytes = 4 << 20
    /// What libgit2 maps of a pack at a time in a command, which ends, in bytes, a power of two.
    package static let commandWindowBytes = 64 << 20
    /// What libgit2 keeps mapped of all packs together in a command, in bytes.
    package static let commandMappedBytes = 1 << 30
    /// The most parsed trees that a repository keeps in memory in a command.
    package static let commandTrees = 20_000
    /// The most entries that all of these have together: 24 MiB or so.
    package static let commandTreeEntries = 500_000
    /// The most parsed trees a repository keeps in memory.
    package static let cachedTrees = 1_000
    /// The most entries that all parsed trees a repository keeps in memory have together.
    package static let cachedTreeEntries = 50_000
    /// A reference's lock file in the vault's own repository is left from a crash at this age:
    /// the vault has one owner, and a git command holds it for milliseconds.
    package static let staleLockSeconds = 2
    /// The same for a remote on a path, which other devices and git write too: all hold a lock
    /// for milliseconds, and a device that was killed must not stop the others for long.
    package static let staleRemoteLockSeconds = 10
    /// A directory's time younger than this may stay as it is when the directory changes again.
    package static let fileTimeGrainMilliseconds = 100
    /// The most bytes of a pack that are held in memory before they are written.
    package static let packBufferBytes = 1 << 20
    /// Packs of at least this many bytes are never consolidated.
    package static let smallPackBytes = 32 << 20
    /// The most threads that read and deflate during a capture.
    package static let captureThreads = 2
    /// The most bytes of small packs that one consolidation writes again.
    package static let consolidatedBytes = 256 << 20
    /// Objects larger than this many bytes are stored without deltas.
    package static let deltaBytes = 8 << 20
    /// The largest document that is merged line by line, in bytes.
    package static let documentSize = 2 << 20
    /// The most bytes of what git-lfs keeps in the place of a file: a longer file that begins so is
    /// a text. Source: docs/spec.md of git-lfs, which has fewer than 1024.
    package static let pointerSize = 1023
    /// The largest file of records that is merged record by record, in bytes.
    package static let memorySize = 64 << 20
    /// The most captured versions of a side that are merged again to tell what it is the sum of;
    /// past it, or where they have more than four times the bytes that a file of the type may have,
    /// the side counts as one capture commit.
    package static let mergedCaptures = 64
    /// Longer lines of `.gitattributes` are not read, as in git (ATTR_MAX_LINE_LENGTH), in bytes.
    package static let attributesLine = 2_048
    /// Longer lines of `.gitignore` are not read: no path that they could be is as long, in bytes.
    package static let patternLine = 4_096
    /// A larger `.gitignore` or `.gitattributes` has no rules, as in git, in bytes.
    package static let patternFile = 100 << 20
    /// The most steps that are taken to match one path against patterns; past them none matches.
    package static let patternWork = 10_000_000
    /// A directory that came empty is captured when it is older than this, in milliseconds:
    /// mostly something is put into it.
    package static let emptyDirectoryMilliseconds: Int64 = 2_000
    /// So many entries of a directory are read first to see whether anything is in it.
    package static let tellingEntries = 16
    /// The most directories whose rules outlive their `.gitignore`.
    package static let keptRules = 1_000
    /// So long the rules of a `.gitignore` that went alone go on, in milliseconds: it may be the
    /// first file of its directory to go.
    package static let keptRulesGraceMilliseconds: Int64 = 5_000
    /// The longest conflict marker, in bytes: a file with longer runs gets a conflict copy.
    package static let markerLength = 255
    /// The most versions that stand against each other in one document; past it each of the two
    /// that are merged counts as one, the texts of its own conflicts one after the other.
    package static let conflictSides = 8
    /// The most open conflicts that are listed; the records of more are carried along.
    package static let openConflicts = 10_000
    /// The largest record of a conflict that is read, in bytes: a few documents in base 64.
    package static let conflictRecordBytes = 32 << 20
    /// The most lines that one comparison of two texts looks at before it becomes coarser.
    package static let diffWork = 4_000_000
    /// The largest answer of the daemon that a client takes, in bytes.
    package static let answerBytes = 64 << 20
    /// The largest request that the API takes, in bytes.
    package static let requestBytes = 1 << 20
    /// The largest request that resolves a conflict, in bytes: a document in base 64.
    package static let resolveBytes = 4 << 20
    /// The most new paths of a remote's tree that are taken in; a bomb has more than can be
    /// counted.
    package static let incomingPaths = 10_000_000
    /// The most bytes of such paths: what brings them here holds each in memory.
    package static let incomingPathBytes = 256 << 20
    /// The most requests that wait for the end of a cycle at a time; more are refused with 503.
    package static let waitingRequests = 64
    /// The log file of the state directory, in bytes; past it it becomes `log.1`, and the `log.1`
    /// before it goes.
    package static let logBytes = 8 << 20
    /// The longest line of the log, in bytes.
    package static let logLineBytes = 4 << 10
    /// How long a program waits for another that has the vault before it gives up.
    package static let lockWait = Duration.seconds(2)
    /// Between two looks of the daemon at whether its control socket is still there.
    package static let socketPause = Duration.seconds(5)
    /// How long a client waits for an answer that needs no cycle, and no turn of the vault.
    package static let answerWait = Duration.seconds(2)
    /// How long a client waits for any answer at all before it asks for what may take long.
    package static let livenessWait = Duration.seconds(10)
    /// How long a client waits for a cycle, or for a turn of a vault that may be in one.
    package static let cycleWait = Duration.seconds(3_600)
    /// How long the daemon takes at most to end once it is asked to.
    package static let shutdownWait = Duration.seconds(4)
    /// The most changed paths that one entry of the history lists.
    package static let historyPaths = 1_000
    /// How far apart two saves of a file are at most that the log shows as one, in seconds.
    package static let burstSeconds: Int64 = 600
    /// The most commits that one listing of the history gives.
    package static let historyEntries = 10_000
    /// How long a check waits for another program, such as `git fsck`.
    package static let programWait = Duration.seconds(60)
    /// How long `verify` and `backup` wait for git, which may read or write all of a repository.
    package static let verifyWait = Duration.seconds(3600)
    /// The most bytes that are read of another program's output.
    package static let programOutput = 64 << 10
    /// The most directories that a check counts.
    package static let countedDirectories = 1_000_000
    /// How far a commit may be ahead of the clock before somebody is told.
    package static let clockAhead = Duration.seconds(300)
    /// How long another machine with this device's name is told of after its newest commit.
    package static let namesakeSpan = Duration.seconds(7 * 86_400)
    /// Free bytes of a file system below which a check fails.
    package static let freeBytes = 64 << 20
    /// For how long a content that came to one folder makes its deletion in another none.
    package static let movedBetweenFoldersMilliseconds: Int64 = 30_000
    /// The most files that came lately and are kept to know what moved; while there are more none
    /// is.
    package static let movedBetweenFolders = 100_000
    /// How far the clock has to jump to count as a sleep.
    package static let sleepNanoseconds: Int64 = 5_000_000_000
    /// How long a client waits for a daemon that starts, or begins anew.
    package static let restartWait = Duration.seconds(10)
    /// How long making a connection to the remote may take: name, TCP and TLS together.
    package static let connectWait = Duration.seconds(15)
    /// The longest time that the remote may send no byte and take none.
    package static let stallWait = Duration.seconds(30)
    /// How long is read what a program still says once it has closed its output.
    package static let lastWordsWait = Duration.seconds(1)
    /// How long a question to the remote that moves no objects may take.
    package static let questionWait = Duration.seconds(60)
    /// How long moving objects from or to the remote may take, beside what is put off by
    /// `transferSpeed`.
    package static let transferWait = Duration.seconds(3_600)
    /// So many bytes of it put the end off by a second: what goes on as fast may take for ever.
    package static let transferSpeed = 1 << 10
    /// The most bytes of an answer's headers.
    package static let headerBytes = 64 << 10
    /// The most bytes that are kept of the words of a remote or of the program that leads to it.
    package static let remoteWordsBytes = 4 << 10
    /// The most bytes of a remote's list of references.
    package static let advertisementBytes = 256 << 20
    /// The most redirects that one question follows.
    package static let redirects = 4
    /// The most devices of which it is known how far they have applied.
    package static let devices = 1_000
    /// The largest pack that is taken from the remote, in bytes.
    package static let receivedPackBytes = 16 << 30
    /// The most objects of a pack that is taken from the remote.
    package static let receivedObjects = 8_000_000
    /// The largest object that is taken from the remote, in bytes: more than `fileSize`, and three
    /// of them fit into the memory of a small machine.
    package static let receivedObjectBytes = 128 << 20
    /// The most bytes of a loose object of a vault's own repository: somebody's git made it.
    package static let looseObjectBytes = 1 << 30
    /// What the whole objects of a received pack may inflate to, in bytes, unless the pack itself
    /// is a large part of it.
    package static let receivedInflatedBytes = 2 << 30
    /// How many times its own size a received pack may inflate to past that.
    package static let receivedInflation = 128
    /// What the deltas of a received pack may make, in bytes, all together.
    package static let receivedResultBytes = 256 << 30
    /// The most deltas from an object to its whole base; git makes fewer than 4,096.
    package static let deltaChain = 10_000
    /// What the deltas between one object and its whole base may make, in bytes.
    package static let deltaChainBytes = 16 << 30
    /// The most bytes of objects that are kept as bases of others.
    package static let deltaCacheBytes = 16 << 20
    /// The most capabilities of a server that are remembered.
    package static let capabilities = 100
    /// The longest that a remote is left alone because it said so.
    package static let longestRest = Duration.seconds(86_400)
    /// For how long it is believed what a server said that it can, or cannot.
    package static let serverMemory = Duration.seconds(3600)
    /// The most commits that are named to the remote as being here.
    package static let namedCommits = 256
    /// Requests up to this many bytes are sent with their length, larger ones piece by piece.
    package static let requestBufferBytes = 1 << 20
    /// The longest secret, in bytes.
    package static let secretBytes = 64 << 10
    /// The most tries after a failure that come quickly one after the other.
    package static let quickTries = 5
    /// The longest wait before the first of them; each further one doubles it.
    package static let firstTry = Duration.seconds(1)
    /// The longest wait before one of the slow tries that follow for ever; a shorter
    /// `sync.poll` is it instead.
    package static let slowestTry = Duration.seconds(300)
    /// Looks at a network remote that find nothing before the time between them doubles.
    package static let quietPolls = 10
    /// The most times `sync.poll` that pass between two looks at a network remote.
    package static let pollSlowdown = 4
    /// The longest time between two looks at a network remote; a longer `sync.poll` is it instead.
    package static let slowestPoll = Duration.seconds(300)
    /// The time in which a network remote gets at most `sync.pushes` pushes.
    package static let pushSpan = Duration.seconds(60)
    /// The most pushes in that time unless the configuration says otherwise: what GitHub
    /// recommends for one repository.
    package static let pushes = 6
    /// The shortest time from the end of one exchange with a network remote to the next that
    /// a change of the network, or something left over, brings about.
    package static let exchangeCooldown = Duration.seconds(1)
    /// The most bytes that are read of another process's environment.
    package static let environmentBytes = 4 << 20
    /// How long a status without the daemon waits for the remote.
    package static let probeWait = Duration.seconds(5)
    /// How long a program may take that signs a commit or checks a signature.
    package static let signWait = Duration.seconds(10)
    /// How long a program that took longer is left alone.
    package static let signRest = Duration.seconds(60)
    /// The newest webhook deliveries that are kept.
    package static let deliveries = 1_000
    /// The largest webhook delivery, in bytes: what GitHub sends at most.
    package static let deliveryBytes = 25 << 20
    /// The most bytes of deliveries that are in memory before their senders showed who they are.
    package static let unprovenBytes = 64 << 20
    /// The most characters that are kept of each thing that a delivery says.
    package static let deliveryWordCharacters = 255
    /// The most exchanges that words of a change bring at once; further ones come one a second.
    package static let heededWords = 8
    /// For how long after a webhook's delivery the polls are as rare as they may be.
    package static let deliveryTrust = Duration.seconds(3_600)
    /// How often GitHub is asked for deliveries that nobody took.
    package static let deliveryLook = Duration.seconds(3_600)
    /// How soon it is asked again after a failure that says nothing of when.
    package static let deliveryLookAgain = Duration.seconds(300)
    /// The most pages of 100 deliveries that are looked through at a time.
    package static let deliveryPages = 10
    /// The most deliveries that are asked for again at a time.
    package static let redeliveries = 100
    /// The time between two such requests.
    package static let redeliveryPause = Duration.seconds(1)
    /// The most answers of GitHub's that are remembered with their `ETag`.
    package static let gitHubAnswers = 4
    /// How old a delivery may be that says when it was signed.
    package static let deliveryAge = Duration.seconds(300)
    /// The most failed logins of one address in `failureSpan`; more are answered 429.
    package static let failedLogins = 10
    /// The time in which failed logins of an address are counted.
    package static let failureSpan = Duration.seconds(60)
    /// The most addresses whose failed logins are counted.
    package static let failingAddresses = 10_000
    /// The most one-time links that wait for their browser.
    package static let loginLinks = 16
    /// How long a one-time link can be used.
    package static let loginLinkLife = Duration.seconds(300)
    /// How long a browser that came by such a link stays logged in.
    package static let sessionLife = Duration.seconds(43_200)
    /// The most bytes of git's `gpg.ssh.allowedSignersFile` whose keys are counted.
    package static let signersBytes = 16 << 20
    /// The most bytes of a certificate's or a key's file.
    package static let certificateBytes = 1 << 20
    /// So many file descriptors are left to everything but connections over TCP.
    package static let ownDescriptors = 256
    /// For how long who asks for a one-time link waits for the listener.
    package static let listenerWait = Duration.seconds(2)
    /// The most connections over TCP at a time, fewer where the limit of open files leaves fewer;
    /// more wait in the system's queue.
    package static let connections = 512
    /// For how long the engine may stand still before `/health` says so.
    package static let enginePatience = Duration.seconds(60)
    /// So many failures in a row that are not the remote's are a vault that does not work.
    package static let failuresInARow = 3
    /// How long a client may take to send a request's head, and to read a piece of its answer.
    package static let clientWait = Duration.seconds(10)
    /// How long a request may take to come, from its head to its end.
    package static let requestWait = Duration.seconds(30)
    /// How often the listener looks whether its certificate was renewed.
    package static let certificateCheck = Duration.seconds(10)
    /// The most bytes of an answer's body that are written at a time.
    package static let answerPiece = 64 << 10
    /// The most bytes of a request's headers.
    package static let requestHeaderBytes = 32 << 10
    /// How long a listener waits before it tries a port again that was taken.
    package static let listenAgain = Duration.seconds(10)
    /// The newest events that a stream can take up again.
    package static let events = 10_000
    /// The most streams of events at a time.
    package static let eventStreams = 256
    /// The most events that wait for one stream's client; then it is cut.
    package static let eventBacklog = 1_000
    /// How often a stream of events without any says that it is there.
    package static let eventComment = Duration.seconds(15)
    /// How often is told how far work is that takes long.
    package static let progressEvery = Duration.milliseconds(500)
    /// The longest pause before an upstream's events are asked for again.
    package static let upstreamWait = Duration.seconds(60)
    /// The longest first line that a request gives its commit, in characters.
    package static let subjectCharacters = 200
    /// The most writes of one request.
    package static let batchWrites = 1_000
    /// The most answers that are kept for an `Idempotency-Key`.
    package static let repeatableAnswers = 1_000
    /// The longest `Idempotency-Key`, in bytes.
    package static let idempotencyKeyBytes = 255
    /// The most entries of a list that one answer has.
    package static let pageEntries = 1_000
    /// The most commits of others that one exchange checks before they come in.
    package static let checkedCommits = 1_000
    /// While the daemon starts, the service manager waits this much longer from each sign that it
    /// gets on.
    package static let startPulse = Duration.seconds(60)
    /// The longest that `pre-commit` takes for one call.
    package static let preCommitWait = Duration.seconds(10)
    /// The longest that any other hook takes.
    package static let hookWait = Duration.seconds(60)
    /// The most bytes of a hook's output that are read.
    package static let hookOutput = 64 << 10
    /// The most lines of a hook's output that go to the log.
    package static let hookLines = 20
    /// The most bytes of the words with which a hook holds a path back.
    package static let hookWordsBytes = 500
    /// The most paths that a hook is told at once.
    package static let hookPaths = 1_000
    /// The longest that `syncctl service install` waits for the daemon to be ready.
    package static let serviceWait = Duration.seconds(10)
}
