import Glibc
import SyncModel
import Testing

@testable import SyncTree

extension Serial {
    /// The facts that apply is built on, on this kernel and file system.
    @Suite struct LeaseTests {
        let sandbox = Sandbox()
        var file: String { sandbox.root + "/file" }

        init() { sandbox.write("file", String(repeating: "x", count: 8192)) }

        private func openForReading() -> Descriptor {
            Descriptor(number: open(file, O_RDONLY | O_CLOEXEC))
        }

        enum Holder: CaseIterable {
            case reader, readOnlyMapping, writer, readerAndWriter, appender
            case writableMappingOfClosedFile
        }

        @Test(
            "a read lease is refused for every kind of writer and for no reader",
            arguments: Holder.allCases)
        func refusal(holder: Holder) {
            var descriptor: Int32 = -1
            var mapping: UnsafeMutableRawPointer?
            switch holder {
            case .reader: descriptor = open(file, O_RDONLY)
            case .writer: descriptor = open(file, O_WRONLY)
            case .readerAndWriter: descriptor = open(file, O_RDWR)
            case .appender: descriptor = open(file, O_WRONLY | O_APPEND)
            case .readOnlyMapping:
                let number = open(file, O_RDONLY)
                mapping = mmap(nil, 8192, PROT_READ, MAP_SHARED, number, 0)
                close(number)
            case .writableMappingOfClosedFile:
                let number = open(file, O_RDWR)
                mapping = mmap(nil, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0)
                close(number)
            }
            let held = openForReading()
            let result = ReadLease.take(held.number)
            let isReader = holder == .reader || holder == .readOnlyMapping
            #expect(result == (isReader ? .leased : .refused))
            if descriptor >= 0 { close(descriptor) }
            if let mapping { munmap(mapping, 8192) }
            let again = openForReading()
            #expect(ReadLease.take(again.number) == .leased)
            _ = held.number
        }

        @Test(
            "a refusal tells of a writer but where the server alone decides",
            arguments: [
                (EAGAIN, 0xef53, .refused), (EAGAIN, 0x9123_683e, .refused), (EAGAIN, 0, .refused),
                (EAGAIN, 0x6969, .unsupported), (EAGAIN, 0xff53_4d42, .unsupported),
                (EAGAIN, 0xfe53_4d42, .unsupported), (ENOMEM, 0x6969, .refused),
                (EACCES, 0xef53, .unsupported), (EINVAL, 0xef53, .unsupported),
                (EACCES, 0x6969, .unsupported),
            ] as [(Int32, UInt32, ReadLease)])
        func answers(number: Int32, fileSystem: UInt32, answer: ReadLease) {
            #expect(ReadLease.answer(to: number, on: fileSystem) == answer)
        }

        enum Opening: CaseIterable { case write, append, truncateByPath, openTruncating }

        @Test(
            "who begins to write waits until the lease goes, and nobody gets another till then",
            arguments: Opening.allCases)
        func holdingUp(opening: Opening) throws {
            let name = file
            var descriptor: Descriptor? = openForReading()
            let number = descriptor?.number ?? -1
            #expect(ReadLease.take(number) == .leased)
            let writer = Background<Int32> {
                switch opening {
                case .write: open(name, O_WRONLY)
                case .append: open(name, O_WRONLY | O_APPEND)
                case .openTruncating: open(name, O_RDWR | O_TRUNC)
                case .truncateByPath: truncate(name, 3)
                }
            }
            // F_GETLEASE says F_UNLCK once somebody waits.
            var tries = 0
            while fcntl(number, 1025) == F_RDLCK, tries < 5_000_000 { tries += 1 }
            #expect(fcntl(number, 1025) == F_UNLCK)
            #expect(writer.wait(seconds: 0) == nil)
            var held = stat()
            fstat(number, &held)
            #expect(held.st_size == 8192)
            descriptor = nil
            let result = try #require(writer.wait(seconds: 10))
            #expect(result >= 0)
            if opening != .truncateByPath {
                let again = openForReading()
                #expect(ReadLease.take(again.number) == .refused)
                close(result)
            }
            // The lease was broken with SIGIO's default action in place: we are still here.
        }

        @Test("readers are not held up by a read lease")
        func readersGoOn() {
            let held = openForReading()
            #expect(ReadLease.take(held.number) == .leased)
            let name = file
            let reader = Background<Int32> { open(name, O_RDONLY) }
            let number = reader.wait(seconds: 10)
            #expect((number ?? -1) >= 0)
            if let number { close(number) }
            _ = held.number
        }

        @Test("a lease keeps nobody from renaming over the name: apply has to look afterwards")
        func renaming() {
            let held = openForReading()
            #expect(ReadLease.take(held.number) == .leased)
            sandbox.write("other", "new")
            #expect(rename(sandbox.root + "/other", file) == 0)
            _ = held.number
        }
    }
}
