"""A person's own data: what is read, and what is refused by name before anything is trained."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from trainer.__main__ import main
from trainer.config import Config
from trainer.data import load
from trainer.data.samples import DataError
from trainer.data.text import LENGTH, corpus
from trainer.datasets import located, nickname
from trainer.errors import ConfigError
from trainer.fit.problems.pose import pose
from trainer.models import ModelError

torch.set_num_threads(1)


def table(folder, text):
    (folder / "table.csv").write_text(text, encoding="utf-8")
    return Config(dataset=f"csv:{folder / 'table.csv'}", target="y")


def rows(count, row, head="a,b,y"):
    return "\n".join([head, *(row(n) for n in range(count))])


def refusal(config):
    with pytest.raises(DataError) as refused:
        load(config)
    return str(refused.value)


# text


def test_a_text_is_told_one_character_on_and_its_parts_follow_one_another():
    splits = load(Config(dataset="text"))
    text = corpus()
    letters = sorted(set(text))
    for part in (splits.train, splits.val, splits.test):
        np.testing.assert_array_equal(part.x[:, 1:], part.y[:, :-1])
    val = "".join(letters[token] for token in splits.val.x.ravel())
    test = "".join(letters[token] for token in splits.test.x.ravel())
    train = sorted("".join(letters[token] for token in row) for row in splits.train.x)
    assert text.index(val) > text.index(train[0])
    assert text.index(test) >= text.index(val) + len(val)
    assert train == sorted(text[n * LENGTH : (n + 1) * LENGTH] for n in range(len(train)))
    assert splits.classes == len(letters)


def test_a_text_takes_fewer_samples_random_ones_and_wrong_ones():
    plain = load(Config(dataset="text", train_size=100))
    changed = load(Config(dataset="text", train_size=100, canary=0.1, label_noise=0.2))
    assert len(plain.train.y) == 100
    np.testing.assert_array_equal(plain.train.x, changed.train.x)
    differ = plain.train.y != changed.train.y
    assert differ[~changed.canary].mean() == pytest.approx(0.2, abs=0.001)
    assert differ[changed.canary].mean() > 0.9


def test_a_text_too_short_for_a_part_is_refused():
    assert "the validation part of the text is shorter than 65" in refusal(Config(dataset="text", val_share=0.001))
    assert "ask for at most" in refusal(Config(dataset="text", train_size=10**6))


@pytest.mark.parametrize(("dataset", "model"), [("text", "mlp"), ("digits", "transformer")])
def test_a_text_is_for_the_transformer_and_the_transformer_for_a_text(dataset, model):
    with pytest.raises(ModelError, match="use "):
        pose(Config(dataset=dataset, model=model), torch.device("cpu"))


# csv


def test_words_and_few_whole_numbers_are_classes_and_other_numbers_an_amount(tmp_path):
    words = load(table(tmp_path, rows(60, lambda n: f"{n},{n % 5},{'yes' if n % 3 else 'no'}")))
    digits = load(table(tmp_path, rows(60, lambda n: f"{n},{n % 5},{n % 3 * 10}")))
    amount = load(table(tmp_path, rows(60, lambda n: f"{n},{n % 5},{n % 3}.0")))
    many = load(table(tmp_path, rows(60, lambda n: f"{n},{n % 5},{n}")))
    assert (words.classes, digits.classes, amount.classes, many.classes) == (2, 3, 0, 0)
    assert sorted(np.unique(digits.train.y)) == [0, 1, 2]
    assert many.train.y.shape == (36, 1)


def test_numbers_are_standardized_on_train_the_answer_too(tmp_path):
    splits = load(table(tmp_path, rows(200, lambda n: f"{n},{n % 7},{1000 + 3 * n}")))
    for values in (splits.train.x, splits.train.y):
        np.testing.assert_allclose(values.mean(0), 0, atol=1e-4)
        np.testing.assert_allclose(values.std(0), 1, atol=1e-3)
    assert np.corrcoef(splits.val.x[:, 0], splits.val.y[:, 0])[0, 1] == pytest.approx(1)


def test_a_category_is_a_feature_a_word_and_a_gap_is_named(tmp_path):
    config = table(tmp_path, rows(100, lambda n: f"{'' if n % 10 == 0 else n},{('red', 'blue', 'NA')[n % 3]},{n}.5"))
    splits = load(config)
    assert splits.train.x.shape[1] == 2 + 3
    assert np.isfinite(splits.train.x).all()
    gone = splits.train.x[:, 1] > 0
    assert 0 < gone.sum() < 10
    np.testing.assert_allclose(splits.train.x[gone, 0], 0, atol=1e-6)
    assert [len(np.unique(column)) for column in splits.train.x.T[1:]] == [2, 2, 2, 2]
    assert "column a has no value in 10 of 100 rows" in splits.notes[0]
    assert "column b has no value in 33 of 100 rows" in splits.notes[1]


def test_columns_that_tell_nothing_are_left_out_and_named(tmp_path):
    lines = rows(150, lambda n: f"{n},row number {n},same,{n % 2},{n % 4}", head=",name,const,x,y")
    splits = load(table(tmp_path, lines))
    assert splits.train.x.shape[1] == 1
    assert [re.search("without a name|name|const", note).group() for note in splits.notes] == [
        "without a name",
        "name",
        "const",
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_that_of_the_first_line(tmp_path, separator):
    text = rows(40, lambda n: f"{n},{n % 2},{n % 2}").replace(",", separator)
    assert load(table(tmp_path, "\ufeff" + text)).train.x.shape == (24, 2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (rows(40, lambda n: f"{n},1,2", head="a,b,Y"), "has no column 'y'; did you mean 'Y'?"),
        (rows(40, lambda n: f"{n},1,2", head="a,b,c"), "has no column 'y'; choose from a, b, c"),
        (rows(40, lambda n: f"{n},1,{'cat' if n else 'dog'}"), "of class dog of column y there is one row"),
        (rows(40, lambda n: f"{n},1,{n // 39}"), "of class 1 of column y there is one row"),
        (rows(40, lambda n: f"{n},1,{n % 2 or ''}"), "column y is to be predicted, and is missing in row 1, 3, 5"),
        (rows(40, lambda n: f"{n},1,same"), "column y is 'same' in every row; there is nothing to predict"),
        (rows(40, lambda n: f"{n},1,{n}" if n != 7 else "7,1"), "row 8 of"),
        (rows(40, lambda n: f"{n},{n},{n}", head="a,a,y"), "2 columns called 'a'"),
        (rows(40, lambda n: f"{'inf' if n == 4 else n},1,{n}"), "column a is inf in row 5"),
        (rows(40, lambda n: f"5,1,{n}"), "has no column to predict y from; column a is left out"),
        ("a,y\n1,2", "has 2 lines; needed are a line of column names and at least two rows"),
        ("", "has 0 lines"),
    ],
)
def test_a_table_that_cannot_be_learned_from_is_refused(tmp_path, text, sentence):
    assert sentence in refusal(table(tmp_path, text))


def test_a_file_that_is_no_table_or_is_not_there_is_refused(tmp_path):
    (tmp_path / "image.csv").write_bytes(b"\x89PNG\xff\xfe\n" * 20)
    assert "is not a CSV file in UTF-8" in refusal(Config(dataset=f"csv:{tmp_path / 'image.csv'}", target="y"))
    assert "cannot read" in refusal(Config(dataset=f"csv:{tmp_path / 'missing.csv'}", target="y"))
    assert "needs a column to predict: --target COLUMN; choose from a, b, y" in refusal(
        Config(dataset=table(tmp_path, rows(9, lambda n: f"{n},1,2")).dataset)
    )


CELLS = st.sampled_from(["", "1", "2", "2.5", "-3", "yes", "no", "NA", "1e300", '"', "inf", " ", "a b", "0x1", "1_0"])
NUMBERS = st.sampled_from(["1", "2.5", "-3", "NA", ""])
TARGETS = st.sampled_from(["1", "2", "7.5"])


@settings(max_examples=200)
@given(st.data(), st.integers(1, 4), st.sampled_from([0, 1, 3, 20, 40]), st.sampled_from(",;\t"))
def test_any_table_is_learned_from_or_refused_in_a_sentence(tmp_path_factory, data, columns, count, separator):
    head = [*[f"c{n}" for n in range(columns - 1)], "y"]
    kinds = [
        *[data.draw(st.sampled_from([CELLS, NUMBERS])) for _ in head[1:]],
        data.draw(st.sampled_from([CELLS, TARGETS])),
    ]
    body = [[data.draw(kind) for kind in kinds] for _ in range(count)]
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text("\n".join(separator.join(row) for row in [head, *body]))
    try:
        splits = load(Config(dataset=f"csv:{path}", target="y"))
    except DataError:
        return
    for part in (splits.train, splits.val, splits.test):
        assert np.isfinite(part.x).all()
        assert np.isfinite(part.y).all()
        assert splits.classes == 0 or part.y.max(initial=0) < splits.classes


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_any_file_called_a_table_is_refused_in_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(content)
    assert str(path) in refusal(Config(dataset=f"csv:{path}", target="y"))


@pytest.mark.parametrize("setting", ["canary", "label_noise"])
def test_wrong_labels_are_for_classes(tmp_path, setting):
    config = table(tmp_path, rows(60, lambda n: f"{n},{n % 5},{n}.5"))
    assert "the target is a number, not a class" in refusal(Config.from_dict({**config.to_dict(), setting: 0.2}))


# images


def draw(path, size=(6, 4), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(len(path.name)).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(noise).convert(mode).save(path)


def pictures(folder, **options):
    for label in ("cat", "dog"):
        for n in range(8):
            draw(folder / label / f"{n}.png", **options)
    return Config(dataset=f"images:{folder}", test_share=0.0, val_share=0.25)


def test_a_folder_is_a_class_and_pixels_keep_their_order(tmp_path):
    config = pictures(tmp_path)
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    (tmp_path / ".cache").mkdir()
    splits = load(config)
    assert splits.classes == 2
    assert splits.train.x.shape == (12, 3, 4, 6)
    assert splits.val.x.shape == (4, 3, 4, 6)
    assert sorted(splits.val.y) == [0, 0, 1, 1]


def test_images_are_gray_only_if_all_are(tmp_path):
    config = pictures(tmp_path, mode="L")
    assert load(config).train.x.shape[1] == 1
    draw(tmp_path / "cat" / "color.png")
    assert load(config).train.x.shape[1] == 3


def test_an_image_of_another_size_is_refused_by_name(tmp_path):
    config = pictures(tmp_path)
    draw(tmp_path / "dog" / "wide.png", size=(7, 4))
    assert re.search(r"dog/wide.png has 7x4 pixels, and .*cat/0.png has 6x4", refusal(config))


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "tif", "webp"])
def test_a_broken_image_is_refused_by_name(tmp_path, suffix):
    config = pictures(tmp_path)
    path = tmp_path / "dog" / f"x.{suffix}"
    draw(path)
    whole = path.read_bytes()
    for kept in (0, 5, 30, len(whole) // 2):
        path.write_bytes(whole[:kept])
        assert f"dog/x.{suffix} " in refusal(config)
        assert "repair or remove it" in refusal(config)


def test_a_folder_without_two_classes_of_two_images_is_refused(tmp_path):
    config = Config(dataset=f"images:{tmp_path}")
    assert "holds 0 folders; at least two are needed" in refusal(config)
    for label, count in (("cat", 3), ("dog", 1)):
        for n in range(count):
            draw(tmp_path / label / f"{n}.png")
    assert "class dog has 1 images" in refusal(config)
    assert "cannot read" in refusal(Config(dataset=f"images:{tmp_path / 'missing'}"))


def test_more_images_than_memory_holds_are_refused(tmp_path, monkeypatch):
    config = pictures(tmp_path)
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=13_000))
    assert "16 images of this size need 0.0 GB of memory, and 0.0 GB are free" in refusal(config)


# names


@pytest.mark.parametrize("dataset", ["csv:", "images:", "9:make", "mine:", ":make", "cvs"])
def test_a_name_in_no_form_that_is_known_is_refused(dataset):
    with pytest.raises(ConfigError, match="there is no dataset"):
        Config(dataset=dataset)


def test_a_target_is_for_a_table():
    with pytest.raises(ConfigError, match=r"but digits is not a csv:FILE; leave target out"):
        Config(target="y")


def test_a_path_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert located("csv:table.csv") == f"csv:{tmp_path / 'table.csv'}"
    assert located("images:/there") == "images:/there"
    assert located("package.module:make") == "package.module:make"
    assert located("digits") == "digits"


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        ("digits", "digits"),
        ("csv:/there/people.csv", "people"),
        ("images:photos/pets", "pets"),
        ("package.module:make", "package.module-make"),
    ],
)
def test_a_run_is_called_after_its_data(dataset, name):
    assert nickname(dataset) == name


@pytest.mark.parametrize(
    "arguments",
    [
        ["--dataset", "csv:missing.csv", "--target", "y"],
        ["--dataset", "images:missing"],
        ["--dataset", "text"],
        ["--init-from", "missing"],
    ],
)
def test_the_command_line_ends_with_a_sentence_and_code_2(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("python -m trainer: ")
    assert printed.err.count("\n") == 1
    assert "Traceback" not in printed.err + printed.out
