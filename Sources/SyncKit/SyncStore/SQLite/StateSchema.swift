/// What stands in `state.db`. Any other version is set aside and built anew by a scan, so there
/// is no migration.
enum StateSchema {
    /// `user_version` of the tables below; raise it with every change of them.
    static let version: Int32 = 1
    /// `application_id`: "sync" in ASCII, so that another program's database is never taken over.
    static let application: Int32 = 0x7379_6e63

    /// The bytes of a page: SQLite's default, and what the checks count in.
    static let pageSize = 4096

    /// A folder's prefix stands once, in `folders`, where the whole repository is the empty blob.
    /// `files` is ordered by directory, then name: a directory's rows are one range, and the next
    /// directory is one seek. `changed` and `checked` are differences to the time before them,
    /// which are small. `recent` names the newest files, so that no index over all of them is
    /// needed (it would cost 46 bytes and a random page for each file).
    ///
    /// `versions` and `parked` came later, and are made where they are not there (`additions`).
    static let tables = """
        CREATE TABLE folders(
            number INTEGER PRIMARY KEY, prefix BLOB NOT NULL UNIQUE, applied BLOB,
            count INTEGER NOT NULL DEFAULT 0, last_change INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE files(
            folder INTEGER NOT NULL, dir BLOB NOT NULL, name BLOB NOT NULL,
            change INTEGER NOT NULL, kind INTEGER NOT NULL, id BLOB NOT NULL,
            sha256 BLOB NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
            changed INTEGER NOT NULL, checked INTEGER NOT NULL, inode INTEGER NOT NULL,
            device INTEGER NOT NULL, source TEXT,
            PRIMARY KEY(folder, dir, name)) WITHOUT ROWID;
        CREATE TABLE recent(
            change INTEGER PRIMARY KEY, folder INTEGER NOT NULL, dir BLOB NOT NULL,
            name BLOB NOT NULL);
        CREATE TABLE deferred(
            folder INTEGER NOT NULL, path BLOB NOT NULL, base BLOB NOT NULL,
            PRIMARY KEY(folder, path)) WITHOUT ROWID;
        CREATE TABLE held(
            folder INTEGER NOT NULL, path BLOB NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY(folder, path)) WITHOUT ROWID;
        CREATE TABLE facts(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE settled(
            number INTEGER PRIMARY KEY, file BLOB NOT NULL, type TEXT NOT NULL,
            local_timestamp TEXT NOT NULL, remote_timestamp TEXT NOT NULL,
            winner TEXT NOT NULL, action TEXT NOT NULL, loser BLOB, commit_id BLOB NOT NULL);
        PRAGMA application_id = \(application);
        PRAGMA user_version = \(version);
        """

    /// Tables that a state store of this version may lack: an older program needs none of them. It
    /// takes a parked file for one of the applied commit.
    static let additions = """
        CREATE TABLE IF NOT EXISTS versions(number INTEGER PRIMARY KEY, commit_id BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS parked(
            folder INTEGER NOT NULL, path BLOB NOT NULL, base BLOB NOT NULL,
            PRIMARY KEY(folder, path)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS parked_bases ON parked(folder, base);
        """
}
