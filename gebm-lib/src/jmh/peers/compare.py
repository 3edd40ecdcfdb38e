#!/usr/bin/env python3
"""The library against PyTorch on the workloads W1 to W5, two processes taking turns on one core.

    python compare.py PEERS --java "java OPTIONS -cp CLASSPATH" [--only W3,W4] [--repeats 9] [--seconds 1] [--warm 3] [--cpu 0]

PEERS is the folder of the PyTorch peers' scripts (params.py, w1_toy_ula_torch.py, ...), whose functions run as they are;
python must see torch and numpy.  `run.sh` beside this file finds the class path.  Same weights, one thread, and the same
allocator settings on both sides.  First both sides compute values and gradients at the same points, which must agree; then
each repeat runs every peer once, in turn.  Prints `workload,peer,metric,value`, and last how many times faster `gebm` is.

Medians are over the repeats in which a process had the core to itself (CPU time at least 97 % of wall time), if there are
three, else over all; `..._cpu` is the median of CPU time over all repeats, which another user of the core disturbs less.
Each run of the library records its programs anew; `record_s` is that with the first step, and outside the times per step.
`peak_mib` is the most memory that a process held in the peer's warm-up, what it keeps of earlier work included (Linux only;
take one workload at a time to compare).
"""
import argparse
import contextlib
import math
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

MALLOC = {"MALLOC_MMAP_THRESHOLD_": "268435456", "MALLOC_TRIM_THRESHOLD_": "4073741824", "MALLOC_TOP_PAD_": "67108864"}
THREADS = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
W1 = ((64, 128, 2), (128, 256, 2), (128, 4096, 2), (512, 256, 100))
PEERS = {"W1": ["torch_eager"], "W2": ["torch_eager", "torch_eager_fused_adam"],
         "W3": ["torch_eager", "torch_eager_fused_adam", "torch_eager_channels_last"], "W4": ["torch_eager", "torch_eager_channels_last"],
         "W5-flow-kale": ["torch_eager", "torch_eager_onepass"], "W5-flow-ml": ["torch_eager"]}
UNIT = {"W1": "us_per_step", "W2": "ms_per_iter", "W3": "ms_per_iter", "W4": "ms_per_step", "W5": "ms_per_step"}
AGREE = 2e-4                                            # of the largest value; the peers' own limit between frameworks


def names():
    return [f"W1-h{h}-b{b}-d{d}" for h, b, d in W1] + [
        "W2-toy-kale", "W3-image-kale", "W4-image-latent", "W5-flow-kale", "W5-flow-ml"]


# ---------------------------------------------------------------- the peers' process

class Toy:
    def __init__(self, name):
        import torch
        import w1_toy_ula_torch as w1
        h, b, d = next(s for s in W1 if name == "W1-h%d-b%d-d%d" % s)
        torch.manual_seed(0)
        self.w1, self.torch, self.net, self.z = w1, torch, w1.build(h, d), torch.randn(b, d)

    def arrays(self):
        return {"points": self.z, **{f"energy{i}": p for i, p in enumerate(self.net.parameters())}}

    def check(self, _):
        z = self.z.clone().requires_grad_(True)
        value = self.net(z).squeeze(1)
        return {"value": value, "gradient": self.torch.autograd.grad(value.sum(), z)[0]}

    def run(self, peer, n):
        self.w1.eager_chain(self.net, self.z, n)


class Training:
    def __init__(self, name):
        import torch
        import w2_toy_kale_torch as w2
        torch.manual_seed(0)
        self.torch, self.w2 = torch, w2
        self.x, self.z = w2.batch(), torch.randn(w2.B, 2)
        self.trainers = {"torch_eager": w2.Trainer(False), "torch_eager_fused_adam": w2.Trainer(True)}
        self.fresh = w2.nets()

    def arrays(self):
        g, e, _ = self.fresh
        return {"x": self.x, "z": self.z, "rows": self.w2.DATA, **{f"base{i}": p for i, p in enumerate(g.parameters())},
                **{f"energy{i}": p for i, p in enumerate(e.parameters())}}

    def check(self, theirs):
        g, e, c = self.fresh
        alpha = self.torch.from_numpy(theirs["alpha"])
        with self.torch.no_grad():
            y = g(self.z)
        energy = self.w2.energy_loss(e, c, self.x, y, alpha)
        gradients = self.torch.autograd.grad(energy, [*e.parameters(), c])
        base = self.w2.base_loss(g, e, self.x, self.z)
        gradients += self.torch.autograd.grad(base, [*g.parameters()])
        return {"energyLoss": energy, "baseLoss": base, **{f"gradient{i}" if i else "gradient": v for i, v in enumerate(gradients)}}

    def run(self, peer, n):
        for _ in range(n):
            self.trainers[peer].iteration()


