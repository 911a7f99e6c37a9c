"""transformers: the model's configuration, the TrainingArguments, and a Trainer."""

from __future__ import annotations

from diagnostics.recommend.snippets import pytorch
from diagnostics.recommend.snippets.frame import Framework, Parts
from diagnostics.recommend.snippets.temperature import TRANSFORMERS as TEMPERATURE
from diagnostics.recommend.snippets.torch_dropout import DROPOUT, SPATIAL_DROPOUT

FRAME = """
# Yours: model, train_set, eval_set, epochs, lr; for drop path also checkpoint and Model (AutoModelFor...)

$imports
from transformers import Trainer, TrainingArguments

$start

config = AutoConfig.from_pretrained(checkpoint)
$config
model = Model.from_pretrained(checkpoint, config=config)

class Trainer(Trainer):
    def training_step(self, model, inputs, *arguments, **options):
        x, y = inputs["pixel_values"], inputs["labels"]
        $batch
        return super().training_step(model, {**inputs, "pixel_values": x, "labels": y}, *arguments, **options)

arguments = TrainingArguments(
    output_dir="regularized",
    learning_rate=lr,
    $epochs
    $arguments
)
trainer = Trainer(
    model=model,
    args=arguments,
    train_dataset=train_set,
    eval_dataset=eval_set,
    $trainer
)
trainer.train()
"""

USE = """
# Yours: model, run (its folder); inputs, a batch as the tokenizer or image processor makes it

import json
from pathlib import Path

import torch

$use
"""
STOP: Parts = {
    "imports": ("from transformers import EarlyStoppingCallback",),
    "arguments": (
        'eval_strategy="epoch",',
        'save_strategy="epoch",',
        'load_best_model_at_end=True,\nmetric_for_best_model="eval_loss",',
    ),
    "trainer": ("callbacks=[EarlyStoppingCallback(early_stopping_patience=$whole)],",),
}
SHARES = (
    "compute_loss_func=lambda outputs, labels, **_: nn.functional.cross_entropy(\n"
    "    outputs.logits, labels, label_smoothing=arguments.label_smoothing_factor\n),"
)
TORCH = "import torch\nfrom torch import nn"
AUTO = "from transformers import AutoConfig"

FRAMEWORK = Framework(
    FRAME,
    {
        "weight_decay": {
            "arguments": ("weight_decay=$strength,  # AdamW's; the Trainer spares biases and norms by itself",)
        },
        "dropout": {"imports": ("import re", TORCH), "start": (DROPOUT,)},
        "spatial_dropout": {
            "imports": (TORCH,),
            "start": (SPATIAL_DROPOUT,),
        },
        "drop_path": {
            "imports": (AUTO,),
            "config": ("config.drop_path_rate = $strength  # Swin, ConvNeXt, BEiT, DINOv2 and others",),
        },
        "augmentation": {
            "imports": (pytorch.KORNIA,),
            "start": (pytorch.AUGMENT,),
            "batch": ("x = augment(x)",),
        },
        "randaugment": {
            "imports": (pytorch.KORNIA,),
            "start": (pytorch.RANDAUGMENT,),
            "batch": ("x = randaugment(x)",),
        },
        "label_smoothing": {
            "arguments": ("label_smoothing_factor=$strength,  # eval_loss has it too: compare accuracy",)
        },
        "mixup": {"imports": (TORCH,), "batch": (pytorch.SOFT, pytorch.MIXED), "trainer": (SHARES,)},
        "cutmix": {"imports": (TORCH,), "batch": (pytorch.SOFT, pytorch.CUT), "trainer": (SHARES,)},
        "stop_at_best": STOP,
        "early_stopping": STOP,
        "train_longer": {"epochs": ("num_train_epochs=round($strength * epochs),",)},
        "temperature": {"use": (TEMPERATURE,)},
    },
    use=USE,
    usual={"epochs": "num_train_epochs=epochs,", "imports": "", "arguments": "", "trainer": ""},
)
