"""Update rules by name, from optax, without the learning rate: that is an argument of each update (see schedules.py)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optax

# name: (optax's scaling, its arguments, default peak rate of large layers (see plan.py), default weight decay)
OPTIMIZERS: dict[str, tuple[str, dict[str, Any], float, float]] = {
    "adamw": ("scale_by_adam", {"b1": 0.9, "b2": 0.99}, 8e-3, 0.05),
    "adam": ("scale_by_adam", {"b1": 0.9, "b2": 0.999}, 4e-3, 0.0),
    "nadam": ("scale_by_adam", {"b1": 0.9, "b2": 0.99, "nesterov": True}, 4e-3, 0.0),
    "adabelief": ("scale_by_belief", {"b1": 0.9, "b2": 0.999}, 2e-3, 0.0),
    "lion": ("scale_by_lion", {"b1": 0.9, "b2": 0.99}, 5e-4, 0.5),
    "rmsprop": ("scale_by_rms", {"decay": 0.95}, 2e-3, 0.0),
    "adagrad": ("scale_by_rss", {}, 3e-2, 0.0),
    "momentum": ("trace", {"decay": 0.9, "nesterov": True}, 0.5, 0.0),
    "sgd": ("identity", {}, 0.1, 0.0),
}


def make_optimizer(name: str, *, clip: float, weight_decay: float) -> "optax.GradientTransformation":
    """The rule: gradient clipped by global norm (Pascanu, Mikolov, Bengio 2013), scaled, decoupled decay of matrices.

    Its updates still have to be multiplied by minus the learning rate.
    """
    import jax
    import optax

    scaling, arguments, _, _ = OPTIMIZERS[name]
    steps = [optax.clip_by_global_norm(clip), getattr(optax, scaling)(**arguments)]
    if weight_decay:
        steps.append(
            optax.add_decayed_weights(weight_decay, mask=lambda tree: jax.tree.map(lambda leaf: leaf.ndim > 1, tree))
        )
    return optax.chain(*steps)
