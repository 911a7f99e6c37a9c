"""Workspace: what the files of one folder share while they are read one after the other."""

from __future__ import annotations

import numpy as np

from diagnostics.logs.event_files.batch import Batch
from diagnostics.logs.event_files.cycle import Bytes
from diagnostics.logs.event_files.tag_numbers import TagNumbers
from diagnostics.logs.event_files.template import Template

_REMEMBERED = 6  # templates
_MOST_TAGS = 1 << 17


class Workspace:
    """Memory, because fresh memory costs as much as reading, and templates, because runs of one folder log alike."""

    def __init__(self) -> None:
        self._tags = TagNumbers()
        self.orderless = False  # whether the last file had no order, so that the next is likely to have none
        self._buffers: dict[str, Bytes] = {}
        self._batches: dict[Template, Batch] = {}

    def buffer_for(self, use: str, size: int) -> Bytes:
        """At least ``size`` bytes with any content; the same memory for the same use, unless it grew."""
        buffer = self._buffers.get(use)
        if buffer is None or len(buffer) < size:
            buffer = self._buffers[use] = np.empty(size, np.uint8)
        return buffer

    def tags(self) -> TagNumbers:
        """The tags of earlier files, for the next one; when they have become very many, none."""
        if len(self._tags) > _MOST_TAGS:
            self._tags = TagNumbers()
        return self._tags

    def remember(self, template: Template) -> None:
        """Keep the template for other places and files, if it is sure to mean the same there."""
        if not any(layout.tensor for layout in template.layouts):  # whether a tensor is a scalar, each file says itself
            self._batches[template] = Batch(template)
            if len(self._batches) > _REMEMBERED:
                del self._batches[next(iter(self._batches))]

    def familiar(self, data: Bytes) -> Template | None:
        """A template that the first cycle of ``data`` is like."""
        return next((template for template in self._batches if template.fits(data)), None)

    def batch_of(self, template: Template) -> Batch:
        """Where cycles like the template wait to be read together."""
        return self._batches.get(template) or Batch(template)
