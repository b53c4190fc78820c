"""Going on from exported weights: what is trained, and what is left as it is."""

import pytest
import torch
from device import CPU, use_device
from model import Trainee
from train import make_optimizer


def small_trainee() -> Trainee:
    torch.manual_seed(1)
    return Trainee(classes=3, vocabulary=20)


@pytest.mark.usefixtures("restored")
def test_words_that_are_held_mean_the_same_after_a_step_and_pictures_something_else() -> None:
    use_device(CPU, torch.get_num_threads())  # as training does: a step is quick on any processor
    model = small_trainee()
    model.hold_words()
    optimizer = make_optimizer(model, 0.01)
    rows, pictures = torch.tensor([[18, 3, 4, 19], [18, 5, 19, 0]]), torch.rand(4, 3, 48, 48)

    words = model.phrases(rows)
    vectors = model.vectors(model.features(pictures))
    (vectors @ words.T).square().sum().backward()
    optimizer.step()

    assert torch.equal(model.phrases(rows), words)
    assert not torch.allclose(model.vectors(model.features(pictures)), vectors, atol=1e-3)


def test_the_optimizer_has_all_that_is_trained_and_nothing_else() -> None:
    model = small_trainee()
    whole = {id(p) for group in make_optimizer(model, 0.01).param_groups for p in group["params"]}
    assert whole == {id(p) for p in model.parameters()}

    model.hold_words()
    rest = {id(p) for group in make_optimizer(model, 0.01).param_groups for p in group["params"]}
    held = whole - rest
    assert id(model.clip.token_embedding.weight) in held
    assert id(model.clip.text_projection) in held
    assert held.isdisjoint(map(id, model.clip.visual.parameters()))
    assert id(model.head.weight) in rest
