/*
 * A camera process for the frame socket (docs/frame-socket.md) in C:
 *
 *     make && ./camera /tmp/wrist.sock [WIDTH HEIGHT RATE_HZ]
 *
 * It makes colour and depth pictures of its own. Put your camera's SDK where open_camera() and grab() are; the rest stays as it is.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the wire is little-endian: swap the header's and the depth's bytes on this machine"
#endif

enum { HELLO = 0, COLOR = 1, DEPTH = 2 };

/* What goes before every payload. */
struct header {
    char magic[4];
    uint16_t version, kind;
    uint64_t sequence;
    int64_t stamp_ns;
    uint32_t width, height, bytes, reserved;
};
_Static_assert(sizeof(struct header) == 40, "the wire's header has 40 bytes");

struct camera {
    int width, height;
    double rate_hz;
    int64_t start_ns;
    uint64_t sequence; /* of the newest capture */
    int64_t stamp_ns;
    uint8_t *color;  /* RGB, rows from the top, no padding */
    uint16_t *depth; /* times depth_scale = m, 0 = no return */
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void open_camera(struct camera *c)
{
    size_t pixels = (size_t)c->width * c->height;
    c->color = malloc(pixels * 3);
    c->depth = malloc(pixels * 2);
    if (!c->color || !c->depth) {
        fprintf(stderr, "camera: no memory for %dx%d\n", c->width, c->height);
        exit(1);
    }
    c->start_ns = now_ns();
}

/* Waits for the next capture. Each has a number, also those that nobody was there to see: a gap is told as a loss. */
static void grab(struct camera *c)
{
    uint64_t due = (uint64_t)((now_ns() - c->start_ns) * 1e-9 * c->rate_hz);
    c->sequence = due > c->sequence ? due : c->sequence + 1;
    int64_t at = c->start_ns + (int64_t)(c->sequence / c->rate_hz * 1e9);
    struct timespec until = {at / 1000000000, at % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
    c->stamp_ns = now_ns(); /* a real camera's own clock, where it has one */
    size_t pixels = (size_t)c->width * c->height;
    uint8_t n = (uint8_t)c->sequence;
    for (size_t i = 0; i < pixels; i++) {
        c->color[3 * i] = n;
        c->color[3 * i + 1] = 128;
        c->color[3 * i + 2] = 255 - n;
        c->depth[i] = 1000 + n;
    }
}

/* Zero, or -1: the reader has left. */
static int send_all(int to, const void *bytes, size_t count)
{
    for (const char *at = bytes; count > 0;) {
        ssize_t n = send(to, at, count, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        at += n;
        count -= (size_t)n;
    }
    return 0;
}

static int send_message(int to, int kind, const struct camera *c, const void *payload, size_t bytes)
{
    struct header h = {.magic = "RWMF", .version = 1, .kind = (uint16_t)kind, .bytes = (uint32_t)bytes};
    if (kind != HELLO) {
        h.sequence = c->sequence;
        h.stamp_ns = c->stamp_ns;
        h.width = (uint32_t)c->width;
        h.height = (uint32_t)c->height;
    }
    return send_all(to, &h, sizeof h) || send_all(to, payload, bytes) ? -1 : 0;
}

static int send_hello(int to, const struct camera *c)
{
    char lens[256], hello[1024];
    snprintf(lens, sizeof lens,
             "{\"width\":%d,\"height\":%d,\"fx\":600.0,\"fy\":600.0,\"cx\":%.1f,\"cy\":%.1f,\"distortion\":[0,0,0,0,0]}", c->width,
             c->height, c->width / 2.0, c->height / 2.0);
    int n = snprintf(hello, sizeof hello,
                     "{\"model\":\"Example in C\",\"serial\":\"0001\",\"rate_hz\":%g,\"clock_domain\":\"host\",\"session\":\"%lld\","
                     "\"color\":%s,\"depth\":%s,\"depth_scale\":0.001}",
                     c->rate_hz, (long long)c->start_ns, lens, lens);
    return send_message(to, HELLO, c, hello, (size_t)n);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "camera: %s is longer than a socket's path may be\n", path);
        exit(1);
    }
    strcpy(address.sun_path, path);
    unlink(path); /* what a process before left behind */
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (server < 0 || bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 1)) {
        perror(path);
        exit(1);
    }
    return server;
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 5) {
        fprintf(stderr, "usage: camera SOCKET [WIDTH HEIGHT RATE_HZ]\n");
        return 64;
    }
    struct camera c = {.width = argc > 2 ? atoi(argv[2]) : 640, .height = argc > 2 ? atoi(argv[3]) : 480,
                       .rate_hz = argc > 2 ? atof(argv[4]) : 30};
    if (c.width < 1 || c.width > 8192 || c.height < 1 || c.height > 8192 || !(c.rate_hz > 0 && c.rate_hz <= 1000)) {
        fprintf(stderr, "camera: sides must be 1 to 8192 pixels, the rate above 0 and at most 1000\n");
        return 64;
    }
    open_camera(&c);
    size_t pixels = (size_t)c.width * c.height;
    int server = listen_at(argv[1]);
    while (1) {
        int reader = accept(server, NULL, NULL);
        if (reader < 0)
            continue;
        int gone = send_hello(reader, &c);
        while (!gone) {
            grab(&c);
            gone = send_message(reader, COLOR, &c, c.color, pixels * 3) || send_message(reader, DEPTH, &c, c.depth, pixels * 2);
        }
        close(reader); /* it left; wait for the next */
    }
}
