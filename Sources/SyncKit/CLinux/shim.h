#ifndef SYNCD_CLINUX_SHIM_H
#define SYNCD_CLINUX_SHIM_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* What Glibc lacks or declares variadic. Each returns as the system call does: -1 and errno. */

static inline int syncd_openat2(int dir, const char *path, uint64_t flags, uint64_t mode,
                                uint64_t resolve) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = flags;
    how.mode = mode;
    how.resolve = resolve;
    return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

static inline int syncd_renameat2(int from_dir, const char *from, int to_dir, const char *to,
                                  unsigned flags) {
    return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

static inline int syncd_fcntl_int(int fd, int command, int argument) {
    return fcntl(fd, command, argument);
}

static inline int syncd_openat(int dir, const char *path, int flags, unsigned mode) {
    return openat(dir, path, flags, mode);
}

static inline int syncd_syncfs(int fd) { return syncfs(fd); }

static inline long syncd_getdents64(int fd, void *buffer, size_t count) {
    return syscall(SYS_getdents64, fd, buffer, count);
}

#define SYNCD_HAS_FILE_SYSTEM 1
#define SYNCD_HAS_BIRTH 2

/* The id of a directory's file system, and when the directory was made, in nanoseconds since 1970.
   Says which of the two there are: in overlayfs (0x794c7630) neither lasts. */
static inline int syncd_origin(int fd, uint64_t *file_system, int64_t *born) {
    struct statfs system;
    struct statx own;
    int known = 0;
    if (fstatfs(fd, &system) != 0 || system.f_type == 0x794c7630) return 0;
    memcpy(file_system, &system.f_fsid, sizeof *file_system);
    if (*file_system != 0) known |= SYNCD_HAS_FILE_SYSTEM;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &own) == 0 && own.stx_mask & STATX_BTIME &&
        own.stx_btime.tv_sec > 0 && own.stx_btime.tv_sec < INT64_C(9000000000)) {
        *born = own.stx_btime.tv_sec * INT64_C(1000000000) + own.stx_btime.tv_nsec;
        known |= SYNCD_HAS_BIRTH;
    }
    return known;
}

/* What kind of file system a descriptor is on (statfs(2), f_type); 0 where that is not known. */
static inline uint32_t syncd_file_system(int fd) {
    struct statfs system;
    return fstatfs(fd, &system) == 0 ? (uint32_t)system.f_type : 0;
}

/* Not from <sys/xattr.h>: with it Swift finds two fd_set. */
static inline long syncd_flistxattr(int fd, char *list, size_t size) {
    return syscall(SYS_flistxattr, fd, list, size);
}

static inline long syncd_fgetxattr(int fd, const char *name, void *value, size_t size) {
    return syscall(SYS_fgetxattr, fd, name, value, size);
}

static inline int syncd_fsetxattr(int fd, const char *name, const void *value, size_t size) {
    return (int)syscall(SYS_fsetxattr, fd, name, value, size, 0);
}

#define SYNCD_RENAME_NOREPLACE 1u
#define SYNCD_RENAME_EXCHANGE 2u
#define SYNCD_F_SETLEASE 1024
#define SYNCD_F_GETLEASE 1025
#define SYNCD_RESOLVE_BENEATH_ALL \
    (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)
/* Linux's fcntl.h numbers; glibc hides F_SETSIG without _GNU_SOURCE. */
#define SYNCD_F_SETSIG 10
static const int syncd_O_PATH = O_PATH;
static const int syncd_O_TMPFILE = O_TMPFILE;

#endif