def generator_arrays(g):
    """In the order and layout of DJL: transposed kernels are (out, in, ...), a batch norm is scale, shift, mean, variance."""
    norm = lambda b: [b.weight, b.bias, b.running_mean, b.running_var]
    return [g.lin.weight, g.lin.bias, *norm(g.bn0), g.d1.weight.transpose(0, 1), g.d1.bias, *norm(g.bn1), g.d2.weight.transpose(0, 1),
            g.d2.bias]


class ImageTraining:
    def __init__(self, name):
        import torch
        import w3_image_kale_torch as w3
        torch.manual_seed(0)
        self.torch, self.w3 = torch, w3
        # few, so that no unit sits on a kink of its activation, where rounding decides about the penalty's second derivative
        self.x, self.z = w3.batch()[:8], torch.randn(8, 100)
        self.trainers = {"torch_eager": w3.Trainer(False), "torch_eager_fused_adam": w3.Trainer(),
                         "torch_eager_channels_last": w3.Trainer(channels_last=True)}
        self.fresh = w3.Trainer()
        for c in self.fresh.e.convs:                    # exact singular vectors, which no power iteration moves
            s, w = c.parametrizations.weight[0], c.parametrizations.weight.original.detach().flatten(1)
            u, _, v = torch.linalg.svd(w.double(), full_matrices=False)
            s._u.copy_(u[:, 0]), s._v.copy_(v[0])

    def arrays(self):
        g, e = self.fresh.g, self.fresh.e
        energy = [p for c in e.convs for p in (c.parametrizations.weight[0]._u, c.parametrizations.weight.original, c.bias)]
        energy += [e.lin.weight, e.lin.bias]
        return {"x": self.x, "z": self.z, "rows": self.w3.DATA, **{f"base{i}": p for i, p in enumerate(generator_arrays(g))},
                **{f"energy{i}": p for i, p in enumerate(energy)}}

    def check(self, theirs):
        t, grad = self.fresh, self.torch.autograd.grad
        t.e.train(), t.g.eval()
        with self.torch.no_grad():
            y = t.g(self.z)
        energy = self.w3.energy_loss(t.e, t.c, self.x, y, self.torch.from_numpy(theirs["alpha"]))
        weights = [p for c in t.e.convs for p in (c.parametrizations.weight.original, c.bias)] + [t.e.lin.weight, t.e.lin.bias, t.c]
        gradients = list(grad(energy, weights))
        t.e.eval(), t.g.train()
        base = self.w3.base_loss(t.g, t.e, self.x, self.z) + math.log(len(self.z) / self.w3.B)     # which divides by B
        g = t.g
        of = [g.lin.weight, None, g.bn0.weight, g.bn0.bias, g.d1.weight, None, g.bn1.weight, g.bn1.bias, g.d2.weight, g.d2.bias]
        left = iter(grad(base, [p for p in of if p is not None]))
        for p in of:                                    # None: a bias before a normalisation, whose gradient is rounding only
            d = None if p is None else next(left)
            gradients.append(d.transpose(0, 1) if p is g.d1.weight or p is g.d2.weight else d)
        named = {f"gradient{i}" if i else "gradient": v for i, v in enumerate(gradients) if v is not None}
        return {"energyLoss": energy, "baseLoss": base, **named}

    def run(self, peer, n):
        for _ in range(n):
            self.trainers[peer].iteration()


