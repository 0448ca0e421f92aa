#ifndef SYNCD_CEVENTS_SHIM_H
#define SYNCD_CEVENTS_SHIM_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* A socket that tells of links, addresses and routes: -1 and errno when there is none. Without
 * <sys/socket.h>: Swift would find what that declares in this module or in Glibc, by chance, and
 * whoever imports the other one would not find it at all. Source: netlink(7), rtnetlink(7). */
static inline int syncd_network_events(void) {
    struct sockaddr_nl address = {
        .nl_family = 16, /* AF_NETLINK */
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR |
                     RTMGRP_IPV6_ROUTE,
    };
    long type = 3 | O_CLOEXEC | O_NONBLOCK; /* SOCK_RAW */
    int fd = (int)syscall(SYS_socket, 16L, type, (long)NETLINK_ROUTE);
    if (fd < 0 || syscall(SYS_bind, fd, &address, sizeof address) == 0) return fd;
    return -1;
}

/* Arms a timer that never comes, and is cancelled when the system's clock jumps: by being set,
 * and by a sleep. Source: timerfd_create(2). Gives the descriptor or -1. */
static inline int syncd_clock_jumps(void) {
    return timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
}

static inline int syncd_clock_jumps_arm(int fd) {
    struct itimerspec never = {.it_value = {.tv_sec = INT64_MAX / 1000000000}};
    return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, 0);
}

#endif
