"""What frameworks and people log, and the pair a person would choose; from frameworks' sources and public scripts."""

from collections.abc import Callable

from diagnostics.logs.run import Rows
from tests.rows import at_the_end, at_the_start, batches, epoch_ends, epochs, evaluations, every_250, some_batches

# directory -> when its tags were logged -> the tags
Logged = dict[str, dict[Callable[[], Rows], str]]

# name, what was logged, the training and the validation side (a tag of the first directory, or directory::tag), and
# what the steps count, where the case decides it
FRAMEWORKS: list[tuple[str, Logged, str | None, str | None, str | None]] = [
    (
        "wandb sync lightning",
        {
            "lightning_logs/version_3": {
                some_batches: "train/loss_step",
                epoch_ends: "train/loss_epoch | val/loss | epoch | trainer/global_step | val/acc",
            }
        },
        "train/loss_epoch",
        "val/loss",
        None,
    ),
    (
        "lightning dataloaders",
        {
            "v": {
                some_batches: "train_loss",
                epoch_ends: "val_loss/dataloader_idx_0 | val_loss/dataloader_idx_1 | epoch",
            }
        },
        "train_loss",
        "val_loss/dataloader_idx_0",
        None,
    ),
    (
        "lightning both epoch",
        {
            "v": {
                some_batches: "train_loss_step",
                epoch_ends: "train_loss_epoch | val_loss_epoch | epoch",
                batches: "val_loss_step",
            }
        },
        "train_loss_epoch",
        "val_loss_epoch",
        None,
    ),
    (
        "lightning test after",
        {"v": {some_batches: "train/loss", epoch_ends: "val/loss", at_the_end: "test/loss"}},
        "train/loss",
        "val/loss",
        None,
    ),
    (
        "detectron2 custom val",
        {
            "o": {
                some_batches: "total_loss | loss_cls | loss_box_reg | lr | time | data_time",
                epoch_ends: "validation_loss",
                evaluations: "bbox/AP",
            }
        },
        "total_loss",
        "validation_loss",
        None,
    ),
    (
        "detectron2 val comps",
        {
            "o": {
                some_batches: "total_loss | loss_cls | loss_box_reg",
                epoch_ends: "total_val_loss | val_loss_cls | val_loss_box_reg",
            }
        },
        "total_loss",
        "total_val_loss",
        None,
    ),
    (
        "mmdet2",
        {
            "tf_logs": {
                some_batches: "train/loss | train/loss_cls | train/loss_bbox | train/acc | learning_rate | momentum",
                epoch_ends: "val/bbox_mAP | val/bbox_mAP_50",
            }
        },
        "train/loss",
        None,
        None,
    ),
    (
        "mmseg3",
        {"vis_data": {some_batches: "loss | decode.loss_ce | decode.acc_seg | lr | iter", evaluations: "mIoU | aAcc"}},
        "loss",
        None,
        None,
    ),
    (
        "mmpretrain val loss",
        {"vis_data": {some_batches: "loss | data_time", evaluations: "val/loss | accuracy/top1"}},
        "loss",
        "val/loss",
        None,
    ),
    ("keras1", {"logs": {epochs: "loss | val_loss | acc | val_acc"}}, "loss", "val_loss", "epoch"),
    (
        "keras1 batch",
        {"logs": {batches: "batch_loss", epochs: "epoch_loss | epoch_val_loss"}},
        "epoch_loss",
        "epoch_val_loss",
        "epoch",
    ),
    (
        "keras multi output",
        {
            "l/train": {epochs: "epoch_loss | epoch_a_loss | epoch_b_loss | epoch_a_accuracy"},
            "l/validation": {
                epochs: "epoch_loss | epoch_a_loss | epoch_b_loss | epoch_a_accuracy",
                epoch_ends: "evaluation_loss_vs_iterations",
            },
        },
        "l/train::epoch_loss",
        "l/validation::epoch_loss",
        "epoch",
    ),
    (
        "keras train+test dirs",
        {
            "logs/gradient_tape/2020/train": {epochs: "loss | accuracy"},
            "logs/gradient_tape/2020/test": {epochs: "loss | accuracy"},
        },
        "logs/gradient_tape/2020/train::loss",
        "logs/gradient_tape/2020/test::loss",
        "epoch",
    ),
    (
        "timm",
        {"r": {epochs: "train_loss | eval_loss | eval_top1 | eval_top5 | lr"}},
        "train_loss",
        "eval_loss",
        "epoch",
    ),
    ("nanogpt", {"r": {every_250: "iter | train/loss | val/loss | lr | mfu"}}, "train/loss", "val/loss", "step"),
    (
        "fairseq",
        {
            "tb/train": {
                some_batches: (
                    "loss | nll_loss | ppl | wps | ups | wpb | bsz | num_updates | lr | gnorm | clip | train_wall"
                )
            },
            "tb/train_inner": {batches: "loss | nll_loss | ppl"},
            "tb/valid": {epoch_ends: "loss | nll_loss | ppl | bleu"},
        },
        "tb/train::loss",
        "tb/valid::loss",
        "step",
    ),
    (
        "espnet2",
        {
            "tensorboard/train": {epochs: "loss | loss_ctc | loss_att | acc | optim0_lr0 | iter_time | train_time"},
            "tensorboard/valid": {epochs: "loss | loss_ctc | loss_att | acc | cer | wer"},
        },
        "tensorboard/train::loss",
        "tensorboard/valid::loss",
        "epoch",
    ),
    (
        "tf od api",
        {
            "m/train": {
                some_batches: (
                    "Loss/classification_loss | Loss/localization_loss | Loss/regularization_loss | "
                    "Loss/total_loss | learning_rate | steps_per_sec"
                )
            },
            "m/eval": {
                epoch_ends: (
                    "Loss/classification_loss | Loss/localization_loss | Loss/regularization_loss | "
                    "Loss/total_loss | DetectionBoxes_Precision/mAP | DetectionBoxes_Recall/AR@1"
                )
            },
        },
        "m/train::Loss/total_loss",
        "m/eval::Loss/total_loss",
        "step",
    ),
    (
        "tf od api1",
        {
            "m": {some_batches: "loss | loss_1 | learning_rate | global_step/sec"},
            "m/eval_0": {epoch_ends: "loss | Losses/TotalLoss | DetectionBoxes_Precision/mAP"},
        },
        "m::loss",
        "m/eval_0::loss",
        "step",
    ),
    (
        "estimator",
        {
            "m": {some_batches: "loss | loss_1 | global_step/sec"},
            "m/eval": {epoch_ends: "loss | accuracy | auc | average_loss"},
        },
        "m::loss",
        "m/eval::loss",
        "step",
    ),
    ("accelerate", {"p": {epochs: "train_loss | eval_loss | perplexity | epoch"}}, "train_loss", "eval_loss", "epoch"),
    (
        "skorch",
        {
            "r": {
                epochs: (
                    "Loss/train_loss | Loss/valid_loss | Loss/valid_acc | Loss/train_loss_best | "
                    "Loss/valid_loss_best | dur"
                )
            }
        },
        "Loss/train_loss",
        "Loss/valid_loss",
        "epoch",
    ),
    (
        "ludwig",
        {
            "logs/training": {
                epoch_ends: "combined/loss | label/loss | label/accuracy",
                batches: "combined/step_training_loss | combined/step_learning_rate",
            },
            "logs/validation": {epoch_ends: "combined/loss | label/loss | label/accuracy"},
            "logs/test": {epoch_ends: "combined/loss | label/loss | label/accuracy"},
        },
        "logs/training::combined/loss",
        "logs/validation::combined/loss",
        "step",
    ),
    (
        "torchtune",
        {"r": {batches: "loss | lr | tokens_per_second_per_gpu", evaluations: "val_loss"}},
        "loss",
        "val_loss",
        "step",
    ),
    (
        "axolotl",
        {
            "r": {
                some_batches: (
                    "train/loss | train/grad_norm | train/learning_rate | train/epoch | "
                    "train/memory/max_mem_active(gib)"
                ),
                evaluations: "eval/loss | eval/ppl | eval/runtime",
                at_the_end: "train/train_loss",
            }
        },
        "train/loss",
        "eval/loss",
        "step",
    ),
    (
        "hf two sets",
        {
            "r": {
                some_batches: "train/loss",
                epoch_ends: "eval/matched_loss | eval/mismatched_loss | eval/matched_accuracy",
            }
        },
        "train/loss",
        "eval/matched_loss",
        "step",
    ),
    (
        "trl dpo",
        {
            "r": {
                some_batches: "train/loss | train/rewards/chosen | train/rewards/margins | train/logps/chosen",
                epoch_ends: "eval/loss | eval/rewards/accuracies | eval/rewards/chosen",
            }
        },
        "train/loss",
        "eval/loss",
        "step",
    ),
    (
        "sb3 sac",
        {
            "SAC_1": {
                some_batches: (
                    "rollout/ep_len_mean | rollout/ep_rew_mean | train/actor_loss | train/critic_loss | "
                    "train/ent_coef | train/ent_coef_loss | time/fps"
                ),
                epoch_ends: "eval/mean_reward",
            }
        },
        None,
        None,
        "step",
    ),
    (
        "rllib",
        {
            "PPO_x": {
                some_batches: (
                    "ray/tune/episode_reward_mean | "
                    "ray/tune/info/learner/default_policy/learner_stats/total_loss | "
                    "ray/tune/info/learner/default_policy/learner_stats/vf_loss"
                ),
                epoch_ends: "ray/tune/evaluation/episode_reward_mean",
            }
        },
        None,
        None,
        "step",
    ),
    (
        "cleanrl",
        {
            "CartPole__ppo": {
                some_batches: (
                    "charts/episodic_return | charts/learning_rate | losses/value_loss | "
                    "losses/policy_loss | losses/entropy | losses/approx_kl | losses/explained_variance"
                )
            }
        },
        None,
        None,
        "step",
    ),
    (
        "tutorial add_scalars",
        {
            "runs/f": {epochs: "images"},
            "runs/f/Training vs. Validation Loss_Training": {epochs: "Training vs. Validation Loss"},
            "runs/f/Training vs. Validation Loss_Validation": {epochs: "Training vs. Validation Loss"},
        },
        "runs/f/Training vs. Validation Loss_Training::Training vs. Validation Loss",
        "runs/f/Training vs. Validation Loss_Validation::Training vs. Validation Loss",
        "epoch",
    ),
    (
        "add_scalars by split",
        {
            "r/train_loss": {epochs: "train"},
            "r/train_acc": {epochs: "train"},
            "r/val_loss": {epochs: "val"},
            "r/val_acc": {epochs: "val"},
        },
        "r/train_loss::train",
        "r/val_loss::val",
        "epoch",
    ),
    (
        "exp_train exp_val",
        {
            "runs/a_train": {epochs: "loss | acc"},
            "runs/a_val": {epochs: "loss | acc"},
            "runs/b_train": {epochs: "loss"},
            "runs/b_val": {epochs: "loss"},
        },
        "runs/a_train::loss",
        "runs/a_val::loss",
        "epoch",
    ),
    (
        "split above",
        {
            "logs/train/r1": {epochs: "loss"},
            "logs/val/r1": {epochs: "loss"},
            "logs/train/r2": {epochs: "loss"},
            "logs/val/r2": {epochs: "loss"},
        },
        "logs/train/r1::loss",
        "logs/val/r1::loss",
        "epoch",
    ),
    (
        "dennybritz",
        {
            "runs/1/summaries/train": {batches: "loss | accuracy"},
            "runs/1/summaries/dev": {some_batches: "loss | accuracy"},
        },
        "runs/1/summaries/train::loss",
        "runs/1/summaries/dev::loss",
        None,
    ),
    (
        "prose",
        {"r": {epochs: "Loss (training) | Loss (validation) | Learning rate"}},
        "Loss (training)",
        "Loss (validation)",
        "epoch",
    ),
    (
        "prose2",
        {"r": {epochs: "Average Training Loss per Epoch | Average Validation Loss per Epoch | Training Accuracy"}},
        "Average Training Loss per Epoch",
        "Average Validation Loss per Epoch",
        "epoch",
    ),
    ("camel", {"r": {epochs: "TrainLoss | ValLoss | TrainAcc | ValAcc"}}, "TrainLoss", "ValLoss", "epoch"),
    ("run-on", {"r": {epochs: "trainloss | valloss | valacc"}}, "trainloss", "valloss", "epoch"),
    (
        "loss/acc only test",
        {"r": {some_batches: "Train/Loss", epoch_ends: "Test/Loss | Test/Accuracy"}},
        "Train/Loss",
        "Test/Loss",
        "step",
    ),
    ("val and test", {"r": {epochs: "loss/train | loss/val | loss/test"}}, "loss/train", "loss/val", "epoch"),
    (
        "own trainer",
        {
            "runs/demo-1": {
                epochs: (
                    "loss/train | loss/train_clean | loss/val | loss/val_scaled | accuracy/train_clean | "
                    "accuracy/val | accuracy/canary | optim/lr | optim/grad_norm | weights/l2_norm | "
                    "weights/fc/l2_norm | strength/label_smoothing | hypergrad/weight_decay"
                )
            }
        },
        "loss/train_clean",
        "loss/val",
        "epoch",
    ),
    ("gan", {"r": {some_batches: "Loss/G | Loss/D | D(x)"}}, None, None, None),
    ("gan2", {"r": {some_batches: "g_loss | d_loss"}}, None, None, None),
    (
        "vae",
        {
            "r": {
                some_batches: "train/loss | train/recon_loss | train/kl_loss",
                epoch_ends: "val/loss | val/recon_loss | val/kl_loss",
            }
        },
        "train/loss",
        "val/loss",
        "step",
    ),
    (
        "vae no total",
        {"r": {some_batches: "train/recon_loss | train/kl_loss", epoch_ends: "val/recon_loss | val/kl_loss"}},
        "train/kl_loss + train/recon_loss",
        "val/kl_loss + val/recon_loss",
        "step",
    ),
    ("metrics only", {"r": {epochs: "accuracy/train | accuracy/val | lr"}}, "accuracy/train", "accuracy/val", "epoch"),
    ("train loss val acc", {"r": {batches: "train_loss", epochs: "val_acc"}}, "train_loss", None, None),
    ("train loss+acc val acc", {"r": {epochs: "train_loss | train_acc | val_acc"}}, "train_acc", "val_acc", "epoch"),
    ("gradients only", {"r": {batches: "grad/norm | lr"}}, None, None, None),
    (
        "hparams child",
        {
            "runs/e": {epochs: "Loss/train | Loss/val"},
            "runs/e/1699999999.123": {at_the_start: "hparam/accuracy | hparam/loss"},
        },
        "runs/e::Loss/train",
        "runs/e::Loss/val",
        "epoch",
    ),
    (
        "segmentation dice",
        {"r": {epochs: "train/dice_loss | val/dice_loss | val/dice | train/dice"}},
        "train/dice_loss",
        "val/dice_loss",
        "epoch",
    ),
    ("regression mse", {"r": {epochs: "mse/train | mse/val | mae/train | mae/val"}}, "mse/train", "mse/val", "epoch"),
    ("rmse only", {"r": {epochs: "RMSE/train | RMSE/val"}}, "RMSE/train", "RMSE/val", "epoch"),
    ("loss value", {"r": {epochs: "train/loss_value | val/loss_value"}}, "train/loss_value", "val/loss_value", "epoch"),
    (
        "mlm+nsp",
        {"r": {some_batches: "train/mlm_loss | train/nsp_loss | train/loss", epoch_ends: "eval/loss | eval/mlm_loss"}},
        "train/loss",
        "eval/loss",
        "step",
    ),
    (
        "yolov7",
        {
            "runs/train/yolov7": {
                epochs: (
                    "train/box_loss | train/obj_loss | train/cls_loss | metrics/precision | val/box_loss | "
                    "val/obj_loss | val/cls_loss | x/lr0"
                )
            }
        },
        "train/box_loss + train/cls_loss + train/obj_loss",
        "val/box_loss + val/cls_loss + val/obj_loss",
        "epoch",
    ),
    (
        "running",
        {"r": {batches: "running_train_loss", epochs: "epoch_train_loss | epoch_val_loss"}},
        "epoch_train_loss",
        "epoch_val_loss",
        "epoch",
    ),
    (
        "iter & epoch",
        {"r": {batches: "Loss/train_iter", epochs: "Loss/train_epoch | Loss/val_epoch"}},
        "Loss/train_epoch",
        "Loss/val_epoch",
        "epoch",
    ),
    (
        "paddle",
        {
            "r": {
                some_batches: "Train/loss | Train/lr | Train/batch_cost | Train/reader_cost",
                epoch_ends: "Evaluate/mIoU | Evaluate/Acc",
            }
        },
        "Train/loss",
        None,
        "step",
    ),
    (
        "ignite default",
        {"r": {batches: "training/loss", epochs: "validation/loss | validation/accuracy"}},
        "training/loss",
        "validation/loss",
        "mixed",
    ),
    (
        "lightly cv",
        {"r": {epochs: "fold0/train_loss | fold0/val_loss | fold1/train_loss | fold1/val_loss"}},
        "fold0/train_loss",
        "fold0/val_loss",
        "epoch",
    ),
    ("bench", {"r": {epochs: "bench/time | bench/memory"}}, None, None, None),
    ("gap", {"r": {epochs: "loss/train | loss/val | loss/gap | best_val_loss"}}, "loss/train", "loss/val", "epoch"),
    ("dup words", {"r": {epochs: "train/train_loss | val/val_loss"}}, "train/train_loss", "val/val_loss", "epoch"),
    (
        "mixed case dirs",
        {"r/Train": {epochs: "Loss"}, "r/Val": {epochs: "Loss"}},
        "r/Train::Loss",
        "r/Val::Loss",
        "epoch",
    ),
    (
        "eval train",
        {"r": {some_batches: "loss"}, "r/eval_train": {epoch_ends: "loss"}, "r/eval_val": {epoch_ends: "loss"}},
        "r/eval_train::loss",
        "r/eval_val::loss",
        "step",
    ),
    (
        "nested model",
        {"r": {epochs: "model/train/loss | model/valid/loss | model/train/aux_loss"}},
        "model/train/loss",
        "model/valid/loss",
        "epoch",
    ),
    (
        "error_rate fastai",
        {"r": {batches: "train_loss", epoch_ends: "valid_loss | error_rate"}},
        "train_loss",
        "valid_loss",
        "step",
    ),
    ("nlp ppl", {"r": {epochs: "train_ppl | valid_ppl"}}, "train_ppl", "valid_ppl", "epoch"),
    (
        "tts",
        {
            "r": {
                some_batches: "train/mel_loss | train/duration_loss | train/total_loss",
                epoch_ends: "val/mel_loss | val/duration_loss | val/total_loss",
            }
        },
        "train/total_loss",
        "val/total_loss",
        "step",
    ),
    (
        "nemo",
        {
            "r": {
                batches: "train_loss | learning_rate | global_step | train_step_timing in s",
                epoch_ends: "val_loss | val_wer | validation_step_timing in s",
                some_batches: "training_batch_wer",
            }
        },
        "train_loss",
        "val_loss",
        "step",
    ),
    (
        "megatron",
        {
            "r": {
                batches: "lm loss | learning-rate | loss-scale | grad-norm | batch-size | lm loss vs samples",
                some_batches: "lm loss validation | lm loss validation ppl | lm loss validation vs samples",
            }
        },
        "lm loss",
        "lm loss validation",
        None,
    ),
    (
        "deepspeed",
        {"r": {batches: "Train/Samples/train_loss | Train/Samples/lr | Train/Samples/loss_scale"}},
        "Train/Samples/train_loss",
        None,
        None,
    ),
    (
        "kohya",
        {"r": {batches: "loss/current | loss/average | lr/unet", epochs: "loss/epoch_average"}},
        "loss/average",
        None,
        None,
    ),
    ("spacy-ish", {"r": {some_batches: "loss_ner | ents_f | score"}}, "loss_ner", None, None),
    ("openai gym", {"r": {some_batches: "reward | loss | epsilon"}}, None, None, "step"),
    ("recsys", {"r": {epochs: "train/bpr_loss | valid/ndcg@10 | valid/recall@10"}}, "train/bpr_loss", None, "epoch"),
    (
        "contrastive",
        {"r": {some_batches: "train/loss | train/top1", epoch_ends: "val/top1"}},
        "train/top1",
        "val/top1",
        "step",
    ),
    (
        "catboost",
        {"catboost_info/learn": {epochs: "Logloss | AUC"}, "catboost_info/test": {epochs: "Logloss | AUC"}},
        "catboost_info/learn::Logloss",
        "catboost_info/test::Logloss",
        None,
    ),
    ("catboost regression", {"learn": {epochs: "RMSE"}, "test": {epochs: "RMSE"}}, "learn::RMSE", "test::RMSE", None),
    (
        "catboost classes",
        {"learn": {epochs: "MultiClass"}, "test": {epochs: "MultiClass"}},
        "learn::MultiClass",
        "test::MultiClass",
        None,
    ),
    (
        "xgboost",
        {"logs/train": {epochs: "logloss"}, "logs/eval": {epochs: "logloss"}},
        "logs/train::logloss",
        "logs/eval::logloss",
        "epoch",
    ),
    (
        "lightgbm",
        {"r": {epochs: "training/binary_logloss | valid_1/binary_logloss"}},
        "training/binary_logloss",
        "valid_1/binary_logloss",
        "epoch",
    ),
    (
        "poutyne",
        {
            "r": {epochs: "lr"},
            "r/loss_loss": {epochs: "loss"},
            "r/loss_val_loss": {epochs: "loss"},
            "r/acc_acc": {epochs: "acc"},
            "r/acc_val_acc": {epochs: "acc"},
        },
        "r/loss_loss::loss",
        "r/loss_val_loss::loss",
        "epoch",
    ),
    (
        "opennmt",
        {
            "r": {
                some_batches: "progress/ppl | progress/accuracy | progress/tgtper | progress/lr",
                evaluations: "valid/ppl | valid/accuracy | valid/lr",
            }
        },
        "progress/ppl",
        "valid/ppl",
        "step",
    ),
    (
        "joeynmt",
        {
            "r": {
                some_batches: "train/batch_loss | train/batch_acc | train/learning_rate",
                evaluations: "valid/loss | valid/ppl | valid/bleu | valid/score",
            }
        },
        "train/batch_loss",
        "valid/loss",
        "step",
    ),
    (
        "coqui",
        {
            "r": {
                batches: "TrainIterStats/loss | TrainIterStats/step_time",
                epoch_ends: (
                    "TrainEpochStats/avg_loss | TrainEpochStats/avg_loader_time | EvalStats/avg_loss | "
                    "EvalStats/avg_loader_time"
                ),
            }
        },
        "TrainEpochStats/avg_loss",
        "EvalStats/avg_loss",
        "step",
    ),
    (
        "tacotron2",
        {"r": {batches: "training.loss | grad.norm | learning.rate | duration", evaluations: "validation.loss"}},
        "training.loss",
        "validation.loss",
        "step",
    ),
    ("speechbrain", {"r": {epochs: "loss/train | loss/valid | PER/valid"}}, "loss/train", "loss/valid", "epoch"),
    (
        "hifigan",
        {
            "r": {
                some_batches: "training/gen_loss_total | training/mel_spec_error",
                evaluations: "validation/mel_spec_error",
            }
        },
        "training/mel_spec_error",
        "validation/mel_spec_error",
        "step",
    ),
    (
        "vits",
        {
            "r": {some_batches: "loss/g/total | loss/d/total | loss/g/mel | learning_rate | grad_norm_d"},
            "r/eval": {at_the_end: "x"},
        },
        None,
        None,
        None,
    ),
    (
        "stylegan",
        {
            "r": {
                some_batches: (
                    "Loss/G/loss | Loss/D/loss | Loss/scores/fake | Progress/tick | "
                    "Metrics/fid50k_full | Timing/sec_per_kimg"
                )
            }
        },
        None,
        None,
        None,
    ),
    (
        "efficientdet",
        {
            "r": {epochs: "learning_rate"},
            "r/Loss_train": {batches: "Loss"},
            "r/Loss_val": {epoch_ends: "Loss"},
            "r/Regression_loss_train": {batches: "Regression_loss"},
            "r/Regression_loss_val": {epoch_ends: "Regression_loss"},
            "r/Classfication_loss_train": {batches: "Classfication_loss"},
            "r/Classfication_loss_val": {epoch_ends: "Classfication_loss"},
        },
        "r/Loss_train::Loss",
        "r/Loss_val::Loss",
        "step",
    ),
    (
        "nerf splatting",
        {
            "r": {
                batches: "train_loss_patches/l1_loss | train_loss_patches/total_loss | iter_time | total_points",
                evaluations: (
                    "test/loss_viewpoint - l1_loss | test/loss_viewpoint - psnr | "
                    "train/loss_viewpoint - l1_loss | train/loss_viewpoint - psnr"
                ),
            }
        },
        "train/loss_viewpoint - l1_loss",
        "test/loss_viewpoint - l1_loss",
        "step",
    ),
    (
        "tianshou",
        {"r": {some_batches: "train/reward | train/length | test/reward | test/length | update/loss"}},
        None,
        None,
        "step",
    ),
    (
        "ray tune",
        {
            "r": {
                epochs: (
                    "ray/tune/loss | ray/tune/val_loss | ray/tune/mean_accuracy | "
                    "ray/tune/training_iteration | ray/tune/time_total_s"
                )
            }
        },
        "ray/tune/loss",
        "ray/tune/val_loss",
        "epoch",
    ),
    (
        "flax",
        {
            "r": {
                some_batches: "train_loss | train_accuracy | steps_per_second",
                evaluations: "eval_loss | eval_accuracy",
            }
        },
        "train_loss",
        "eval_loss",
        "step",
    ),
    (
        "clu directories",
        {"w/train": {some_batches: "loss | accuracy | learning_rate"}, "w/eval": {evaluations: "loss | accuracy"}},
        "w/train::loss",
        "w/eval::loss",
        "step",
    ),
    ("flair", {"r": {epochs: "train/loss | dev/loss | dev/f1 | test/f1"}}, "train/loss", "dev/loss", "epoch"),
    ("final test only", {"r": {batches: "train_loss", at_the_end: "test_loss | test_acc"}}, "train_loss", None, None),
    (
        "two models",
        {"r": {epochs: "model_a/train_loss | model_a/val_loss | model_b/train_loss | model_b/val_loss"}},
        "model_a/train_loss",
        "model_a/val_loss",
        "epoch",
    ),
    (
        "components by path",
        {"r": {epochs: "Loss/box/train | Loss/box/val | Loss/cls/train | Loss/cls/val"}},
        "Loss/box/train + Loss/cls/train",
        "Loss/box/val + Loss/cls/val",
        "epoch",
    ),
    (
        "phases",
        {"r": {epochs: "Train/Epoch/Loss | Val/Epoch/Loss", batches: "Train/Batch/Loss | Val/Batch/Loss"}},
        "Train/Epoch/Loss",
        "Val/Epoch/Loss",
        "epoch",
    ),
    (
        "dict of totals",
        {
            "r/train_loss_mask": {epochs: "train_loss"},
            "r/train_loss_total": {epochs: "train_loss"},
            "r/val_loss_mask": {epochs: "val_loss"},
            "r/val_loss_total": {epochs: "val_loss"},
        },
        "r/train_loss_total::train_loss",
        "r/val_loss_total::val_loss",
        "epoch",
    ),
    (
        "group and split",
        {"r/Loss_group_train_loss": {epochs: "Loss_group"}, "r/Loss_group_valid_loss": {epochs: "Loss_group"}},
        "r/Loss_group_train_loss::Loss_group",
        "r/Loss_group_valid_loss::Loss_group",
        "epoch",
    ),
    (
        "val only and a penalty",
        {"r": {epochs: "Loss/Validation | Loss/Orthogonal | Accuracy"}},
        None,
        "Loss/Validation",
        None,
    ),
    (
        "fastspeech",
        {
            "r": {
                some_batches: "train/mel_loss | train/duration_loss | train/pitch_loss",
                evaluations: "val/mel_loss | val/duration_loss | val/pitch_loss",
            }
        },
        "train/duration_loss + train/mel_loss + train/pitch_loss",
        "val/duration_loss + val/mel_loss + val/pitch_loss",
        "step",
    ),
    ("three dimensions", {"r": {epochs: "train/loss_3D | val/loss_3D"}}, "train/loss_3D", "val/loss_3D", "epoch"),
    (
        "metric in a folder of losses",
        {"r": {epochs: "Loss/train | Loss/valid | Loss/valid_f1 | Loss/train_f1"}},
        "Loss/train",
        "Loss/valid",
        "epoch",
    ),
    (
        "mnist with summaries",
        {
            "t/train": {
                some_batches: (
                    "cross_entropy_1 | accuracy_1 | layer1/weights/summaries/mean | dropout/dropout_keep_probability"
                )
            },
            "t/test": {some_batches: "cross_entropy_1 | accuracy_1 | layer1/weights/summaries/mean"},
        },
        "t/train::cross_entropy_1",
        "t/test::cross_entropy_1",
        "step",
    ),
    ("chinese", {"r": {epochs: "训练损失 | 验证损失"}}, "训练损失", "验证损失", "epoch"),
    (
        "keras update frequency",
        {
            "l/train": {
                batches: "batch_loss | batch_accuracy | batch_steps_per_second",
                epochs: "epoch_loss | epoch_accuracy | epoch_learning_rate",
            },
            "l/validation": {epochs: "epoch_loss | epoch_accuracy", epoch_ends: "evaluation_loss_vs_iterations"},
        },
        "l/train::epoch_loss",
        "l/validation::epoch_loss",
        "epoch",
    ),
    (
        "keras tuner",
        {
            "t/00/execution0/train": {epochs: "epoch_loss"},
            "t/00/execution0/validation": {epochs: "epoch_loss"},
            "t/01/execution0/train": {epochs: "epoch_loss"},
            "t/01/execution0/validation": {epochs: "epoch_loss"},
        },
        "t/00/execution0/train::epoch_loss",
        "t/00/execution0/validation::epoch_loss",
        "epoch",
    ),
    ("keras hparams", {"h/run-0": {at_the_start: "accuracy"}}, None, None, None),
    (
        "train val test directories",
        {"r/train": {epochs: "loss"}, "r/val": {epochs: "loss"}, "r/test": {epochs: "loss"}},
        "r/train::loss",
        "r/val::loss",
        "epoch",
    ),
    (
        "tags repeat the directory",
        {"r/train": {epochs: "Train loss"}, "r/test": {epochs: "Valid loss"}},
        "r/train::Train loss",
        "r/test::Valid loss",
        "epoch",
    ),
    (
        "train and train_val",
        {"logs/train": {some_batches: "loss"}, "logs/train_val": {some_batches: "loss"}},
        "logs/train::loss",
        "logs/train_val::loss",
        "step",
    ),
    (
        "suffix is the model",
        {"r": {epochs: "train_loss_unet | val_loss_unet | val_dice_unet"}},
        "train_loss_unet",
        "val_loss_unet",
        "epoch",
    ),
    (
        "spelled out",
        {"r": {epochs: "Mean Squared Error (train) | Mean Squared Error (validation)"}},
        "Mean Squared Error (train)",
        "Mean Squared Error (validation)",
        "epoch",
    ),
    (
        "best so far",
        {"r": {epochs: "train/loss | val/loss | val/best_loss | best/val_loss"}},
        "train/loss",
        "val/loss",
        "epoch",
    ),
    (
        "ema twin",
        {"r": {epochs: "train_loss | val_loss | val_loss_ema | val_acc | val_acc_ema"}},
        "train_loss",
        "val_loss",
        "epoch",
    ),
    (
        "unsplit epoch loss",
        {"r": {epochs: "epoch/loss_total | epoch/loss_ce | epoch/loss_bbox | val/mAP | val/mAP50"}},
        "epoch/loss_total",
        None,
        "epoch",
    ),
    (
        "sample counter",
        {"r": {every_250: "Loss/train | Loss/validation | samples_seen"}},
        "Loss/train",
        "Loss/validation",
        "step",
    ),
]
