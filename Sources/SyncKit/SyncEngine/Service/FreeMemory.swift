internal import CMalloc

/// What becomes of memory that is free.
package enum FreeMemory {
    /// Makes sure that most of it can be given back. Call it before there are threads.
    package static func holdLittle() { syncd_memory_hold_little() }

    /// Gives it back to the system: what a large capture needed would stay with the daemon.
    static func release() { syncd_memory_release() }
}
