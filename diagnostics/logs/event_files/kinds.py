"""Kinds: what an event file holds beside scalars, in the words that a person knows it by."""

from __future__ import annotations

from diagnostics.logs.event_files.layout import AUDIO, HISTOGRAM, IMAGE, head_of

GRAPHS, HPARAMS = "graphs", "hyperparameters"
_OTHER = "other data"
_OF_PLUGIN = {
    "images": "images",
    "histograms": "histograms",
    "audio": "audio",
    "text": "texts",
    "hparams": HPARAMS,
    "pr_curves": "precision-recall curves",
    "mesh": "meshes",
    "graphs": GRAPHS,
    "graph_keras_model": GRAPHS,
    "graph_run_metadata": GRAPHS,
    "graph_run_metadata_graph": GRAPHS,
}
_OF_VALUE = {"image": "images", "histo": "histograms", "audio": "audio"}
_OF_KEY = {IMAGE: "images", HISTOGRAM: "histograms", AUDIO: "audio"}


def kind_of_value(kind: str | None, plugin: str | None) -> str:
    """What a summary value that is no scalar is: ``kind`` is its field, ``plugin`` what its tag belongs to."""
    return _OF_VALUE.get(kind or "") or _OF_PLUGIN.get(plugin or "", _OTHER)


def kind_of_bulk(head: bytes, length: int, plugin: str | None) -> str:
    """The same for a record of ``length`` bytes that is left unread, by its first bytes."""
    layout = head_of(head, length)
    return GRAPHS if layout is None else _OF_KEY.get(head[layout.rest_at]) or _OF_PLUGIN.get(plugin or "", _OTHER)
