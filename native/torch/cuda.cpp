// CUDA: streams, graphs, events, pinned memory. Built with RT_CUDA where libtorch has CUDA and CUDA's headers are there; without it each
// function says so. And autocast, which the CPU has too.
#include "robot_torch.h"
#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <mutex>
#ifdef RT_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

using namespace rt;

namespace {
#ifdef RT_CUDA
template <typename F> int on_cuda(F&& work) { return guarded(std::forward<F>(work)); }
#else
// The work is not compiled: its names are not there.
constexpr const char* without_cuda =
    "librobot_torch.so was built without CUDA: its libtorch has none, or CUDA's headers were missing. Build it on the machine with the "
    "GPU: TORCH_ROOT=... scripts/native.sh";
#define on_cuda(...) fail(without_cuda)
#endif

void autocast(c10::DeviceType device, bool on, at::ScalarType type) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_dtype(device, type);
    at::autocast::set_autocast_enabled(device, on);
#else
    if (device == c10::DeviceType::CUDA) {
        at::autocast::set_autocast_gpu_dtype(type);
        at::autocast::set_enabled(on);
    } else {
        at::autocast::set_autocast_cpu_dtype(type);
        at::autocast::set_cpu_enabled(on);
    }
#endif
}
} // namespace

RT_API int rt_cuda_built() {
#ifdef RT_CUDA
    return 1;
#else
    return 0;
#endif
}
// 0 too where libtorch has CUDA and this library does not: nothing could be planned there.
RT_API int rt_cuda_devices() {
#ifdef RT_CUDA
    return static_cast<int>(c10::cuda::device_count());
#else
    return 0;
#endif
}
// What the device is called, and its compute capability, major * 10 + minor.
RT_API int rt_cuda_describe(int index, char* name, int capacity, int* capability) {
    (void)index, (void)name, (void)capacity, (void)capability;
    return on_cuda([&] {
        auto* found = at::cuda::getDeviceProperties(static_cast<c10::DeviceIndex>(index));
        std::string text = found->name;
        text.resize(std::min<size_t>(text.size(), capacity - 1));
        std::copy(text.c_str(), text.c_str() + text.size() + 1, name);
        *capability = found->major * 10 + found->minor;
    });
}
RT_API int rt_cuda_synchronize(int index) {
    (void)index;
    return on_cuda([&] {
        c10::cuda::OptionalCUDAGuard guard;
        if (index >= 0) guard.set_index(static_cast<c10::DeviceIndex>(index));
        c10::cuda::device_synchronize();
    });
}
// The random numbers of a device begin anew; -1 for the current one.
RT_API int rt_cuda_seed(int index, uint64_t seed) {
    (void)index, (void)seed;
    return on_cuda([&] {
        auto device = static_cast<c10::DeviceIndex>(index >= 0 ? index : c10::cuda::current_device());
        at::Generator chosen = at::globalContext().defaultGenerator(c10::Device(c10::DeviceType::CUDA, device));
        std::lock_guard<std::mutex> lock(chosen.mutex());
        chosen.set_current_seed(seed);
    });
}
// on: 1 or 0, or -1 to ask. Whether float32 products on CUDA may be rounded to 10 bits: a setting, also where there is no CUDA.
RT_API int rt_cuda_tf32(int on) {
    int before = at::globalContext().allowTF32CuBLAS();
    if (on >= 0) at::globalContext().setAllowTF32CuBLAS(on != 0);
    return before;
}

// Memory that the device reads while the processor goes on -----------------------------------------------------------------------------
RT_API int rt_pin_memory(rt_tensor a, rt_tensor* result) {
    (void)a, (void)result;
    return on_cuda([&] { *result = own(ref(a).pin_memory()); });
}
RT_API int rt_is_pinned(rt_tensor a) {
    (void)a;
#ifdef RT_CUDA
    return ref(a).is_pinned();
#else
    return 0;
#endif
}

