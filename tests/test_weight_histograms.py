"""Histograms of weights that any framework logs: norms from their sums of squares, sparsity where buckets allow it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tensorboard.compat.proto import summary_pb2

from diagnostics.logs import open_logs
from diagnostics.logs.event_files import weight_histograms
from diagnostics.logs.event_files.event_file import EventFile
from diagnostics.logs.event_files.weight_histograms import layer_of
from tests.writers import LogWriter

RNG = np.random.default_rng(0)
WEIGHTS = [RNG.normal(0, 0.1, 5000) * scale for scale in (1.0, 1.5, 2.0)]


def torch_histogram(values: np.ndarray) -> summary_pb2.HistogramProto:
    """A histogram as PyTorch's ``add_histogram`` writes it: buckets that grow by a tenth, and the sum of squares."""
    bounds = [1e-12 * 1.1**i for i in range(300)]
    limits = np.array([*[-bound for bound in reversed(bounds)], 0.0, *bounds])
    counts, _ = np.histogram(values, limits)
    histogram = summary_pb2.HistogramProto(
        min=values.min(), max=values.max(), num=len(values), sum=values.sum(), sum_squares=float(values @ values)
    )
    histogram.bucket_limit.extend(limits[1:].tolist())
    histogram.bucket.extend(counts.tolist())
    return histogram


def write(folder: Path, tags: dict[str, list[np.ndarray]], *, torch: bool = True) -> Path:
    with LogWriter(folder) as log:
        for step in range(len(WEIGHTS)):
            log.scalar("train/loss", 1 / (step + 1), step)
            log.scalar("val/loss", 1.5 / (step + 1), step)
            for tag, values in tags.items():
                if torch:
                    log.value(summary_pb2.Summary.Value(tag=tag, histo=torch_histogram(values[step])), step)
                else:
                    log.histogram(tag, values[step].tolist(), step)
    return log.path


@pytest.mark.parametrize(
    ("tag", "layer"),
    [
        ("fc1.weight", "fc1"),
        ("weights/conv1", "conv1"),
        ("Parameters/encoder.0.weight", "encoder.0"),
        ("dense/kernel_0", "dense"),
        ("sequential/dense_1/kernel/histogram", "sequential/dense_1"),
        ("transformer.wte.embedding", "transformer.wte.embedding"),
        ("weight", "weight"),
        ("fc1.bias", None),
        ("gradients/fc1.weight", None),
        ("fc1.weight.grad", None),
        ("bn1.weight", None),
        ("activations/relu", None),
        ("predictions", None),
    ],
)
def test_the_layer_is_what_the_tag_says_beside_weights(tag: str, layer: str | None) -> None:
    assert layer_of(tag) == layer


def test_norms_come_exactly_from_the_sum_of_squares(tmp_path: Path) -> None:
    write(tmp_path, {"fc1.weight": WEIGHTS, "fc2.weight": WEIGHTS[::-1], "fc1.bias": WEIGHTS})
    (run,) = open_logs(tmp_path).runs.values()
    norms = [float(np.linalg.norm(weights)) for weights in WEIGHTS]
    layers = run.layers["l2_norm"]
    assert set(layers) == {"fc1", "fc2"}
    np.testing.assert_allclose(layers["fc1"].values, norms, rtol=1e-12)
    whole = run.tagged("weights/l2_norm")
    assert whole is not None
    assert whole.steps.tolist() == [0, 1, 2]
    np.testing.assert_allclose(whole.values, np.hypot(norms, norms[::-1]), rtol=1e-12)


def test_sparsity_is_as_close_as_it_is_said_to_be(tmp_path: Path) -> None:
    sparse = [np.where(RNG.random(5000) < 0.4, 0.0, weights) for weights in WEIGHTS]
    write(tmp_path, {"fc1.weight": sparse})
    (run,) = open_logs(tmp_path).runs.values()
    near = [float(np.mean(np.abs(weights) <= 0.01 * np.sqrt(np.mean(weights**2)))) for weights in sparse]
    np.testing.assert_allclose(run.layers["sparsity"]["fc1"].values, near, atol=0.01)


