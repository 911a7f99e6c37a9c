"""The bundled data and how it is split."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.config import Config
from trainer.data import load
from trainer.data.labels import mislabel
from trainer.data.samples import DataError
from trainer.data.splits import statistics, stratified_order


@pytest.mark.parametrize(
    ("name", "loader", "scale"), [("digits", "load_digits", 16), ("breast_cancer", "load_breast_cancer", 1)]
)
def test_the_tables_are_those_of_scikit_learn(name, loader, scale):
    import sklearn.datasets

    from trainer.data import breast_cancer, digits

    samples = {"digits": digits, "breast_cancer": breast_cancer}[name].samples()
    expected = getattr(sklearn.datasets, loader)()
    np.testing.assert_allclose(samples.x.reshape(len(samples.x), -1), expected.data / scale, rtol=1e-6)
    np.testing.assert_array_equal(samples.y, expected.target)


def test_the_text_holds_the_descriptions_of_scikit_learn():
    import sklearn.datasets

    from trainer.data.text import corpus

    assert len(corpus()) == 43_080
    assert sklearn.datasets.load_wine().DESCR in corpus()


def test_the_parts_have_their_shares_and_share_no_sample():
    splits = load(Config(val_share=0.25, test_share=0.1))
    sizes = [len(part.y) for part in (splits.train, splits.val, splits.test)]
    assert sizes == [1797 - 449 - 180, 449, 180]
    rows = np.concatenate([part.x.reshape(len(part.x), -1) for part in (splits.train, splits.val, splits.test)])
    assert len(np.unique(rows, axis=0)) == 1797


def test_the_same_seed_gives_the_same_parts_and_another_one_others():
    first, again, other = load(Config(seed=3)), load(Config(seed=3)), load(Config(seed=4))
    np.testing.assert_array_equal(first.train.x, again.train.x)
    assert not np.array_equal(first.val.y, other.val.y)


def test_validation_does_not_depend_on_the_training_size():
    small, large = load(Config(train_size=50)), load(Config())
    np.testing.assert_array_equal(small.val.y, large.val.y)
    np.testing.assert_array_equal(small.train.y, large.train.y[:50])


@settings(max_examples=50)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=200), st.integers(0, 2**32), st.data())
def test_any_slice_holds_its_share_of_every_class(labels, seed, data):
    y = np.array(labels)
    order = stratified_order(y, np.random.default_rng(seed))
    assert sorted(order) == list(range(len(y)))
    start = data.draw(st.integers(0, len(y)))
    end = data.draw(st.integers(start, len(y)))
    for label in np.unique(y):
        share = np.count_nonzero(y == label) * (end - start) / len(y)
        found = np.count_nonzero(y[order[start:end]] == label)
        assert abs(found - share) <= 4  # at most about one off for each class that takes turns


def test_label_noise_gives_that_share_of_training_labels_another_class_and_no_other():
    plain, noisy = load(Config(train_size=200)), load(Config(train_size=200, label_noise=0.2))
    assert np.count_nonzero(plain.train.y != noisy.train.y) == 40
    assert set(noisy.train.y) <= set(range(10))
    np.testing.assert_array_equal(plain.val.y, noisy.val.y)
    np.testing.assert_array_equal(plain.test.y, noisy.test.y)


def test_a_wrong_label_is_each_other_class_as_often():
    y = np.zeros(9000, dtype=np.int64)
    counts = np.bincount(mislabel(y, 0.999, 10, np.random.default_rng(0)), minlength=10)
    assert counts[0] == 9
    assert counts[1:].min() > 800


@pytest.mark.parametrize("name", ["digits", "breast_cancer"])
def test_training_inputs_have_mean_zero_and_deviation_one_on_every_channel(name):
    train = load(Config(dataset=name)).train.x
    mean, spread = statistics(train)
    np.testing.assert_allclose(mean, 0, atol=1e-4)
    np.testing.assert_allclose(spread, 1, atol=1e-3)


def test_a_feature_that_never_varies_stays_finite():
    mean, spread = statistics(np.full((5, 3), 2, dtype=np.float32))
    assert mean.shape == (1, 3)
    assert (spread == 1).all()


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (
            Config(train_size=2000),
            "train_size is 2000, but digits has 1797 samples, of which validation and test leave 1079",
        ),
        (Config(val_share=0.001), "none of class"),
        (Config(train_size=5), "the training part has 5 samples and none of class"),
    ],
)
def test_a_split_that_cannot_be_is_refused_with_the_way_out(config, sentence):
    with pytest.raises(DataError) as refused:
        load(config)
    assert sentence in str(refused.value)