class Images:
    def __init__(self, name):
        import torch
        import w4_image_latent_torch as w4
        torch.manual_seed(0)
        self.torch, self.w4, self.z = torch, w4, torch.randn(w4.B, w4.D)
        self.nets = {"torch_eager": w4.nets(), "torch_eager_channels_last": w4.nets(True)}

    def arrays(self):
        g, e = self.nets["torch_eager"]
        base = generator_arrays(g)
        energy = [p for c in e.convs for p in (c.weight, c.bias)] + [e.lin.weight, e.lin.bias]
        return {"points": self.z, **{f"base{i}": p for i, p in enumerate(base)}, **{f"energy{i}": p for i, p in enumerate(energy)}}

    def check(self, _):
        g, e = self.nets["torch_eager"]
        z = self.z.clone().requires_grad_(True)
        value = 0.5 * (z * z).sum(1) + self.w4.BETA * e(g(z))
        return {"value": value, "gradient": self.torch.autograd.grad(value.sum(), z)[0]}

    def run(self, peer, n):
        self.w4.eager_chain(*self.nets[peer], self.z, n)


class Density:
    def __init__(self, name):
        import torch
        import w5_flow_torch as w5
        torch.manual_seed(0)
        self.torch, self.w5, self.x = torch, w5, w5.batch()
        self.steps = {"torch_eager": w5.Kale(), "torch_eager_onepass": w5.Kale(True)}
        self.fresh = w5.Kale()

    def arrays(self):
        named = lambda prefix, net: {f"{prefix}{i}": p for i, p in enumerate(net.parameters())}
        return {"x": self.x, "rows": self.w5.DATA, **named("base", self.fresh.base), **named("energy", self.fresh.net)}

    def check(self, theirs):
        k, (u, alpha) = self.fresh, (self.torch.from_numpy(theirs[n]) for n in ("u", "alpha"))
        with self.torch.no_grad():
            y, lpy = k.base.sample_and_log_prob(u)
        loss = k.loss(self.x, y, lpy, alpha)
        gradients = self.torch.autograd.grad(loss, [*k.ps, k.c])
        return {"energyLoss": loss, **{f"gradient{i}" if i else "gradient": v for i, v in enumerate(gradients)}}

    def run(self, peer, n):
        for _ in range(n):
            self.steps[peer].step()


class Likelihood:
    def __init__(self, name):
        import torch
        import w5_flow_torch as w5
        torch.manual_seed(0)
        self.torch, self.w5, self.x = torch, w5, w5.batch()
        self.fresh, self.trainer = w5.RealNVP(w5.D), w5.ML(w5.RealNVP(w5.D))

    def arrays(self):
        return {"x": self.x, "rows": self.w5.DATA, **{f"base{i}": p for i, p in enumerate(self.fresh.parameters())}}

    def check(self, _):
        loss = -self.fresh.log_prob(self.x).mean()
        gradients = self.torch.autograd.grad(loss, [*self.fresh.parameters()])
        return {"loss": loss, **{f"gradient{i}" if i else "gradient": v for i, v in enumerate(gradients)}}

    def run(self, peer, n):
        for _ in range(n):
            self.trainer.step()


def worker(folder):
    import numpy as np
    made = {}
    host = lambda arrays: {k: np.ascontiguousarray(v.detach().numpy()) for k, v in arrays.items()}
    for line in sys.stdin:
        command, name, *rest = line.split()
        if name not in made:
            made[name] = {"W1": Toy, "W2": Training, "W3": ImageTraining, "W4": Images, "W5-flow-kale": Density,
                          "W5-flow-ml": Likelihood}[name if name.startswith("W5") else name[:2]](name)
        file = os.path.join(folder, name)
        if command == "export":
            np.savez(file + ".npz", **host(made[name].arrays()))
            print("ok", flush=True)
        elif command == "check":
            ours = dict(np.load(file + "-gebm.npz"))
            worst = 0
            for key, value in host(made[name].check(ours)).items():
                worst = max(worst, difference(name, key, value.astype(np.float64), ours[key].astype(np.float64)))
            print(worst, flush=True)
        else:
            cpu, wall = time.process_time_ns(), time.perf_counter_ns()
            made[name].run(rest[0], int(rest[1]))
            print(time.perf_counter_ns() - wall, time.process_time_ns() - cpu, 0, flush=True)


def difference(name, key, theirs, ours):
    """The largest difference, of the largest value; in W4 one chain in 50 may sit on a kink of an activation and is left out."""
    import numpy as np
    theirs, ours = theirs.reshape(ours.shape), ours
    apart = np.abs(theirs - ours)
    if name.startswith("W4") and apart.ndim == 2:
        apart = np.sort(apart.max(1))[:-2]
    return float(apart.max() / np.abs(theirs).max())


