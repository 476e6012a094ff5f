/* Handles, errors, and the orders to fail or to hang. */
#define _GNU_SOURCE
#include "standin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ALIVE 0x52534f4bu
#define DEAD 0x44454144u
#define ORDERS 32

struct rs2_error { struct object object; int type; char function[64], message[256]; };
struct order { char function[64]; int type, times, skip; char message[256]; int hangs; };

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static struct object *objects;
static int live[KINDS], misuses, hanging;
static long made[KINDS];
static char last_misuse[256];
static struct order orders[ORDERS];

int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *made_object(enum kind kind, size_t size) {
    struct object *o = calloc(1, size);
    o->magic = ALIVE;
    o->kind = kind;
    o->next = objects;
    objects = o;
    live[kind]++;
    made[kind]++;
    return o;
}

void *object_new(enum kind kind, size_t size) {
    pthread_mutex_lock(&lock);
    void *o = made_object(kind, size);
    pthread_mutex_unlock(&lock);
    return o;
}

void misuse(const char *function, const char *what) {
    pthread_mutex_lock(&lock);
    misuses++;
    snprintf(last_misuse, sizeof last_misuse, "%s: %s", function, what);
    pthread_mutex_unlock(&lock);
}

int object_is(const void *object, enum kind kind, const char *function, rs2_error **error) {
    const struct object *o = object;
    if (o && o->magic == ALIVE && o->kind == kind)
        return 1;
    misuse(function, !o ? "a null handle" : o->magic == DEAD ? "a handle that was deleted" : "a handle of another kind");
    fail(error, INVALID_VALUE, function, "null pointer passed for argument");
    return 0;
}

void object_end(void *object, enum kind kind, const char *function) {
    struct object *o = object;
    if (!o || o->magic != ALIVE || o->kind != kind) {
        misuse(function, o && o->magic == DEAD ? "deleted twice" : "deletes what it is not for");
        return;
    }
    pthread_mutex_lock(&lock);
    o->magic = DEAD;
    live[kind]--;
    pthread_mutex_unlock(&lock);
}

void fail(rs2_error **error, int type, const char *function, const char *message) {
    if (!error)
        return;
    struct rs2_error *e = object_new(K_ERROR, sizeof *e);
    e->type = type;
    snprintf(e->function, sizeof e->function, "%s", function);
    snprintf(e->message, sizeof e->message, "%s", message);
    *error = e;
}

int enter(const char *function, rs2_error **error) {
    struct order what = {.times = 0};
    if (error && *error)
        misuse(function, "an error that was not cleared");
    pthread_mutex_lock(&lock);
    for (int i = 0; i < ORDERS; i++) {
        struct order *o = &orders[i];
        if (o->times == 0 || strcmp(o->function, function) != 0)
            continue;
        if (o->skip > 0) {
            o->skip--;
            continue;
        }
        if (o->times > 0)
            o->times--;
        what = *o;
        what.times = 1;
        if (o->hangs) {
            hanging++;
            while (o->hangs)
                pthread_cond_wait(&woken, &lock);
            hanging--;
            what.times = 0;
        }
        break;
    }
    pthread_mutex_unlock(&lock);
    if (what.times == 0)
        return 0;
    fail(error, what.type, function, what.message);
    return 1;
}

int connected(const struct camera *camera, int generation, const char *function, rs2_error **error) {
    if (camera->plugged && camera->generation == generation)
        return 1;
    fail(error, DISCONNECTED, function, "Device disconnected. Failed to reconnect: No such device");
    return 0;
}

/* The client's side of errors. */
API const char *rs2_get_error_message(const rs2_error *e) { return e->message; }
API const char *rs2_get_failed_function(const rs2_error *e) { return e->function; }
API const char *rs2_get_failed_args(const rs2_error *e) { (void)e; return ""; }
API int rs2_get_librealsense_exception_type(const rs2_error *e) { return e->type; }
API void rs2_free_error(rs2_error *e) { object_end(e, K_ERROR, __func__); }

/* The test's side. */
static void order(const char *function, struct order what) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < ORDERS; i++)
        if (orders[i].times == 0 && !orders[i].hangs) {
            orders[i] = what;
            snprintf(orders[i].function, sizeof orders[i].function, "%s", function);
            break;
        }
    pthread_mutex_unlock(&lock);
}

/* times < 0: until rwm_reset or rwm_mend. */
API void rwm_fail(const char *function, int type, const char *message, int times, int skip) {
    struct order what = {.type = type, .times = times, .skip = skip};
    snprintf(what.message, sizeof what.message, "%s", message);
    order(function, what);
}

/* The next call of it hangs until rwm_mend. */
API void rwm_hang(const char *function) { order(function, (struct order){.times = 1, .hangs = 1}); }

API void rwm_mend(void) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < ORDERS; i++)
        orders[i].times = orders[i].hangs = 0;
    pthread_cond_broadcast(&woken);
    pthread_mutex_unlock(&lock);
}

/* Orders to fail that no call has met yet. */
API int rwm_orders(void) {
    int waiting = 0;
    for (int i = 0; i < ORDERS; i++)
        waiting += orders[i].times > 0;
    return waiting;
}

API int rwm_hanging(void) { return hanging; }
API int rwm_live(int kind) { return live[kind]; }
API long rwm_made(int kind) { return made[kind]; }
API int rwm_misuses(void) { return misuses; }
API const char *rwm_last_misuse(void) { return last_misuse; }

void objects_reset(void) {
    rwm_mend();
    pthread_mutex_lock(&lock);
    while (objects) {
        struct object *next = objects->next;
        free(objects);
        objects = next;
    }
    memset(live, 0, sizeof live);
    memset(made, 0, sizeof made);
    misuses = 0;
    last_misuse[0] = 0;
    pthread_mutex_unlock(&lock);
}
