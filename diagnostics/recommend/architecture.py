"""Architecture: which kind of network a run trains, from the names that its log gives it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from diagnostics.recommend.setup import ARCHITECTURES, Architecture

NAMES = ("model", "architectures", "model_type", "arch", "architecture", "model_name", "network", "net", "backbone")
PRETRAINED = (
    *("init_from", "pretrained", "_name_or_path", "model_name_or_path", "pretrained_model_name_or_path"),
    *("pretrained_weights", "from_pretrained", "finetune", "fine_tune", "finetuning", "fine_tuning"),
)
ADAPTERS = ("peft_type", "lora_r", "lora_rank")
EPOCHS = ("num_train_epochs", "epochs", "max_epochs", "num_epochs")
OFF = ("", "none", "false", "no", "0", "scratch", "random", "resume")  # the last three are nanoGPT's and its kin's
ATTENTION_HEADS = ("n_head", "n_heads", "nhead", "num_heads", "num_attention_heads")
PATCHES = ("patch_size", "patch_len")
LANGUAGE_MODEL = re.compile(r"CausalLM|LMHead|MaskedLM|PreTraining|nanogpt", re.IGNORECASE)
# words in the name of a network, the most telling kind first; (?-i:...) is as it is written, for a LearnNet
WORDS: Mapping[Architecture, str] = {
    "recurrent": r"lstm|recurrent|(?<![a-z])(?:bi|conv)?[-_]?(?:gru|rnn)(?![a-z])|(?-i:GRU|RNN)",
    "vit": r"(?<![a-z])(?:vit|deit|beit|swin|dino|eva)(?![a-z])|vit_|ViTFor|ViTModel|Vision_?Transformer",
    "transformer": (r"transformer|bert|electra|gpt|llama|mistral|qwen|bart(?![a-z])|(?<![a-z])t5|opt-\d"),
    "cnn": (
        r"resnet|resnext|vgg|densenet|efficientnet|mobilenet|convnext|alexnet|inception|(?<![a-z])unet|yolo|"
        r"(?<![a-z])cnn|conv[123]?d|convnet|lenet"
    ),
    "mlp": r"(?<![a-z])mlp|perceptron|feed_?forward",
}


def architecture_of(first: Callable[[tuple[str, ...]], Any]) -> Architecture | None:
    """The kind of a network; None where no name tells. ``first`` gives the first setting of several names.

    Pretrained weights make it fine-tuning; a language model that passes once over its data is pretrained.
    """
    settings = (first((name,)) for name in NAMES)
    names = [" ".join(map(str, value)) if isinstance(value, list) else str(value) for value in settings if value]
    if own := next((kind for kind in ARCHITECTURES if kind in names and kind != "other"), None):
        return "fine_tuning" if _pretrained(first, names) else own
    if _pretrained(first, names):
        return "fine_tuning"
    if any(map(LANGUAGE_MODEL.search, names)) and _one_pass(first(EPOCHS)):
        return "language_model_pretraining"
    for text in names:
        if kind := next((kind for kind, words in WORDS.items() if re.search(words, text, re.IGNORECASE)), None):
            return kind
    if "other" in names:
        return "other"
    return "transformer" if _has_attention_alone(first, names) else None


def _pretrained(first: Callable[[tuple[str, ...]], Any], names: list[str]) -> bool:
    """Does a setting name weights to start from?"""
    if any(name.endswith((".yaml", ".yml")) for name in names):
        return False  # a description of a network, to be trained from the start
    values = (first((name,)) for name in (*PRETRAINED, *ADAPTERS))
    named = (str(value).strip().lower() not in OFF for value in values if value is not None)
    return any(named) or any(name.endswith(".pt") for name in names)


def _has_attention_alone(first: Callable[[tuple[str, ...]], Any], names: list[str]) -> bool:
    """Does a network that nothing names have heads of attention, and no patches of images or series?"""
    heads = first(ATTENTION_HEADS)
    return not names and isinstance(heads, int | float) and heads >= 1 and first(PATCHES) is None


def has_adapters(first: Callable[[tuple[str, ...]], Any]) -> bool:
    """Are the weights that are trained the difference from the pretrained ones, as LoRA's are?"""
    return any(str(first((name,)) or "").strip().lower() not in OFF for name in ADAPTERS)


def _one_pass(epochs: Any) -> bool:
    return isinstance(epochs, int | float) and not isinstance(epochs, bool) and 0 < epochs <= 1
