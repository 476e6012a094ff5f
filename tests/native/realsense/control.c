/* What a test orders and asks: cameras that come, go and break. */
#define _GNU_SOURCE
#include "standin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_int restarting;

struct camera *camera_of(const char *serial) {
    for (struct camera *c = cameras; c; c = c->next)
        if (strcmp(c->info[1], serial) == 0)
            return c;
    fprintf(stderr, "stand-in: there is no camera %s\n", serial);
    abort();
}

struct camera *camera_new(const char *serial, const char *name) {
    struct camera *c = calloc(1, sizeof *c);
    snprintf(c->info[0], 64, "%s", name);
    snprintf(c->info[1], 64, "%s", serial);
    c->t0_ns = now_ns();
    c->reset_ms = 1000;
    for (int i = 0; i < 9; i++) /* 0.1 rad about z, by columns */
        c->depth_to_color.rotation[i] = (float[]){0.99500417f, 0.09983342f, 0, -0.09983342f, 0.99500417f, 0, 0, 0, 1}[i];
    c->depth_to_color.translation[0] = 0.015f;
    c->depth_to_color.translation[1] = 0.0002f;
    pthread_mutex_lock(&lock);
    struct camera **end = &cameras;
    while (*end)
        end = &(*end)->next;
    *end = c;
    pthread_mutex_unlock(&lock);
    return c;
}

struct sensor *sensor_new(struct camera *camera, int is_depth) {
    struct sensor *s = calloc(1, sizeof *s);
    s->camera = camera;
    s->is_depth = is_depth;
    camera->sensors[camera->n_sensors++] = s;
    return s;
}

struct profile *profile_new(struct sensor *sensor, struct profile like) {
    struct profile *p = malloc(sizeof *p);
    *p = like;
    p->sensor = sensor;
    sensor->profiles = realloc(sensor->profiles, (sensor->n_profiles + 1) * sizeof p);
    return sensor->profiles[sensor->n_profiles++] = p;
}

void option_add(struct sensor *sensor, int id, float min, float max, float step, float normal, int read_only) {
    sensor->options[sensor->n_options++] = (struct option){id, min, max, step, normal, normal, read_only};
}

static void add_profiles(struct sensor *s, int stream, int format) {
    static const int sizes[][2] = {{1280, 720}, {640, 480}, {424, 240}}, rates[] = {6, 15, 30, 60, 90};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 5; j++) {
            int w = sizes[i][0], h = sizes[i][1];
            struct intrinsics k = {w, h, w * 0.5f + 1.5f, h * 0.5f - 2.5f, w * 0.95f, w * 0.951f, stream == STREAM_COLOR ? 2 : 4, {0}};
            if (stream == STREAM_COLOR) {
                k.coeffs[0] = -0.055f;
                k.coeffs[1] = 0.065f;
                k.coeffs[2] = 0.0005f;
                k.coeffs[3] = -0.0002f;
                k.coeffs[4] = -0.021f;
            }
            profile_new(s, (struct profile){s, stream, format, rates[j], w, h, bytes_per_pixel(format), stream * 100 + format, k});
        }
}

