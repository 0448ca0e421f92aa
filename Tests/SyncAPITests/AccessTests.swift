internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import NIOCore
internal import SyncModel
internal import SyncStore
import Testing

@testable import SyncAPI

@Suite("Access over TCP")
struct AccessTests {
    private func router(_ routes: SyncRoutes) -> Router<SyncContext> {
        routes.router(at: .network(NetworkDoor(Configuration.HTTP())))
    }

    private func token(_ routes: SyncRoutes, _ scope: AccessScope) throws -> String {
        let secret = Secret.make()
        let isNew = try routes.gate.store.addToken(
            secret.prefix(8).description, scope, hash: Secret.hash(secret),
            created: Timestamp(seconds: 0), expires: nil)
        #expect(isNew)
        return secret
    }

    private func fields(_ headers: [String: String]) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
        return fields
    }

    /// Asks as somebody who knows the host's name.
    private func ask(
        _ client: some TestClientProtocol, _ method: HTTPRequest.Method, _ path: String,
        _ headers: [String: String] = [:], _ body: String? = nil
    ) async throws -> TestResponse {
        try await client.execute(
            uri: path, method: method, headers: fields(headers),
            body: body.map { ByteBuffer(string: $0) })
    }

    @Test("each route asks for its scope, and for no more")
    func scopes() async throws {
        let vault = try ServedVault()
        let routes = try vault.routes
        let tokens = try AccessScope.allCases.map { ($0, try token(routes, $0)) }
        let logins: [(AccessScope?, String?)] = [(nil, nil)] + tokens.map { ($0.0, $0.1) }
        let endpoints = routes.endpoints(at: .socket)
        // A stream has no end.
        let asked = endpoints.filter { $0.path != "/api/sync/events" }
        try await Application(router: router(routes)).test(.live) { client in
            for endpoint in asked {
                for (scope, secret) in logins {
                    let headers = secret.map { ["Authorization": "Bearer \($0)"] } ?? [:]
                    let path = endpoint.path.replacing("{id}", with: "x")
                        .replacing("{name}", with: "x").replacing("{code}", with: "x").replacing(
                            "{rev}", with: "HEAD"
                        )
                        .replacing("{path}", with: "x")
                    let body = endpoint.method == .get ? nil : "{"
                    let status = try await ask(client, endpoint.method, path, headers, body).status
                    switch endpoint.access {
                    case .anybody: break
                    case .scope(let needed):
                        let expected = scope.map { $0 < needed ? 403 : 0 } ?? 401
                        if expected > 0 {
                            #expect(status.code == expected, "\(endpoint.method) \(path)")
                        } else {
                            #expect(
                                ![401, 403, 500].contains(status.code),
                                "\(endpoint.method) \(path) \(status)")
                        }
                    }
                }
            }
        }
    }

    @Test("a token that is unknown is refused, and many of them are held off")
    func failures() async throws {
        let vault = try ServedVault()
        let routes = try vault.routes
        try await Application(router: router(routes)).test(.live) { client in
            for _ in 0..<Limits.failedLogins {
                let answer = try await ask(client, .get, "/status", ["Authorization": "Bearer x"])
                #expect(answer.status == .unauthorized)
                #expect(answer.headers[.wwwAuthenticate] == "Bearer realm=\"syncd\"")
            }
            let answer = try await ask(client, .get, "/status", ["Authorization": "Bearer x"])
            #expect(answer.status == .tooManyRequests)
            #expect(answer.headers[.retryAfter].flatMap { Int($0) } ?? 0 > 0)
        }
    }

    @Test("a one-time link lets one browser in, whose changes name their page")
    func session() async throws {
        let vault = try ServedVault()
        let routes = try vault.routes
        let code = routes.gate.links.make()
        try await Application(router: router(routes)).test(.live) { client in
            let entered = try await ask(client, .get, "/login/\(code)")
            #expect(entered.status == .seeOther)
            let cookie = try #require(entered.headers[.setCookie])
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
            let said = String(cookie.prefix { $0 != ";" })
            #expect(try await ask(client, .get, "/login/\(code)").status == .unauthorized)
            #expect(try await ask(client, .get, "/status", ["Cookie": said]).status == .ok)
            let change = "/trigger-sync"
            #expect(try await ask(client, .post, change, ["Cookie": said]).status == .forbidden)
            let cross = ["Cookie": said, "Sec-Fetch-Site": "cross-site"]
            #expect(try await ask(client, .post, change, cross).status == .forbidden)
            let own = ["Cookie": said, "Sec-Fetch-Site": "same-origin"]
            #expect(try await ask(client, .post, change, own).status == .accepted)
            let worthless = said + "0"
            #expect(
                try await ask(client, .get, "/status", ["Cookie": worthless]).status
                    == .unauthorized)
            let unused = routes.gate.links.make()
            let end = "/api/sync/sessions"
            #expect(try await ask(client, .delete, end, own).status == .noContent)
            #expect(
                try await ask(client, .get, "/status", ["Cookie": said]).status == .unauthorized)
            #expect(try await ask(client, .get, "/login/\(unused)").status == .unauthorized)
        }
    }

    @Test("health is told to anybody, and no path of this machine with it")
    func health() async throws {
        let vault = try ServedVault()
        try await Application(router: router(try vault.routes)).test(.live) { client in
            let answer = try await ask(client, .get, "/health")
            #expect(answer.status == .ok)
            #expect(!String(buffer: answer.body).contains("vault.toml"))
        }
    }

    @Test("each change and each refusal is in the audit log, and no secret")
    func audit() async throws {
        let vault = try ServedVault()
        let routes = try vault.routes
        let secret = try token(routes, .write)
        let code = routes.gate.links.make()
        try await Application(router: router(routes)).test(.live) { client in
            _ = try await ask(client, .get, "/status")
            _ = try await ask(client, .get, "/login/\(code)x")
            _ = try await ask(
                client, .post, "/trigger-sync", ["Authorization": "Bearer \(secret)"])
        }
        func lines(_ name: String) throws -> [String] {
            let text = try String(
                contentsOfFile: vault.configuration.stateDirectory + name, encoding: .utf8)
            #expect(!text.contains(secret) && !text.contains(code))
            let words = text.split(separator: "\n").map { $0.split(separator: " ").dropFirst() }
            return words.map { $0.joined(separator: " ") }
        }
        #expect(
            try lines("/audit") == ["token:\(secret.prefix(8)) 127.0.0.1 POST /trigger-sync 202"])
        #expect(
            try lines("/audit-refused") == [
                "nobody 127.0.0.1 GET /status 401", "nobody 127.0.0.1 GET /login/{code} 401",
            ])
    }
}
