#ifndef SYNCD_CMALLOC_SHIM_H
#define SYNCD_CMALLOC_SHIM_H

#include <malloc.h>

/* Lets little of what a large capture needed stay with the process for good: buffers of 128 KiB and
 * more are mappings of their own, also after one was freed, and all threads but the first share
 * one arena. Source: mallopt(3). */
static inline void syncd_memory_hold_little(void) {
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    mallopt(M_ARENA_MAX, 2);
}

/* Gives all free pages back to the system. */
static inline void syncd_memory_release(void) { malloc_trim(0); }

#endif
