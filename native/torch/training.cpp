// Gradients and the step of AdamW.
#include "robot_torch.h"
#include <c10/core/GradMode.h>
#include <cmath>

using namespace rt;

RT_API int rt_requires_grad(rt_tensor a) { return ref(a).requires_grad(); }
RT_API int rt_is_leaf(rt_tensor a) { return ref(a).is_leaf(); }
RT_API int rt_set_requires_grad(rt_tensor a, int on) {
    return guarded([&] { mutable_ref(a).set_requires_grad(on != 0); });
}
RT_API int rt_backward(rt_tensor a, int retain_graph, int create_graph) {
    return guarded([&] { ref(a).backward({}, retain_graph != 0, create_graph != 0); });
}
// The gradient, or null where there is none.
RT_API int rt_grad(rt_tensor a, rt_tensor* result) {
    return guarded([&] {
        at::Tensor grad = ref(a).grad();
        *result = grad.defined() ? own(std::move(grad)) : nullptr;
    });
}
RT_API int rt_set_grad(rt_tensor a, rt_tensor grad) {
    return guarded([&] {
        if (grad) mutable_ref(a).mutable_grad() = ref(grad);
        else mutable_ref(a).mutable_grad().reset();
    });
}

// Scales all gradients together so that their norm is at most max_norm (torch.nn.utils.clip_grad_norm_); gives the norm before.
RT_API int rt_clip_grad_norm(const rt_tensor* all, int n, double max_norm, double* norm) {
    return guarded([&] {
        at::NoGradGuard guard;
        std::vector<at::Tensor> norms;
        for (auto& parameter : list(all, n)) {
            if (parameter.grad().defined()) norms.push_back(parameter.grad().norm());
        }
        if (norms.empty()) {
            *norm = 0;
            return;
        }
        *norm = at::stack(norms).norm().item().toDouble();
        double scale = max_norm / (*norm + 1e-6);
        if (!(scale < 1)) return; // also where the norm is no number: what is wrong with it is for the caller to say
        for (auto& parameter : list(all, n)) {
            if (parameter.grad().defined()) parameter.mutable_grad().mul_(scale);
        }
    });
}

// One step of AdamW (Loshchilov and Hutter 2019) for the parameters of a group, in torch.optim.AdamW's order of operations.
RT_API int rt_adamw(const rt_tensor* all, const rt_tensor* averages, const rt_tensor* squares, int n, int64_t step, double rate,
                    double beta1, double beta2, double eps, double decay) {
    return guarded([&] {
        at::NoGradGuard guard;
        double correction1 = 1 - std::pow(beta1, static_cast<double>(step));
        double correction2 = 1 - std::pow(beta2, static_cast<double>(step));
        for (int i = 0; i < n; i++) {
            at::Tensor parameter = ref(all[i]);
            at::Tensor grad = parameter.grad();
            if (!grad.defined()) continue;
            at::Tensor average = ref(averages[i]);
            at::Tensor square = ref(squares[i]);
            parameter.mul_(1 - rate * decay);
            average.mul_(beta1).add_(grad, 1 - beta1);
            square.mul_(beta2).addcmul_(grad, grad, 1 - beta2);
            at::Tensor scale = square.sqrt().div_(std::sqrt(correction2)).add_(eps);
            parameter.addcdiv_(average, scale, -rate / correction1);
        }
    });
}
