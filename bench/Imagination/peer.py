"""The imagination bench's standard problem in PyTorch: scores its candidates once for each line that it reads, and prints their returns'
sum. peer.py FOLDER eager|script FIRST COUNT THREADS"""
import struct
import sys

try:
    import torch
    from torch.nn import functional as F
except ImportError as e:
    sys.exit(f"PyTorch is not there (Debian: python3-torch): {e}")

STEPS, ACTION, DETERMINISTIC, STOCHASTIC, LEAST = 15, 7, 256, 32, 0.1
FLOAT32 = 6  # torch's ScalarType
folder, mode = sys.argv[1:3]
first, count, threads = (int(a) for a in sys.argv[3:6])


def read_weights(path):
    """TorchSharp's Module.save: LEB128 numbers, strings with their length, row-major float32."""
    content, at = open(path, "rb").read(), 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = content[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    weights = {}
    for _ in range(number()):
        length = number()
        name = content[at:at + length].decode()
        at += length
        if number() != FLOAT32:
            sys.exit(f"{path}: {name} is no float32")
        shape = [number() for _ in range(number())]
        values = struct.calcsize("f")
        for n in shape:
            values *= n
        weights[name] = torch.frombuffer(bytearray(content[at:at + values]), dtype=torch.float32).reshape(shape)
        at += values
    return weights


def read_floats(name):
    return torch.frombuffer(bytearray(open(f"{folder}/{name}", "rb").read()), dtype=torch.float32)


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
    own = read_floats("actions.f32").reshape(-1, STEPS, ACTION)[first:first + count].transpose(0, 1).contiguous()
    noise = read_floats("noise.f32").reshape(STEPS, STOCHASTIC)
    score = torch.jit.trace(rollout, (own, noise)) if mode == "script" else rollout
    for _ in range(3):  # TorchScript optimises what it has seen run
        score(own, noise)
    print("ready", blas(), flush=True)
    for _ in sys.stdin:
        print(float(score(own, noise)), flush=True)
