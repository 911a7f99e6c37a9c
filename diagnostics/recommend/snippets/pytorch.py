"""PyTorch: the code of each lever for a loop of one's own, and what Lightning and transformers share with it."""

from __future__ import annotations

from diagnostics.recommend.snippets.frame import Framework, Parts
from diagnostics.recommend.snippets.temperature import PYTORCH as TEMPERATURE
from diagnostics.recommend.snippets.torch_dropout import DROP_PATH, DROPOUT, SPATIAL_DROPOUT

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

USE = """
# Yours: model, run (its folder); x, a batch of inputs

import json
from pathlib import Path

import torch

$use
"""

DECAY = """\
# Weight decay for matrices alone: not for biases, norms and embeddings
embeddings = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
trained = [p for p in model.parameters() if p.requires_grad]
decayed = [p for p in trained if p.ndim > 1 and id(p) not in embeddings]
spared = [p for p in trained if p.ndim < 2 or id(p) in embeddings]
groups = [{"params": decayed, "weight_decay": $strength}, {"params": spared, "weight_decay": 0.0}]"""

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
        "dropout": {"imports": ("import re",), "model": (DROPOUT,)},
        "spatial_dropout": {"model": (SPATIAL_DROPOUT,)},
        "drop_path": {"imports": ("import re",), "model": (DROP_PATH,)},
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
        "temperature": {"use": (TEMPERATURE,)},
    },
    usual={"imports": ""},
    use=USE,
)
