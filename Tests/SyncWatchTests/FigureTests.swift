import Glibc
import Testing

@testable import SyncWatch

@Suite("Figures", .enabled(if: getenv("SYNCD_FIGURES") != nil)) struct FigureTests {
    @Test("100,000 directories are watched in less than two seconds")
    func manyDirectories() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        for top in 0..<100 {
            mkdir("\(folder.root)/top-\(top)", 0o755)
            for middle in 0..<10 {
                mkdir("\(folder.root)/top-\(top)/middle-\(middle)", 0o755)
                for leaf in 0..<99 {
                    mkdir("\(folder.root)/top-\(top)/middle-\(middle)/leaf-\(leaf)", 0o755)
                }
            }
        }
        let before = residentKiB()
        let begin = now()
        let watch = try FolderWatch(root: folder.root, shouldWatch: { _ in true })
        let taken = now() - begin
        print(
            "\(watch.directoryCount) directories: \(taken / 1_000_000) ms,",
            "resident +\(residentKiB() - before) KiB")
        #expect(watch.directoryCount == 100_101)
        #expect(taken < 2_000_000_000)
    }

    private func residentKiB() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        fgets(&line, 128, file)
        let fields = String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ")
        return Int(fields[1])! * 4
    }
}
