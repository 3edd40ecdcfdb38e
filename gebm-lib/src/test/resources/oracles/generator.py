"""Writes generator.pt, generator-traced.pt and generator.json: a generator as people have one, scripted in float32 (left in
training mode, with dropout, a branch and a constant) and traced in float64, with outputs and derivatives at given latents.

Run with torch 2.x: python generator.py   (files beside this script; weights are drawn with a fixed seed)
"""
import json
import pathlib

import torch
from torch import nn

HERE = pathlib.Path(__file__).parent


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 6 * 2 * 2)
        self.norm = nn.BatchNorm2d(6)
        self.layers = nn.Sequential(
            nn.ReLU(inplace=True), nn.ConvTranspose2d(6, 3, 4, 2, 1), nn.Dropout(0.5), nn.Softplus(), nn.ConvTranspose2d(3, 1, 4, 2, 1))
        self.register_buffer("shift", torch.linspace(-0.5, 0.5, 64).reshape(1, 8, 8))

    def forward(self, z):
        h = self.norm(self.linear(z).view(-1, 6, 2, 2))
        x = self.layers(h) + self.shift
        if x.shape[1] == 1:
            x = x * torch.tensor([1.5])
        return torch.tanh(x)


torch.manual_seed(5)
generator = Generator()
with torch.no_grad():
    generator.norm.running_mean.normal_().mul_(0.3)
    generator.norm.running_var.uniform_(0.5, 2)
    generator.norm.weight.uniform_(0.5, 1.5)
    generator.norm.bias.normal_().mul_(0.2)


def numbers(module, z):
    """Output, gradient of half its squared norm, and the gradient of that gradient's squared norm."""
    module.eval()
    z = z.clone().requires_grad_(True)
    x = module(z)
    first, = torch.autograd.grad((x * x).sum() / 2, z, create_graph=True)
    second, = torch.autograd.grad((first * first).sum(), z)
    return {"output": x.flatten().tolist(), "gradient": first.flatten().tolist(), "second": second.flatten().tolist()}


z = torch.round(torch.randn(3, 4, generator=torch.Generator().manual_seed(6)), decimals=3)
torch.jit.script(generator.train()).save(str(HERE / "generator.pt"))
result = {"z": z.tolist(), "scripted": numbers(generator, z)}
double = generator.double().eval()
torch.jit.trace(double, torch.zeros(2, 4, dtype=torch.float64)).save(str(HERE / "generator-traced.pt"))
result["traced"] = numbers(double, z.double())


class Noisy(nn.Module):
    def forward(self, z):
        return z + torch.randn_like(z)


class Two(nn.Module):
    def forward(self, z, y):
        return z + y


torch.jit.script(Noisy()).save(str(HERE / "generator-noisy.pt"))
torch.jit.script(Two()).save(str(HERE / "generator-two.pt"))
(HERE / "generator.json").write_text(json.dumps(result) + "\n")
