// swift-tools-version: 6.1
import PackageDescription

/// The floors of ARCHITECTURE.md: a target may depend only on targets of lower floors,
/// never on a sibling; each C library has exactly one importer.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func floor(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/SyncKit/\(name)",
        resources: resources, swiftSettings: strict)
}

func library(_ name: String, pkgConfig: String?, apt: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/SyncKit/\(name)", pkgConfig: pkgConfig,
        providers: [.apt([apt])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(
    name: "HummingbirdTesting", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(
    name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "syncd",
    products: [
        .executable(name: "syncd", targets: ["SyncDaemon"]),
        .executable(name: "syncctl", targets: ["syncctl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Floor 0: C libraries, a module map and a shim each, or a few lines of C.
        library("CGit2", pkgConfig: "libgit2", apt: "libgit2-dev"),
        library("CDeflate", pkgConfig: "libdeflate", apt: "libdeflate-dev"),
        library("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
        .systemLibrary(name: "CLinux", path: "Sources/SyncKit/CLinux"),
        .systemLibrary(name: "CMalloc", path: "Sources/SyncKit/CMalloc"),
        // Loaded when something is to go over a connection: only the headers are needed here.
        .target(name: "CCurl", path: "Sources/SyncKit/CCurl"),
        .target(name: "CEvents", path: "Sources/SyncKit/CEvents"),
        // Floor 1: the vocabulary and the seams.
        floor("SyncModel", [crypto]),
        // Floor 2: siblings that never import each other.
        floor("SyncMerge", ["SyncModel", heap]),
        floor("SyncTree", ["SyncModel", "CLinux"]),
        floor("SyncWatch", ["SyncModel", "CEvents"]),
        floor("SyncGit", ["SyncModel", "CGit2", "CDeflate"]),
        floor("SyncStore", ["SyncModel", grdb, sqlite]),
        floor("SyncArchive", ["SyncModel", "CZstd"]),
        floor("SyncConfiguration", ["SyncModel", toml]),
        floor("SyncHTTP", ["SyncModel", "CCurl"]),
        // Floor 3: the wire.
        floor("SyncRemote", ["SyncModel", "SyncMerge", "SyncGit", "SyncHTTP", cryptoExtras]),
        // Floor 3, too: what only reads history.
        floor("SyncHistory", ["SyncModel", "SyncMerge", "SyncGit", "SyncStore"]),
        // Floor 4: the cycle.
        floor(
            "SyncEngine",
            [
                "SyncModel", "SyncMerge", "SyncTree", "SyncWatch", "SyncGit", "SyncStore",
                "SyncConfiguration", "SyncRemote", "SyncHistory", "CMalloc", logging, lifecycle,
            ]),
        // Floor 5: what only administers: its checks, plans and copies beside the cycle.
        floor(
            "SyncAdmin",
            [
                "SyncModel", "SyncMerge", "SyncTree", "SyncWatch", "SyncGit", "SyncStore",
                "SyncArchive", "SyncConfiguration", "SyncRemote", "SyncHistory", "SyncEngine",
            ]),
        // Floor 5, too: the daemon's face.
        floor(
            "SyncAPI",
            [
                "SyncModel", "SyncMerge", "SyncStore", "SyncHTTP", "SyncRemote", "SyncHistory",
                "SyncEngine", hummingbird,
                hummingbirdCore, hummingbirdTLS, httpTypes, crypto, metrics, coreMetrics, logging,
                lifecycle,
            ], resources: [.embedInCode("Routes/openapi.json")]),
        // Floor 6: what the daemon imports.
        floor(
            "SyncKit",
            [
                "SyncModel", "SyncStore", "SyncConfiguration", "SyncEngine", "SyncAPI", logging,
                lifecycle, signals,
            ]),
        .executableTarget(
            name: "SyncDaemon", dependencies: ["SyncKit", arguments],
            path: "Sources/SyncDaemon", swiftSettings: strict),
        .executableTarget(
            name: "syncctl",
            dependencies: [
                "SyncModel", "SyncConfiguration", "SyncEngine", "SyncAdmin", "SyncHistory",
                "SyncHTTP", "SyncMerge", "SyncRemote", arguments, logging,
            ],
            path: "Sources/syncctl", swiftSettings: strict),
        // What the benchmarks measure inside a process.
        .executableTarget(
            name: "merge-commits", dependencies: ["SyncEngine", "SyncGit", "SyncModel"],
            path: "Benchmarks/CommitMerge", swiftSettings: strict),
        // The simulation, in a release build.
        .executableTarget(
            name: "simulate", dependencies: ["SyncTestKit", arguments],
            path: "Benchmarks/Simulate", swiftSettings: strict),
        // Tests, beside their floor.
        .target(
            name: "SyncTestKit",
            dependencies: ["SyncModel", "SyncMerge", "SyncRemote", "SyncEngine"],
            path: "Tests/SyncTestKit",
            swiftSettings: strict),
        tests("SyncModelTests", ["SyncModel", "SyncTestKit"]),
        tests("SyncMergeTests", ["SyncMerge", "SyncModel", "SyncTestKit"]),
        tests("SyncTreeTests", ["SyncTree", "SyncModel", "SyncTestKit"]),
        tests("SyncWatchTests", ["SyncWatch", "SyncModel"]),
        tests("SyncGitTests", ["SyncGit", "SyncModel"]),
        tests("SyncStoreTests", ["SyncStore", "SyncModel", "SyncTestKit"]),
        tests("SyncArchiveTests", ["SyncArchive", "SyncModel"]),
        tests("SyncConfigurationTests", ["SyncConfiguration", "SyncModel"]),
        tests(
            "SyncRemoteTests", ["SyncRemote", "SyncGit", "SyncHTTP", "SyncModel", "SyncTestKit"]),
        tests(
            "SyncHistoryTests",
            ["SyncHistory", "SyncGit", "SyncModel", "SyncStore", "SyncTestKit"]),
        tests(
            "SyncEngineTests",
            [
                "SyncEngine", "SyncModel", "SyncMerge", "SyncGit", "SyncRemote", "SyncTestKit",
                logging,
            ]),
        tests(
            "SyncAPITests",
            [
                "SyncAPI", "SyncEngine", "SyncGit", "SyncHTTP", "SyncModel", "SyncStore",
                hummingbird, hummingbirdTesting, crypto, metrics, logging, lifecycle,
            ]),
        tests("SyncKitTests", ["SyncKit", "SyncModel", logging]),
        tests(
            "SyncctlTests",
            [
                "syncctl", "SyncConfiguration", "SyncEngine", "SyncHistory", "SyncModel", arguments,
            ]),
        tests("TidyTests", []),
    ]
)
