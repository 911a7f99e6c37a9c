"""Keras 3: layers, an optimizer and callbacks, whatever the backend is."""

from __future__ import annotations

from string import Template

from diagnostics.recommend.snippets.frame import Framework, Parts
from diagnostics.recommend.snippets.temperature import KERAS as TEMPERATURE

FRAME = """
# Yours: model, optimizer, loss, x_train, y_train, x_val, y_val, batch_size, epochs; lr for another weight decay

import keras
from keras import layers
$imports

$model

$data

$optimizer

$loss

model.compile(optimizer=optimizer, loss=loss)
model.fit(
    $samples
    validation_data=(x_val, y_val),
    $epochs
    $fit
)
"""

USE = """
# Yours: model, run (its folder), x; from_logits: whether the model ends without a softmax

import json
from pathlib import Path

import keras
import numpy as np

$use
"""

DECAY = """\
# Weight decay for matrices alone: not for biases, norms and embeddings
optimizer = keras.optimizers.AdamW(learning_rate=lr, weight_decay=$strength)
optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "embeddings"])"""


# $new after each layer of a $kind that is not the last, where the model has none of its own; $strength stays
IN_A_COPY = Template("""\
if not done:  # $comment
    assert getattr(model, "inputs", None), "add layers.$new($$strength) to the layers that your call() uses"
    plain, last = model, model.layers[-1].name
    def dropped(layer, *inputs, **options):
        outputs = layer(*inputs, **options)
        hidden = isinstance(layer, layers.$kind) and layer.name != last
        done.update({layer.name: "new layers.$new($$strength) after it"} if hidden else {})
        return layers.$new($$strength)(outputs) if hidden else outputs
    model = keras.models.clone_model(keras.Model(model.inputs, model.outputs), call_function=dropped)
    model.set_weights(plain.get_weights())
""")

DROPOUT = """\
# Dropout at every place the model has for it, in nested models, custom layers and recurrent cells, off so far or not
def set_dropout(model, rate):
    done, left = {}, {}
    for layer in model._flatten_layers(include_self=False):
        kind, drops = type(layer).__name__, isinstance(layer, layers.Dropout) and "Spatial" not in type(layer).__name__
        rates = {k: v for k, v in vars(layer).items() if type(v) in (int, float)}
        for key, old in rates.items():
            if key == "rate" and drops and old == 0 and not hasattr(layer, "seed_generator"):  # built without one
                layer._tracker.unlock()
                layer.seed_generator = keras.random.SeedGenerator(layer.seed)
                layer._tracker.lock()
            if (key == "rate" and drops) or re.fullmatch(r"(?!recurrent)(.*_)?drop(out)?(_?(rate|prob|p))?", key):
                setattr(layer, key, rate)
                done[f"{layer.path or layer.name}.{key} ({kind})"] = f"{old:g} -> {rate}"
            elif "drop" in key or (key == "rate" and "Drop" in kind):
                left[f"{layer.path or layer.name}.{key} ({kind})"] = "another kind of dropout"
    return done, left
done, left = set_dropout(model, $strength)
"""
DROPOUT += IN_A_COPY.substitute(
    new="Dropout", kind="Dense", comment="a new one after each hidden layers.Dense, in a copy with the same weights"
)
DROPOUT += """\
print("Set:", *map(": ".join, done.items()), "Left as it is:", *map(": ".join, left.items()), sep="\\n  ")
assert done, "add layers.Dropout($strength) to your model\""""

SPATIAL_DROPOUT = """\
# Dropout of whole feature maps: where the model has it, off so far or not; else after each hidden layers.Conv2D
done = {}
for layer in model._flatten_layers(include_self=False):
    if isinstance(layer, (layers.SpatialDropout1D, layers.SpatialDropout2D, layers.SpatialDropout3D)):
        done[layer.path or layer.name], layer.rate = f"{layer.rate:g} -> $strength", $strength
        if not hasattr(layer, "seed_generator"):  # a rate of 0 was built without one
            layer._tracker.unlock()
            layer.seed_generator = keras.random.SeedGenerator(layer.seed)
            layer._tracker.lock()
"""
SPATIAL_DROPOUT += IN_A_COPY.substitute(
    new="SpatialDropout2D", kind="Conv2D", comment="in a copy with the same weights"
)
SPATIAL_DROPOUT += """\
print("Set:", *map(": ".join, done.items()), sep="\\n  ")
assert done, "add layers.SpatialDropout2D($strength) to your model\""""

