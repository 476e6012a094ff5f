/* Context, devices, sensors, profiles, options. */
#define _GNU_SOURCE
#include "standin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct camera *cameras;
struct context *the_context;
int events_on = 1, api_version = 25802;

API int rs2_get_api_version(rs2_error **error) { ENTER_OR(error, 0); return api_version; }

API void *rs2_create_context(int version, rs2_error **error) {
    ENTER_OR(error, NULL);
    if (version / 10000 != api_version / 10000 || version / 100 % 100 > api_version / 100 % 100) {
        fail(error, INVALID_VALUE, __func__, "API version mismatch");
        return NULL;
    }
    if (the_context)
        misuse(__func__, "a second context");
    return the_context = object_new(K_CONTEXT, sizeof *the_context);
}

API void rs2_delete_context(void *context) {
    object_end(context, K_CONTEXT, __func__);
    if (the_context == context)
        the_context = NULL;
}

API void rs2_set_devices_changed_callback(void *context, devices_callback changed, void *user, rs2_error **error) {
    ENTER(error);
    if (!object_is(context, K_CONTEXT, __func__, error))
        return;
    ((struct context *)context)->user = user;
    ((struct context *)context)->changed = changed;
}

API void *rs2_query_devices(const void *context, rs2_error **error) {
    ENTER_OR(error, NULL);
    if (!object_is(context, K_CONTEXT, __func__, error))
        return NULL;
    struct device_list *list = object_new(K_DEVICE_LIST, sizeof *list);
    pthread_mutex_lock(&lock);
    for (struct camera *c = cameras; c && list->n < 16; c = c->next)
        if (c->plugged) {
            list->generations[list->n] = c->generation;
            list->cameras[list->n++] = c;
        }
    pthread_mutex_unlock(&lock);
    return list;
}

API int rs2_get_device_count(const void *list, rs2_error **error) {
    ENTER_OR(error, 0);
    return object_is(list, K_DEVICE_LIST, __func__, error) ? ((const struct device_list *)list)->n : 0;
}

API void *rs2_create_device(const void *devices, int index, rs2_error **error) {
    ENTER_OR(error, NULL);
    const struct device_list *list = devices;
    if (!object_is(list, K_DEVICE_LIST, __func__, error))
        return NULL;
    if (index < 0 || index >= list->n) {
        fail(error, INVALID_VALUE, __func__, "out of range value for argument \"index\"");
        return NULL;
    }
    if (!connected(list->cameras[index], list->generations[index], __func__, error))
        return NULL;
    struct device *device = object_new(K_DEVICE, sizeof *device);
    device->camera = list->cameras[index];
    device->generation = list->generations[index];
    return device;
}

API int rs2_device_list_contains(const void *devices, const void *a_device, rs2_error **error) {
    ENTER_OR(error, 0);
    const struct device_list *list = devices;
    const struct device *device = a_device;
    if (!object_is(list, K_DEVICE_LIST, __func__, error) || !object_is(device, K_DEVICE, __func__, error))
        return 0;
    for (int i = 0; i < list->n; i++)
        if (list->cameras[i] == device->camera && list->generations[i] == device->generation)
            return 1;
    return 0;
}

API void rs2_delete_device_list(void *list) { object_end(list, K_DEVICE_LIST, __func__); }
API void rs2_delete_device(void *device) { object_end(device, K_DEVICE, __func__); }

API int rs2_supports_device_info(const void *device, int info, rs2_error **error) {
    ENTER_OR(error, 0);
    return object_is(device, K_DEVICE, __func__, error) && info >= 0 && info < INFOS
        && ((const struct device *)device)->camera->info[info][0] != 0;
}

API const char *rs2_get_device_info(const void *device, int info, rs2_error **error) {
    ENTER_OR(error, NULL);
    if (!object_is(device, K_DEVICE, __func__, error))
        return NULL;
    const struct device *d = device;
    if (info < 0 || info >= INFOS || d->camera->info[info][0] == 0) {
        fail(error, INVALID_VALUE, __func__, "info is not supported by the device!");
        return NULL;
    }
    return d->camera->info[info];
}

API int rs2_is_device_extendable_to(const void *device, int extension, rs2_error **error) {
    ENTER_OR(error, 0);
    return object_is(device, K_DEVICE, __func__, error) && extension == 13 && !((const struct device *)device)->camera->software;
}