def test_buckets_too_wide_for_sparsity_say_nothing_of_it(tmp_path: Path) -> None:
    write(tmp_path, {"dense/kernel_0": WEIGHTS}, torch=False)
    (run,) = open_logs(tmp_path).runs.values()
    norms = [float(np.linalg.norm(weights)) for weights in WEIGHTS]
    np.testing.assert_allclose(run.layers["l2_norm"]["dense"].values, norms, rtol=0.05)
    assert "sparsity" not in run.layers


def test_what_the_log_measured_itself_stands(tmp_path: Path) -> None:
    with LogWriter(tmp_path) as log:
        for step in range(3):
            log.scalar("loss/train", 1.0, step)
            log.scalar("weights/l2_norm", 7.0, step)
            log.value(summary_pb2.Summary.Value(tag="fc1.weight", histo=torch_histogram(WEIGHTS[0])), step)
    (run,) = open_logs(tmp_path).runs.values()
    whole = run.tagged("weights/l2_norm")
    assert whole is not None
    assert whole.values.tolist() == [7.0, 7.0, 7.0]


def test_histograms_change_neither_the_pair_nor_the_axis(tmp_path: Path) -> None:
    write(tmp_path / "with", {"fc1.weight": WEIGHTS})
    write(tmp_path / "without", {})
    runs = open_logs(tmp_path).runs
    primary = [run.primary for run in runs.values()]
    assert [(pair.train.tag, pair.val.tag, pair.score) for pair in primary if pair and pair.train and pair.val] == (
        [("train/loss", "val/loss", 13.0)] * 2
    )
    assert runs["with"].x_axis == runs["without"].x_axis


def test_a_damaged_histogram_is_counted_and_never_a_number(tmp_path: Path) -> None:
    path = write(tmp_path, {"fc1.weight": WEIGHTS})
    data = bytearray(path.read_bytes())
    at = data.index(np.float64(WEIGHTS[2] @ WEIGHTS[2]).tobytes())
    data[at + 6] ^= 1
    path.write_bytes(bytes(data))
    file = EventFile(path)
    file.poll()
    assert file.skipped.records == 1
    assert file.weights["weights/fc1/l2_norm"].steps.tolist() == [0, 1]


def test_of_very_many_histograms_some_are_read_evenly(tmp_path: Path) -> None:
    histogram = torch_histogram(WEIGHTS[0])
    with LogWriter(tmp_path) as log:
        for step in range(2000):
            log.value(summary_pb2.Summary.Value(tag="fc1.weight", histo=histogram), step)
    file = EventFile(log.path)
    file.poll()
    steps = file.weights["weights/fc1/l2_norm"].steps
    assert 400 < len(steps) < 600
    assert steps[-1] > 1990
    assert len(set(np.diff(steps)[2:].tolist())) == 1


def test_of_a_large_file_each_layer_keeps_a_fair_number_of_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weight_histograms, "_LARGE", 1 << 20)
    histogram = torch_histogram(WEIGHTS[0])
    with LogWriter(tmp_path) as log:
        for step in range(300):
            for layer in range(12):
                log.value(summary_pb2.Summary.Value(tag=f"fc{layer}.weight", histo=histogram), step)
    assert log.path.stat().st_size > 1 << 20
    file = EventFile(log.path)
    file.poll()
    for layer in range(12):
        steps = file.weights[f"weights/fc{layer}/l2_norm"].steps
        assert 16 <= len(steps) <= 20
        assert steps[-1] >= 280


def test_histograms_of_any_number_of_buckets_stay_in_the_order_of_the_file(tmp_path: Path) -> None:
    weights = [RNG.normal(0, 0.1, size) for size in (10, 5000, 10, 5000, 10, 5000)]
    with LogWriter(tmp_path) as log:
        for step, values in enumerate(weights):
            histogram = torch_histogram(values)
            if step % 2:
                del histogram.bucket[-100:], histogram.bucket_limit[-100:]
            log.value(summary_pb2.Summary.Value(tag="fc1.weight", histo=histogram), step)
    file = EventFile(log.path)
    file.poll()
    rows = file.weights["weights/fc1/l2_norm"]
    assert rows.steps.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(rows.values, [np.linalg.norm(values) for values in weights], rtol=1e-12)
