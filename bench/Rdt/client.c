// The yardstick of the RDT driver: a loop that starts the stream and does nothing but read it. It waits for its turn as the driver does
// (SCHED_FIFO, memory locked), stamps each record when it has been read, and keeps the stamps.
// usage: client HOST PORT PRIORITY RATE
// Prints "ready" when data flows; then takes "FROM TO" (CLOCK_MONOTONIC, ns) on its standard input before FROM, measures between the two,
// and prints "cpu NS" (processor time of the whole process between the two), "lost N" and one arrival in ns a line.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RECORD = 36 };

static int connection;
static long long arrival;

static void fail(const char* what) {
    fprintf(stderr, "client: %s: %s\n", what, errno != 0 ? strerror(errno) : "not as the manual has it");
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

// Blocks for the next record; returns its number.
static uint32_t next(void) {
    uint8_t record[2048];
    while (1) {
        ssize_t got = recv(connection, record, sizeof record, 0);
        arrival = now();
        if (got < 0 && errno == EINTR)
            continue;
        if (got != RECORD)
            fail(got < 0 ? "no record for two seconds" : "a datagram's length");
        uint32_t number;
        memcpy(&number, record, sizeof number);
        return ntohl(number);
    }
}

static void ask(uint16_t command) {
    uint8_t request[8] = {0x12, 0x34, (uint8_t)(command >> 8), (uint8_t)command};
    if (send(connection, request, sizeof request, 0) != sizeof request)
        fail("send");
}

int main(int argc, char** argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: client HOST PORT PRIORITY RATE\n");
        return 64;
    }
    struct sched_param wanted = {.sched_priority = atoi(argv[3])};
    if (wanted.sched_priority > 0 && sched_setscheduler(0, SCHED_FIFO, &wanted) != 0)
        fprintf(stderr, "client: SCHED_FIFO %d: %s\n", wanted.sched_priority, strerror(errno));
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        fprintf(stderr, "client: mlockall: %s\n", strerror(errno));
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
    struct timeval silence = {.tv_sec = 2};
    int buffer = 1 << 18;
    connection = socket(AF_INET, SOCK_DGRAM, 0);
    if (connection < 0 || inet_pton(AF_INET, argv[1], &there.sin_addr) != 1)
        fail(argv[1]);
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    setsockopt(connection, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (connect(connection, (struct sockaddr*)&there, sizeof there) != 0)
        fail(argv[1]);
    ask(2);
    next();
    printf("ready\n");
    fflush(stdout);

    long long from = 0, to = 0;
    struct pollfd order = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&order, 1, 0) == 0)
        next();
    if (scanf("%lld %lld", &from, &to) != 2 || to <= from)
        return 64;
    size_t room = (size_t)((double)(to - from) * 1e-9 * atof(argv[4]) * 1.1) + 1000, count = 0;
    long long* arrivals = calloc(room, sizeof *arrivals);
    if (arrivals == NULL)
        fail("memory");
    long long used = -1;
    uint32_t first = 0, last = 0;
    while (1) {
        uint32_t number = next();
        if (arrival >= from && used < 0)
            used = cpu();
        if (arrival >= to)
            break;
        if (arrival < from || count == room)
            continue;
        if (count == 0)
            first = number;
        last = number;
        arrivals[count++] = arrival;
    }
    used = cpu() - used;
    ask(0);
    printf("cpu %lld\nlost %lld\n", used, (long long)(uint32_t)(last - first) + 1 - (long long)count);
    for (size_t i = 0; i < count; i++)
        printf("%lld\n", arrivals[i]);
    return 0;
}
