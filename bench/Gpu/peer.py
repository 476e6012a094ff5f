#!/usr/bin/env python3
"""PyTorch on the problems of bench/gpu.sh: returns in float64 on the CPU, and times of whole plans, eager and compiled.

    peer.py FOLDER --device cuda --plans 200 > peers.json

FOLDER is what the bench's `export` wrote: weights in TorchSharp's form, state, noise and actions as little-endian floats. A plan begins
with the state in the processor's memory and ends with the actions there, as the bench's own does.
"""
import argparse
import json
import os
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))
from torch_files import read_floats, read_weights  # noqa: E402

# A PyTorch without it has no graphs of its own that must be told; there only eager is measured.
begin_step = getattr(getattr(torch, "compiler", None), "cudagraph_mark_step_begin", lambda: None)


class Model:
    """Weights by name on a device, in a type."""

    def __init__(self, weights, device, dtype):
        self.w = {name: value.to(device, dtype) for name, value in weights.items()}

    def linear(self, name, x):
        return F.linear(x, self.w[name + ".weight"], self.w[name + ".bias"])

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.w[name + ".weight"], self.w[name + ".bias"])


class P1(Model):
    """GRU 256 fed [s, a], prior 256-512-64, Gaussian 32, reward 288-512-512-1, all ELU."""

    actions = 7

    def __init__(self, weights, noise, device, dtype):
        super().__init__(weights, device, dtype)
        self.noise = noise.reshape(-1, 32).to(device, dtype)
        self.cell = [self.w["cell." + name] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]

    def score(self, state, actions):
        n, horizon, _ = actions.shape
        h, s = state[:256].expand(n, 256), state[256:].expand(n, 32)
        features = []
        for t in range(horizon):
            h = torch.gru_cell(torch.cat([s, actions[:, t]], -1), h, *self.cell)
            mean, spread = self.linear("prior.out", F.elu(self.linear("prior.linear0", h))).chunk(2, -1)
            s = mean + (F.softplus(spread) + 0.1) * self.noise[t]
            features.append(torch.cat([h, s], -1))
        x = torch.stack(features, 1)
        x = F.elu(self.linear("reward.linear1", F.elu(self.linear("reward.linear0", x))))
        rewards = self.linear("reward.out", x).squeeze(-1)
        return (rewards * 0.99 ** torch.arange(horizon, device=x.device, dtype=x.dtype)).sum(1)

    def search(self, size):
        """The cross-entropy method, one iteration at a time: the compiled part."""

        def iteration(state, mean, std):
            noise = torch.randn(size.candidates, *mean.shape, device=mean.device)
            actions = (mean + std * noise).clamp(-1, 1)
            elites = actions[self.score(state, actions).topk(size.elites).indices]
            return elites.mean(0), elites.std(0, unbiased=False)

        return iteration

    def plan(self, iteration, state, mean, size):
        mean, std = torch.zeros_like(mean), torch.ones_like(mean)
        for _ in range(size.iterations):
            begin_step()
            mean, std = (x.clone() for x in iteration(state, mean, std))
        return mean


