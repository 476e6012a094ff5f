// The yardstick of the drivers of a serial line: a loop that starts a sensor's stream and does nothing but read its frames. It waits for
// its turn as the drivers do (SCHED_FIFO, memory locked), stamps each frame when its last byte has been read, and keeps the stamps. It
// takes a frame by its first bytes and its length, and checks no sum. The line's baud rate stays as it is: on a pseudo-terminal there is
// none.
// usage: reader PATH PRIORITY RATE HEADER LENGTH START...   HEADER and each START are bytes in hex; a third of a second after each START
// Prints "ready" when data flows; then takes "FROM TO" (CLOCK_MONOTONIC, ns) on its standard input before FROM, measures between the two,
// and prints "cpu NS" (processor time of the whole process between the two) and one arrival in ns a line.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int port;
static unsigned char header[8], bytes[4096];
static size_t header_length, frame_length, have;
static long long arrival;

static void fail(const char* what) {
    fprintf(stderr, "reader: %s: %s\n", what, errno != 0 ? strerror(errno) : "not as the manual has it");
    exit(69);
}

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long cpu(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000000LL + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1000LL;
}

static size_t unhex(const char* text, unsigned char* into, size_t room) {
    size_t n = 0;
    unsigned byte;
    for (; n < room && sscanf(text + 2 * n, "%2x", &byte) == 1; n++)
        into[n] = (unsigned char)byte;
    return n;
}

// Blocks for the next frame; a byte that begins none is passed over.
static void next(void) {
    while (1) {
        size_t at = 0;
        while (have - at >= frame_length && memcmp(bytes + at, header, header_length) != 0)
            at++;
        int whole = have - at >= frame_length;
        at += whole ? frame_length : 0;
        memmove(bytes, bytes + at, have -= at);
        if (whole)
            return;
        struct pollfd wait = {.fd = port, .events = POLLIN};
        int ready = poll(&wait, 1, 2000);
        if (ready < 0 && errno == EINTR)
            continue;
        ssize_t got = ready > 0 ? read(port, bytes + have, sizeof bytes - have) : 0;
        arrival = now();
        if (got <= 0)
            fail("no frame for two seconds");
        have += (size_t)got;
    }
}

int main(int argc, char** argv) {
    if (argc < 6) {
        fprintf(stderr, "usage: reader PATH PRIORITY RATE HEADER LENGTH START...\n");
        return 64;
    }
    struct sched_param wanted = {.sched_priority = atoi(argv[2])};
    if (wanted.sched_priority > 0 && sched_setscheduler(0, SCHED_FIFO, &wanted) != 0)
        fprintf(stderr, "reader: SCHED_FIFO %d: %s\n", wanted.sched_priority, strerror(errno));
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        fprintf(stderr, "reader: mlockall: %s\n", strerror(errno));
    header_length = unhex(argv[4], header, sizeof header);
    frame_length = (size_t)atoi(argv[5]);
    struct termios settings;
    port = open(argv[1], O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (port < 0 || tcgetattr(port, &settings) != 0)
        fail(argv[1]);
    cfmakeraw(&settings);
    tcsetattr(port, TCSANOW, &settings);
    for (int i = 6; i < argc; i++) {
        unsigned char start[128];
        size_t length = unhex(argv[i], start, sizeof start);
        if (write(port, start, length) != (ssize_t)length)
            fail("start");
        nanosleep(&(struct timespec){.tv_nsec = 333000000}, NULL);
        if (i + 1 < argc)
            tcflush(port, TCIFLUSH);
    }
    next();
    printf("ready\n");
    fflush(stdout);

    long long from = 0, to = 0;
    struct pollfd order = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&order, 1, 0) == 0)
        next();
    if (scanf("%lld %lld", &from, &to) != 2 || to <= from)
        return 64;
    size_t room = (size_t)((double)(to - from) * 1e-9 * atof(argv[3]) * 1.1) + 1000, count = 0;
    long long* arrivals = calloc(room, sizeof *arrivals);
    if (arrivals == NULL)
        fail("memory");
    long long used = -1;
    while (1) {
        next();
        if (arrival >= from && used < 0)
            used = cpu();
        if (arrival >= to)
            break;
        if (arrival >= from && count < room)
            arrivals[count++] = arrival;
    }
    used = cpu() - used;
    printf("cpu %lld\n", used);
    for (size_t i = 0; i < count; i++)
        printf("%lld\n", arrivals[i]);
    return 0;
}
