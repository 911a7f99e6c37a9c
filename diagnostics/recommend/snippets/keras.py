"""Keras 3: layers, an optimizer and callbacks, whatever the backend is."""

from __future__ import annotations

from diagnostics.recommend.snippets.frame import Framework, Parts

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

DECAY = """\
# Weight decay for matrices alone: not for biases, norms and embeddings
optimizer = keras.optimizers.AdamW(learning_rate=lr, weight_decay=$strength)
optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "embeddings"])"""


def _dropped(kind: str, after: str, about: str) -> str:
    """Dropout in the layers that are there, else in new ones; new layers need new weights."""
    return f"""\
# {about}: the layers.{kind} that are there; without any, a new one after each hidden layers.{after}
found = [layer for layer in model.layers if type(layer) is layers.{kind}]
for layer in found:
    layer.rate = $strength
if not found:  # a copy with new weights, to train from the start
    last = model.layers[-1].name
    def dropped(layer, *inputs, **options):
        outputs = layer(*inputs, **options)
        hidden = isinstance(layer, layers.{after}) and layer.name != last
        return layers.{kind}($strength)(outputs) if hidden else outputs
    model = keras.models.clone_model(keras.Model(model.inputs, model.outputs), call_function=dropped)
    assert any(type(layer) is layers.{kind} for layer in model.layers), "add layers.{kind}($strength) to your model\""""


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
        "dropout": {"model": (_dropped("Dropout", "Dense", "Dropout"),)},
        "spatial_dropout": {"model": (_dropped("SpatialDropout2D", "Conv2D", "Dropout of whole feature maps"),)},
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
    },
    usual={
        "samples": "x_train,\ny_train,\nbatch_size=batch_size,",
        "epochs": "epochs=epochs,",
        "imports": "",
        "fit": "",
    },
)
