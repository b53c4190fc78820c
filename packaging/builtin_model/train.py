"""Training: one run in as many sittings as it takes, checkpointed every few minutes.

Its length is counted in passes over the pictures. The learning rate stays at its height for half
of the run and then falls to zero (warm-up, plateau, decay; Zhai et al. 2022). What stood at the end
of the plateau is kept, so that a finished run is made longer by asking for more passes: only its
second half is done again.
"""

import argparse
import copy
import time
from pathlib import Path
from typing import Any

import torch
import tune
from corpus import Corpus
from data import BatchSampler
from device import read_state, use_device
from model import Trainee
from objective import head_loss, text_losses, weighted
from timm.optim import Muon
from torch import nn

EMA_DECAY = 0.995
CHECKPOINT = "checkpoint.pt"
PLATEAU = "plateau.pt"
PLATEAU_ENDS = 0.5  # share of the run
SAVE_SECONDS = 150


def make_optimizer(model: Trainee, rate: float) -> Muon:
    """Muon (Jordan 2024) for the layers' matrices and convolutions, AdamW for everything else.

    On these few pictures Muon reached in half the samples what AdamW alone reached. The token
    table, the projections and the training head are look-ups or outputs, which it is not made for.
    """
    inner = ("clip.visual.trunk.", "clip.transformer.")
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
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
    warm = min(1.0, done / 0.02)
    rate = warm if done < PLATEAU_ENDS else (1 - done) / (1 - PLATEAU_ENDS)
    # Small inputs cost a quarter to half. The last part has the shipped size's 3 x 3 final map, a
    # fifth below that size because crops enlarge what they show (Touvron et al. 2019).
    if done < 0.55:
        return rate, 48, 0.5
    return (rate, 64, 0.5) if done < 0.87 else (rate, 80, 0.6)


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
        use_device(args.device, args.threads)
        torch.manual_seed(args.seed)
        self.args, self.path = args, Path(args.work) / CHECKPOINT
        self.corpus = Corpus(Path(args.photos), Path(args.work), args.seed)
        self.model = Trainee(len(self.corpus.classes.labels), len(self.corpus.tokens))
        if args.start:
            self._start_from(Path(args.start))
        self.model.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimizer = make_optimizer(self.model, args.rate)
        self.steps, self.pictures = 0, 0
        self.sampler = BatchSampler(self.corpus.counts, args.batch, args.seed)
        if self.path.exists():
            self._load()

    @property
    def done(self) -> float:
        """The share of the run that is done."""
        return self.pictures / (self.args.passes * self.sampler.epoch_pictures)

    def _start_from(self, folder: Path) -> None:
        """Takes an exported model's weights, and leaves its words as they are until `tune`.

        A third of a step is saved with them. The training head is not among the weights; it catches
        up while the rate warms up.
        """
        self.model.take_exported(folder, self.corpus)
        self.model.hold_words()

    def _load(self) -> None:
        state = read_state(self.path)
        if (
            state["passes"] < self.args.passes
            and (plateau := self.path.with_name(PLATEAU)).exists()
        ):
            state = read_state(plateau)
        self.corpus.check_tokenizer(state["tokenizer"])
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps, self.pictures = state["steps"], state["pictures"]
        # A resumed run draws new permutations instead of repeating the first ones.
        torch.manual_seed(self.args.seed + self.steps)
        counts = self.corpus.counts
        self.sampler = BatchSampler(counts, self.args.batch, self.args.seed + self.steps)

    def save(self, name: str = CHECKPOINT) -> None:
        """Writes a checkpoint beside the old one, then replaces it."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "tokenizer": self.corpus.tokens.tokenizer.to_str(),
            "steps": self.steps,
            "pictures": self.pictures,
            "passes": self.args.passes,
        }
        path = self.path.with_name(name)
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def step(self) -> dict[str, float]:
        """One optimiser step; returns the parts of the loss."""
        rate, size, min_scale = schedule(self.done)
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
        self.pictures += len(features)
        update_average(self.average, self.model, self.steps)
        shown = {name: float(part.detach()) for name, part in parts.items()}
        return shown | {"size": size, "rate": self.args.rate * rate}

    def go(self) -> None:
        """Trains to the end of the run; saves every few minutes, at the plateau's end, and last."""
        self.model.train()
        saved = time.monotonic()
        while (before := self.done) < 1:
            start = time.monotonic()
            parts = self.step()
            if self.steps % 20 == 0:
                shown = " ".join(f"{name} {value:.4g}" for name, value in parts.items())
                speed = self.args.batch / (time.monotonic() - start)
                passes = self.done * self.args.passes
                print(f"pass {passes:.2f} step {self.steps} {shown} {speed:.0f}/s", flush=True)
            if before < PLATEAU_ENDS <= self.done:
                self.save(PLATEAU)
            if time.monotonic() - saved > SAVE_SECONDS:
                self.save()
                saved = time.monotonic()
        self.save()


def main(args: argparse.Namespace) -> None:
    """Runs or resumes a training in `args.work`."""
    Path(args.work).mkdir(parents=True, exist_ok=True)
    Run(args).go()
    tune.main(args)
