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
        .executableTarget(
            name: "Fuzz", dependencies: ["SyncMerge", "SyncModel"], swiftSettings: settings,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]),
    ]
)
