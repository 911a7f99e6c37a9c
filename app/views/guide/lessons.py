"""Lessons: what the Guide page says of each regularizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

MEASURED, THUMB = "measured here", "a rule of thumb"
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


_STEPS = ("One step: {p:.0%} left out, the rest larger", "The next step: others left out")
_SHRINKING = {start: start for start in ("1", "0.5", "0.2", "0.1")}
_BOTH = tuple(
    Panel((), "Step", "Weight", _SHRINKING, title, part)
    for title, part in (
        ("Weight decay {weight_decay:g}: by a share, never to zero", "weight_decay"),
        ("L1 {l1:g}: by an amount, to exactly zero", "l1"),
    )
)
_SEEN = ("The digit", *("What the network sees",) * 5)


def _steps(first: str) -> tuple[Panel, ...]:
    return (Panel((first, *_STEPS)),)


LESSONS = {
    "dropout": Lesson(
        (r"y_i = \frac{m_i\, x_i}{1 - p}", r"m_i \sim \mathrm{Bernoulli}(1 - p)"),
        "In MLPs, and in Transformers that see their data several times. Before the last layer of a CNN, where it may "
        "be strong. Not when the data is seen once.",
        _steps("Activations: ten digits, 16 units"),
        (
            ("MLP, tables", "0.2, with weight decay", MEASURED),
            ("Transformer, several epochs", "0.1 to 0.2", MEASURED),
            ("Transformer for translation", "0.1", "Vaswani et al. 2017"),
            ("CNN", "0.5, before the last layer alone", "Srivastava et al. 2014"),
            ("ViT", "0.1", "ViT"),
            ("GPT on much data", "none; 0.2 on little", "nanoGPT"),
        ),
    ),
    "spatial_dropout": Lesson(
        (r"y_c = \frac{m_c\, x_c}{1 - p} \quad \text{for a whole map } c", r"m_c \sim \mathrm{Bernoulli}(1 - p)"),
        "In CNNs. Neighbouring pixels of a map are alike, so that leaving out single ones takes nothing away.",
        _steps("Nine feature maps of one digit"),
        (("CNN", "0.1, seldom above 0.2", MEASURED),),
    ),
    "dropconnect": Lesson(
        (r"y = \frac{M \odot W}{1 - p}\, x + b", r"M_{ij} \sim \mathrm{Bernoulli}(1 - p)"),
        "Instead of dropout, not on top of it. "
        "It needs no place of its own: every linear layer and convolution has weights.",
        _steps("The weights of a layer, by size"),
        (("MLP", "0.2 to 0.3", MEASURED), ("MLP", "0.5", "Wan et al. 2013")),
    ),
    "drop_path": Lesson(
        (
            r"y = x + \frac{m}{1 - p_\ell}\, f_\ell(x)",
            r"m \sim \mathrm{Bernoulli}(1 - p_\ell), \quad p_\ell = p\, \frac{\ell}{L - 1}",
        ),
        "In deep residual networks. The deeper the network, the more it takes.",
        (
            Panel(
                ("One step: what eight samples (rows) skipped of twelve blocks (columns)",),
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
        (r"w \leftarrow w - \eta\, \lambda\, w", r"\text{beside the optimizer's own step of rate } \eta"),
        "Nearly always. The weights are an average over about the last 1 / (rate x decay) steps, so that a short run "
        "needs far more than the usual 0.01; the page of a run computes it.",
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
        "Where a sparse network is wanted: it makes weights exactly zero. Against overfitting weight decay does more.",
        _BOTH,
        (("any", "0.00001 to 0.001 in a long run; 0.1 or more in one as short as below", THUMB),),
    ),
    "augmentation": Lesson(
        (r"(x, y) \to (T(x), y)", r"T \text{ drawn anew for each image}"),
        "On images, nearly always: it is the nearest thing to more data. What it changes must not change the class: "
        "a mirrored digit is no digit.",
        (Panel(_SEEN),),
        (
            ("CNN, ResNet-50", "random crops, mirror images, erasing 0.1", "torchvision"),
            ("ViT, ConvNeXt", "the same, erasing 0.25", "ConvNeXt"),
        ),
    ),
    "randaugment": Lesson(
        (r"x \leftarrow T_n \circ \dots \circ T_1 (x)", r"\text{each of } n \text{ changes of one magnitude}"),
        "In ViTs and in long trainings of CNNs.",
        (Panel(_SEEN),),
        (
            ("ResNet-50", "2 changes of magnitude 9", "Cubuk et al. 2020"),
            ("ViT, ConvNeXt", "2 changes of magnitude 9", "DeiT"),
        ),
    ),
    "label_smoothing": Lesson(
        (r"q_k = (1 - \varepsilon)\, y_k + \frac{\varepsilon}{K}",),
        "For accuracy and for probabilities that can be trusted. It does not lower the validation loss, and the "
        "training loss can no longer reach zero.",
        (
            Panel(
                (),
                "Class",
                "Target",
                {"before": "without", "after": "smoothed"},
                "The target for a 3, smoothing {smoothing:g}",
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
        "On anything made of real numbers: images, tables, sound.",
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
        "On images whose class shows in many places; less on digits, where the box may hide what tells them apart.",
        (Panel(("A {first}", "A {second}", "{lam:.0%} of the one, {rest:.0%} of the other")),),
        (
            ("CNN", "1", "Yun et al. 2019"),
            ("ResNet-50", "1, with mixup", "torchvision"),
            ("ViT, ConvNeXt", "1, with mixup", "DeiT"),
        ),
    ),
    "gradient_clipping": Lesson(
        (r"g \leftarrow g\, \min\left(1,\ \frac{c}{\lVert g \rVert}\right)",),
        "In Transformers and recurrent networks, and where the loss jumps. It keeps a training stable rather than from "
        "overfitting.",
        (Panel((), "Step", "Length of the gradient", {"before": "before", "after": "after"}, "Cut to {max_norm:g}"),),
        (("GPT", "1", "GPT-3"), ("LSTM", "5", "Zaremba et al. 2014"), ("ViT", "1", "ViT")),
    ),
    "ema": Lesson(
        (r"a \leftarrow d\, a + (1 - d)\, w", r"d = \min\left(\text{decay},\ \frac{1 + t}{10 + t}\right)"),
        "Where the validation loss jumps from epoch to epoch, and at the end of long trainings.",
        (Panel((), "Step", "Value", {"weight": "trained", "average": "averaged"}, "One parameter, decay {decay:g}"),),
        (
            ("ConvNeXt", "0.9999", "ConvNeXt"),
            ("ResNet-50", "0.99998", "torchvision"),
            ("diffusion model", "0.9999", "Ho et al. 2020"),
        ),
    ),
    "early_stopping": Lesson(
        (r"\text{stop at } t \text{ when } t - \arg\min_{s \le t} \mathcal{L}_{\mathrm{val}}(s) \ge \text{patience}",),
        "Always, once the patience is longer than the noise of the curve. It saves the rest of the run.",
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


def formulas(lesson: Lesson) -> str:
    """All formulas of a lesson, one below the other; without a strut Streamlit cuts the top of a fraction."""
    return r"\begin{gathered} \rule{0pt}{1.9em} " + r" \\[0.7em] ".join(lesson.formulas) + r"\end{gathered}"
