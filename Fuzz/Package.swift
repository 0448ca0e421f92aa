// swift-tools-version: 6.1
import PackageDescription

// A package of its own: only here are the sources built with libFuzzer's instrumentation.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .unsafeFlags(["-sanitize=fuzzer", "-enable-testing"]),
]

let package = Package(
    name: "fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0")
    ],
    targets: [
        // Hashes alone, and without instrumentation: no input is interesting for its hash.
        .target(name: "Crypto"),
        .target(
            name: "SyncModel", dependencies: ["Crypto"], path: "Links/SyncModel",
            swiftSettings: settings),
        .target(
            name: "SyncMerge",
            dependencies: [
                "SyncModel", .product(name: "HeapModule", package: "swift-collections"),
            ], path: "Links/SyncMerge",
            swiftSettings: settings),
        .systemLibrary(name: "CDeflate", path: "Links/CDeflate", pkgConfig: "libdeflate"),
        // What reads a remote's words and packs, a file at a time: the rest needs C libraries.
        .target(
            name: "Wire", dependencies: ["SyncModel", "CDeflate"], path: "Links/Wire",
            swiftSettings: settings),
        .executableTarget(
            name: "Fuzz", dependencies: ["SyncMerge", "SyncModel", "Wire"], swiftSettings: settings,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]),
    ]
)
