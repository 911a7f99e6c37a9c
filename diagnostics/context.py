"""Context: what is known of a training beside its two curves; none of it is needed, all of it helps."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostics.curves import Curve


@dataclass(frozen=True)
class Context:
    """Each is ``None`` (or off) where it is not known; ``diagnose`` says what they are."""

    metric: str | None = None
    perplexity: bool = False
    finished: bool = False
    val_samples: int | None = None
    classes: int | None = None
    accuracy: Curve | None = None
    scaled_val: Curve | None = None
    clean_train: Curve | None = None
    learning_rate: Curve | None = None
    epoch_ends: tuple[int, ...] = ()
    resumed_at: tuple[int, ...] = ()
    augmentation_off_at: tuple[int, ...] = ()
    canary: float | None = None
    canary_chance: float | None = None
    label_noise: float | None = None
