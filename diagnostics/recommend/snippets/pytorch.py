"""PyTorch: the code of each lever for a loop of one's own, and what Lightning and transformers share with it."""

from __future__ import annotations

from diagnostics.recommend.snippets.frame import Framework, Parts

FRAME = """
# Yours: model, lr; for a loop also train_loader, loss_fn, epochs, evaluate(model) -> mean validation loss

import torch
from torch import nn
$imports

$model

$optimizer

$loss

$start
for epoch in range(epochs):
    model.train()
    for x, y in train_loader:
        $batch
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    $epoch
$end
"""

DECAY = """\
# Weight decay for matrices alone: not for biases, norms and embeddings
embeddings = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
trained = [p for p in model.parameters() if p.requires_grad]
decayed = [p for p in trained if p.ndim > 1 and id(p) not in embeddings]
spared = [p for p in trained if p.ndim < 2 or id(p) in embeddings]
groups = [{"params": decayed, "weight_decay": $strength}, {"params": spared, "weight_decay": 0.0}]"""

DROPOUT = """\
# Dropout: the nn.Dropout layers that are there; without any, a new one after each hidden activation
found = [m for m in model.modules() if isinstance(m, nn.Dropout)]
for module in found:
    module.p = $strength
for parent in [] if found else list(model.modules()):
    for name, child in list(parent.named_children()):
        if isinstance(child, (nn.ReLU, nn.GELU, nn.SiLU, nn.Tanh)):
            setattr(parent, name, nn.Sequential(child, nn.Dropout($strength)))
assert any(isinstance(m, nn.Dropout) for m in model.modules()), "add nn.Dropout($strength) to your forward()\""""

SPATIAL_DROPOUT = """\
# Dropout of whole feature maps: the nn.Dropout2d that are there, else a new one after each activation of a convolution
found = [m for m in model.modules() if isinstance(m, nn.Dropout2d)]
for module in found:
    module.p = $strength
for parent in [] if found else list(model.modules()):
    maps = False
    for name, child in list(parent.named_children()):
        if isinstance(child, (nn.Conv2d, nn.Linear, nn.Flatten)):
            maps = isinstance(child, nn.Conv2d)
        elif maps and isinstance(child, (nn.ReLU, nn.GELU, nn.SiLU, nn.Tanh)):
            setattr(parent, name, nn.Sequential(child, nn.Dropout2d($strength)))
assert any(isinstance(m, nn.Dropout2d) for m in model.modules()), "add nn.Dropout2d($strength) to your forward()\""""

DROP_PATH = """\
# Stochastic depth: more of it in later blocks. timm: create_model(..., drop_path_rate=$strength) does the same
class DropPath(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p
    def forward(self, branch):
        if not self.training:
            return branch
        kept = torch.rand(len(branch), *[1] * (branch.ndim - 1), device=branch.device) >= self.p
        return branch * kept / (1 - self.p)
blocks = [m for m in model.modules() if isinstance(m, nn.TransformerEncoderLayer)]
for p, block in zip(torch.linspace($strength / len(blocks), $strength, len(blocks)).tolist() if blocks else [], blocks):
    block.dropout1, block.dropout2 = DropPath(p), DropPath(p)
assert blocks, "in your own blocks: x = x + DropPath($strength)(branch(x))\""""

KORNIA = "import kornia.augmentation as K"
AUGMENT = """\
# Each image moved a little; leave the mirror image out for digits and letters
augment = K.AugmentationSequential(
    K.RandomHorizontalFlip(p=0.5), K.RandomAffine(degrees=10.0, translate=(0.1, 0.1), scale=(0.9, 1.1))
)"""
RANDAUGMENT = "randaugment = K.auto.RandAugment(n=2, m=$whole)  # takes images in [0, 1]"
SOFT = "y = nn.functional.one_hot(y, classes).float()  # classes: how many there are; leave it out for numbers"
SMOOTHED = "y = (1 - $strength) * y + $strength / classes  # label smoothing"
MIXED = """\
lam = float(torch.distributions.Beta($strength, $strength).sample())  # mixup
order = torch.randperm(len(x), device=x.device)
x, y = lam * x + (1 - lam) * x[order], lam * y + (1 - lam) * y[order]"""
CUT = """\
area = 1 - float(torch.distributions.Beta($strength, $strength).sample())  # CutMix
height, width = (round(side * area**0.5) for side in x.shape[2:])
top, left = (int(torch.randint(1 + n - m, ())) for n, m in zip(x.shape[2:], (height, width)))
order, x = torch.randperm(len(x), device=x.device), x.clone()
x[:, :, top : top + height, left : left + width] = x[order][:, :, top : top + height, left : left + width]
lam = 1 - height * width / (x.shape[2] * x.shape[3])
y = lam * y + (1 - lam) * y[order]"""

KEEP_BEST = """\
val_loss = evaluate(model)
if val_loss < best:
    best, stale = val_loss, 0
    weights = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
else:
    stale += 1
if stale >= $whole:
    break"""
STOP: Parts = {
    "start": ('best, stale, weights = float("inf"), 0, model.state_dict()',),
    "epoch": (KEEP_BEST,),
    "end": ("model.load_state_dict(weights)  # those of least validation loss",),
}

FRAMEWORK = Framework(
    FRAME,
    {
        "weight_decay": {"optimizer": (DECAY, "optimizer = torch.optim.AdamW(groups, lr=lr)")},
        "dropout": {"model": (DROPOUT,)},
        "spatial_dropout": {"model": (SPATIAL_DROPOUT,)},
        "drop_path": {"model": (DROP_PATH,)},
        "augmentation": {"imports": (KORNIA,), "start": (AUGMENT,), "batch": ("x = augment(x)",)},
        "randaugment": {"imports": (KORNIA,), "start": (RANDAUGMENT,), "batch": ("x = randaugment(x)",)},
        "label_smoothing": {
            "loss": ("loss_fn = nn.CrossEntropyLoss(label_smoothing=$strength)  # validate without it",)
        },
        "mixup": {"batch": (SOFT, MIXED)},
        "cutmix": {"batch": (SOFT, CUT)},
        "stop_at_best": STOP,
        "early_stopping": STOP,
        "train_longer": {"start": ("epochs = round($strength * epochs)",)},
    },
    usual={"imports": ""},
)
