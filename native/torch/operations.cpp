// Arithmetic, reductions and changes of shape. The numbers of the operations are those of the enums in src/TorchSharp/Native.cs.
#include "robot_torch.h"

using namespace rt;

namespace {
at::Tensor unary(int op, const at::Tensor& a) {
    switch (op) {
    case 0: return at::neg(a);
    case 1: return at::abs(a);
    case 2: return at::sign(a);
    case 3: return at::exp(a);
    case 4: return at::expm1(a);
    case 5: return at::log(a);
    case 6: return at::log1p(a);
    case 7: return at::sqrt(a);
    case 8: return at::rsqrt(a);
    case 9: return at::square(a);
    case 10: return at::reciprocal(a);
    case 11: return at::sigmoid(a);
    case 12: return at::tanh(a);
    case 13: return at::sin(a);
    case 14: return at::cos(a);
    case 15: return at::floor(a);
    case 16: return at::round(a);
    case 17: return at::relu(a);
    case 18: return at::silu(a);
    case 19: return at::mish(a);
    case 20: return at::gelu(a);
    case 21: return at::isnan(a);
    case 22: return at::isfinite(a);
    case 23: return at::logical_not(a);
    case 24: return a.detach();
    case 25: return a.clone();
    case 26: return a.contiguous();
    case 27: return at::zeros_like(a);
    case 28: return at::ones_like(a);
    case 29: return at::empty_like(a);
    case 30: return at::rand_like(a);
    case 31: return at::randn_like(a);
    case 32: return a.t();
    case 33: return a.squeeze();
    case 34: return a.alias();
    default: throw std::invalid_argument("an unknown operation on one tensor");
    }
}

at::Tensor binary(int op, const at::Tensor& a, const at::Tensor& b) {
    switch (op) {
    case 0: return at::add(a, b);
    case 1: return at::sub(a, b);
    case 2: return at::mul(a, b);
    case 3: return at::div(a, b);
    case 4: return at::pow(a, b);
    case 5: return at::maximum(a, b);
    case 6: return at::minimum(a, b);
    case 7: return at::eq(a, b);
    case 8: return at::ne(a, b);
    case 9: return at::lt(a, b);
    case 10: return at::le(a, b);
    case 11: return at::gt(a, b);
    case 12: return at::ge(a, b);
    case 13: return at::logical_and(a, b);
    case 14: return at::logical_or(a, b);
    case 15: return at::matmul(a, b);
    case 16: return at::bmm(a, b);
    case 17: return at::atan2(a, b);
    default: throw std::invalid_argument("an unknown operation on two tensors");
    }
}

at::Tensor with_scalar(int op, const at::Tensor& a, const at::Scalar& b) {
    switch (op) {
    case 0: return at::add(a, b);
    case 1: return at::sub(a, b);
    case 2: return at::mul(a, b);
    case 3: return at::div(a, b);
    case 4: return at::pow(a, b);
    case 7: return at::eq(a, b);
    case 8: return at::ne(a, b);
    case 9: return at::lt(a, b);
    case 10: return at::le(a, b);
    case 11: return at::gt(a, b);
    case 12: return at::ge(a, b);
    case 18: return at::rsub(a, b);
    case 19: return at::mul(at::reciprocal(a), b);
    default: throw std::invalid_argument("an unknown operation on a tensor and a number");
    }
}

void in_place(int op, at::Tensor& a, const at::Tensor& b) {
    switch (op) {
    case 0: a.add_(b); break;
    case 1: a.sub_(b); break;
    case 2: a.mul_(b); break;
    case 3: a.div_(b); break;
    default: throw std::invalid_argument("an unknown operation in place");
    }
}

void in_place(int op, at::Tensor& a, const at::Scalar& b) {
    switch (op) {
    case 0: a.add_(b); break;
    case 1: a.sub_(b); break;
    case 2: a.mul_(b); break;
    case 3: a.div_(b); break;
    default: throw std::invalid_argument("an unknown operation in place");
    }
}

at::Tensor reduce(int op, const at::Tensor& a, at::IntArrayRef over, bool keep, bool unbiased) {
    bool all = over.empty();
    switch (op) {
    case 0: return all ? at::sum(a) : at::sum(a, over, keep);
    case 1: return all ? at::mean(a) : at::mean(a, over, keep);
    case 2: return all ? at::std(a, unbiased) : at::std(a, over, unbiased, keep);
    case 3: return all ? at::var(a, unbiased) : at::var(a, over, unbiased, keep);
    case 4: return all ? at::max(a) : at::amax(a, over, keep);
    case 5: return all ? at::min(a) : at::amin(a, over, keep);
    case 6: return all ? at::argmax(a) : at::argmax(a, over[0], keep);
    case 7: return at::logsumexp(a, over, keep);
    case 8: return all ? at::any(a) : at::any(a, over[0], keep);
    case 9: return all ? at::all(a) : at::all(a, over[0], keep);
    case 10: return all ? at::norm(a) : at::norm(a, 2, over, keep);
    default: throw std::invalid_argument("an unknown reduction");
    }
}

at::Tensor along(int op, const at::Tensor& a, int64_t p, int64_t q, int64_t r) {
    switch (op) {
    case 0: return a.squeeze(p);
    case 1: return a.unsqueeze(p);
    case 2: return a.flatten(p, q);
    case 3: return a.transpose(p, q);
    case 4: return a.select(p, q);
    case 5: return a.narrow(p, q, r);
    case 6: return at::softmax(a, p);
    case 7: return at::log_softmax(a, p);
    case 8: return at::cumsum(a, p);
    case 9: return at::cumprod(a, p);
    case 10: return at::one_hot(a, p);
    default: throw std::invalid_argument("an unknown operation along a dimension");
    }
}

at::Tensor reshape(int op, const at::Tensor& a, at::IntArrayRef sizes) {
    switch (op) {
    case 0: return a.reshape(sizes);
    case 1: return a.view(sizes);
    case 2: return a.permute(sizes);
    case 3: return a.expand(sizes);
    case 4: return a.repeat(sizes);
    case 5: return a.flip(sizes);
    default: throw std::invalid_argument("an unknown change of shape");
    }
}

// A number as torch keeps it: whole ones stay whole, so that they do not turn integers into floats.
at::Scalar scalar(int whole, double real, int64_t integer) { return whole ? at::Scalar(integer) : at::Scalar(real); }
} // namespace

