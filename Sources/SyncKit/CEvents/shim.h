#ifndef SYNCD_CEVENTS_SHIM_H
#define SYNCD_CEVENTS_SHIM_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* A socket that tells of links, addresses and routes: -1 and errno when there is none. Source:
 * netlink(7), rtnetlink(7). */
static inline int syncd_network_events(void) {
    struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR |
                     RTMGRP_IPV6_ROUTE,
    };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
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
