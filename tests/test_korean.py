"""Korean: every sentence has its line, each line is of a sentence, and no page is left half in English."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.wording.particles import PAIRS
from app.wording.translation import KINDS, PLACE, TABLES
from tests.study_files import screened, study, write_study
from tests.test_app import FALLING, OVERFITTING, _as_if_just_started, opened
from tests.test_run_page import unfolded, write_own
from tests.trial_runs import write_parent, write_settled
from tests.writers import write_run
from trainer.strengths import STRENGTHS

__all__ = ["_as_if_just_started"]
ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((TABLES / "korean").glob("*.json"))
LINES = [(path.stem, line, korean) for path in FILES for line, korean in json.loads(path.read_text("utf-8")).items()]
BY_LINE = [pytest.param(line, korean, id=f"{room}-{line[:50]}") for room, line, korean in LINES]
HANGUL, WORD = re.compile("[가-힣]"), re.compile("[A-Za-z][A-Za-z']{2,}")
FIELD = re.compile(r"\{[^{} ]*\}")

# where the sentences of the app are written
WRITTEN = (
    *sorted((ROOT / "app" / "views").glob("*/*words.py")),
    *sorted((ROOT / "app" / "wording").glob("[a-oq-s]*.py")),
    ROOT / "app" / "views" / "guide" / "lessons.py",
    *(ROOT / "diagnostics" / name for name in ("verdict.py", "run_diagnosis.py", "notes.py", "outlook.py")),
    *(ROOT / "diagnostics" / "report" / name for name in ("words.py", "to_do.py")),
    *(ROOT / "diagnostics" / "trials" / name for name in ("outcome.py", "over_seeds.py", "next_step.py")),
    *sorted((ROOT / "diagnostics" / "judging").glob("*.py")),
    *sorted((ROOT / "diagnostics" / "recommend").glob("*.py")),
    *(ROOT / "trainer" / name for name in ("config.py", "strengths.py", "presets.py", "datasets.py", "job.py")),
)
# names that Koreans write as they are
# fmt: off
NAMES = {
    "Aim", "ANOVA", "Adam", "AdamW", "Beta", "CNN", "COLUMN", "COMMAND", "CPU", "CSV", "CatBoost", "ConvNeXt",
    "CrossEntropyLoss", "Ctrl", "CutMix", "DVCLive", "DeiT", "Discord", "DropConnect", "DropPath", "EMA", "Enter",
    "Esc", "FID", "FILE", "FOLDER", "Fitwatch", "GPT", "Git", "HTML", "HTTPS", "III", "ImageNet", "JSON", "Keras",
    "LFS", "LSTM", "Lightning", "MLP", "MLflow", "MODULE", "Mattermost", "MiB", "Mixup", "NaN", "PED", "PNG",
    "Parquet", "PyTorch", "RandAugment", "ResNet", "SGD", "SQLite", "SVG", "Shift", "Slack", "Space", "TOKEN",
    "TensorBoard", "Transformer", "Transformers", "URL", "VERDICT", "ViT", "Vision", "adam", "alpha", "best",
    "bfloat", "calibrate", "csv", "fitwatch", "float", "images", "lam", "lines", "mail", "mixup", "momentum",
    "nanoGPT", "none", "sgd", "torch", "torchvision", "trackio", "wandb",
}
# fmt: on
# what Streamlit or a setting of the trainer is called, and a person types
# fmt: off
TYPED = {
    "DIR", "English", "FUNCTION", "auto", "canary", "cnn", "constant", "cosine", "cpu", "cuda", "cutmix",
    "decoupled", "depth", "digits", "dropconnect", "fsspec", "git", "install", "lfs", "linear", "mlp", "mps", "pip",
    "pull", "subsample", "target", "text", "transformer", "tune", "vit",
}
# fmt: on
# what is compared with a text or typed, and never shown
NOT_SHOWN = re.compile(
    r"^(chosen by hand| go together best|No module named tensorboard|their names do not say|the test set stands in|"
    r"validation losses it decides| tune --| try \{\}| \{\} --on-verdict|not distinguishable|same seeds|"
    r"[(\[]\d, inf\)| ?\| None|\w+(\|\w+)+$|PYTHONPATH|images:DIR|MODULE:FUNCTION|\"regularizers\")"
)
# what a program that calls the library is told, which no page is
FOR_PROGRAMS = re.compile(
    r"^(there is no (optimizer|architecture) |momentum is |\{\} has \{\} values and val |\{\} outcomes of )"
)
# papers, addresses and examples of JSON, which are the same in every language
FIXED = re.compile(r"[A-Z]\w+(?: et al\.| and [A-Z]\w+)? \d{4}|https?://\S+[^\s,;.]|\{\".+\}")
# what English says of numbers in words -> the digits in which Korean may write them
BODIES = ("caption", "error", "header", "info", "markdown", "subheader", "success", "text", "warning")
UNESCAPED = re.compile(r"\\(?=[\W_])|\u2060")
DIGITS = "zero one two three four five six seven eight nine ten"
IN_WORDS = {
    **{word: str(number) for number, word in enumerate(DIGITS.split())},
    **{
        "zeros": "0",
        "fifth": "5 1",
        "tenth": "10 1 0.1",
        "twentieth": "20 1",
        "quarter": "4 1",
        "minute": "1",
        "half": "30",
    },
}


@pytest.mark.parametrize(("line", "korean"), BY_LINE)
def test_a_line_keeps_the_values_the_numbers_and_the_code_of_its_sentence(line: str, korean: str) -> None:
    assert set(PLACE.findall(korean)) == set(PLACE.findall(line.replace("[Errno {n}]", "")))
    for code in ("`[^`]*`", r"--[a-z-]+", r"https?://[A-Za-z0-9./:-]+[A-Za-z0-9]"):
        assert sorted(re.findall(code, korean)) == sorted(re.findall(code, line))
    in_words = {number for word in WORD.findall(line.lower()) for number in IN_WORDS.get(word, "").split()}
    assert not Counter(_numbers(line)) - Counter(_numbers(korean))
    assert {*(Counter(_numbers(korean)) - Counter(_numbers(line)))} <= in_words


def _numbers(text: str) -> list[str]:
    """The numbers that are written in digits."""
    return re.findall(r"\d+(?:\.\d+)?", PLACE.sub("", text))


@pytest.mark.parametrize(("line", "korean"), BY_LINE)
def test_a_line_is_korean_but_for_names(line: str, korean: str) -> None:
    words = [word for word in WORD.findall(_spoken(korean)) if word not in NAMES | TYPED]
    assert not words, "translate them, or list them among NAMES"
    is_name = line.replace(" ", "").casefold() == korean.casefold()
    assert (
        HANGUL.search(korean)
        or is_name
        or not WORD.search(_spoken(korean))
        or not set(WORD.findall(_spoken(line))) - NAMES
    )


def _spoken(text: str) -> str:
    """A text without what is the same in every language: values, code, addresses, paths, settings, papers."""
    for fixed in (
        *(r"\{\w*\}", "`[^`]*`", r"https?://\S+", "pip install tensorboard", r"\b\w+\.\w[\w.]*(\([^)]*\))*"),
        *(r"--\S+", r"\S*[_/=]\S*", r":material\S+", r"\w+ (?:et al\.|and \w+) \d+"),
    ):
        text = re.sub(fixed, " ", text)
    return text


def test_no_sentence_has_two_lines() -> None:
    places = Counter(PLACE.sub(_kind, line) for _, line, _ in LINES)
    assert [line for line, many in places.items() if many > 1] == []


def _kind(place: re.Match[str]) -> str:
    """What a value may be, as far as that tells two lines apart."""
    return "#" if len(place[1]) == 1 else f"{{{place[1]}}}" if place[1].rstrip("0123456789") in KINDS else "{}"


def test_every_ending_that_depends_on_a_sound_is_one_that_is_known() -> None:
    for _, _, korean in LINES:
        without = re.sub("|".join(map(re.escape, PAIRS)), "", korean)
        assert not re.search(r"[은는이을과]\([가-힣]\)|\([으이]\)", without), korean


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_sentence_of_the_app_has_a_line(path: Path) -> None:
    lines = "\n".join(_parts_of(line) for _, line, _ in LINES)
    missing = [text for text in _texts(path) if not all(part in lines for part in _chunks(text))]
    assert missing == [], "add a line to the tables in app/wording/korean"


def test_every_line_is_of_a_sentence_that_is_still_written() -> None:
    sources = [path for part in ("app", "diagnostics", "trainer") for path in (ROOT / part).rglob("*.py")]
    written = {word for path in sources for text in _texts(path, every=True) for word in WORD.findall(text.lower())}
    written |= {f"{word}s" for word in written}
    own = [line for room, line, _ in LINES if room != "errors"]  # which the system and libraries write as well
    dead = [line for line in own if set(WORD.findall(_spoken(line).lower())) - written]
    assert dead == []


def _texts(path: Path, *, every: bool = False) -> list[str]:
    """The sentences that a file writes, with ``{}`` for a value; ``every`` text in it, not only those with words."""
    tree = ast.parse(path.read_text("utf-8"))
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    about = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    about |= {
        id(part)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for part in ast.walk(node)
    }
    texts = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            texts.append("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside | about:
            texts.append(FIELD.sub("{}", node.value))
    return texts if every else [text for text in texts if _is_said(text)]


def _is_said(text: str) -> bool:
    """Is it for a person: words with a capital or with spaces between them, and neither a pattern nor a setting?"""
    if (
        NOT_SHOWN.search(text)
        or FOR_PROGRAMS.search(text)
        or re.search(r"\\|\(\?|^:material|^[a-z_0-9./*-]+$|^\w+\.\w+$|^[A-Z]?[a-z]+[A-Z]\w*$|^https?:", text)
    ):
        return False
    return bool(WORD.search(_spoken(text))) and bool(set(WORD.findall(_spoken(text))) - NAMES)


def _parts_of(line: str) -> str:
    """A line as its parts between values, each value a ``{}``, without what an axis counts before one."""
    return FIXED.sub("{}", PLACE.sub("{}", line)).casefold()


def _chunks(text: str) -> Iterator[str]:
    """The parts of a sentence between its values that have a word."""
    for part in re.split(r"\{\}%?|\d[\d,.]*%?|(?<=[.?!:]) ", FIXED.sub("{}", text).casefold()):
        part = re.sub(r"\bsteps?\s*$", "", part).strip()
        if WORD.search(_spoken(part)):
            yield part


PAGES = [
    ("", {}),
    ("run", {"run": "worse_1"}),
    ("run", {"run": "own_1"}),
    ("run", {"run": "parent_1"}),
    ("run", {"run": "parent_1-try-1"}),
    ("run", {"run": "alone_1"}),
    ("run", {"run": "early_1"}),
    ("run", {"run": "paused_1"}),
    ("run", {"run": "gone_1"}),
    ("compare", {}),
    ("compare", {"runs": "parent_1 parent_1-try-1 worse_1"}),
    ("train", {}),
    ("tune", {"study": "study_1"}),
    ("tune", {"study": "study_2"}),
    *(("guide", {"lesson": name}) for name in (*STRENGTHS, "verdicts")),
]


@pytest.fixture
def _runs(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    write_run(logs / "worse_1", OVERFITTING | {"accuracy/train": FALLING, "accuracy/val": [0.9] * 30})
    write_own(logs / "own_1")
    write_own(logs / "paused_1", state="paused")
    write_settled(logs / "parent_1-try-1", write_parent(logs / "parent_1"), 0.9)
    write_run(logs / "alone_1", {"loss/train": FALLING})
    write_run(logs / "early_1", {"loss/train": FALLING[:2], "loss/val": FALLING[:2]})
    write_study(logs / "study_1", study(12))
    write_study(logs / "study_2", study(8, screen=screened(), importance=None))


@pytest.mark.parametrize(
    ("page", "address"), PAGES, ids=lambda part: "-".join(part.values()) or "none" if isinstance(part, dict) else part
)
@pytest.mark.usefixtures("_runs")
def test_no_page_is_left_half_in_english(page: str, address: dict[str, str]) -> None:
    app = opened(page, logdir="logs", lang="ko", **address)
    app = unfolded(app) if page == "run" else app
    assert not app.exception
    english = {text: words for text in _shown(app) if (words := set(WORD.findall(_spoken(text))) - NAMES - TYPED)}
    assert english == {}


def _shown(app: AppTest) -> Iterator[str]:
    """Every text of a page: labels, bodies, hints, and what can be chosen."""
    blocks = [app.main, app.sidebar]
    while blocks:
        element = blocks.pop()
        blocks += getattr(element, "children", {}).values()
        if element.type not in ("code", "latex"):
            body = ("value",) if element.type in BODIES else ()
            texts = [getattr(element, name, None) for name in ("label", "help", "placeholder", *body)]
            yield from (UNESCAPED.sub("", text) for text in texts if isinstance(text, str))
