/// What a webhook delivered and what came of it: an entry of `GET /api/sync/deliveries`.
package struct Delivery: Sendable, Codable, Equatable {
    /// What came of a delivery.
    package enum Result: String, Sendable, Codable {
        /// It asks for a fetch, which is to come.
        case queued
        /// The fetch that it asked for ended well.
        case fetched
        /// That fetch failed; `reason` says why. The polls go on.
        case failed
        /// It came before: by its id, or by its signed body.
        case duplicate
        /// It has nothing to do with this vault; `reason` says why.
        case ignored
    }

    /// Counts up; the newest has the highest.
    package var number: Int64
    /// When it came, ISO 8601.
    package var received: String
    /// `github`, `gitea`, `forgejo`, `gogs`, `gitlab`, `bitbucket` or `bearer`.
    package var provider: String
    /// The provider's name of the event, such as `push`.
    package var event: String
    /// The id that the sender gave it; nil for none.
    @OrNull package var id: String?
    /// The reference that it names; nil for none.
    @OrNull package var ref: String?
    /// Where that points since; nil when it does not say.
    @OrNull package var after: String?
    /// What came of it.
    package var result: Result
    /// Why, where that is not plain; nil otherwise.
    @OrNull package var reason: String?

    package init(
        number: Int64, received: String, provider: String, event: String, id: String?,
        ref: String?, after: String?, result: Result, reason: String?
    ) {
        (self.number, self.received, self.provider) = (number, received, provider)
        (self.event, self.result) = (event, result)
        (self.id, self.ref, self.after, self.reason) = (id, ref, after, reason)
    }
}
