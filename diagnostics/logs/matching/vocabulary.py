"""Vocabulary: the words that training logs use for splits, losses, metrics and everything that is neither."""

from __future__ import annotations

from typing import Literal

Split = Literal["train", "val", "test"]


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_TRAIN = word_set("train training trn tr learn fit trainset treino entrenamiento entrainement")
_VAL = word_set("val valid validation vali vld dev eval evaluation evaluate validate holdout heldout valset")
_TEST = word_set("test testing tst testset")
SPLITS: dict[str, Split] = {
    **dict.fromkeys(_TRAIN, "train"),
    **dict.fromkeys(_VAL, "val"),
    **dict.fromkeys(_TEST, "test"),
}

# Words that say nothing about which quantity it is.
FILLERS = word_set(
    "epoch epochs step steps batch batches iter iters iteration iterations avg average mean total overall sum "
    "running stats metrics metric scalar scalars summary summaries log logs logger per value values vs by on of "
    "the and for dataloader idx clean data set curve history inner all s combined progress ray tune "
    "meter"
)

PER_BATCH = word_set("step steps batch batches iter iters iteration iterations inner running smoothed smooth")
COUNTERS = word_set("epoch epochs step steps iter iters iteration iterations batch batches global trainer time")
LOSSES = word_set(
    "loss losses nll ce bce crossentropy xent xe mse cost objective elbo ppl perplexity logloss criterion bpc bpb "
    "bpd binarycrossentropy multiclass quantile huber ntxent infonce"
)
# Losses that people log under the name of their method alone: train/triplet, val/triplet.
NAMED_LOSSES = word_set(
    "contrastive triplet triplets nce supcon simclr byol moco vicreg barlow twins arcface cosface dino focal hinge "
    "tversky lovasz reconstruction recon"
)
PERPLEXITIES = word_set("ppl perplexity")
METRICS = word_set(
    "acc accu accuracy f1 auc auroc auprc roc prc ap map map50 precision prec recall iou miou fwiou dice dsc "
    "jaccard bleu sacrebleu rouge rougel meteor cider r2 top top1 top5 hits hit ndcg mrr mcc kappa ssim psnr "
    "sensitivity specificity correlation pearson spearman em fscore score pck pq mota hota idf1 uar uas las acc1 "
    "acc5 macc aacc pr1 correct hitrate chrf loglikelihood loglik"
)
ERRORS = word_set(
    "error err errors mae mape rmse wer cer eer fid lpips distance smape rmsle msle deviation absrel mpjpe epe "
    "ade fde nmse"
)
# How people write them, where it is not in lower case.
ABBREVIATIONS = word_set(
    "f1 auc auroc auprc roc prc ap dsc bleu rouge meteor r2 ndcg mrr mcc ssim psnr pck pq mota hota idf1 uar uas las "
    "mae mape rmse wer cer eer fid lpips smape rmsle msle mpjpe epe ade fde nmse nll mse bce ppl"
)
SPELLED = {
    "map": "mAP",
    "map50": "mAP50",
    "iou": "IoU",
    "miou": "mIoU",
    "fwiou": "FWIoU",
    "cider": "CIDEr",
    "macc": "mAcc",
    "rougel": "ROUGE-L",
    "sacrebleu": "SacreBLEU",
    "chrf": "chrF",
    "loglikelihood": "log-likelihood",
}
# A metric word right beside "loss" that is optimized as it stands.
OPTIMIZED = METRICS - word_set("acc accu accuracy acc1 acc5") | word_set("giou ciou diou")
NEVER = word_set(
    "std stddev stdev var variance stderr lr lrs grad grads gradient gradients norm norms time timer runtime "
    "second seconds sec secs fps throughput flops flos memory mem gpu cpu size count num eta momentum mom wd "
    "decay parameter parameters param params weights biases bias hparam hparams hyperparameters hp scale scaler "
    "temperature threshold best lowest strength hypergrad optim optimizer canary queue fraction anchors speed "
    "latency duration perf system utilization util lengths length examples sparsity histogram entropy kl approx "
    "prune delta diff gap ratio tokens flag patience bad"
)
ADVERSARIAL = word_set("generator discriminator gen disc adversarial adv gan fake errd errg lossd lossg")
CONTEST = ADVERSARIAL | word_set(
    "policy actor critic rollout reward rewards rew return returns episode episodic episodes advantage advantages "
    "qf explained replay exploration environment env agent"
)
CONTEST_LOSSES = word_set("value vf g d")
REINFORCED = word_set("policy actor critic rollout reward rewards rew episode episodic episodes")
# What is no loss by itself and is one as "<word>_loss".
PENALIZED = word_set(
    "duration length scale size bias diff delta ratio gap count gradient grad norm temperature time sparsity kl"
)
KL = word_set("kl kld kldiv")
WEIGHTS = word_set("weight weights coef coefficient factor beta anneal annealing annealed")  # what a part counts by
COMPONENT = word_set("kl kld l1 l2 reg regularization regularizer penalty aux auxiliary kldiv sparsity")


KNOWN = LOSSES | METRICS | ERRORS | COMPONENT
