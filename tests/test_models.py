"""Every network: shapes, the places of regularizers, gradients, and what it refuses."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, scaled_dot_product_attention

from trainer.models import ModelError, cnn, transformer, vit
from trainer.models.block import Attention, attend
from trainer.models.vit import patch_size
from trainer.regularizers import AttentionDropout, DropPath, make
from trainer.regularizers.dropout import FastDropout

torch.set_num_threads(1)

IMAGES = [(1, 8, 8), (3, 32, 32), (3, 13, 20), (1, 1, 1)]
VOCABULARY = 11


def texts(n=2, length=16):
    return torch.randint(VOCABULARY, (n, length), generator=torch.Generator().manual_seed(0))


def networks():
    torch.manual_seed(0)
    return [
        (cnn.build((1, 8, 8), 10), torch.rand(4, 1, 8, 8)),
        (vit.build((1, 8, 8), 10), torch.rand(4, 1, 8, 8)),
        (transformer.build((16,), VOCABULARY), texts()),
    ]


def places(model, kind):
    return sum(type(module) is kind for module in model.modules())


@pytest.mark.parametrize("build", [cnn.build, vit.build])
@pytest.mark.parametrize("shape", IMAGES)
def test_images_of_any_size_are_classified(build, shape):
    model = build(shape, 7, width=16, depth=2).eval()
    assert model(torch.rand(2, *shape)).shape == (2, 7)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 9])
def test_depth_counts_the_blocks(depth):
    blocks = {
        "cnn": sum(isinstance(m, cnn.Residual) for m in cnn.build((3, 32, 32), 2, width=8, depth=depth)),
        "vit": places(vit.build((3, 32, 32), 2, width=8, depth=depth), Attention),
        "transformer": places(transformer.build((8,), 5, width=8, depth=depth), Attention),
    }
    assert set(blocks.values()) == {depth}


def test_a_text_gets_the_logits_of_every_next_token():
    model = transformer.build((16,), VOCABULARY)
    tokens = texts()
    assert model(tokens).shape == (2, VOCABULARY, 16)
    assert model(tokens[:, :5]).shape == (2, VOCABULARY, 5)
    assert cross_entropy(model(tokens), tokens).item() == pytest.approx(math.log(VOCABULARY), abs=0.2)


def test_the_transformer_sees_nothing_of_what_is_to_come():
    model, tokens = transformer.build((16,), VOCABULARY).eval(), texts()
    changed = tokens.clone()
    changed[:, 9:] = (changed[:, 9:] + 1) % VOCABULARY
    torch.testing.assert_close(model(changed)[..., :9], model(tokens)[..., :9])
    assert not torch.allclose(model(changed)[..., 9:], model(tokens)[..., 9:])


def test_the_vit_sees_every_patch_and_its_place():
    model, images = vit.build((1, 8, 8), 3).eval(), torch.rand(2, 1, 8, 8)
    assert not torch.allclose(model(images), model(images.flip(-1)), atol=1e-6)


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(8, 8, 2), (32, 32, 4), (224, 224, 16), (7, 7, 1), (28, 28, 2), (12, 18, 2), (64, 48, 4)],
)
def test_patches_tile_the_image(height, width, size):
    assert patch_size(height, width) == size


def test_attention_is_the_formula():
    torch.manual_seed(0)
    attention, x = Attention(64, causal=False), torch.randn(2, 5, 64)
    assert attention.heads == 2
    queries, keys, values = attention.queries_keys_values(x).chunk(3, -1)
    heads = [slice(0, 32), slice(32, 64)]
    scores = [(queries[..., h] @ keys[..., h].mT / math.sqrt(32)).softmax(-1) for h in heads]
    seen = torch.cat([score @ values[..., h] for score, h in zip(scores, heads, strict=True)], -1)
    torch.testing.assert_close(attention(x), attention.out(seen))


@pytest.mark.parametrize("causal", [False, True])
def test_attention_with_next_to_no_dropout_is_torchs_own(causal):
    torch.manual_seed(0)
    heads = torch.randn(3, 2, 4, 9, 16)
    expected = scaled_dot_product_attention(*heads, is_causal=causal)
    torch.testing.assert_close(attend(*heads, p=2**-40, causal=causal), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("causal", [False, True])
def test_dropped_attention_weights_are_the_attention_weights_on_average(causal):
    torch.manual_seed(0)
    heads = torch.randn(3, 1, 1, 5, 8)
    expected = scaled_dot_product_attention(*heads, is_causal=causal)
    draws = torch.stack([attend(*heads, p=0.3, causal=causal) for _ in range(4000)])
    error = (draws.mean(0) - expected).abs() / (draws.std(0) / 4000**0.5)
    assert error.max() < 5


@pytest.mark.parametrize(("width", "heads"), [(128, 4), (64, 2), (32, 1), (8, 1), (96, 3), (100, 2), (37, 1)])
def test_heads_share_the_width(width, heads):
    assert Attention(width, causal=True).heads == heads


@pytest.mark.parametrize("index", range(3))
def test_every_parameter_gets_a_gradient(index):
    model, inputs = networks()[index]
    outputs = model(inputs)
    cross_entropy(outputs, torch.zeros(outputs[:, 0].shape, dtype=torch.long)).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (0, {FastDropout: 1, nn.Dropout2d: 3, DropPath: 3, AttentionDropout: 0}),
        (1, {FastDropout: 12, nn.Dropout2d: 0, DropPath: 8, AttentionDropout: 4}),
        (2, {FastDropout: 12, nn.Dropout2d: 0, DropPath: 8, AttentionDropout: 4}),
    ],
)
def test_the_places_of_dropout_are_where_they_belong(index, expected):
    model, _ = networks()[index]
    assert {kind: places(model, kind) for kind in expected} == expected


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("name", ["dropout", "dropconnect", "drop_path"])
def test_each_is_on_in_training_and_off_in_evaluation(index, name):
    model, inputs = networks()[index]
    expected = model.eval()(inputs)
    model = make({name: {}}).build(model)
    torch.testing.assert_close(model.eval()(inputs), expected)
    model.train()
    torch.manual_seed(0)
    once = model(inputs)
    torch.manual_seed(1)
    assert not torch.allclose(once, model(inputs))


def test_attention_weights_alone_can_be_dropped():
    model, inputs = networks()[1]
    make({"dropout": {"p": 0.001, "attention": 0.9}}).build(model)
    torch.manual_seed(0)
    once = model(inputs)
    torch.manual_seed(1)
    assert not torch.allclose(once, model(inputs), atol=1e-5)


def test_the_path_of_the_first_block_is_never_dropped_and_of_the_last_most():
    model, _ = networks()[0]
    make({"drop_path": {"drop_prob": 0.5}}).build(model)
    assert [m.drop_prob for m in model.modules() if isinstance(m, DropPath)] == [0.0, 0.25, 0.5]


@pytest.mark.parametrize(
    ("build", "shape", "way_out"),
    [
        (cnn.build, (64,), "use mlp"),
        (vit.build, (30,), "use mlp"),
        (transformer.build, (1, 8, 8), "use mlp, cnn or vit"),
    ],
)
def test_samples_of_another_shape_are_refused(build, shape, way_out):
    with pytest.raises(ModelError, match=way_out):
        build(shape, 10)