API void rs2_hardware_reset(const void *device, rs2_error **error) {
    ENTER(error);
    const struct device *d = device;
    if (!object_is(d, K_DEVICE, __func__, error) || !connected(d->camera, d->generation, __func__, error))
        return;
    if (d->camera->software) {
        fail(error, NOT_IMPLEMENTED, __func__, "hardware_reset is not implemented for software_device");
        return;
    }
    d->camera->resets++;
    if (d->camera->frozen == 2)
        d->camera->frozen = 0;
    camera_restart(d->camera);
}

API void rs2_is_enabled(void *device, int *enabled, rs2_error **error) {
    ENTER(error);
    if (object_is(device, K_DEVICE, __func__, error))
        *enabled = ((struct device *)device)->camera->advanced;
}

/* The camera restarts, as a real one does. */
API void rs2_toggle_advanced_mode(void *device, int enable, rs2_error **error) {
    ENTER(error);
    struct device *d = device;
    if (!object_is(d, K_DEVICE, __func__, error) || !connected(d->camera, d->generation, __func__, error))
        return;
    d->camera->advanced = enable;
    camera_restart(d->camera);
}

API void rs2_load_json(void *device, const void *json, unsigned size, rs2_error **error) {
    ENTER(error);
    struct device *d = device;
    if (!object_is(d, K_DEVICE, __func__, error))
        return;
    if (!d->camera->advanced || size == 0 || *(const char *)json != '{') {
        fail(error, INVALID_VALUE, __func__, d->camera->advanced ? "failed to parse JSON" : "Device not in advanced mode!");
        return;
    }
    snprintf(d->camera->json, sizeof d->camera->json, "%.*s", (int)size, (const char *)json);
}

API void *rs2_query_sensors(const void *device, rs2_error **error) {
    ENTER_OR(error, NULL);
    if (!object_is(device, K_DEVICE, __func__, error))
        return NULL;
    struct sensor_list *list = object_new(K_SENSOR_LIST, sizeof *list);
    list->device = (struct device *)device;
    return list;
}

API int rs2_get_sensors_count(const void *list, rs2_error **error) {
    ENTER_OR(error, 0);
    return object_is(list, K_SENSOR_LIST, __func__, error) ? ((const struct sensor_list *)list)->device->camera->n_sensors : 0;
}

API void *rs2_create_sensor(const void *list, int index, rs2_error **error) {
    ENTER_OR(error, NULL);
    if (!object_is(list, K_SENSOR_LIST, __func__, error))
        return NULL;
    const struct device *device = ((const struct sensor_list *)list)->device;
    struct sensor_handle *sensor = object_new(K_SENSOR, sizeof *sensor);
    sensor->sensor = device->camera->sensors[index];
    sensor->generation = device->generation;
    return sensor;
}

API void rs2_delete_sensor_list(void *list) { object_end(list, K_SENSOR_LIST, __func__); }

/* What could not be stopped or closed ends with its sensor, as in the original. */
API void rs2_delete_sensor(void *sensor) {
    struct sensor *s = ((struct sensor_handle *)sensor)->sensor;
    if (s->started && !s->stop_refused)
        misuse(__func__, "nobody tried to stop it");
    if (s->started)
        stop_frames(s);
    s->n_open = 0;
    object_end(sensor, K_SENSOR, __func__);
}

API int rs2_is_sensor_extendable_to(const void *sensor, int extension, rs2_error **error) {
    ENTER_OR(error, 0);
    return object_is(sensor, K_SENSOR, __func__, error) && extension == 7 && ((const struct sensor_handle *)sensor)->sensor->is_depth;
}

API float rs2_get_depth_scale(void *sensor, rs2_error **error) {
    ENTER_OR(error, 0);
    if (!object_is(sensor, K_SENSOR, __func__, error))
        return 0;
    struct option *units = option_of(((struct sensor_handle *)sensor)->sensor, 28);
    return units ? units->value : 0;
}

API void *rs2_get_stream_profiles(void *sensor, rs2_error **error) {
    ENTER_OR(error, NULL);
    struct sensor_handle *s = sensor;
    if (!object_is(s, K_SENSOR, __func__, error) || !connected(s->sensor->camera, s->generation, __func__, error))
        return NULL;
    struct profile_list *list = object_new(K_PROFILE_LIST, sizeof *list);
    list->sensor = s->sensor;
    return list;
}

