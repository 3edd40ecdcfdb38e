"""Writes flow.json: log-densities and inverses of flows by zuko, with weights, in float64.

Run with torch 2.15 and zuko 1.6.0: python flow.py > flow.json

Whole flows are compared with the weights copied: zuko's masked networks have the levels that ours have, and its affine and
spline maps the same bounds. Its couplings see the kept coordinates only, so their first weights are the kept columns of
ours. "contextual" has rows x and contexts c: its network takes (x, c), ours columns in their order, the context first.
"single" are transforms of numbers at given parameters; the mixture is torch.distributions' own.
"""
import json

import torch
import zuko
from zuko.flows.autoregressive import MaskedAutoregressiveTransform
from zuko.flows.coupling import GeneralCouplingTransform

torch.manual_seed(17)
torch.set_default_dtype(torch.float64)
BINS, BOUND, HIDDEN = 4, 5.0, 7
cases = {}


def packed(tensor):
    tensor = tensor.detach()
    return {"shape": list(tensor.shape), "numbers": tensor.flatten().tolist()}


def weights(transform):
    """Three times as large as drawn, so that no map is near the identity."""
    linear = [m for m in transform.hyper if hasattr(m, "weight")]
    names = {}
    for i, layer in enumerate(linear):
        layer.weight.data.mul_(3)
        names[f"layer{i}.weight"] = layer.weight
        names[f"layer{i}.bias"] = layer.bias
    return {name: packed(value) for name, value in names.items()}


def affine():
    return dict()


def spline():
    return dict(
        univariate=lambda w, h, d: zuko.transforms.MonotonicRQSTransform(w, h, d, bound=BOUND),
        shapes=[(BINS,), (BINS,), (BINS - 1,)],
    )


def masked(map, order=None, features=3, context=0):
    return MaskedAutoregressiveTransform(
        features, context, order=order, hidden_features=(HIDDEN, HIDDEN), activation=torch.nn.SiLU, **map())


def coupling(map, mask):
    return GeneralCouplingTransform(
        3, mask=torch.tensor(mask), hidden_features=(HIDDEN, HIDDEN), activation=torch.nn.SiLU, **map())


def case(name, *transforms, features=3, context=0):
    """The first transform is nearest to the data."""
    given = [weights(t) for t in transforms]
    base = torch.distributions.Independent(
        torch.distributions.Normal(torch.zeros(features), torch.ones(features)), 1)
    x = 2 * torch.randn(5, features)
    c = torch.randn(5, context) if context else None
    composed = zuko.transforms.ComposedTransform(*[t(c) for t in transforms])
    flow = zuko.distributions.NormalizingFlow(composed, base)
    z = torch.randn(5, features)
    cases[name] = {
        "weights": given,
        "x": packed(x),
        "c": packed(torch.zeros(5, 0) if c is None else c),
        "logDensity": packed(flow.log_prob(x)),
        "z": packed(z),
        "generated": packed(composed.inv(z)),
    }


case("maf", masked(affine), masked(affine, order=[2, 1, 0]))
case("nsf", masked(spline), masked(spline, order=[2, 1, 0]))
case("affine coupling", coupling(affine, [False, True, False]), coupling(affine, [True, False, True]))
case("spline coupling", coupling(spline, [False, True, False]), coupling(spline, [True, False, True]))
case("contextual", masked(affine, features=2, context=2), features=2, context=2)

x = torch.tensor([-6.0, -4.9, -2.0, -0.3, 0.0, 1.7, 4.2, 5.5])
for name, shapes, make in [
        ("affine", [(), ()], lambda t, a: zuko.transforms.MonotonicAffineTransform(t, a)),
        ("spline", [(BINS,), (BINS,), (BINS - 1,)],
         lambda w, h, d: zuko.transforms.MonotonicRQSTransform(w, h, d, bound=BOUND))]:
    parameters = [4 * torch.randn(8, *shape) for shape in shapes]
    transform = make(*parameters)
    z, slope = transform.call_and_ladj(x)
    flat = torch.cat([p.reshape(8, -1) for p in parameters], dim=-1)
    cases["single " + name] = {
        "parameters": packed(flat), "x": packed(x), "z": packed(z), "logSlope": packed(slope),
        "back": packed(transform.inv(x))}

logits, shift, scale = (2 * torch.randn(8, BINS) for _ in range(3))
place = -2 + (4 * torch.arange(BINS) + 2) / BINS
sigma = torch.exp(scale / (1 + abs(scale) / torch.log(torch.tensor(1000.0))))
mixture = torch.distributions.MixtureSameFamily(
    torch.distributions.Categorical(logits=logits), torch.distributions.Normal(shift + place, sigma))
x = mixture.mean + torch.linspace(-2, 2, 8) * mixture.stddev
z = torch.special.ndtri(mixture.cdf(x))
normal = torch.distributions.Normal(torch.tensor(0.0), torch.tensor(1.0))
cases["single mixture"] = {
    "parameters": packed(torch.cat([logits, shift, scale], dim=-1)), "x": packed(x), "z": packed(z),
    "logSlope": packed(mixture.log_prob(x) - normal.log_prob(z))}

print(json.dumps({"versions": {"torch": torch.__version__.split("+")[0], "zuko": zuko.__version__}, "cases": cases}))
