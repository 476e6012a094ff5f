// The C ABI over libtorch. A tensor is one pointer that its holder must give to rt_free once. Every function that can fail returns 0, or
// -1 and leaves the message in rt_last_error of the calling thread; nothing throws through. Dimensions are int64, row-major as in torch.
// Device and data types are torch's numbers (c10::DeviceType, c10::ScalarType), which are the same in 1.13 and 2.x.
#pragma once
#include <ATen/ATen.h>
#include <torch/version.h>
#include <cstdint>
#include <string>

#define RT_API extern "C" __attribute__((visibility("default")))

using rt_tensor = void*;

namespace rt {
#if TORCH_VERSION_MAJOR < 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR < 2)
template <typename T> using optional = c10::optional<T>;
#else
template <typename T> using optional = std::optional<T>;
#endif

int fail(const char* message); // remembers it for rt_last_error; returns -1

// Gives the reference in t to the caller.
inline rt_tensor own(at::Tensor&& t) { return t.unsafeReleaseTensorImpl(); }

// Borrows the caller's reference without touching its count: at::Tensor is nothing but that pointer.
inline const at::Tensor& ref(const rt_tensor& handle) {
    static_assert(sizeof(at::Tensor) == sizeof(void*), "a tensor is one pointer");
    return *reinterpret_cast<const at::Tensor*>(&handle);
}
inline at::Tensor& mutable_ref(rt_tensor& handle) { return *reinterpret_cast<at::Tensor*>(&handle); }
inline optional<at::Tensor> maybe(const rt_tensor& handle) {
    return handle ? optional<at::Tensor>(ref(handle)) : optional<at::Tensor>();
}
inline at::IntArrayRef dims(const int64_t* values, int count) { return {values, static_cast<size_t>(count)}; }
inline at::TensorList list(const rt_tensor* handles, int count) {
    return {reinterpret_cast<const at::Tensor*>(handles), static_cast<size_t>(count)};
}
inline at::TensorOptions options(int type, int device, int index) {
    return at::TensorOptions().dtype(static_cast<c10::ScalarType>(type))
        .device(c10::Device(static_cast<c10::DeviceType>(device), static_cast<c10::DeviceIndex>(index)));
}

// Runs work and turns what it throws into a message.
template <typename F> int guarded(F&& work) {
    try {
        work();
        return 0;
    } catch (const c10::Error& error) {
        return fail(error.what_without_backtrace());
    } catch (const std::exception& error) {
        return fail(error.what());
    } catch (...) {
        return fail("an exception of an unknown kind");
    }
}
} // namespace rt
