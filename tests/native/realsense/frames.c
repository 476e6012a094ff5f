/* Streams: opening, the threads that make pictures, and the pictures. */
#define _GNU_SOURCE
#include "standin.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HELD_AT_ONCE 16
#define DEPTH_LEADS_NS 3000000 /* depth is stamped a little before the colour of the same set */

atomic_long callback_cpu_ns, callback_longest_ns, callbacks;
static _Thread_local const struct sensor *on_thread_of;

int bytes_per_pixel(int format) { return format == 5 || format == 6 ? 3 : 2; }

API void rs2_open_multiple(void *sensor, const void **profiles, int count, rs2_error **error) {
    ENTER(error);
    struct sensor_handle *s = sensor;
    if (!object_is(s, K_SENSOR, __func__, error) || !connected(s->sensor->camera, s->generation, __func__, error))
        return;
    struct camera *camera = s->sensor->camera;
    camera->opens++;
    if (s->sensor->n_open)
        camera->double_opens++;
    if (camera->busy || s->sensor->n_open) {
        fail(error, BACKEND, __func__, "xioctl(VIDIOC_S_FMT) failed, errno=16 Last Error: Device or resource busy");
        return;
    }
    for (int i = 0; i < count; i++) {
        const struct profile *p = profiles[i];
        if (p->sensor != s->sensor) {
            fail(error, INVALID_VALUE, __func__, "a profile of another sensor");
            s->sensor->n_open = 0;
            return;
        }
        s->sensor->open[s->sensor->n_open++] = p;
    }
}

API void rs2_close(const void *sensor, rs2_error **error) {
    ENTER(error);
    const struct sensor_handle *s = sensor;
    if (!object_is(s, K_SENSOR, __func__, error))
        return;
    if (s->sensor->started)
        misuse(__func__, "closed while it streams");
    if (!s->sensor->n_open)
        fail(error, WRONG_SEQUENCE, __func__, "close() failed. UVC device was not opened!");
    s->sensor->n_open = 0;
}

API void rs2_start(const void *sensor, frame_callback on_frame, void *user, rs2_error **error) {
    ENTER(error);
    const struct sensor_handle *h = sensor;
    if (!object_is(h, K_SENSOR, __func__, error) || !connected(h->sensor->camera, h->generation, __func__, error))
        return;
    struct sensor *s = h->sensor;
    if (!s->n_open || s->started) {
        fail(error, WRONG_SEQUENCE, __func__, "start_streaming(...) failed. Hid/UVC device was not opened!");
        return;
    }
    struct camera *c = s->camera;
    if (c->frozen == 1)
        c->frozen = 0;
    s->on_frame = on_frame;
    s->user = user;
    s->number = 0;
    s->stopping = s->stop_refused = 0;
    s->started = 1;
    if (!c->software)
        pthread_create(&s->thread, NULL, stream_frames, s);
}

void stop_frames(struct sensor *s) {
    s->stopping = 1;
    if (!s->camera->software)
        pthread_join(s->thread, NULL);
    s->started = 0;
}

API void rs2_stop(const void *sensor, rs2_error **error) {
    const struct sensor_handle *h = sensor;
    if (enter(__func__, error)) {
        h->sensor->stop_refused = 1;
        return;
    }
    if (!object_is(h, K_SENSOR, __func__, error))
        return;
    if (!h->sensor->started) {
        fail(error, WRONG_SEQUENCE, __func__, "stop_streaming() failed. UVC device is not streaming!");
        return;
    }
    if (on_thread_of == h->sensor) {
        misuse(__func__, "stopped from its own callback, which never ends");
        return;
    }
    stop_frames(h->sensor);
    connected(h->sensor->camera, h->generation, __func__, error);
}

