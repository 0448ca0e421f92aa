internal import Foundation
internal import HTTPTypes
internal import SyncModel
import Testing

@testable import SyncAPI

@Suite("The API's description")
struct OpenAPITests {
    private struct Document: Decodable {
        struct Operation: Decodable {
            let operationId: String
            let scope: String?
            let responses: [String: Anything]
            let parameters: [Parameter]?

            enum CodingKeys: String, CodingKey {
                case operationId, responses, parameters
                case scope = "x-scope"
            }
        }

        struct Anything: Decodable {}

        struct Parameter: Decodable {
            let name: String
            let `in`: String
        }

        struct Components: Decodable {
            let schemas: [String: Schema]
        }

        struct Schema: Decodable {
            /// What a schema says of properties that it does not name.
            enum Additional: Decodable {
                case no, some

                init(from decoder: any Decoder) throws {
                    let isAllowed = try? decoder.singleValueContainer().decode(Bool.self)
                    self = isAllowed == false ? .no : .some
                }
            }

            let properties: [String: Anything]?
            let additionalProperties: Additional?
        }

        let openapi: String
        let components: Components
        let paths: [String: [String: Operation]]
    }

    private func document() throws -> Document {
        let file = #filePath.replacing(
            "Tests/SyncAPITests/OpenAPITests.swift",
            with: "Sources/SyncKit/SyncAPI/Routes/openapi.json")
        return try JSONDecoder().decode(
            Document.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
    }

    @Test("has each route with the scope that it asks for, and no other")
    func routes() throws {
        let vault = try ServedVault()
        let routes = Set(
            try vault.routes.endpoints(at: .socket).map { endpoint in
                let scope =
                    if case .scope(let scope) = endpoint.access { scope.rawValue } else { "none" }
                return "\(endpoint.method.rawValue.lowercased()) \(endpoint.path) \(scope)"
            })
        let described = Set(
            try document().paths.flatMap { path, methods in
                methods.map { "\($0.key) \(path) \($0.value.scope ?? "none")" }
            })
        #expect(routes.subtracting(described).sorted() == [])
        #expect(described.subtracting(routes).sorted() == [])
    }

    @Test("has the keys of each body that are known, and says that there are no others")
    func bodies() throws {
        let schemas = try document().components.schemas
        for request in RequestKeys.allCases {
            let schema = try #require(schemas[request.rawValue], "\(request)")
            #expect(Set((schema.properties ?? [:]).keys) == request.known, "\(request)")
            #expect(schema.additionalProperties == .no, "\(request)")
        }
    }

    @Test("has the names of each query that are known, and no other")
    func queries() throws {
        let vault = try ServedVault()
        let paths = try document().paths
        for endpoint in try vault.routes.endpoints(at: .socket) where !endpoint.method.changes {
            let operation = paths[endpoint.path]?[endpoint.method.rawValue.lowercased()]
            let names = (operation?.parameters ?? []).filter { $0.in == "query" }.map(\.name)
            #expect(Set(names) == endpoint.query, "\(endpoint.path)")
        }
    }

    @Test("names each operation once, and what it answers")
    func operations() throws {
        let document = try document()
        #expect(document.openapi == "3.1.0")
        let operations = document.paths.values.flatMap(\.values)
        #expect(Set(operations.map(\.operationId)).count == operations.count)
        #expect(operations.allSatisfy { !$0.responses.isEmpty })
    }
}
