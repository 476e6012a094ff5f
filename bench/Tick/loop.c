// The yardstick of the tick: the same 30 Hz grid, policy and priority in C, doing nothing but waking up.
// usage: loop SECONDS PRIORITY   prints one lateness in nanoseconds a line
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

int main(int argc, char** argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: loop SECONDS PRIORITY\n");
        return 64;
    }
    double seconds = atof(argv[1]);
    struct sched_param priority = {.sched_priority = atoi(argv[2])};
    if (priority.sched_priority > 0 && sched_setscheduler(0, SCHED_FIFO, &priority) != 0)
        fprintf(stderr, "loop: SCHED_FIFO %d: %s\n", priority.sched_priority, strerror(errno));
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        fprintf(stderr, "loop: mlockall: %s\n", strerror(errno));

    long slots = (long)(seconds * 30);
    long long* lateness = calloc(slots, sizeof *lateness);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long origin = now.tv_sec * 1000000000LL + now.tv_nsec;
    for (long k = 0; k < slots; k++) {
        long long due = origin + (long long)(k + 1) * 1000000000LL / 30;
        struct timespec until = {.tv_sec = due / 1000000000LL, .tv_nsec = due % 1000000000LL};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        lateness[k] = now.tv_sec * 1000000000LL + now.tv_nsec - due;
    }
    for (long k = 0; k < slots; k++)
        printf("%lld\n", lateness[k]);
    return 0;
}
