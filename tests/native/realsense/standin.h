/* A stand-in for librealsense2: the functions that src/Drivers/RealSense calls, with the same names, types and rules of ownership, and
   cameras that a test plugs, breaks and counts through the rwm_ functions of control.c. Nothing of the original's code is in it. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define API __attribute__((visibility("default")))
#define STREAM_DEPTH 1
#define STREAM_COLOR 2
#define INFOS 16
#define OPTIONS 24
#define MOST_OPEN 4

typedef struct rs2_error rs2_error;
typedef void (*frame_callback)(void *frame, void *user);
typedef void (*devices_callback)(void *removed, void *added, void *user);
typedef void (*notification_callback)(void *notification, void *user);

enum kind { K_ERROR, K_CONTEXT, K_DEVICE_LIST, K_DEVICE, K_SENSOR_LIST, K_SENSOR, K_PROFILE_LIST, K_FRAME, KINDS };
enum error_type { UNKNOWN, DISCONNECTED, BACKEND, INVALID_VALUE, WRONG_SEQUENCE, NOT_IMPLEMENTED, RECOVERY, IO };

/* Every handle begins with this. Dead ones stay until rwm_reset, so that their use is seen. */
struct object {
    unsigned magic;
    enum kind kind;
    struct object *next;
};

struct intrinsics { int width, height; float ppx, ppy, fx, fy; int model; float coeffs[5]; };
struct extrinsics { float rotation[9], translation[3]; };
struct video_stream { int type, index, uid, width, height, fps, bpp, fmt; struct intrinsics intrinsics; };
struct video_frame {
    void *pixels;
    void (*deleter)(void *);
    int stride, bpp;
    double timestamp;
    int domain, number;
    const void *profile;
    float depth_units;
};

struct option { int id; float min, max, step, normal, value; int read_only; };

struct sensor;
struct profile {
    struct sensor *sensor;
    int stream, format, fps, width, height, bpp, uid;
    struct intrinsics intrinsics;
};

/* What is in the camera, whoever holds handles to it. */
struct sensor {
    struct camera *camera;
    int is_depth;
    struct profile **profiles;
    int n_profiles;
    struct option options[OPTIONS];
    int n_options;
    const struct profile *open[MOST_OPEN];
    int n_open, started, stop_refused;
    frame_callback on_frame;
    void *user;
    notification_callback on_notification;
    void *notification_user;
    pthread_t thread;
    atomic_int stopping;
    unsigned long long number;
    atomic_int held; /* frames that the client has not released */
    int64_t metadata[32]; /* of a software sensor */
    unsigned metadata_set;
};

struct camera {
    struct camera *next;
    char info[INFOS][64]; /* empty: not supported */
    int plugged, generation, software;
    struct sensor *sensors[2];
    int n_sensors;
    struct extrinsics depth_to_color;
    int64_t t0_ns;
    double clock_offset_us, drift_ppm, rate_hz;
    int has_metadata, delay_ms, pad, reset_ms, busy, advanced;
    int frozen;         /* 0 no, 1 until the streams start anew, 2 until it is reset, 3 until it is plugged in anew */
    int frozen_streams; /* bit 1 depth, bit 2 colour */
    int drop[3], garble[3], garble_left[3]; /* by stream */
    int resets, opens, double_opens;
    char json[256];
};

struct device { struct object object; struct camera *camera; int generation; };
struct device_list { struct object object; int n; struct camera *cameras[16]; int generations[16]; };
struct sensor_list { struct object object; struct device *device; };
struct sensor_handle { struct object object; struct sensor *sensor; int generation; };
struct profile_list { struct object object; struct sensor *sensor; };
struct context { struct object object; devices_callback changed; void *user; };
struct frame {
    struct object object;
    const struct profile *profile;
    struct sensor *sensor;
    unsigned char *pixels;
    void (*deleter)(void *);
    int width, height, stride, references, domain;
    const struct profile *said; /* what it claims to be */
    double timestamp;
    unsigned long long number;
    int64_t metadata[32];
    unsigned metadata_set;
};
struct notification { int category, severity; const char *text; };

extern pthread_mutex_t lock; /* of cameras and objects; never held while a client's callback runs */
extern struct camera *cameras;
extern struct context *the_context;
extern int events_on, api_version;
extern atomic_long callback_cpu_ns, callback_longest_ns, callbacks;

/* True: the call is to fail, *error has been set. May hang first. */
int enter(const char *function, rs2_error **error);
void fail(rs2_error **error, int type, const char *function, const char *message);
void *object_new(enum kind kind, size_t size);
int object_is(const void *object, enum kind kind, const char *function, rs2_error **error);
void object_end(void *object, enum kind kind, const char *function);
void misuse(const char *function, const char *what);
/* False: the camera is gone, *error has been set. */
int connected(const struct camera *camera, int generation, const char *function, rs2_error **error);

struct camera *camera_of(const char *serial);
struct camera *camera_new(const char *serial, const char *name);
struct sensor *sensor_new(struct camera *camera, int is_depth);
struct profile *profile_new(struct sensor *sensor, struct profile like);
struct option *option_of(struct sensor *sensor, int id);
void option_add(struct sensor *sensor, int id, float min, float max, float step, float normal, int read_only);
void tell_change(struct camera *removed, struct camera *added);
void camera_set(struct camera *camera, int plugged, int tell);
void camera_restart(struct camera *camera);
void *stream_frames(void *sensor);
void deliver(struct sensor *sensor, struct frame *frame);
void stop_frames(struct sensor *sensor);
void objects_reset(void);
int64_t now_ns(void);
int bytes_per_pixel(int format);

#define ENTER(error) do { if (enter(__func__, error)) return; } while (0)
#define ENTER_OR(error, value) do { if (enter(__func__, error)) return value; } while (0)
