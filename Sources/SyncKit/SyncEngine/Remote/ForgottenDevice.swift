internal import Logging
internal import SyncGit
package import SyncModel
internal import SyncRemote

/// A device that is not listed any more: an answer of `devices forget --json`. One that comes back
/// says again how far it is.
package struct ForgottenDevice: Sendable, Codable, Equatable {
    /// Its name.
    package let device: String

    /// Takes away what a device said, here and at the remote, of a vault that a daemon may run or
    /// not: nobody needs the vault for that.
    /// - Throws: `ChangeRefusal` for this device and for one that nobody knows, `RemoteError` when
    ///   the remote cannot be asked or refuses, `RepositoryError`.
    package init(_ device: String, _ configuration: Configuration) async throws {
        try Self.check(device, configuration)
        let repository = try OpenedVault.openRepository(configuration)
        let remote = try configuration.remote.map {
            try OpenedVault.remote($0, configuration, RemoteEvents())
        }
        let wasThere = try await remote?.forget(device) ?? false
        let wasHere = try Self.remove(device, repository)
        if !wasHere && !wasThere { throw Self.unknown(device) }
        self.device = device
    }

    /// Of the vault that this process runs.
    init(known device: String) { self.device = device }

    /// This device would say so again at once, and needs what it said when its record is lost.
    static func check(_ device: String, _ configuration: Configuration) throws(ChangeRefusal) {
        if device == configuration.device {
            throw ChangeRefusal(
                .wrong, "\(device) is this device: only another one can be forgotten")
        }
    }

    static func unknown(_ device: String) -> ChangeRefusal {
        ChangeRefusal(
            .missing, "no device \(device) has said how far it is: syncctl devices lists them")
    }

    /// Takes away a reference that may be here, of a copy of the remote for one.
    static func remove(_ device: String, _ repository: any ObjectRepository)
        throws(RepositoryError) -> Bool
    {
        let name = PathTransfer.devices + device
        let known = try repository.references(PathTransfer.devices)
        guard let old = known.first(where: { $0.name == name }) else { return false }
        try repository.setReference(name, to: nil, expecting: old.id)
        return true
    }
}

extension VaultService {
    /// Takes away what a device said, here and at the remote.
    /// - Throws: as `ForgottenDevice`.
    package func forget(_ device: String) async throws -> ForgottenDevice {
        try ForgottenDevice.check(device, configuration)
        let wasThere = try await vault.tracker.link?.forget(device) ?? false
        let wasHere = try ForgottenDevice.remove(device, vault.repository)
        if !wasHere && !wasThere { throw ForgottenDevice.unknown(device) }
        vault.tracker.forget(device)
        log.info("the device \(device) is forgotten, as somebody asked")
        return ForgottenDevice(known: device)
    }
}
