#ifndef SYNCD_CMALLOC_SHIM_H
#define SYNCD_CMALLOC_SHIM_H

#include <malloc.h>

/* Gives all free pages back to the system. */
static inline void syncd_memory_release(void) { malloc_trim(0); }

#endif
