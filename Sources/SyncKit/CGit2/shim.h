#ifndef SYNCD_CGIT2_SHIM_H
#define SYNCD_CGIT2_SHIM_H

#include <git2.h>
#include <git2/sys/repository.h>
#include <git2/sys/transport.h>
#include <git2/sys/odb_backend.h>
#include <sys/syscall.h>
#include <unistd.h>

/* git_libgit2_opts is variadic, which Swift cannot call: one function an option. */
static inline int syncd_git_enable_fsync(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, enabled);
}

static inline int syncd_git_set_search_path(int level, const char *path) {
    return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

static inline int syncd_git_set_owner_validation(int enabled) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

static inline int syncd_git_set_cache_size(ssize_t bytes) {
    return git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, bytes);
}

/* What libgit2 maps of packs at a time, in bytes: a window, and all windows together. */
static inline int syncd_git_set_windows(size_t window, size_t mapped) {
    int failed = git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, window);
    return failed ? failed : git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, mapped);
}

/* Whether libgit2 hashes each object it reads: slowly, for it looks for collisions besides. */
static inline int syncd_git_set_hash_verification(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, enabled);
}

/* sync_file_range(2) with SYNC_FILE_RANGE_WRITE, which glibc hides: starts writing all of a file
 * to the disk and does not wait. */
static inline int syncd_start_writing(int fd) {
    return (int)syscall(SYS_sync_file_range, fd, (off_t)0, (off_t)0, 2u);
}

#endif