/* A D435-like camera, not plugged in. one_sensor: colour comes from the depth module, as of a D405. */
API void rwm_camera(const char *serial, const char *usb, int one_sensor) {
    struct camera *c = camera_new(serial, one_sensor ? "Stand-in D405" : "Stand-in D435");
    c->has_metadata = 1;
    snprintf(c->info[2], 64, "5.16.0.1");
    snprintf(c->info[4], 64, "2-1-%s", serial);
    snprintf(c->info[7], 64, "%s", one_sensor ? "0B5B" : "0B07");
    snprintf(c->info[9], 64, "%s", usb);
    struct sensor *depth = sensor_new(c, 1), *color = one_sensor ? depth : sensor_new(c, 0);
    add_profiles(depth, STREAM_DEPTH, 1);
    add_profiles(color, STREAM_COLOR, 4);
    add_profiles(color, STREAM_COLOR, 5);
    option_add(depth, 12, 0, 5, 1, 0, 0);
    option_add(depth, 13, 0, 360, 30, 150, 0);
    option_add(depth, 18, 0, 2, 1, 1, 0);
    option_add(depth, 28, one_sensor ? 0.0001f : 0.001f, 0.01f, 0.000001f, one_sensor ? 0.0001f : 0.001f, 0);
    option_add(color, 3, 1, 10000, 1, 156, 0);
    option_add(color, 4, 0, 128, 1, 64, 0);
    option_add(color, 9, 2800, 6500, 10, 4600, 0);
    option_add(color, 10, 0, 1, 1, 1, 0);
    option_add(color, 11, 0, 1, 1, 1, 0);
    option_add(color, 30, 0, 1, 1, 1, 0);
    option_add(depth, 53, 0, 1, 1, 1, 0);
    if (color != depth) {
        option_add(color, 53, 0, 1, 1, 1, 0);
        option_add(depth, 3, 1, 200000, 1, 8500, 0);
        option_add(depth, 10, 0, 1, 1, 1, 0);
    }
}

void tell_change(struct camera *removed, struct camera *added) {
    struct context *context = the_context;
    if (!context || !context->changed || !events_on)
        return;
    struct device_list *gone = object_new(K_DEVICE_LIST, sizeof *gone), *come = object_new(K_DEVICE_LIST, sizeof *come);
    if (removed) {
        gone->cameras[gone->n] = removed;
        gone->generations[gone->n++] = removed->generation - 1;
    }
    if (added) {
        come->cameras[come->n] = added;
        come->generations[come->n++] = added->generation;
    }
    context->changed(gone, come, context->user);
}

void camera_set(struct camera *c, int plugged, int tell) {
    pthread_mutex_lock(&lock);
    int was = c->plugged;
    c->plugged = plugged;
    c->generation++;
    pthread_mutex_unlock(&lock);
    if (tell && was != plugged)
        tell_change(plugged ? NULL : c, plugged ? c : NULL);
}

static void *restart(void *camera) {
    struct camera *c = camera;
    camera_set(c, 0, 1);
    usleep(c->reset_ms * 1000);
    for (int i = 0; i < c->n_sensors; i++) /* a camera that restarts forgets what it was set to */
        for (int j = 0; j < c->sensors[i]->n_options; j++)
            c->sensors[i]->options[j].value = c->sensors[i]->options[j].normal;
    camera_set(c, 1, 1);
    atomic_fetch_sub(&restarting, 1);
    return NULL;
}

void camera_restart(struct camera *c) {
    pthread_t thread;
    atomic_fetch_add(&restarting, 1);
    pthread_create(&thread, NULL, restart, c);
    pthread_detach(thread);
}

API void rwm_plug(const char *serial, int tell) {
    if (camera_of(serial)->frozen == 3)
        camera_of(serial)->frozen = 0;
    camera_set(camera_of(serial), 1, tell);
}

API void rwm_unplug(const char *serial, int tell) { camera_set(camera_of(serial), 0, tell); }
API void rwm_events(int on) { events_on = on; }
API void rwm_api_version(int version) { api_version = version; }

/* An event with nothing behind it. */
API void rwm_false_event(void) { tell_change(NULL, NULL); }

API void rwm_freeze(const char *serial, int until, int streams) {
    camera_of(serial)->frozen_streams = streams;
    camera_of(serial)->frozen = until;
}

API void rwm_clock(const char *serial, double offset_us, double drift_ppm) {
    camera_of(serial)->clock_offset_us = offset_us;
    camera_of(serial)->drift_ppm = drift_ppm;
}

/* The camera's clock now, us; a clock that is to show a certain time is set by this. */
API double rwm_device_us(const char *serial) {
    struct camera *c = camera_of(serial);
    return now_ns() * 1e-3 * (1 + c->drift_ppm * 1e-6) + c->clock_offset_us;
}

