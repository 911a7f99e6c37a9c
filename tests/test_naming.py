import pytest

from diagnostics.logs.matching.naming import read_name
from diagnostics.logs.matching.tokens import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Loss/validAcc", "loss valid acc"),
        ("TrainLoss", "train loss"),
        ("val_Loss", "val loss"),
        ("trainloss", "train loss"),
        ("accval", "acc val"),
        ("batchloss", "batch loss"),
        ("metrics/eval/CrossEntropy", "metrics eval crossentropy"),
        ("BinaryCrossEntropy", "binary crossentropy"),
        ("cross entropy", "crossentropy"),
        ("metrics/mAP50-95(B)", "metrics map50 95 b"),
        ("mIoU", "miou"),
        ("IoU (avg on test)", "iou avg on test"),
        ("MulticlassAccuracy", "multiclass accuracy"),
        ("BCEWithLogitsLoss", "bce with logits loss"),
        ("验证/损失", "val loss"),
        ("", ""),
        ("///", ""),
    ],
)
def test_a_tag_is_cut_into_lower_case_words(text: str, expected: str) -> None:
    assert words(text) == tuple(expected.split())


@pytest.mark.parametrize(
    ("text", "split"),
    [
        *((f"{word}_loss", "train") for word in ("train", "training", "trn", "fit")),
        *(
            (f"loss/{word}", "val")
            for word in ("val", "valid", "validation", "vali", "dev", "eval", "evaluation", "holdout")
        ),
        *((f"{word}/loss", "test") for word in ("test", "testing", "tst")),
        ("loss", None),
        ("constrained_loss", None),
        ("latest_loss", None),
        ("device_loss", None),
    ],
)
def test_a_word_names_the_split(text: str, split: str | None) -> None:
    assert read_name(text).split == split


@pytest.mark.parametrize(
    ("text", "split"),
    [("train/val_loss", "val"), ("train_eval/loss_train", "train"), ("Training vs. Validation Loss/Training", "train")],
)
def test_the_right_most_split_word_wins(text: str, split: str) -> None:
    assert read_name(text).split == split


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("train/loss", "loss"),
        ("Val_Loss", "loss"),
        ("training/nll", "loss"),
        ("metrics/eval/CrossEntropy", "loss"),
        ("valid_ppl", "loss"),
        ("train/loss_value", "loss"),
        ("train/dice_loss", "loss"),
        ("loss_iou/val", "loss"),
        ("val/giou_loss", "loss"),
        ("train/negative_log_likelihood", "loss"),
        ("val/elbo", "loss"),
        ("train/gradient_loss", "loss"),
        ("train/loss_3D", "loss"),
        ("Logloss", "loss"),
        ("test_avg_xe", "loss"),
        ("train/kl_loss", "component"),
        ("Loss/regularization_loss/train", "component"),
        ("Loss/valid_acc", "metric"),
        ("accuracy01/epoch", "metric"),
        ("metrics/mAP50(B)", "metric"),
        ("val/dice", "metric"),
        ("Loss/valid_f1", "metric"),
        ("val/log_likelihood", "metric"),
        ("f1_score/valid", "metric"),
        ("val_err", "error"),
        ("eval/wer", "error"),
        ("L1 Distance (avg on test)", "error"),
        ("train/mean_absolute_error", "error"),
        ("epoch", "counter"),
        ("train/epoch", "counter"),
        ("trainer/global_step", "counter"),
        ("exp/train", "none"),
        ("loss/std/epoch", "none"),
        ("train/grad_norm", "none"),
        ("lr", "none"),
        ("val/loss_time", "none"),
        ("steps_per_sec/train", "none"),
        ("hp_metric", "none"),
        ("hparam/accuracy", "none"),
        ("evaluation_loss_vs_iterations", "none"),
        ("lm loss validation vs samples", "none"),
        ("train/total_flos", "none"),
        ("best_val_acc", "none"),
        ("loss_scale", "none"),
        ("accuracy/canary", "none"),
        ("optim/lr_sum", "none"),
        ("weights/encoder/l2_norm", "none"),
        ("strength/label_smoothing", "none"),
        ("hypergrad/weight_decay", "none"),
        ("train/entropy_loss", "none"),
        ("Losses/Value Loss", "contest"),
        ("rollout/ep_rew_mean", "contest"),
        ("eval/mean_reward", "contest"),
        ("loss_G", "contest"),
        ("d_loss", "contest"),
        ("train/discriminator_loss", "contest"),
    ],
)
def test_the_words_say_what_kind_of_quantity_it_is(text: str, kind: str) -> None:
    assert read_name(text).kind == kind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("train_loss", "val/loss"),
        ("train/total_loss", "validation_loss"),
        ("Average Training Loss per Epoch", "avg val loss"),
        ("acc", "val/accuracy"),
        ("loss/train_clean", "loss/val"),
        ("train_loss", "val_loss/dataloader_idx_1"),
        ("metrics/train/MulticlassAccuracy", "metrics/eval/MulticlassAccuracy"),
    ],
)
def test_one_quantity_has_one_base_on_both_sides(one: str, other: str) -> None:
    assert set(read_name(one).base) == set(read_name(other).base)


@pytest.mark.parametrize(
    ("one", "other"),
    [("train/box_loss", "val/cls_loss"), ("train/top1", "val/top5"), ("loss/val", "loss/val_scaled"), ("r2", "f1")],
)
def test_two_quantities_have_two_bases(one: str, other: str) -> None:
    assert set(read_name(one).base) != set(read_name(other).base)


def test_the_name_of_the_run_says_nothing() -> None:
    assert read_name("my_net/train", ("my_net",)).kind == "loss"
    assert read_name("my_net/train_loss", ("my_net",)).generic


def test_a_run_called_train_does_not_hide_the_split() -> None:
    assert read_name("train/box_loss", ("train",)).split == "train"


def test_only_metrics_are_better_when_higher() -> None:
    assert read_name("val_acc").higher_is_better
    assert not read_name("val_loss").higher_is_better
    assert not read_name("val_err").higher_is_better