DROP_PATH = """\
# Stochastic depth: in each layers.Add the second of its inputs is the branch that a sample may skip
def skipped(layer, *inputs, **options):
    if isinstance(layer, layers.Add):
        shortcut, branch = inputs[0]
        alike = (None, *[1] * (len(branch.shape) - 1))  # one draw for a whole sample
        inputs = ([shortcut, layers.Dropout($strength, noise_shape=alike)(branch)],)
    return layer(*inputs, **options)
assert any(isinstance(layer, layers.Add) for layer in model.layers), "the model has no residual branch"
model = keras.models.clone_model(keras.Model(model.inputs, model.outputs), call_function=skipped)"""

AUGMENT = """\
# Each image moved a little, in training alone; leave the mirror image out for digits and letters
augment = [layers.RandomFlip("horizontal"), layers.RandomTranslation(0.1, 0.1), layers.RandomRotation(10 / 360)]
model = keras.Sequential([keras.Input(model.input_shape[1:]), *augment, model])"""
RANDAUGMENT = """\
randaugment = layers.RandAugment(value_range=(0, 1), num_ops=2, factor=$whole / 30)  # for images in [0, 1]
model = keras.Sequential([keras.Input(model.input_shape[1:]), randaugment, model])"""

MIXED = """\
# Samples mixed batch by batch; y_train and y_val are one-hot (keras.utils.to_categorical)
class Mixed(keras.utils.PyDataset):
    def __init__(self, mix):
        super().__init__()
        self.mix, self.order = mix, keras.random.shuffle(keras.ops.arange(len(x_train)))
    def __len__(self):
        return -(-len(x_train) // batch_size)
    def on_epoch_end(self):
        self.order = keras.random.shuffle(self.order)
    def __getitem__(self, index):
        chosen = keras.ops.convert_to_numpy(self.order[index * batch_size : (index + 1) * batch_size])
        batch = {"images": x_train[chosen], "labels": y_train[chosen]}
        batch = self.mix(batch, training=True)
        return batch["images"], batch["labels"]"""
STOP: Parts = {
    "fit": ('callbacks=[keras.callbacks.EarlyStopping("val_loss", patience=$whole, restore_best_weights=True)],',),
}

FRAMEWORK = Framework(
    FRAME,
    {
        "weight_decay": {"optimizer": (DECAY,)},
        "dropout": {"imports": ("import re",), "model": (DROPOUT,)},
        "spatial_dropout": {"model": (SPATIAL_DROPOUT,)},
        "drop_path": {"model": (DROP_PATH,)},
        "augmentation": {"model": (AUGMENT,)},
        "randaugment": {"model": (RANDAUGMENT,)},
        "label_smoothing": {
            "loss": (
                "# y_train and y_val are one-hot; val_loss has it too: compare accuracy\n"
                "# from_logits: whether the model ends without a softmax\n"
                "loss = keras.losses.CategoricalCrossentropy(label_smoothing=$strength, from_logits=from_logits)",
            )
        },
        "mixup": {"data": (MIXED,), "samples": ("Mixed(layers.MixUp($strength)),",)},
        "cutmix": {"data": (MIXED,), "samples": ("Mixed(layers.CutMix($strength)),",)},
        "stop_at_best": STOP,
        "early_stopping": STOP,
        "train_longer": {"epochs": ("epochs=round($strength * epochs),",)},
        "temperature": {"use": (TEMPERATURE,)},
    },
    use=USE,
    usual={
        "samples": "x_train,\ny_train,\nbatch_size=batch_size,",
        "epochs": "epochs=epochs,",
        "imports": "",
        "fit": "",
    },
)
