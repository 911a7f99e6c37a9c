"""Programs as people write them, with one callback: python -m tests.callback_programs FRAMEWORK RUN [stop] [repair].

They overfit: 60 samples of two overlapping classes against a network that learns them by heart.
"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 60
PROCESSES = int(os.environ.get("WORLD_SIZE", "1"))  # torchrun says how many


def samples():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(160, 10, generator=generator)
    y = (x[:, 0] + 1.5 * torch.randn(160, generator=generator) > 0).long()
    return (x[:60], y[:60]), (x[60:], y[60:])


def layers():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 2))


def keep(run, model):
    """The weights that a process ends with, to be compared with those of the others."""
    if PROCESSES > 1:
        torch.save(model.state_dict(), f"{run}-weights-{os.environ['RANK']}.pt")


def in_lightning(run, **asked):
    import lightning

    from fitwatch.lightning import LightningLog

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = layers()

        def training_step(self, batch, _):
            return cross_entropy(self.net(batch[0]), batch[1])

        def validation_step(self, batch, _):
            outputs = self.net(batch[0])
            self.log(
                "valid_loss", cross_entropy(outputs, batch[1]), on_step=True, on_epoch=True, sync_dist=PROCESSES > 1
            )
            self.log("val_acc", (outputs.argmax(1) == batch[1]).float().mean())

        def configure_optimizers(self):
            return torch.optim.AdamW(self.parameters(), lr=1e-2, weight_decay=0.02)

    train, val = (DataLoader(TensorDataset(*part), batch_size=20) for part in samples())
    trainer = lightning.Trainer(
        max_epochs=EPOCHS,
        callbacks=[LightningLog(run, **asked)],
        accelerator="cpu",
        devices=PROCESSES,
        strategy="ddp" if PROCESSES > 1 else "auto",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=1,
    )
    module = Module()
    trainer.fit(module, train, val)
    keep(run, module)


def in_transformers(run, **asked):
    from transformers import Trainer, TrainingArguments

    from fitwatch.transformers import TransformersLog

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = layers()

        def forward(self, x, labels=None):
            logits = self.net(x)
            return {"logits": logits} | ({} if labels is None else {"loss": cross_entropy(logits, labels)})

    train, val = ([{"x": a, "labels": b} for a, b in zip(x, y, strict=True)] for x, y in samples())
    arguments = TrainingArguments(
        output_dir=f"{run}-output",
        num_train_epochs=EPOCHS,
        learning_rate=1e-2,
        weight_decay=0.02,
        lr_scheduler_type="constant",
        per_device_train_batch_size=20,
        eval_strategy="epoch",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
    )
    model = Model()
    Trainer(model, arguments, train_dataset=train, eval_dataset=val, callbacks=[TransformersLog(run, **asked)]).train()
    keep(run, model)


def in_keras(run, **asked):
    import keras

    from fitwatch.keras import KerasLog

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.layers.Dense(64, activation="relu"), keras.layers.Dropout(0.1), keras.layers.Dense(2)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(1e-2, weight_decay=0.02), loss=loss, metrics=["accuracy"])
    train, val = ((x.numpy(), y.numpy()) for x, y in samples())
    callback = KerasLog(run, train_clean=train, **asked)
    model.fit(*train, batch_size=20, epochs=EPOCHS, validation_data=val, callbacks=[callback], verbose=0)


PROGRAMS = {"lightning": in_lightning, "transformers": in_transformers, "keras": in_keras}

if __name__ == "__main__":
    torch.set_num_threads(1)
    PROGRAMS[sys.argv[1]](sys.argv[2], **dict.fromkeys(sys.argv[3:], True))
    if PROCESSES > 1:
        os._exit(0)  # a thread of gloo that still waits may abort the interpreter's own end
