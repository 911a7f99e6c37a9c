"""Lightning: a subclass of a person's LightningModule, and a Trainer."""

from __future__ import annotations

from diagnostics.recommend.snippets import pytorch
from diagnostics.recommend.snippets.frame import Framework, Parts
from diagnostics.recommend.snippets.temperature import PYTORCH as TEMPERATURE
from diagnostics.recommend.snippets.torch_dropout import DROP_PATH, DROPOUT, SPATIAL_DROPOUT

FRAME = """
# Yours: LitModel (a LightningModule that logs "val_loss"), train_loader, val_loader, epochs, lr

import lightning as L
import torch
from torch import nn
$imports

$start

class Regularized(LitModel):
    "as before, with a change"
    $methods
    $transfer
        $batch
    $returns

model = Regularized()  # with what LitModel takes
$model

trainer = L.Trainer(
    $epochs
    $trainer
)
trainer.fit(model, train_loader, val_loader)
$end
"""

OPTIMIZER = "def configure_optimizers(self):\n    model = self\n{}\n    return torch.optim.AdamW(groups, lr=lr)".format(
    "\n".join(f"    {line}" for line in pytorch.DECAY.splitlines())
)
TRANSFER = """\
def on_after_batch_transfer(self, batch, dataloader_idx):
    if not self.trainer.training:
        return batch
    x, y = batch"""
RETURNS = "    return x, y  # training_step's loss must take shares of classes, as cross entropy does"
CHECKPOINT = "from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint"
STOP: Parts = {
    "imports": (CHECKPOINT,),
    "trainer": ('callbacks=[EarlyStopping("val_loss", patience=$whole), ModelCheckpoint(monitor="val_loss")],',),
    "end": (
        'best = torch.load(trainer.checkpoint_callback.best_model_path, weights_only=True)["state_dict"]',
        "model.load_state_dict(best)  # the weights of least validation loss",
    ),
}


def _in_training(*lines: str) -> Parts:
    """Lines that change the batches of training, and not those of validation."""
    return {"transfer": (TRANSFER,), "batch": lines, "returns": (RETURNS,)}


FRAMEWORK = Framework(
    FRAME,
    {
        "weight_decay": {"methods": (OPTIMIZER,)},
        "dropout": {"imports": ("import re",), "model": (DROPOUT,)},
        "spatial_dropout": {"model": (SPATIAL_DROPOUT,)},
        "drop_path": {"imports": ("import re",), "model": (DROP_PATH,)},
        "augmentation": {
            "imports": (pytorch.KORNIA,),
            "start": (pytorch.AUGMENT,),
            **_in_training("x = augment(x)"),
        },
        "randaugment": {
            "imports": (pytorch.KORNIA,),
            "start": (pytorch.RANDAUGMENT,),
            **_in_training("x = randaugment(x)"),
        },
        "label_smoothing": _in_training(pytorch.SOFT, pytorch.SMOOTHED),
        "mixup": _in_training(pytorch.SOFT, pytorch.MIXED),
        "cutmix": _in_training(pytorch.SOFT, pytorch.CUT),
        "stop_at_best": STOP,
        "early_stopping": STOP,
        "train_longer": {"epochs": ("max_epochs=round($strength * epochs),",)},
        "temperature": {"use": (TEMPERATURE,)},
    },
    use=pytorch.USE,
    usual={
        "epochs": "max_epochs=epochs,",
        **dict.fromkeys(("imports", "methods", "transfer", "batch", "returns", "model", "trainer", "end"), ""),
    },
)
