"""Training: one run, resumable, checkpointed every few minutes.

The learning rate, the input size and the strength of the crops follow the share of the run that
is done, counted in time (`--minutes`), so that a run on a busy machine still ends with a finished
schedule.
"""

import argparse
import copy
import math
import time
from pathlib import Path
from typing import Any

import torch
import tune
from corpus import Corpus
from data import BatchSampler
from model import Trainee
from objective import head_loss, text_losses, weighted
from timm.optim import Muon
from torch import nn

EMA_DECAY = 0.99
CHECKPOINT = "checkpoint.pt"
SAVE_SECONDS = 150


def make_optimizer(model: Trainee, rate: float) -> Muon:
    """Muon (Jordan 2024) for the layers' matrices and convolutions, AdamW for everything else.

    On these few pictures Muon reached in half the samples what AdamW alone reached. The token
    table, the projections and the training head are look-ups or outputs, which it is not made for.
    """
    inner = ("clip.visual.trunk.", "clip.transformer.")
    named = list(model.named_parameters())
    hidden = [p for n, p in named if n.startswith(inner) and p.ndim >= 2]
    tables = [p for n, p in named if not n.startswith(inner) and p.ndim >= 2]
    vectors = [p for _, p in named if p.ndim < 2]
    groups: list[dict[str, Any]] = [
        {"params": hidden, "weight_decay": 0.05},
        {"params": tables, "weight_decay": 0.05, "use_fallback": True},
        {"params": vectors, "weight_decay": 0.0, "use_fallback": True},
    ]
    return Muon(groups, lr=rate, nesterov=True, betas=(0.9, 0.98), fallback_lr_scale=0.2)


def schedule(done: float) -> tuple[float, int, float]:
    """Learning-rate factor, input size in pixels and smallest crop at a share of the run."""
    warm = min(1.0, done / 0.05)
    rate = warm * 0.5 * (1 + math.cos(math.pi * done))
    # Small inputs cost half or less. The last part has the shipped size's 3 x 3 final map, a fifth
    # below that size because crops enlarge what they show (Touvron et al. 2019).
    return rate, 64 if done < 0.85 else 80, 0.35 if done < 0.85 else 0.5


def update_average(average: nn.Module, model: nn.Module, steps: int) -> None:
    """Moves the weights' running average; early steps weigh more so that it is usable soon."""
    decay = min(EMA_DECAY, (1 + steps) / (10 + steps))
    with torch.no_grad():
        current = model.state_dict()
        for name, value in average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(current[name], 1 - decay)
            else:
                value.copy_(current[name])


class Run:
    """A training run and everything that a checkpoint holds."""

    def __init__(self, args: argparse.Namespace) -> None:
        torch.manual_seed(args.seed)
        torch.set_num_threads(args.threads)
        self.args, self.path = args, Path(args.work) / CHECKPOINT
        self.corpus = Corpus(Path(args.photos), Path(args.work), args.seed)
        self.model = Trainee(len(self.corpus.classes.labels))
        self.model.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimizer = make_optimizer(self.model, args.rate)
        self.steps, self.seconds = 0, 0.0
        if self.path.exists():
            self._load()
        # A resumed run draws new permutations instead of repeating the first ones.
        self.sampler = BatchSampler(self.corpus.counts, args.batch, args.seed + self.steps)

    def _load(self) -> None:
        state = torch.load(self.path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.corpus.tokens.seen |= state["seen"]
        self.steps, self.seconds = state["steps"], state["seconds"]
        torch.manual_seed(self.args.seed + self.steps)

    def save(self) -> None:
        """Writes the checkpoint beside the old one, then replaces it."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "seen": self.corpus.tokens.seen,
            "steps": self.steps,
            "seconds": self.seconds,
        }
        partial = self.path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self.path)

    def step(self) -> dict[str, float]:
        """One optimiser step; returns the parts of the loss."""
        rate, size, min_scale = schedule(self.seconds / (60 * self.args.minutes))
        for group in self.optimizer.param_groups:
            group["lr"] = self.args.rate * rate  # AdamW's groups take a fixed share of it
        rows = self.sampler.draw()
        crops, looks = self.corpus.crops(rows, size, min_scale)
        batch = self.corpus.batch(rows, looks)
        features = self.model.features(crops)
        vectors = self.model.vectors(features)
        parts = text_losses(self.model, self.corpus, batch, vectors)
        parts["head"] = head_loss(self.model, self.corpus, batch, features)
        loss = weighted(parts)
        if not torch.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss.item()} at step {self.steps}")
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.steps += 1
        update_average(self.average, self.model, self.steps)
        shown = {name: float(part.detach()) for name, part in parts.items()}
        return shown | {"size": size, "rate": self.args.rate * rate}

    def go(self) -> None:
        """Trains until the time is used; saves every few minutes and at the end."""
        self.model.train()
        saved = time.monotonic()
        per_epoch = max(1, self.sampler.epoch_pictures // self.args.batch)
        while self.seconds < 60 * self.args.minutes:
            start = time.monotonic()
            parts = self.step()
            self.seconds += time.monotonic() - start
            if self.steps % 20 == 0:
                shown = " ".join(f"{name} {value:.4g}" for name, value in parts.items())
                minutes = self.seconds / 60
                epoch = self.steps / per_epoch
                print(f"{minutes:.1f} min epoch {epoch:.2f} step {self.steps} {shown}", flush=True)
            if time.monotonic() - saved > SAVE_SECONDS:
                self.save()
                saved = time.monotonic()
        self.save()


def main(args: argparse.Namespace) -> None:
    """Runs or resumes a training in `args.work`."""
    Path(args.work).mkdir(parents=True, exist_ok=True)
    Run(args).go()
    tune.main(args)
