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
    dependencies: [.package(url: "https://github.com/apple/swift-crypto", from: "4.5.0")],
    targets: [
        .target(
            name: "SyncModel", dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            path: "Links/SyncModel", swiftSettings: settings),
        .target(
            name: "SyncMerge", dependencies: ["SyncModel"], path: "Links/SyncMerge",
            swiftSettings: settings),
        .executableTarget(
            name: "Fuzz", dependencies: ["SyncMerge", "SyncModel"], swiftSettings: settings,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]),
    ]
)