// Streams --------------------------------------------------------------------------------------------------------------------------------
RT_API int rt_stream_new(int index, void** result) {
    (void)index, (void)result;
    return on_cuda([&] {
        *result = new c10::cuda::CUDAStream(c10::cuda::getStreamFromPool(true, static_cast<c10::DeviceIndex>(index)));
    });
}
RT_API int rt_stream_synchronize(void* stream) {
    (void)stream;
    return on_cuda([&] { static_cast<c10::cuda::CUDAStream*>(stream)->synchronize(); });
}
// Work of the calling thread goes to the stream until the guard is popped on the same thread.
RT_API int rt_stream_push(void* stream, void** guard) {
    (void)stream, (void)guard;
    return on_cuda([&] { *guard = new c10::cuda::CUDAStreamGuard(*static_cast<c10::cuda::CUDAStream*>(stream)); });
}
RT_API void rt_stream_pop(void* guard) {
    (void)guard;
#ifdef RT_CUDA
    delete static_cast<c10::cuda::CUDAStreamGuard*>(guard);
#endif
}
RT_API void rt_stream_free(void* stream) {
    (void)stream;
#ifdef RT_CUDA
    delete static_cast<c10::cuda::CUDAStream*>(stream); // the stream itself stays in its pool
#endif
}

// Graphs: the work between begin and end is recorded, not done; each replay does it on the current stream, on the same memory ------------
RT_API int rt_graph_new(void** result) {
    (void)result;
    return on_cuda([&] { *result = new at::cuda::CUDAGraph(); });
}
RT_API int rt_graph_capture_begin(void* graph) {
    (void)graph;
    return on_cuda([&] { static_cast<at::cuda::CUDAGraph*>(graph)->capture_begin(); });
}
RT_API int rt_graph_capture_end(void* graph) {
    (void)graph;
    return on_cuda([&] { static_cast<at::cuda::CUDAGraph*>(graph)->capture_end(); });
}
RT_API int rt_graph_replay(void* graph) {
    (void)graph;
    return on_cuda([&] { static_cast<at::cuda::CUDAGraph*>(graph)->replay(); });
}
RT_API int rt_graph_free(void* graph) {
    (void)graph;
    return on_cuda([&] { delete static_cast<at::cuda::CUDAGraph*>(graph); });
}

// Events: what a stream had reached, and when -------------------------------------------------------------------------------------------
RT_API int rt_event_new(void** result) {
    (void)result;
    return on_cuda([&] { *result = new at::cuda::CUDAEvent(cudaEventDefault); });
}
RT_API int rt_event_record(void* event) {
    (void)event;
    return on_cuda([&] { static_cast<at::cuda::CUDAEvent*>(event)->record(); });
}
RT_API int rt_event_synchronize(void* event) {
    (void)event;
    return on_cuda([&] { static_cast<at::cuda::CUDAEvent*>(event)->synchronize(); });
}
RT_API int rt_event_elapsed(void* from, void* to, double* milliseconds) {
    (void)from, (void)to, (void)milliseconds;
    return on_cuda([&] {
        *milliseconds = static_cast<at::cuda::CUDAEvent*>(from)->elapsed_time(*static_cast<at::cuda::CUDAEvent*>(to));
    });
}
RT_API void rt_event_free(void* event) {
    (void)event;
#ifdef RT_CUDA
    delete static_cast<at::cuda::CUDAEvent*>(event);
#endif
}

// Autocast: on the calling thread products are computed in another type until it is popped ------------------------------------------------
RT_API int rt_autocast_push(int device, int type) {
    return guarded([&] {
        autocast(static_cast<c10::DeviceType>(device), true, static_cast<c10::ScalarType>(type));
        at::autocast::increment_nesting();
    });
}
RT_API int rt_autocast_pop(int device, int type) {
    return guarded([&] {
        if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache(); // the weights as they were
        autocast(static_cast<c10::DeviceType>(device), false, static_cast<c10::ScalarType>(type));
    });
}
