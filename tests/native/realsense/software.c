/* The software device: the same calls as the original's, so that one test runs on both. Its frames come from the test. */
#define _GNU_SOURCE
#include "standin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

API void *rs2_create_software_device(rs2_error **error) {
    ENTER_OR(error, NULL);
    struct device *device = object_new(K_DEVICE, sizeof *device);
    device->camera = camera_new("", "");
    device->camera->software = 1;
    return device;
}

API void rs2_software_device_register_info(void *device, int info, const char *text, rs2_error **error) {
    ENTER(error);
    if (object_is(device, K_DEVICE, __func__, error))
        snprintf(((struct device *)device)->camera->info[info], 64, "%s", text);
}

API void *rs2_software_device_add_sensor(void *device, const char *name, rs2_error **error) {
    ENTER_OR(error, NULL);
    (void)name;
    struct sensor_handle *sensor = object_new(K_SENSOR, sizeof *sensor);
    sensor->sensor = sensor_new(((struct device *)device)->camera, 0);
    return sensor;
}

API const void *rs2_software_sensor_add_video_stream_ex(void *sensor, struct video_stream v, int is_default, rs2_error **error) {
    ENTER_OR(error, NULL);
    (void)is_default;
    struct sensor *s = ((struct sensor_handle *)sensor)->sensor;
    return profile_new(s, (struct profile){s, v.type, v.fmt, v.fps, v.width, v.height, v.bpp, v.uid, v.intrinsics});
}

API void rs2_software_sensor_add_read_only_option(void *sensor, int id, float value, rs2_error **error) {
    ENTER(error);
    struct sensor *s = ((struct sensor_handle *)sensor)->sensor;
    option_add(s, id, value, value, 0, value, 1);
    s->is_depth |= id == 28;
}

API void rs2_software_sensor_add_option(
    void *sensor, int id, float min, float max, float step, float normal, int writable, rs2_error **error) {
    ENTER(error);
    option_add(((struct sensor_handle *)sensor)->sensor, id, min, max, step, normal, !writable);
}

API void rs2_register_extrinsics(const void *from, const void *to, struct extrinsics x, rs2_error **error) {
    ENTER(error);
    (void)to;
    ((const struct profile *)from)->sensor->camera->depth_to_color = x;
}

API void rs2_software_device_create_matcher(void *device, int matcher, rs2_error **error) {
    ENTER(error);
    (void)device;
    (void)matcher;
}

API void rs2_context_add_software_device(void *context, void *device, rs2_error **error) {
    ENTER(error);
    (void)context;
    camera_set(((struct device *)device)->camera, 1, 0);
    ((struct device *)device)->generation = ((struct device *)device)->camera->generation;
    tell_change(NULL, ((struct device *)device)->camera);
}

API void rs2_software_sensor_set_metadata(void *sensor, int value, int64_t to, rs2_error **error) {
    ENTER(error);
    struct sensor *s = ((struct sensor_handle *)sensor)->sensor;
    if (value < 0 || value >= 32)
        return;
    s->metadata[value] = to;
    s->metadata_set |= 1u << value;
}

API void rs2_software_sensor_on_video_frame(void *sensor, struct video_frame v, rs2_error **error) {
    ENTER(error);
    struct sensor *s = ((struct sensor_handle *)sensor)->sensor;
    if (!s->started) {
        v.deleter(v.pixels);
        return;
    }
    struct frame *f = object_new(K_FRAME, sizeof *f);
    f->profile = f->said = v.profile;
    f->sensor = s;
    f->references = 1;
    f->pixels = v.pixels;
    f->deleter = v.deleter;
    f->width = f->profile->width;
    f->height = f->profile->height;
    f->stride = v.stride;
    f->number = (unsigned long long)v.number;
    f->timestamp = v.timestamp;
    f->domain = v.domain;
    memcpy(f->metadata, s->metadata, sizeof f->metadata);
    f->metadata_set = s->metadata_set;
    deliver(s, f);
}