API int rs2_get_stream_profiles_count(const void *list, rs2_error **error) {
    ENTER_OR(error, 0);
    return object_is(list, K_PROFILE_LIST, __func__, error) ? ((const struct profile_list *)list)->sensor->n_profiles : 0;
}

API const void *rs2_get_stream_profile(const void *list, int index, rs2_error **error) {
    ENTER_OR(error, NULL);
    return object_is(list, K_PROFILE_LIST, __func__, error) ? ((const struct profile_list *)list)->sensor->profiles[index] : NULL;
}

API void rs2_delete_stream_profiles_list(void *list) { object_end(list, K_PROFILE_LIST, __func__); }

API void rs2_get_stream_profile_data(const void *profile, int *stream, int *format, int *index, int *uid, int *fps, rs2_error **error) {
    ENTER(error);
    const struct profile *p = profile;
    *stream = p->stream;
    *format = p->format;
    *index = 0;
    *uid = p->uid;
    *fps = p->fps;
}

API void rs2_get_video_stream_resolution(const void *profile, int *width, int *height, rs2_error **error) {
    ENTER(error);
    *width = ((const struct profile *)profile)->width;
    *height = ((const struct profile *)profile)->height;
}

API void rs2_get_video_stream_intrinsics(const void *profile, struct intrinsics *into, rs2_error **error) {
    ENTER(error);
    *into = ((const struct profile *)profile)->intrinsics;
}

API void rs2_get_extrinsics(const void *from, const void *to, struct extrinsics *into, rs2_error **error) {
    ENTER(error);
    const struct profile *a = from, *b = to;
    if (a->stream != STREAM_DEPTH || b->stream != STREAM_COLOR)
        fail(error, NOT_IMPLEMENTED, __func__, "only depth to colour is known here");
    else
        *into = a->sensor->camera->depth_to_color;
}

struct option *option_of(struct sensor *sensor, int id) {
    for (int i = 0; i < sensor->n_options; i++)
        if (sensor->options[i].id == id)
            return &sensor->options[i];
    return NULL;
}

static struct option *asked(const void *sensor, int id, const char *function, rs2_error **error) {
    if (!object_is(sensor, K_SENSOR, function, error))
        return NULL;
    struct option *o = option_of(((const struct sensor_handle *)sensor)->sensor, id);
    if (!o)
        fail(error, INVALID_VALUE, function, "object doesn't support option");
    return o;
}

API int rs2_supports_option(const void *sensor, int id, rs2_error **error) {
    ENTER_OR(error, 0);
    return object_is(sensor, K_SENSOR, __func__, error) && option_of(((const struct sensor_handle *)sensor)->sensor, id) != NULL;
}

API int rs2_is_option_read_only(const void *sensor, int id, rs2_error **error) {
    ENTER_OR(error, 0);
    struct option *o = asked(sensor, id, __func__, error);
    return o && o->read_only;
}

API float rs2_get_option(const void *sensor, int id, rs2_error **error) {
    ENTER_OR(error, 0);
    struct option *o = asked(sensor, id, __func__, error);
    return o ? o->value : 0;
}

API void rs2_set_option(const void *sensor, int id, float value, rs2_error **error) {
    ENTER(error);
    struct option *o = asked(sensor, id, __func__, error);
    const struct sensor_handle *s = sensor;
    if (!o || !connected(s->sensor->camera, s->generation, __func__, error))
        return;
    if (o->read_only || value < o->min || value > o->max)
        fail(error, INVALID_VALUE, __func__, o->read_only ? "option is not writable" : "out of range value for argument \"value\"");
    else
        o->value = value;
}

API void rs2_get_option_range(const void *sensor, int id, float *min, float *max, float *step, float *normal, rs2_error **error) {
    ENTER(error);
    struct option *o = asked(sensor, id, __func__, error);
    if (!o)
        return;
    *min = o->min;
    *max = o->max;
    *step = o->step;
    *normal = o->normal;
}

API const char *rs2_get_option_value_description(const void *sensor, int id, float value, rs2_error **error) {
    static const char *const presets[] = {"Custom", "Default", "Hand", "High Accuracy", "High Density", "Medium Density"};
    ENTER_OR(error, NULL);
    if (!asked(sensor, id, __func__, error) || id != 12 || value < 0 || value > 5)
        return NULL;
    return presets[(int)value];
}
