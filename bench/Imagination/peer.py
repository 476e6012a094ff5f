"""The imagination bench's standard problem in PyTorch: scores its candidates once for each line that it reads, and prints their returns'
sum. peer.py FOLDER eager|script FIRST COUNT THREADS"""
import os
import sys

try:
    import torch
    from torch.nn import functional as F
except ImportError as e:
    sys.exit(f"PyTorch is not there (Debian: python3-torch): {e}")
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))
from torch_files import read_floats, read_weights  # noqa: E402

STEPS, ACTION, DETERMINISTIC, STOCHASTIC, LEAST = 15, 7, 256, 32, 0.1
folder, mode = sys.argv[1:3]
first, count, threads = (int(a) for a in sys.argv[3:6])
w = read_weights(f"{folder}/weights.dat")


def linear(x, name):
    return F.linear(x, w[name + ".weight"], w[name + ".bias"])


def rollout(actions, noise):
    h, s = torch.zeros(actions.shape[1], DETERMINISTIC), torch.zeros(actions.shape[1], STOCHASTIC)
    returns = torch.zeros(actions.shape[1])
    for t in range(STEPS):
        h = torch.gru_cell(
            torch.cat((s, actions[t]), 1), h, w["cell.weight_ih"], w["cell.weight_hh"], w["cell.bias_ih"], w["cell.bias_hh"])
        mean, rho = linear(F.elu_(linear(h, "prior.linear0")), "prior.out").chunk(2, 1)
        s = mean + (F.softplus(rho) + LEAST) * noise[t]
        reward = F.elu_(linear(torch.cat((h, s), 1), "reward.linear0"))
        returns += linear(F.elu_(linear(reward, "reward.linear1")), "reward.out").squeeze(1)
    return returns.sum()


def blas():
    for line in open("/proc/self/maps"):
        path = line.split()[-1]
        if path.rsplit("/", 1)[-1].startswith("libopenblas"):
            return path
    return "-"


torch.set_num_threads(threads)
with torch.inference_mode():
    own = read_floats(f"{folder}/actions.f32").reshape(-1, STEPS, ACTION)[first:first + count].transpose(0, 1).contiguous()
    noise = read_floats(f"{folder}/noise.f32").reshape(STEPS, STOCHASTIC)
    score = torch.jit.trace(rollout, (own, noise)) if mode == "script" else rollout
    for _ in range(3):  # TorchScript optimises what it has seen run
        score(own, noise)
    print("ready", blas(), flush=True)
    for _ in sys.stdin:
        print(float(score(own, noise)), flush=True)
