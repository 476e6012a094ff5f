// Functions of neural networks.
#include "robot_torch.h"

using namespace rt;

namespace {
// What a product gave, in the type of what went in: under autocast it computes in bfloat16, and all else goes on in float32, for which
// there are kernels on every device and in which distributions, losses and states that go on belong.
at::Tensor as(const at::Tensor& x, at::Tensor&& result) {
    return result.scalar_type() == x.scalar_type() ? std::move(result) : result.to(x.scalar_type());
}
} // namespace

RT_API int rt_linear(rt_tensor x, rt_tensor weight, rt_tensor bias, rt_tensor* result) {
    return guarded([&] { *result = own(as(ref(x), at::linear(ref(x), ref(weight), maybe(bias)))); });
}
RT_API int rt_gru_cell(rt_tensor x, rt_tensor h, rt_tensor w_ih, rt_tensor w_hh, rt_tensor b_ih, rt_tensor b_hh, rt_tensor* result) {
    return guarded([&] {
        *result = own(as(ref(h), at::gru_cell(ref(x), ref(h), ref(w_ih), ref(w_hh), maybe(b_ih), maybe(b_hh))));
    });
}
RT_API int rt_layer_norm(rt_tensor x, const int64_t* shape, int n, rt_tensor weight, rt_tensor bias, double eps, rt_tensor* result) {
    return guarded([&] { *result = own(at::layer_norm(ref(x), dims(shape, n), maybe(weight), maybe(bias), eps)); });
}
RT_API int rt_conv2d(rt_tensor x, rt_tensor weight, rt_tensor bias, const int64_t* stride, const int64_t* padding,
                     const int64_t* dilation, int64_t groups, rt_tensor* result) {
    return guarded([&] {
        *result = own(as(ref(x), at::conv2d(ref(x), ref(weight), maybe(bias), dims(stride, 2), dims(padding, 2), dims(dilation, 2),
                                            groups)));
    });
}
RT_API int rt_conv_transpose2d(rt_tensor x, rt_tensor weight, rt_tensor bias, const int64_t* stride, const int64_t* padding,
                               const int64_t* output_padding, int64_t groups, const int64_t* dilation, rt_tensor* result) {
    return guarded([&] {
        *result = own(as(ref(x), at::conv_transpose2d(ref(x), ref(weight), maybe(bias), dims(stride, 2), dims(padding, 2),
                                                      dims(output_padding, 2), groups, dims(dilation, 2))));
    });
}
RT_API int rt_elu(rt_tensor x, double alpha, rt_tensor* result) {
    return guarded([&] { *result = own(at::elu(ref(x), alpha)); });
}
RT_API int rt_softplus(rt_tensor x, double beta, double threshold, rt_tensor* result) {
    return guarded([&] { *result = own(at::softplus(ref(x), beta, threshold)); });
}
RT_API int rt_dropout(rt_tensor x, double p, int training, rt_tensor* result) {
    return guarded([&] { *result = own(at::dropout(ref(x), p, training != 0)); });
}
RT_API int rt_avg_pool2d(rt_tensor x, int64_t kernel, int64_t stride, int64_t padding, rt_tensor* result) {
    return guarded([&] { *result = own(at::avg_pool2d(ref(x), {kernel, kernel}, {stride, stride}, {padding, padding})); });
}
// reduction: 0 none, 1 mean, 2 sum, as at::Reduction.
RT_API int rt_loss(int op, rt_tensor x, rt_tensor target, int64_t reduction, double parameter, rt_tensor* result) {
    return guarded([&] {
        switch (op) {
        case 0: *result = own(at::mse_loss(ref(x), ref(target), reduction)); break;
        case 1: *result = own(at::l1_loss(ref(x), ref(target), reduction)); break;
        case 2: *result = own(at::huber_loss(ref(x), ref(target), reduction, parameter)); break;
        case 3: *result = own(at::binary_cross_entropy_with_logits(ref(x), ref(target), {}, {}, reduction)); break;
        case 4: *result = own(at::cross_entropy_loss(ref(x), ref(target), {}, reduction)); break;
        default: throw std::invalid_argument("an unknown loss");
        }
    });
}
