"""The training objectives, each a function of unit vectors or logits.

Contrast with several right answers follows UniCL (Yang et al. 2022): all pictures of a label are
right answers for its phrase, all captions of a picture are right answers for it.
"""

import torch
from torch import Tensor
from torch.nn import functional

_EXCLUDED = -1e4
_NEAREST = 10.0  # the larger, the fewer of the nearest count


def several_right(logits: Tensor, right: Tensor, excluded: Tensor, smoothing: float) -> Tensor:
    """Mean cross-entropy over rows against a uniform target on the right answers.

    logits (n, m); right, excluded (n, m) bool. Rows with no right answer count nothing. The
    share `smoothing` of the target is spread over every answer that is not excluded.
    """
    kept = right.any(1)
    logits, right, excluded = logits[kept], right[kept], excluded[kept] & ~right[kept]
    log_p = functional.log_softmax(logits.masked_fill(excluded, _EXCLUDED), dim=1)
    hit = -(log_p * right).sum(1) / right.sum(1)
    allowed = ~excluded
    spread = -(log_p * allowed).sum(1) / allowed.sum(1)
    return torch.lerp(hit, spread, smoothing).mean()


def alike_pictures(vectors: Tensor, classes: Tensor, scale: float) -> Tensor:
    """Supervised contrast (Khosla et al. 2020) between the labelled pictures of a batch.

    vectors (n, d) unit rows; classes (n,) with -1 for unlabelled pictures, which are only
    counterexamples.
    """
    right = (classes[:, None] == classes[None]) & (classes >= 0)[:, None]
    itself = torch.eye(len(classes), dtype=torch.bool)
    return several_right(scale * vectors @ vectors.T, right & ~itself, itself, 0.0)


def same_picture(one: Tensor, other: Tensor, scale: float) -> Tensor:
    """Contrast between two views of the same n pictures, both ways (Chen et al. 2020).

    one, other (n, d) unit rows.
    """
    logits, own = scale * one @ other.T, torch.arange(len(one))
    return 0.5 * (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own))


def no_answer(cosines: Tensor) -> Tensor:
    """How near the nearest pictures are to phrases that mean nothing.

    cosines (phrases, n). As counterexamples alone such phrases only have to stay behind the right
    ones; this sends them away from every picture, so that a score tells them apart.
    """
    return torch.logsumexp(_NEAREST * cosines, dim=1).mean() / _NEAREST


def class_and_words(
    logits: Tensor, classes: Tensor, neutral: Tensor, word_rows: Tensor, smoothing: float
) -> Tensor:
    """Plain classification on the trunk's features; it speeds up the first epochs.

    logits (n, classes + words); classes (n,) -1 for captioned pictures, whose target is the
    distribution word_rows (captioned, words) over the words of their captions (Joulin et al. 2016).
    """
    count = neutral.shape[0]
    labelled = classes >= 0
    right = functional.one_hot(classes[labelled], count).bool()
    loss = several_right(logits[labelled, :count], right, neutral[classes[labelled]], smoothing)
    log_p = functional.log_softmax(logits[~labelled, count:], dim=1)
    captions = -(word_rows * log_p).sum(1).mean() if len(word_rows) else loss.new_zeros(())
    return loss + 0.25 * captions