RT_API int rt_unary(int op, rt_tensor a, rt_tensor* result) {
    return guarded([&] { *result = own(unary(op, ref(a))); });
}
RT_API int rt_binary(int op, rt_tensor a, rt_tensor b, rt_tensor* result) {
    return guarded([&] { *result = own(binary(op, ref(a), ref(b))); });
}
RT_API int rt_binary_scalar(int op, rt_tensor a, int whole, double real, int64_t integer, rt_tensor* result) {
    return guarded([&] { *result = own(with_scalar(op, ref(a), scalar(whole, real, integer))); });
}
RT_API int rt_in_place(int op, rt_tensor a, rt_tensor b) {
    return guarded([&] { in_place(op, mutable_ref(a), ref(b)); });
}
RT_API int rt_in_place_scalar(int op, rt_tensor a, int whole, double real, int64_t integer) {
    return guarded([&] { in_place(op, mutable_ref(a), scalar(whole, real, integer)); });
}
// bounds: 1 there is a low one, 2 a high one, 4 the low one is whole, 8 the high one.
RT_API int rt_clamp(rt_tensor a, int bounds, double low, double high, rt_tensor* result) {
    return guarded([&] {
        optional<at::Scalar> min, max;
        if (bounds & 1) min = scalar(bounds & 4, low, static_cast<int64_t>(low));
        if (bounds & 2) max = scalar(bounds & 8, high, static_cast<int64_t>(high));
        *result = own(at::clamp(ref(a), min, max));
    });
}
RT_API int rt_where(rt_tensor condition, rt_tensor a, rt_tensor b, rt_tensor* result) {
    return guarded([&] { *result = own(at::where(ref(condition), ref(a), ref(b))); });
}
RT_API int rt_reduce(int op, rt_tensor a, const int64_t* over, int n, int keep, int unbiased, rt_tensor* result) {
    return guarded([&] { *result = own(reduce(op, ref(a), dims(over, n), keep != 0, unbiased != 0)); });
}
RT_API int rt_along(int op, rt_tensor a, int64_t p, int64_t q, int64_t r, rt_tensor* result) {
    return guarded([&] { *result = own(along(op, ref(a), p, q, r)); });
}
RT_API int rt_slice(rt_tensor a, int64_t dim, int64_t start, int64_t stop, int64_t step, rt_tensor* result) {
    return guarded([&] { *result = own(ref(a).slice(dim, start, stop, step)); });
}
RT_API int rt_reshape(int op, rt_tensor a, const int64_t* sizes, int n, rt_tensor* result) {
    return guarded([&] { *result = own(reshape(op, ref(a), dims(sizes, n))); });
}
RT_API int rt_cat(const rt_tensor* all, int n, int64_t dim, rt_tensor* result) {
    return guarded([&] { *result = own(at::cat(list(all, n), dim)); });
}
RT_API int rt_stack(const rt_tensor* all, int n, int64_t dim, rt_tensor* result) {
    return guarded([&] { *result = own(at::stack(list(all, n), dim)); });
}
RT_API int rt_index_select(rt_tensor a, int64_t dim, rt_tensor index, rt_tensor* result) {
    return guarded([&] { *result = own(at::index_select(ref(a), dim, ref(index))); });
}
RT_API int rt_gather(rt_tensor a, int64_t dim, rt_tensor index, rt_tensor* result) {
    return guarded([&] { *result = own(at::gather(ref(a), dim, ref(index))); });
}
RT_API int rt_scatter(rt_tensor a, int64_t dim, rt_tensor index, rt_tensor from) {
    return guarded([&] { mutable_ref(a).scatter_(dim, ref(index), ref(from)); });
}
RT_API int rt_quantile(rt_tensor a, rt_tensor q, int64_t dim, int whole, int keep, rt_tensor* result) {
    return guarded([&] { *result = own(whole ? at::quantile(ref(a), ref(q)) : at::quantile(ref(a), ref(q), dim, keep != 0)); });
}
// Values and their places: 0 the k largest, 1 sorted, 2 the largest along dim, 3 the smallest.
RT_API int rt_select_by_value(int op, rt_tensor a, int64_t k, int64_t dim, int flag, rt_tensor* values, rt_tensor* indices) {
    return guarded([&] {
        std::tuple<at::Tensor, at::Tensor> found;
        switch (op) {
        case 0: found = at::topk(ref(a), k, dim, flag != 0, true); break;
        case 1: found = at::sort(ref(a), dim, flag != 0); break;
        case 2: found = at::max(ref(a), dim, flag != 0); break;
        case 3: found = at::min(ref(a), dim, flag != 0); break;
        default: throw std::invalid_argument("an unknown selection by value");
        }
        *values = own(std::move(std::get<0>(found)));
        *indices = own(std::move(std::get<1>(found)));
    });
}
