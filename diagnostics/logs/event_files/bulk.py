"""Bulk: graphs, histograms, images and sound, taken out of a block unread, so that the scalars move together."""

from __future__ import annotations

from diagnostics.logs.event_files.contents import Contents
from diagnostics.logs.event_files.crc import masked_crc_of_length
from diagnostics.logs.event_files.cycle import Bytes
from diagnostics.logs.event_files.layout import HEAD, OVERHEAD, SURELY_NO_BULK, bulk_of
from diagnostics.logs.event_files.walk import read_header


def drop_bulk(block: Bytes, start: int, stop: int, contents: Contents) -> tuple[int, int]:
    """Take the bulk out of the records of ``block[start:stop]``, moving what is left down; ``contents`` keeps what it
    wants of it.

    Where the first record begins that is not whole, or damaged, and where the data ends now.
    """
    view, bulk_tags, wants = block.data, contents.bulk_tags, contents.weights.wants
    kept_from = at = to = start
    while stop - at >= OVERHEAD:
        size, crc = read_header(view, at)
        end = at + size + OVERHEAD
        if end > stop or crc != masked_crc_of_length(size):
            break
        head = bytes(view[at : min(end, at + HEAD)]) if size > SURELY_NO_BULK else b""
        tag = bulk_of(head, end - at, bulk_tags) if head else None
        if tag is not None:
            contents.saw_bulk(tag, head, end - at)
            if tag and wants(tag, at):
                contents.weights.offer(bytes(view[at:end]))
            to = _move(block, kept_from, at, to)
            kept_from = end
        at = end
    whole = to + at - kept_from
    return whole, _move(block, kept_from, stop, to)


def _move(block: Bytes, start: int, stop: int, to: int) -> int:
    """Move ``block[start:stop]`` down to ``to``; where it ends there."""
    end = to + stop - start
    if to != start and end != to:
        block[to:end] = block[start:stop]
    return end