class TdMpc2(Model):
    """TD-MPC2's 5M model (Hansen et al. 2024), the value the mean of all five heads; the heads as one batched product."""

    actions = 6

    def __init__(self, weights, noise, device, dtype):
        super().__init__(weights, device, dtype)
        self.bins = torch.linspace(-10, 10, 101, device=device, dtype=dtype)
        self.heads = {}
        for name in ("linear0", "norm0", "linear1", "norm1", "out"):
            for part in ("weight", "bias"):
                self.heads[f"{name}.{part}"] = torch.stack([self.w[f"values.q{i}.{name}.{part}"] for i in range(5)])

    def hidden(self, name, x):
        for i in range(2):
            x = F.mish(self.norm(f"{name}.norm{i}", self.linear(f"{name}.linear{i}", x)))
        return self.linear(f"{name}.out", x)

    def next(self, z, a):
        x = self.norm("dynamics.out_norm", self.hidden("dynamics", torch.cat([z, a], -1)))
        return x.unflatten(-1, (-1, 8)).softmax(-1).flatten(-2)

    def number(self, logits):
        x = (logits.softmax(-1) * self.bins).sum(-1)
        return x.sign() * x.abs().expm1()

    def value(self, z, a):
        x = torch.cat([z, a], -1).expand(5, -1, -1)
        for i in range(2):
            x = torch.baddbmm(self.heads[f"linear{i}.bias"][:, None], x, self.heads[f"linear{i}.weight"].transpose(1, 2))
            x = F.layer_norm(x, x.shape[-1:]) * self.heads[f"norm{i}.weight"][:, None] + self.heads[f"norm{i}.bias"][:, None]
            x = F.mish(x)
        logits = torch.baddbmm(self.heads["out.bias"][:, None], x, self.heads["out.weight"].transpose(1, 2))
        return self.number(logits).mean(0)

    def policy(self, z):
        mean, spread = self.hidden("policy", z).chunk(2, -1)
        return mean, (-10 + 6 * (spread.tanh() + 1)).exp()

    def score(self, state, actions):
        n, horizon, _ = actions.shape
        z, states = state.expand(n, -1), []
        for t in range(horizon):
            states.append(z)
            z = self.next(z, actions[:, t])
        rewards = self.number(self.hidden("reward", torch.cat([torch.stack(states, 1), actions], -1)))
        discounts = 0.99 ** torch.arange(horizon + 1, device=z.device, dtype=z.dtype)
        return (rewards * discounts[:-1]).sum(1) + discounts[-1] * self.value(z, self.policy(z)[0].tanh())

    def search(self, size):
        def iteration(state, policy, mean, std):
            noise = torch.randn(size.candidates - size.policy, *mean.shape, device=mean.device)
            actions = torch.cat([policy, (mean + std * noise).clamp(-1, 1)])
            values, order = self.score(state, actions).topk(size.elites)
            elites, weights = actions[order], (0.5 * (values - values[0])).exp()
            weights = (weights / weights.sum())[:, None, None]
            mean = (weights * elites).sum(0)
            std = (weights * (elites - mean) ** 2).sum(0).sqrt().clamp(0.05, 2)
            return mean, std, elites, weights

        return iteration

    def plan(self, iteration, state, mean, size):
        std, z, policy = torch.full_like(mean, 2), state.expand(size.policy, -1), []
        for _ in range(size.horizon):
            centre, spread = self.policy(z)
            policy.append((centre + spread * torch.randn_like(centre)).tanh())
            z = self.next(z, policy[-1])
        policy = torch.stack(policy, 1)
        for _ in range(size.iterations):
            begin_step()
            mean, std, elites, weights = (x.clone() for x in iteration(state, policy, mean, std))
        return elites[torch.multinomial(weights.flatten(), 1)[0]]


class Size:
    def __init__(self, horizon, candidates, elites, iterations, policy=0):
        self.horizon, self.candidates, self.elites, self.iterations, self.policy = horizon, candidates, elites, iterations, policy


def time_plans(model, state, size, count, device, compiled):
    iteration = model.search(size)
    if compiled:
        iteration = torch.compile(iteration, mode="reduce-overhead" if device.type == "cuda" else "default")
    host = state.pin_memory() if device.type == "cuda" else state
    mean = torch.zeros(size.horizon, model.actions, device=device)
    times = []
    for i in range(-5, count):
        begun = time.perf_counter()
        plan = model.plan(iteration, host.to(device, non_blocking=True), mean, size)
        plan.cpu()
        if i >= 0:
            times.append((time.perf_counter() - begun) * 1e3)
    return times


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder")
    options.add_argument("--device", default="cuda")
    options.add_argument("--plans", type=int, default=200)
    options.add_argument("--quick", action="store_true")
    options = options.parse_args()
    device = torch.device(options.device)
    torch.backends.cuda.matmul.allow_tf32 = False
    quick = options.quick
    problems = {
        "P1": (P1, Size(4, 48, 8, 2) if quick else Size(15, 512, 64, 6)),
        "TD-MPC2-5M": (TdMpc2, Size(3, 48, 8, 2, 4) if quick else Size(3, 512, 64, 6, 24)),
    }
    found = {"version": torch.__version__}
    with torch.no_grad():
        for name, (kind, size) in problems.items():
            path = os.path.join(options.folder, name)
            weights = read_weights(path + ".dat")
            state, noise, actions = (read_floats(f"{path}.{part}") for part in ("state", "noise", "actions"))
            actions = actions.reshape(size.candidates, size.horizon, kind.actions).double()
            exact = kind(weights, noise, "cpu", torch.float64).score(state.double(), actions)
            model = kind(weights, noise, device, torch.float32)
            times = {"eager": time_plans(model, state, size, options.plans, device, False)}
            try:
                times["compiled"] = time_plans(model, state, size, options.plans, device, True)
            except Exception as error:  # an old PyTorch, no compiler: told in the results, and the rest is measured
                times["compiled"] = " ".join([type(error).__name__ + ":", *str(error).splitlines()[:2]])
            found[name] = {"returns": exact.tolist(), "ms": times}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