API void rwm_rate(const char *serial, double hz) { camera_of(serial)->rate_hz = hz; }
API void rwm_delay(const char *serial, int ms) { camera_of(serial)->delay_ms = ms; }
API void rwm_metadata(const char *serial, int on) { camera_of(serial)->has_metadata = on; }
API void rwm_pad(const char *serial, int bytes) { camera_of(serial)->pad = bytes; }
API void rwm_drop(const char *serial, int stream, int pictures) { camera_of(serial)->drop[stream] = pictures; }
API void rwm_busy(const char *serial, int busy) { camera_of(serial)->busy = busy; }
API void rwm_reset_time(const char *serial, int ms) { camera_of(serial)->reset_ms = ms; }
API void rwm_info(const char *serial, int info, const char *text) { snprintf(camera_of(serial)->info[info], 64, "%s", text); }
API void rwm_advanced(const char *serial, int on) { camera_of(serial)->advanced = on; }

/* pictures < 0: all of them */
API void rwm_garble(const char *serial, int stream, int how, int pictures) {
    camera_of(serial)->garble[stream] = how;
    camera_of(serial)->garble_left[stream] = pictures;
}

API void rwm_notify(const char *serial, int category, const char *text) {
    struct camera *c = camera_of(serial);
    for (int i = 0; i < c->n_sensors; i++) {
        struct notification n = {category, 3, text};
        if (c->sensors[i]->on_notification)
            c->sensors[i]->on_notification(&n, c->sensors[i]->notification_user);
    }
}

/* The colour sensor's, where it has such an option; NaN where neither has. */
API float rwm_option(const char *serial, int id) {
    struct camera *c = camera_of(serial);
    for (int i = c->n_sensors - 1; i >= 0; i--)
        if (option_of(c->sensors[i], id))
            return option_of(c->sensors[i], id)->value;
    return 0.0f / 0.0f;
}

API float rwm_depth_option(const char *serial, int id) { return option_of(camera_of(serial)->sensors[0], id)->value; }
API int rwm_resets(const char *serial) { return camera_of(serial)->resets; }
API int rwm_opens(const char *serial) { return camera_of(serial)->opens; }
API int rwm_double_opens(const char *serial) { return camera_of(serial)->double_opens; }
API const char *rwm_json(const char *serial) { return camera_of(serial)->json; }

/* Processor time that the client spent in its callbacks, of all calls and of the longest. */
API long rwm_callback_cpu_ns(void) { return callback_cpu_ns; }
API long rwm_callback_longest_ns(void) { return callback_longest_ns; }
API long rwm_callbacks(void) { return callbacks; }
API void rwm_callback_clear(void) { callback_cpu_ns = callback_longest_ns = callbacks = 0; }

/* For the next test. Nobody may hold anything any more. */
API void rwm_reset(void) {
    while (restarting)
        usleep(1000);
    while (cameras) {
        struct camera *c = cameras;
        cameras = c->next;
        for (int i = 0; i < c->n_sensors; i++) {
            for (int j = 0; j < c->sensors[i]->n_profiles; j++)
                free(c->sensors[i]->profiles[j]);
            free(c->sensors[i]->profiles);
            free(c->sensors[i]);
        }
        free(c);
    }
    the_context = NULL;
    events_on = 1;
    api_version = 25802;
    rwm_callback_clear();
    objects_reset();
}

/* The least that a picture costs: memory of a picture's size, written just before as the pictures are, copied into one of many buffers,
   at a rate. Processor time of a copy, ns. */
API long rwm_copy_ns(long bytes, double hz, int copies) {
    enum { BUFFERS = 32 };
    char *from = malloc(bytes), *into[BUFFERS];
    for (int i = 0; i < BUFFERS; i++)
        memset(into[i] = malloc(bytes), i, bytes);
    long sum = 0;
    for (int i = 0; i < copies; i++) {
        struct timespec a, b;
        memset(from, i, bytes);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
        memcpy(into[i % BUFFERS], from, bytes);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
        sum += (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec;
        usleep((useconds_t)(1e6 / hz));
    }
    for (int i = 0; i < BUFFERS; i++)
        free(into[i]);
    free(from);
    return sum / copies;
}