# ---------------------------------------------------------------- the driver

class Process:
    def __init__(self, command, cpu, env):
        self.command = command
        self.process = subprocess.Popen(["taskset", "-c", str(cpu), *command], env=env, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise SystemExit(f"no answer to '{line}' from {self.command[0]}")
        return answer

    def time(self, line):
        return tuple(int(t) for t in self.ask(line).split())

    def forget_peak(self):
        with contextlib.suppress(OSError), open(f"/proc/{self.process.pid}/clear_refs", "w") as f:
            f.write("5")

    def peak_mib(self):
        with contextlib.suppress(OSError), open(f"/proc/{self.process.pid}/status") as f:
            return next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmHWM"))
        return math.nan

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(name, options, java, torch):
    workload, unit = name[:2], UNIT[name[:2]]
    torch.ask("export " + name)
    java.ask("check " + name)
    apart = float(torch.ask("check " + name))
    print(f"{name},gebm,largest_difference,{apart:.2g}", flush=True)
    if not apart < AGREE:
        raise SystemExit(f"{name}: values or gradients differ by {apart} of the largest, allowed {AGREE}")
    asked = {"gebm": lambda n: java.time(f"time {name} {n}")}
    peers = PEERS.get(name) or PEERS[workload]
    for peer in peers:
        asked[peer] = lambda n, peer=peer: torch.time(f"time {name} {peer} {n}")
    first = peers[0]
    asked[first](2)
    n = max(3, math.ceil(options.seconds * 1e9 / asked[first](10)[0] * 10))
    for peer in asked:
        spent = 0
        process = java if peer == "gebm" else torch
        process.forget_peak()
        while spent < options.warm * 1e9:               # Java compiles what is called often; CPU time, so that all get the same
            spent += asked[peer](n)[1]
        print(f"{name},{peer},peak_mib,{process.peak_mib():.4g}", flush=True)
    rows = {peer: [] for peer in asked}
    for _ in range(options.repeats):
        for peer in asked:
            rows[peer].append(asked[peer](n))
    scale = {"us": 1e3, "ms": 1e6}[unit[:2]] * n
    medians = {}
    for peer, times in rows.items():
        clean = [w for w, c, _ in times if c >= 0.97 * w]
        used = clean if len(clean) >= 3 else [w for w, _, _ in times]
        cpu = statistics.median(c for _, c, _ in times)
        if peer == "gebm":
            print(f"{name},{peer},record_s,{statistics.median(f for _, _, f in times) / 1e9:.4g}", flush=True)
        medians[peer] = statistics.median(used), cpu
        for metric, value in ((f"{unit}_median", medians[peer][0] / scale), (f"{unit}_min", min(w for w, _, _ in times) / scale),
                              (f"{unit}_cpu", cpu / scale), ("repeats", len(times)), ("clean_repeats", len(clean))):
            print(f"{name},{peer},{metric},{value:.5g}", flush=True)
    return {peer: (m[0] / medians["gebm"][0], m[1] / medians["gebm"][1]) for peer, m in medians.items() if peer != "gebm"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peers")
    parser.add_argument("--java")
    parser.add_argument("--only", default="W1,W2,W3,W4,W5")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--warm", type=float, default=3.0, help="seconds of work before the first repeat")
    parser.add_argument("--cpu", type=int, default=0)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        sys.path.insert(0, options.peers)
        worker(options.worker)
        return
    env = {**os.environ, **MALLOC, **THREADS}
    with tempfile.TemporaryDirectory() as folder:
        java = Process([*shlex.split(options.java), "gebm.trace.PeerWorkloads", folder], options.cpu, env)
        torch = Process([sys.executable, __file__, options.peers, "--worker", folder], options.cpu, env)
        try:
            faster = {name: compare(name, options, java, torch) for name in names()
                      if any(name.startswith(o) for o in options.only.split(","))}
        finally:
            java.close()
            torch.close()
    for name, ratios in faster.items():
        for peer, (wall, cpu) in ratios.items():
            print(f"{name},gebm,times_faster_than_{peer},{wall:.2f}")
            print(f"{name},gebm,times_faster_than_{peer}_cpu,{cpu:.2f}")


if __name__ == "__main__":
    main()
