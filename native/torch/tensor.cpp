// Life of a tensor: creation, random numbers, what is known about it, copies; threads and modes of the calling thread.
#include "robot_torch.h"
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <cstring>
#include <dlfcn.h>
#include <mutex>

using namespace rt;

namespace {
thread_local std::string last_error;

optional<at::Generator> generator(void* handle) {
    return handle ? optional<at::Generator>(*static_cast<at::Generator*>(handle)) : optional<at::Generator>();
}
} // namespace

int rt::fail(const char* message) {
    last_error = message;
    return -1;
}

RT_API const char* rt_last_error() { return last_error.c_str(); }
RT_API const char* rt_version() { return TORCH_VERSION; }

RT_API int rt_describe(char* text, int capacity) {
    return guarded([&] {
        std::string all = at::show_config() + at::get_parallel_info();
        std::strncpy(text, all.c_str(), capacity - 1);
        text[capacity - 1] = 0;
    });
}

// at::set_num_threads holds for the calling thread and does not reach the BLAS library's own pool: both are set.
RT_API int rt_set_threads(int count) {
    return guarded([&] {
        at::set_num_threads(count);
        if (auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(count);
    });
}
RT_API int rt_threads() { return at::get_num_threads(); }

RT_API int rt_grad_mode(int on) {
    int before = c10::GradMode::is_enabled();
    if (on >= 0) c10::GradMode::set_enabled(on != 0);
    return before;
}
RT_API int rt_inference_push(int on, void** guard) { return guarded([&] { *guard = new c10::InferenceMode(on != 0); }); }
RT_API void rt_inference_pop(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }
RT_API int rt_deterministic(int on) {
    int before = at::globalContext().deterministicAlgorithms();
    if (on >= 0) at::globalContext().setDeterministicAlgorithms(on != 0, false);
    return before;
}

// Random numbers -------------------------------------------------------------------------------------------------------------------
RT_API int rt_seed(uint64_t seed) { return guarded([&] { at::manual_seed(seed); }); }
RT_API int rt_generator_new(uint64_t seed, void** result) {
    return guarded([&] { *result = new at::Generator(at::detail::createCPUGenerator(seed)); });
}
RT_API int rt_generator_default(void** result) {
    return guarded([&] { *result = new at::Generator(at::detail::getDefaultCPUGenerator()); });
}
RT_API void rt_generator_free(void* handle) { delete static_cast<at::Generator*>(handle); }
RT_API int rt_generator_seed(void* handle, uint64_t seed) {
    return guarded([&] {
        auto& chosen = *static_cast<at::Generator*>(handle);
        std::lock_guard<std::mutex> lock(chosen.mutex());
        chosen.set_current_seed(seed);
    });
}
RT_API int rt_generator_state(void* handle, rt_tensor* result) {
    return guarded([&] {
        auto& chosen = *static_cast<at::Generator*>(handle);
        std::lock_guard<std::mutex> lock(chosen.mutex());
        *result = own(chosen.get_state());
    });
}
RT_API int rt_generator_set_state(void* handle, rt_tensor state) {
    return guarded([&] {
        auto& chosen = *static_cast<at::Generator*>(handle);
        std::lock_guard<std::mutex> lock(chosen.mutex());
        chosen.set_state(ref(state));
    });
}

// Creation -------------------------------------------------------------------------------------------------------------------------
RT_API int rt_empty(const int64_t* size, int n, int type, int device, int index, rt_tensor* result) {
    return guarded([&] { *result = own(at::empty(dims(size, n), options(type, device, index))); });
}
RT_API int rt_full(const int64_t* size, int n, double value, int type, int device, int index, rt_tensor* result) {
    return guarded([&] { *result = own(at::full(dims(size, n), value, options(type, device, index))); });
}
RT_API int rt_random(int normal, const int64_t* size, int n, int type, int device, int index, void* source, rt_tensor* result) {
    return guarded([&] {
        auto chosen = options(type, device, index);
        *result = own(normal ? at::randn(dims(size, n), generator(source), chosen) : at::rand(dims(size, n), generator(source), chosen));
    });
}
RT_API int rt_arange(double start, double stop, double step, int type, int device, int index, rt_tensor* result) {
    return guarded([&] { *result = own(at::arange(start, stop, step, options(type, device, index))); });
}
RT_API int rt_linspace(double start, double stop, int64_t steps, int type, int device, int index, rt_tensor* result) {
    return guarded([&] { *result = own(at::linspace(start, stop, steps, options(type, device, index))); });
}
RT_API int rt_from_memory(const void* data, const int64_t* size, int n, int type, rt_tensor* result) {
    return guarded([&] {
        auto borrowed = at::from_blob(const_cast<void*>(data), dims(size, n), options(type, 0, -1).device(c10::Device(c10::kCPU)));
        *result = own(borrowed.clone());
    });
}
RT_API void rt_free(rt_tensor handle) {
    if (!handle) return;
    auto last = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(static_cast<c10::TensorImpl*>(handle));
}

// What is known --------------------------------------------------------------------------------------------------------------------
RT_API void* rt_data(rt_tensor handle) { return ref(handle).data_ptr(); }
RT_API int64_t rt_numel(rt_tensor handle) { return ref(handle).numel(); }
RT_API int rt_dim(rt_tensor handle) { return static_cast<int>(ref(handle).dim()); }
RT_API void rt_sizes(rt_tensor handle, int64_t* sizes) {
    auto all = ref(handle).sizes();
    std::copy(all.begin(), all.end(), sizes);
}
RT_API int rt_type(rt_tensor handle) { return static_cast<int>(ref(handle).scalar_type()); }
RT_API void rt_device(rt_tensor handle, int* device, int* index) {
    auto where = ref(handle).device();
    *device = static_cast<int>(where.type());
    *index = where.index();
}
RT_API int rt_is_contiguous(rt_tensor handle) { return ref(handle).is_contiguous(); }
RT_API int rt_item(rt_tensor handle, double* real, int64_t* whole) {
    return guarded([&] {
        auto value = ref(handle).item();
        *real = value.toDouble();
        *whole = value.isFloatingPoint() ? 0 : value.toLong();
    });
}

// Copies ---------------------------------------------------------------------------------------------------------------------------
RT_API int rt_to(rt_tensor a, int type, int device, int index, int non_blocking, int copy, rt_tensor* result) {
    return guarded([&] { *result = own(ref(a).to(options(type, device, index), non_blocking != 0, copy != 0)); });
}
RT_API int rt_copy(rt_tensor to, rt_tensor from, int non_blocking) {
    return guarded([&] { mutable_ref(to).copy_(ref(from), non_blocking != 0); });
}
RT_API int rt_fill(rt_tensor a, double value) {
    return guarded([&] { mutable_ref(a).fill_(value); });
}
RT_API int rt_random_fill(int normal, rt_tensor a, double first, double second, void* source) {
    return guarded([&] {
        if (normal) mutable_ref(a).normal_(first, second, generator(source));
        else mutable_ref(a).uniform_(first, second, generator(source));
    });
}
