#ifndef SYNCD_CEVENTS_H
#define SYNCD_CEVENTS_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* Compiled apart, so that none of the C library's headers stands here: what both this module and
 * Glibc declare Swift finds in one of the two, by chance. */

/* A socket that tells of links, addresses and routes: -1 and errno when there is none. Source:
 * netlink(7), rtnetlink(7). */
int syncd_network_events(void);

/* A timer for `syncd_clock_jumps_arm`: -1 and errno when there is none. */
int syncd_clock_jumps(void);

/* Arms a timer that never comes, and is cancelled when the system's clock jumps: by being set,
 * and by a sleep. Gives 0, or -1 and errno. Source: timerfd_create(2). */
int syncd_clock_jumps_arm(int fd);

#endif
