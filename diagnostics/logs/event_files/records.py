"""RecordReader: a block of records, each taken in on the quickest way that fits it, all ways with the same result."""

from __future__ import annotations

import numpy as np

from diagnostics.logs.event_files.batch import SMALL
from diagnostics.logs.event_files.contents import Contents
from diagnostics.logs.event_files.cycle import Bytes
from diagnostics.logs.event_files.irregular import IrregularReader
from diagnostics.logs.event_files.layout import WALL_AT
from diagnostics.logs.event_files.template import Template
from diagnostics.logs.event_files.walk import Walk
from diagnostics.logs.event_files.workspace import Workspace

_FRUITFUL = 200  # records that must be like a template to make up for learning it
_PATIENCE = 3  # templates that were not fruitful before a file is taken to have no order
_SCRATCH = 4 << 20  # bytes; less for small files would have the allocator give memory back and ask for it again
_LEAST_IRREGULAR = 1 << 14  # bytes; fewer are read one by one


class RecordReader:
    """Reads the blocks of one file in order.

    ``damaged`` says that the last block ended at a damaged length, ``bulky`` that there are records to be left out.
    """

    def __init__(self, contents: Contents, workspace: Workspace) -> None:
        self.damaged = False
        self.bulky = False
        self._contents = contents
        self._workspace = workspace
        self._template: Template | None = None
        self._irregular = IrregularReader(contents, workspace.tags())
        self._patience = 1 if workspace.orderless else _PATIENCE
        self._scratch = np.empty(0, np.uint8)

    def read(self, block: Bytes, stop: int, *, to_come: int) -> int:
        """Take in the whole records of ``block[:stop]``; where the first one begins that is not whole or damaged.

        With bytes ``to_come`` after this block, records that would break a cycle may be left for the next, too.
        """
        walk = Walk(self._contents, block, stop)
        self._scratch = self._workspace.buffer_for("scratch", max(_SCRATCH, 2 * len(block)))
        while walk.record_length():
            if self._patience <= 0 and stop - walk.position > _LEAST_IRREGULAR:
                walk.position = self._irregular.read(block, walk.position, stop, scratch=self._scratch, to_come=to_come)
                walk.read_record()
                continue
            self._template = self._template or self._workspace.familiar(block[walk.position : stop])
            self._template = self._template or self._learn(walk)
            if self._template is None:
                self._lose_patience(self._patience if walk.lost else 0)
            elif self._follow(self._template, walk, block[walk.position : stop], to_come):
                if to_come:
                    break
                self._template = None
        self.damaged, self.bulky = walk.damaged, walk.bulky
        return walk.position

    def _learn(self, walk: Walk) -> Template | None:
        template = walk.to_a_cycle()
        if template is not None:
            self._workspace.remember(template)
        return template

    def _follow(self, template: Template, walk: Walk, data: Bytes, to_come: int) -> bool:
        """Take in the cycles like the template; whether that was all but an incomplete one."""
        together = len(data) <= SMALL and not to_come and not self._contents.scalars  # a file that grows has its own
        batch = self._workspace.batch_of(template) if together else None
        difference = self._scratch if batch is None else batch.room_for(len(data))
        count = template.like(data, difference, self._scratch[len(data) :])
        used = count * template.size
        fruitful = count * len(template.layouts) >= _FRUITFUL
        if count:
            self._contents.saw(float(data[WALL_AT : WALL_AT + 8].view(np.float64)[0]))
            if batch is not None:
                self._contents.put(batch.take(count))
            else:
                expected = (len(data) + to_come) // template.size if fruitful else count
                self._take(template, data[:used], self._scratch[:used], expected=expected)
        walk.position += used
        if len(data) - used < template.size:
            return True
        self._template = None
        if fruitful:
            self._patience, self._workspace.orderless = _PATIENCE, False
        else:
            self._lose_patience(1)
        return False

    def _lose_patience(self, much: int) -> None:
        self._patience -= much
        self._workspace.orderless |= self._patience <= 0

    def _take(self, template: Template, data: Bytes, difference: Bytes, *, expected: int) -> None:
        cycles = data.reshape(-1, template.size)
        damaged = template.damaged(difference.reshape(cycles.shape))
        for record, (tag, *numbers) in enumerate(template.columns(cycles)):
            if damaged is None:
                self._contents.extend(tag, *numbers, count=len(cycles), expected=expected)
            else:
                intact = ~damaged[:, record]
                self._contents.extend(tag, *(column[intact] for column in numbers), count=int(intact.sum()))
        self._contents.damaged += 0 if damaged is None else int(damaged.sum())
