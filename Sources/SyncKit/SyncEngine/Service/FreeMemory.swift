internal import CMalloc

/// What becomes of memory that is free.
enum FreeMemory {
    /// Gives it back to the system: what a large capture needed would stay with the daemon.
    static func release() { syncd_memory_release() }
}
