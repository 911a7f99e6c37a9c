"""Lessons: what the Guide page says of each regularizer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

WORDS = re.compile(r"\\text\{(\s*)([^}]*?)(\s*)\}")  # in a formula
MEASURED, THUMB = "measured here", "rule of thumb"
SOURCES = {
    "DeiT": "https://arxiv.org/abs/2012.12877",
    "ConvNeXt": "https://arxiv.org/abs/2201.03545",
    "ViT": "https://arxiv.org/abs/2010.11929",
    "torchvision": "https://pytorch.org/blog/how-to-train-state-of-the-art-models-using-torchvision-latest-primitives/",
    "nanoGPT": "https://github.com/karpathy/nanoGPT",
    "GPT-3": "https://arxiv.org/abs/2005.14165",
    "Vaswani et al. 2017": "https://arxiv.org/abs/1706.03762",
    "Srivastava et al. 2014": "https://jmlr.org/papers/v15/srivastava14a.html",
    "Wan et al. 2013": "https://proceedings.mlr.press/v28/wan13.html",
    "Huang et al. 2016": "https://arxiv.org/abs/1603.09382",
    "Kim et al. 2025": "https://arxiv.org/abs/2509.14786",
    "Zhang et al. 2018": "https://arxiv.org/abs/1710.09412",
    "Yun et al. 2019": "https://arxiv.org/abs/1905.04899",
    "Cubuk et al. 2020": "https://arxiv.org/abs/1909.13719",
    "Zaremba et al. 2014": "https://arxiv.org/abs/1409.2329",
    "Ho et al. 2020": "https://arxiv.org/abs/2006.11239",
}


class Panel(NamedTuple):
    """The words of one picture: captions of its tiles, the axes and names of its lines or bars, a title."""

    captions: tuple[str, ...] = ()
    x: str = ""
    y: str = ""
    names: Mapping[str, str] = {}
    title: str = ""
    part: str = ""


class Lesson(NamedTuple):
    """One regularizer: its formulas, when to use it, its pictures, and usual strengths: network, strength, source."""

    formulas: tuple[str, ...]
    when: str
    panels: tuple[Panel, ...]
    usual: tuple[tuple[str, str, str], ...]


_STEPS = ("One step: {p:.0%} dropped, the rest scaled up", "Next step: others dropped")
_SHRINKING = {start: start for start in ("1", "0.5", "0.2", "0.1")}
_BOTH = tuple(
    Panel((), "Step", "Weight", _SHRINKING, title, part)
    for title, part in (
        ("Weight decay {weight_decay:g}: by a fraction, never to zero", "weight_decay"),
        ("L1 {l1:g}: by a fixed amount, to exactly zero", "l1"),
    )
)
_SEEN = ("The digit", *("What the network sees",) * 5)


def _steps(first: str) -> tuple[Panel, ...]:
    return (Panel((first, *_STEPS)),)


LESSONS = {
    "dropout": Lesson(
        (r"y_i = \frac{m_i\, x_i}{1 - p}", r"m_i \sim \mathrm{Bernoulli}(1 - p)"),
        "For MLPs, and for Transformers that see their data several times. In a CNN only before the last layer, where "
        "it may be strong. Not when each sample is seen once.",
        _steps("Activations: ten digits, 16 units"),
        (
            ("MLP, tables", "0.2, with weight decay", MEASURED),
            ("Transformer, several epochs", "0.1 to 0.2", MEASURED),
            ("Transformer for translation", "0.1", "Vaswani et al. 2017"),
            ("CNN", "0.5, only before the last layer", "Srivastava et al. 2014"),
            ("ViT", "0.1", "ViT"),
            ("GPT on plenty of data", "none; 0.2 on little data", "nanoGPT"),
        ),
    ),
    "spatial_dropout": Lesson(
        (r"y_c = \frac{m_c\, x_c}{1 - p} \quad \text{for a whole map } c", r"m_c \sim \mathrm{Bernoulli}(1 - p)"),
        "For CNNs. Neighboring pixels of a feature map are alike, so dropping single pixels removes little "
        "information.",
        _steps("Nine feature maps of one digit"),
        (("CNN", "0.1, rarely above 0.2", MEASURED),),
    ),
    "dropconnect": Lesson(
        (r"y = \frac{M \odot W}{1 - p}\, x + b", r"M_{ij} \sim \mathrm{Bernoulli}(1 - p)"),
        "Instead of dropout, not on top of it. It needs no layer of its own: it acts on the weights of every linear "
        "layer and convolution.",
        _steps("The weights of a layer, by size"),
        (("MLP", "0.2 to 0.3", MEASURED), ("MLP", "0.5", "Wan et al. 2013")),
    ),
    "drop_path": Lesson(
        (
            r"y = x + \frac{m}{1 - p_\ell}\, f_\ell(x)",
            r"m \sim \mathrm{Bernoulli}(1 - p_\ell), \quad p_\ell = p\, \frac{\ell}{L - 1}",
        ),
        "For deep residual networks. The deeper the network, the stronger.",
        (
            Panel(
                ("One step: which of twelve blocks (columns) eight samples (rows) skipped",),
                "Block",
                "Probability",
                {"skipped": "skipped"},
                "How often each block is skipped",
            ),
        ),
        (
            ("ViT", "0.1", "DeiT"),
            ("ConvNeXt T, S, B, L", "0.1, 0.4, 0.5, 0.5", "ConvNeXt"),
            ("ResNet of 110 layers", "0.5", "Huang et al. 2016"),
        ),
    ),
    "weight_decay": Lesson(
        (r"w \leftarrow w - \eta\, \lambda\, w", r"\text{in addition to the optimizer's step of rate } \eta"),
        "Almost always. The weights are an average over about the last 1 / (rate x decay) steps, so a short run needs "
        "far more than the usual 0.01. The page of a run computes how much.",
        _BOTH,
        (
            ("MLP, CNN, Transformer in a short run", "0.1 to 10, computed from the run", MEASURED),
            ("ViT, ConvNeXt (AdamW)", "0.05", "ConvNeXt"),
            ("ResNet-50 (SGD)", "0.00002", "torchvision"),
            ("GPT", "0.1", "GPT-3"),
            ("language model on repeated data", "30 times the usual", "Kim et al. 2025"),
        ),
    ),
    "l1": Lesson(
        (r"w \leftarrow \mathrm{sign}(w)\, \max(|w| - \eta\, \lambda,\ 0)",),
        "When you want a sparse network: it makes weights exactly zero. Against overfitting, weight decay does more.",
        _BOTH,
        (("any", "0.00001 to 0.001 in a long run; 0.1 or more in one as short as those below", THUMB),),
    ),
    "augmentation": Lesson(
        (r"(x, y) \to (T(x), y)", r"T \text{ drawn anew for each image}"),
        "For images, almost always: it is the closest thing to more data. A transformation must not change the class: "
        "a mirrored digit is no longer a digit.",
        (Panel(_SEEN),),
        (
            ("CNN, ResNet-50", "random crops, horizontal flips, erasing 0.1", "torchvision"),
            ("ViT, ConvNeXt", "the same, erasing 0.25", "ConvNeXt"),
        ),
    ),
    "randaugment": Lesson(
        (r"x \leftarrow T_n \circ \dots \circ T_1 (x)", r"n \text{ operations of the same magnitude}"),
        "For ViTs, and for CNNs in long trainings.",
        (Panel(_SEEN),),
        (
            ("ResNet-50", "2 operations of magnitude 9", "Cubuk et al. 2020"),
            ("ViT, ConvNeXt", "2 operations of magnitude 9", "DeiT"),
        ),
    ),
    "label_smoothing": Lesson(
        (r"q_k = (1 - \varepsilon)\, y_k + \frac{\varepsilon}{K}",),
        "For accuracy and for well-calibrated probabilities. It does not lower the validation loss, and the training "
        "loss can no longer reach zero.",
        (
            Panel(
                (),
                "Class",
                "Target",
                {"before": "without", "after": "smoothed"},
                "Target for the digit 3, smoothing {smoothing:g}",
            ),
        ),
        (
            ("ViT, ConvNeXt", "0.1", "DeiT"),
            ("ResNet-50", "0.1", "torchvision"),
            ("Transformer for translation", "0.1", "Vaswani et al. 2017"),
            ("language model", "none", "nanoGPT"),
        ),
    ),
    "mixup": Lesson(
        (
            r"x = \lambda\, x_i + (1 - \lambda)\, x_j, \quad \lambda \sim \mathrm{Beta}(\alpha, \alpha)",
            r"\mathcal{L} = \lambda\, \mathcal{L}(y_i) + (1 - \lambda)\, \mathcal{L}(y_j)",
        ),
        "For any real-valued input: images, tables, audio.",
        (Panel(("A {first}", "A {second}", "{lam:.0%} of the one, {rest:.0%} of the other")),),
        (
            ("CNN on ImageNet", "0.1 to 0.4", "Zhang et al. 2018"),
            ("ResNet-50", "0.2, with CutMix", "torchvision"),
            ("ViT, ConvNeXt", "0.8, with CutMix", "DeiT"),
        ),
    ),
    "cutmix": Lesson(
        (
            r"x = M \odot x_i + (1 - M) \odot x_j",
            r"\mathcal{L} = \lambda\, \mathcal{L}(y_i) + (1 - \lambda)\, \mathcal{L}(y_j)",
            r"\lambda = \text{the share kept}, \quad \lambda \sim \mathrm{Beta}(\alpha, \alpha)",
        ),
        "For images whose class shows in many places; less so for digits, where the patch may hide what tells them "
        "apart.",
        (Panel(("A {first}", "A {second}", "{lam:.0%} of the one, {rest:.0%} of the other")),),
        (
            ("CNN", "1", "Yun et al. 2019"),
            ("ResNet-50", "1, with mixup", "torchvision"),
            ("ViT, ConvNeXt", "1, with mixup", "DeiT"),
        ),
    ),
    "gradient_clipping": Lesson(
        (r"g \leftarrow g\, \min\left(1,\ \frac{c}{\lVert g \rVert}\right)",),
        "For Transformers and recurrent networks, and when the loss jumps. It stabilizes training rather than "
        "preventing overfitting.",
        (Panel((), "Step", "Gradient norm", {"before": "before", "after": "after"}, "Clipped to {max_norm:g}"),),
        (("GPT", "1", "GPT-3"), ("LSTM", "5", "Zaremba et al. 2014"), ("ViT", "1", "ViT")),
    ),
    "ema": Lesson(
        (r"a \leftarrow d\, a + (1 - d)\, w", r"d = \min\left(\text{decay},\ \frac{1 + t}{10 + t}\right)"),
        "When the validation loss jumps from epoch to epoch, and toward the end of long trainings.",
        (Panel((), "Step", "Value", {"weight": "trained", "average": "averaged"}, "One parameter, decay {decay:g}"),),
        (
            ("ConvNeXt", "0.9999", "ConvNeXt"),
            ("ResNet-50", "0.99998", "torchvision"),
            ("diffusion model", "0.9999", "Ho et al. 2020"),
        ),
    ),
    "early_stopping": Lesson(
        (r"\text{stop at } t \text{ when } t - \arg\min_{s \le t} \mathcal{L}_{\mathrm{val}}(s) \ge \text{patience}",),
        "Always, with a patience longer than the noise of the curve. It saves the rest of the run.",
        (Panel((), "Epoch", "Validation loss", {"val": "validation"}, "Patience {patience:g}"),),
        (("any", "5 to 20 epochs", THUMB),),
    ),
}


def source(name: str) -> str:
    """Where a strength comes from, as a link where there is one."""
    return f"[{name}]({SOURCES[name]})" if name in SOURCES else name


def usual(lesson: Lesson) -> str:
    """The usual strengths as a list."""
    return "\n".join(f"- **{network}:** {strength} ({source(name)})" for network, strength, name in lesson.usual)


def formulas(lesson: Lesson, translate: Callable[[str], str] = str) -> str:
    """All formulas of a lesson, one below the other; without a strut Streamlit cuts the top of a fraction."""
    said = [
        WORDS.sub(lambda words: rf"\text{{{words[1]}{translate(words[2])}{words[3]}}}", each)
        for each in lesson.formulas
    ]
    return r"\begin{gathered} \rule{0pt}{1.9em} " + r" \\[0.7em] ".join(said) + r"\end{gathered}"
