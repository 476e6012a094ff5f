// The yardstick of the RTDE driver: a plain client of the same recipe that does nothing but read. It waits for its turn as the driver does
// (SCHED_FIFO, memory locked), stamps each package when the bytes that complete it have been read, and keeps the stamps.
// usage: client HOST PORT PRIORITY FIELD,FIELD,…
// Prints "ready" when data flows; then takes "FROM TO" (CLOCK_MONOTONIC, ns) on its standard input before FROM, measures between the two,
// and prints "cpu NS" (processor time of the whole process between the two) and one arrival in ns a line.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
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

enum { HEADER = 3, LONGEST = 65535 };

static uint8_t buffer[2 * LONGEST];
static size_t begin, end;
static long long arrival;
static int connection;

static void fail(const char* what) {
    fprintf(stderr, "client: %s: %s\n", what, errno != 0 ? strerror(errno) : "not as the RTDE guide has it");
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

// Blocks for the next whole package; returns its type.
static uint8_t next(const uint8_t** payload, size_t* bytes) {
    while (1) {
        if (end - begin >= HEADER) {
            size_t size = (size_t)buffer[begin] << 8 | buffer[begin + 1];
            if (size < HEADER)
                fail("a package's size");
            if (end - begin >= size) {
                *payload = buffer + begin + HEADER;
                *bytes = size - HEADER;
                begin += size;
                return buffer[begin - size + 2];
            }
        }
        if (begin > 0) {
            memmove(buffer, buffer + begin, end - begin);
            end -= begin;
            begin = 0;
        }
        ssize_t got = recv(connection, buffer + end, sizeof buffer - end, 0);
        arrival = now();
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            fail(got == 0 ? "the controller closed the connection" : "no data for two seconds");
        end += (size_t)got;
    }
}

// Sends a request and returns the payload of its answer.
static const uint8_t* ask(uint8_t type, const void* prefix, size_t prefix_bytes, const char* text, size_t* bytes) {
    static uint8_t request[LONGEST];
    size_t text_bytes = strlen(text), size = HEADER + prefix_bytes + text_bytes;
    if (size > sizeof request)
        fail("too many fields");
    request[0] = (uint8_t)(size >> 8);
    request[1] = (uint8_t)size;
    request[2] = type;
    memcpy(request + HEADER, prefix, prefix_bytes);
    memcpy(request + HEADER + prefix_bytes, text, text_bytes);
    if (send(connection, request, size, MSG_NOSIGNAL) != (ssize_t)size)
        fail("send");
    const uint8_t* payload;
    while (next(&payload, bytes) != type) {
        // a text message, or data
    }
    return payload;
}

// Protocol 2, then the fields at the controller's own rate.
static void set_up(const char* fields, double* rate) {
    size_t bytes;
    const uint8_t* reply = ask('V', "\0\2", 2, "", &bytes);
    if (bytes != 1 || reply[0] != 1)
        fail("protocol 2 was refused");
    reply = ask('v', "", 0, "", &bytes);
    if (bytes != 16)
        fail("the controller's version");
    *rate = reply[3] >= 5 ? 500 : 125; // the major number's last byte; 5 is the e-Series
    uint64_t bits;
    memcpy(&bits, rate, sizeof bits);
    bits = __builtin_bswap64(bits);
    reply = ask('O', &bits, sizeof bits, fields, &bytes);
    if (bytes < 2 || memmem(reply, bytes, "NOT_FOUND", 9) != NULL)
        fail("the controller does not have all of the fields");
    reply = ask('S', "", 0, "", &bytes);
    if (bytes != 1 || reply[0] != 1)
        fail("data was not started");
}

static void raise_self(int priority) {
    struct sched_param wanted = {.sched_priority = priority};
    if (priority > 0 && sched_setscheduler(0, SCHED_FIFO, &wanted) != 0)
        fprintf(stderr, "client: SCHED_FIFO %d: %s\n", priority, strerror(errno));
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        fprintf(stderr, "client: mlockall: %s\n", strerror(errno));
}

static void connect_to(const char* host, int port) {
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval silence = {.tv_sec = 2};
    int one = 1;
    connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connection < 0 || inet_pton(AF_INET, host, &there.sin_addr) != 1)
        fail(host);
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    if (connect(connection, (struct sockaddr*)&there, sizeof there) != 0)
        fail(host);
}

int main(int argc, char** argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: client HOST PORT PRIORITY FIELD,FIELD,…\n");
        return 64;
    }
    raise_self(atoi(argv[3]));
    connect_to(argv[1], atoi(argv[2]));
    double rate;
    set_up(argv[4], &rate);
    const uint8_t* payload;
    size_t bytes;
    while (next(&payload, &bytes) != 'U') {
        // a text message
    }
    printf("ready\n");
    fflush(stdout);

    long long from = 0, to = 0;
    struct pollfd order = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&order, 1, 0) == 0)
        next(&payload, &bytes);
    if (scanf("%lld %lld", &from, &to) != 2 || to <= from)
        return 64;
    size_t room = (size_t)((double)(to - from) * 1e-9 * rate * 1.1) + 1000, count = 0;
    long long* arrivals = calloc(room, sizeof *arrivals);
    if (arrivals == NULL)
        fail("memory");
    long long used = -1;
    while (1) {
        uint8_t type = next(&payload, &bytes);
        if (arrival >= from && used < 0)
            used = cpu();
        if (arrival >= to)
            break;
        if (arrival >= from && type == 'U' && count < room)
            arrivals[count++] = arrival;
    }
    printf("cpu %lld\n", cpu() - used);
    for (size_t i = 0; i < count; i++)
        printf("%lld\n", arrivals[i]);
    return 0;
}
