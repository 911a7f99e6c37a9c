"""Torch dropout: code that finds every place for dropout in a network, sets it, and says what it left and why."""

from __future__ import annotations

DROPOUT = """\
# Dropout at every place the model has for it, nested or off so far; without any, after each hidden activation
def set_dropout(model, p):
    places, done, left = dict(model.named_modules()), {}, {}
    configs = [c for m in places.values() if hasattr(c := getattr(m, "config", None), "to_dict")]  # transformers
    configs += [c for config in configs for c in vars(config).values() if hasattr(c, "to_dict")]
    places |= {f"config {n}": config for n, config in enumerate({id(c): c for c in configs}.values(), 1)}
    for name, place in places.items():
        kind, last = type(place).__name__, name.rpartition(".")[2]
        rates = {k: v for k, v in vars(place).items() if type(v) in (int, float)}
        rates = {k: v for k, v in rates.items() if "drop" in k or (k == "p" and "drop" in kind.lower())}
        for key, old in rates.items():
            why = ""
            if "path" in (key + kind).lower() or kind == "StochasticDepth":
                why = "drops whole branches, as drop_path does"
            elif isinstance(place, (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.FeatureAlphaDropout)):
                why = "drops whole feature maps, as spatial_dropout does"
            elif isinstance(place, nn.RNNBase) and place.num_layers < 2:
                why = "drops between recurrent layers, and this has one"
            elif key != "p" and not re.fullmatch(r"(.*_)?p?drop(out)?(_?(p|prob|rate|ratio|probability))?", key):
                why = "not known to be a rate of dropout"
            if why or not 0 <= old < 1:
                left[f"{name}.{key} ({kind})"] = why or f"{old} is no rate"
            else:
                setattr(place, key, p)
                done[f"{name}.{key} ({kind})"] = f"{old:g} -> {p}"
        code = getattr(getattr(type(place), "forward", None), "__code__", None)
        if not rates and "dropout" in getattr(code, "co_names", ()) and not hasattr(place, "dropout"):
            left[f"{name} ({kind})"] = "its forward() calls dropout with a rate of its own: change it there"
    end = list(model.modules())[-1]
    for name, parent in [] if done else list(model.named_modules()):
        for key, child in list(parent.named_children()):
            if isinstance(child, (nn.ReLU, nn.GELU, nn.SiLU, nn.Tanh)) and child is not end:
                setattr(parent, key, nn.Sequential(child, nn.Dropout(p)))
                done[f"{name}.{key}"] = f"new nn.Dropout({p}) after it"
    return done, left
done, left = set_dropout(model, $strength)
print("Set:", *map(": ".join, done.items()), "Left as it is:", *map(": ".join, left.items()), sep="\\n  ")
assert done, "add nn.Dropout($strength) to your forward()\""""

SPATIAL_DROPOUT = """\
# Dropout of whole feature maps: where the model has it, nested or off so far; else after each convolution's activation
def set_spatial_dropout(model, p):
    done, left = {}, {}
    for name, module in model.named_modules():
        if isinstance(module, (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)):
            done[f"{name} ({type(module).__name__})"], module.p = f"{module.p:g} -> {p}", p
        elif isinstance(module, nn.Dropout):
            left[f"{name} ({type(module).__name__})"] = "drops single activations, as dropout does"
    for name, parent in [] if done else list(model.named_modules()):
        maps = False
        for key, child in list(parent.named_children()):
            if isinstance(child, (nn.Conv2d, nn.Linear, nn.Flatten)):
                maps = isinstance(child, nn.Conv2d)
            elif maps and isinstance(child, (nn.ReLU, nn.GELU, nn.SiLU, nn.Tanh)):
                setattr(parent, key, nn.Sequential(child, nn.Dropout2d(p)))
                done[f"{name}.{key}"] = f"new nn.Dropout2d({p}) after it"
    return done, left
done, left = set_spatial_dropout(model, $strength)
print("Set:", *map(": ".join, done.items()), "Left as it is:", *map(": ".join, left.items()), sep="\\n  ")
assert done, "add nn.Dropout2d($strength) to your forward()\""""

DROP_PATH = """\
# Stochastic depth, more of it in later blocks: where the model has it, else on the branches of torch's Transformer
class DropPath(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p
    def forward(self, branch):
        if not self.training:
            return branch
        kept = torch.rand(len(branch), *[1] * (branch.ndim - 1), device=branch.device) >= self.p
        return branch * kept / (1 - self.p)
def set_drop_path(model, p):
    kinds = re.compile(r"DropPath|StochasticDepth")
    named = {name: module for name, module in model.named_modules() if kinds.search(type(module).__name__)}
    done, rates = {}, torch.linspace(p / len(named), p, len(named)).tolist() if named else []
    for rate, (name, module) in zip(rates, named.items()):
        key = "p" if hasattr(module, "p") else "drop_prob"  # torchvision and above, else timm and transformers
        done[name] = f"{getattr(module, key) or 0:g} -> {rate:.2g}"
        setattr(module, key, rate)
    blocks = {n: m for n, m in model.named_modules() if isinstance(m, nn.TransformerEncoderLayer)}
    for number, (name, block) in enumerate([] if named else blocks.items(), 1):
        rate = p * number / len(blocks)
        block.dropout1, block.dropout2 = DropPath(rate), DropPath(rate)
        done[name] = f"new, {rate:.2g}, in place of dropout1 and dropout2"
    return done
done = set_drop_path(model, $strength)
print("Set:", *map(": ".join, done.items()), sep="\\n  ")
assert done, "in your own blocks: x = x + DropPath($strength)(branch(x)); in timm: drop_path_rate=$strength\""""