void deliver(struct sensor *s, struct frame *f) {
    struct timespec a, b;
    f->object.kind = K_FRAME;
    atomic_fetch_add(&s->held, 1);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    s->on_frame(f, s->user);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    long took = (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec;
    atomic_fetch_add(&callback_cpu_ns, took);
    atomic_fetch_add(&callbacks, 1);
    if (took > callback_longest_ns)
        callback_longest_ns = took;
}

/* The device's clock at a host time, us: 32 bits of it. */
static double device_us(const struct camera *c, int64_t host_ns) {
    return fmod(host_ns * 1e-3 * (1 + c->drift_ppm * 1e-6) + c->clock_offset_us, 4294967296.0);
}

static void stamp(struct frame *f, struct sensor *s, int64_t taken_ns) {
    const struct camera *c = s->camera;
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    double wall_ms = wall.tv_sec * 1e3 + wall.tv_nsec * 1e-6;
    const struct option *global = option_of(s, 53);
    f->domain = !c->has_metadata ? 1 : global && global->value != 0 ? 2 : 0;
    double us = device_us(c, taken_ns);
    f->timestamp = f->domain == 0 ? us / 1000 : f->domain == 2 ? wall_ms - (now_ns() - taken_ns) * 1e-6 : wall_ms;
    if (!c->has_metadata)
        return;
    f->metadata_set = 1u << 0 | 1u << 1 | 1u << 2;
    f->metadata[0] = (int64_t)f->number;
    f->metadata[1] = (int64_t)us;
    f->metadata[2] = (int64_t)device_us(c, taken_ns - 5000000); /* mid exposure, 5 ms before the transfer */
}

/* 1 width, 2 stride, 3 no data, 4 another stream's profile, 5 the same number again, 6 rows without end */
static void garble(struct frame *f, struct sensor *s, int how) {
    if (how == 1)
        f->width += 7;
    else if (how == 2)
        f->stride /= 2;
    else if (how == 3) {
        free(f->pixels);
        f->pixels = NULL;
    } else if (how == 4)
        f->said = s->profiles[s->n_profiles - 1] == f->profile ? s->profiles[0] : s->profiles[s->n_profiles - 1];
    else if (how == 5)
        f->number--;
    else if (how == 6)
        f->stride = 0x40000000;
}

static void picture(struct sensor *s, const struct profile *p, int64_t taken_ns) {
    struct camera *c = s->camera;
    if (c->drop[p->stream] > 0) {
        c->drop[p->stream]--;
        return;
    }
    if (s->held >= HELD_AT_ONCE)
        return; /* the client holds too many */
    struct frame *f = object_new(K_FRAME, sizeof *f);
    f->profile = f->said = p;
    f->sensor = s;
    f->references = 1;
    f->width = p->width;
    f->height = p->height;
    f->stride = p->width * bytes_per_pixel(p->format) + c->pad;
    f->number = s->number;
    size_t size = (size_t)f->stride * f->height;
    f->pixels = malloc(size);
    memset(f->pixels, (int)(f->number * 2 + p->stream) & 0xff, size);
    memcpy(f->pixels, &f->number, sizeof f->number);
    stamp(f, s, taken_ns);
    if (c->garble_left[p->stream] != 0) {
        c->garble_left[p->stream]--;
        garble(f, s, c->garble[p->stream]);
    }
    deliver(s, f);
}

void *stream_frames(void *sensor) {
    struct sensor *s = sensor;
    struct camera *c = s->camera;
    int generation = c->generation;
    on_thread_of = s;
    int64_t set = -1;
    while (!s->stopping) {
        double rate = c->rate_hz > 0 ? c->rate_hz : s->open[0]->fps;
        int64_t period = (int64_t)(1e9 / rate);
        int64_t next = (now_ns() - c->t0_ns) / period + 1;
        set = next <= set ? set + 1 : next;
        int64_t taken = c->t0_ns + set * period, at = taken + c->delay_ms * 1000000LL;
        struct timespec until = {at / 1000000000, at % 1000000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
            ;
        if (s->stopping || !c->plugged || c->generation != generation)
            continue;
        s->number++;
        for (int i = 0; i < s->n_open; i++)
            if (!c->frozen || !(c->frozen_streams >> s->open[i]->stream & 1))
                picture(s, s->open[i], taken - (s->open[i]->stream == STREAM_DEPTH ? DEPTH_LEADS_NS : 0));
    }
    return NULL;
}

API void rs2_release_frame(void *frame) {
    struct frame *f = frame;
    if (!object_is(f, K_FRAME, __func__, NULL) || --f->references > 0)
        return;
    atomic_fetch_sub(&f->sensor->held, 1);
    if (f->deleter)
        f->deleter(f->pixels);
    else
        free(f->pixels);
    f->pixels = NULL;
    object_end(f, K_FRAME, __func__);
}

#define FRAME_GETTER(type, name, value)                                              \
    API type name(const void *frame, rs2_error **error) {                            \
        ENTER_OR(error, 0);                                                          \
        const struct frame *f = frame;                                               \
        return object_is(f, K_FRAME, __func__, error) ? (type)(value) : (type)0;     \
    }
FRAME_GETTER(const void *, rs2_get_frame_data, f->pixels)
FRAME_GETTER(int, rs2_get_frame_data_size, 0)
FRAME_GETTER(int, rs2_get_frame_width, f->width)
FRAME_GETTER(int, rs2_get_frame_height, f->height)
FRAME_GETTER(int, rs2_get_frame_stride_in_bytes, f->stride)
FRAME_GETTER(double, rs2_get_frame_timestamp, f->timestamp)
FRAME_GETTER(int, rs2_get_frame_timestamp_domain, f->domain)
FRAME_GETTER(unsigned long long, rs2_get_frame_number, f->number)
FRAME_GETTER(const void *, rs2_get_frame_stream_profile, f->said)

API int rs2_supports_frame_metadata(const void *frame, int value, rs2_error **error) {
    ENTER_OR(error, 0);
    return object_is(frame, K_FRAME, __func__, error) && value >= 0 && value < 32
        && (((const struct frame *)frame)->metadata_set >> value & 1);
}

API int64_t rs2_get_frame_metadata(const void *frame, int value, rs2_error **error) {
    ENTER_OR(error, 0);
    if (!object_is(frame, K_FRAME, __func__, error))
        return 0;
    const struct frame *f = frame;
    if (value < 0 || value >= 32 || !(f->metadata_set >> value & 1)) {
        fail(error, INVALID_VALUE, __func__, "metadata not available");
        return 0;
    }
    return f->metadata[value];
}

API void rs2_set_notifications_callback(const void *sensor, notification_callback callback, void *user, rs2_error **error) {
    ENTER(error);
    if (!object_is(sensor, K_SENSOR, __func__, error))
        return;
    ((const struct sensor_handle *)sensor)->sensor->on_notification = callback;
    ((const struct sensor_handle *)sensor)->sensor->notification_user = user;
}

API const char *rs2_get_notification_description(void *n, rs2_error **error) {
    ENTER_OR(error, NULL);
    return ((struct notification *)n)->text;
}

API int rs2_get_notification_severity(void *n, rs2_error **error) { ENTER_OR(error, 0); return ((struct notification *)n)->severity; }
API int rs2_get_notification_category(void *n, rs2_error **error) { ENTER_OR(error, 0); return ((struct notification *)n)->category; }
