"""Augmentation and RandAugment: each change is the one asked for, on standardized images of any color."""

import numpy as np
import pytest
import torch

from trainer.regularizers import RegularizerError, make
from trainer.regularizers.images import as_pictures, seeded

torch.set_num_threads(1)
OFF = {"crop": 1.0, "flip": 0.0, "jitter": 0.0, "rotation": 0.0, "erasing": 0.0}


def augmented(images, name="augmentation", seed=0, **settings):
    regularizers = make({name: settings})
    targets = torch.arange(len(images))
    regularizers.check(images, targets)
    changed, same = regularizers.batch(images, targets, np.random.default_rng(seed))
    assert same is targets
    return changed


def pictures(channels=3, n=16, size=12):
    torch.manual_seed(0)
    return torch.rand(n, channels, size, size)


def test_with_everything_off_the_images_are_the_same():
    x = pictures()
    torch.testing.assert_close(augmented(x, **OFF), x)


def test_a_mirror_image_is_mirrored():
    x = pictures()
    torch.testing.assert_close(augmented(x, **OFF | {"flip": 1.0}), x.flip(-1))


def test_half_of_the_color_images_are_mirrored_and_no_gray_one():
    x = pictures(n=400, size=4)
    default = {key: value for key, value in OFF.items() if key != "flip"}
    same = (augmented(x, **default) - x).abs().amax((1, 2, 3)) < 1e-5
    assert 150 < int(same.sum()) < 250
    gray = pictures(1)
    torch.testing.assert_close(augmented(gray, **default), gray)


@pytest.mark.parametrize("key", ["crop", "jitter", "rotation", "erasing"])
def test_each_change_alone_changes_images_differently(key):
    x = torch.ones(16, 3, 12, 12) * torch.linspace(0, 1, 12)
    strength = {"crop": 0.5, "jitter": 0.5, "rotation": 45.0, "erasing": 1.0}[key]
    difference = augmented(x, **OFF | {key: strength}) - x
    changes = difference.abs().sum((1, 2, 3))
    assert (changes > 1e-3).all()
    assert len(changes.round(decimals=3).unique()) > 4


def test_the_background_of_standardized_images_stays_the_background():
    x = torch.zeros(8, 1, 9, 9)
    x[:, :, 3:6, 3:6] = 1.0
    standardized = (x - 0.3) / 0.2
    turned = augmented(standardized, **OFF | {"rotation": 90.0})
    assert turned.min().item() == pytest.approx(-1.5, abs=1e-5)
    torch.testing.assert_close(turned[:, :, 0, 0], standardized[:, :, 0, 0])


def test_a_change_sees_pictures_between_0_and_1_and_is_taken_back():
    x = torch.randn(4, 3, 5, 5) * torch.tensor([1.0, 5.0, 0.1]).view(1, 3, 1, 1) + 7
    seen = []
    torch.testing.assert_close(as_pictures(lambda pictures: seen.append(pictures) or pictures, x), x)
    assert (seen[0].amin((0, 2, 3)) == 0).all()
    assert (seen[0].amax((0, 2, 3)) == 1).all()


def test_images_of_one_value_stay_what_they_are():
    x = torch.full((4, 1, 6, 6), 3.0)
    torch.testing.assert_close(augmented(x), x)


@pytest.mark.parametrize("name", ["augmentation", "randaugment"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_any_number_of_channels_is_augmented_the_same_way_for_the_same_seed(name, channels):
    x = pictures(channels)
    before = x.clone()
    once, again, other = (augmented(x, name, seed) for seed in (0, 0, 1))
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert torch.equal(x, before)
    assert once.shape == x.shape
    assert torch.isfinite(once).all()


def test_a_larger_magnitude_changes_more():
    x = pictures(1, n=64)
    weak, strong = (
        np.mean([(augmented(x, "randaugment", s, magnitude=m) - x).square().mean().item() for s in range(20)])
        for m in (3, 25)
    )
    assert weak < strong


@pytest.mark.parametrize("num_ops", [1, 10])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_number_of_operations_in_range_is_had(num_ops, channels):
    assert torch.isfinite(augmented(pictures(channels), "randaugment", num_ops=num_ops)).all()


def test_torchs_own_random_numbers_go_on_where_they_were():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with seeded(np.random.default_rng(0)):
        torch.rand(7)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("name", ["augmentation", "randaugment"])
@pytest.mark.parametrize("inputs", [torch.zeros(4, 64), torch.zeros(4, 1, 8, 8, dtype=torch.uint8)])
def test_what_is_no_image_is_refused(name, inputs):
    with pytest.raises(RegularizerError, match=f"needs images.*leave {name} out"):
        make({name: {}}).check(inputs, torch.zeros(4))
