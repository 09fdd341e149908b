"""The context of the second gain: a network over whole frames, and the gain that looks at what it says. As `restore/spectral_gate/context.rs` has it.

A frame is looked at in groups of bands (`looks.frame_looks`). Sums of that go through blocks that each see a few frames before and after,
farther apart from block to block, so that the last knows about 0.7 s each way; of each group come out a few numbers, which are
carried to the bands between the groups' middles and stand beside the other looks.
"""

import jax
import jax.numpy as jnp
import numpy as np

from looks import FRAME_LOOKS, GROUPS, LOOKS, between_groups

# Sums of a frame, frames between the taps of each block, taps, numbers that come out of each group.
WIDTH, DILATIONS, TAPS, SAYS = 80, (1, 2, 4, 8, 16), 5, 6
# Frames that the context needs before and after.
CONTEXT_REACH = sum(DILATIONS) * (TAPS // 2)
SECOND = [2 * len(LOOKS) + SAYS, 64, 32, 1]
BETWEEN = between_groups()


def shapes():
    """Shape of every array, in the order of the weights."""
    found = [(FRAME_LOOKS, WIDTH), (WIDTH,)]
    for _ in DILATIONS:
        found += [(TAPS, WIDTH), (WIDTH,), (WIDTH, WIDTH), (WIDTH,)]
    found += [(WIDTH, GROUPS * SAYS), (GROUPS * SAYS,)]
    for a, b in zip(SECOND, SECOND[1:]):
        found += [(a, b), (b,)]
    return found


# Arrays of the context; the others are the gain's.
CONTEXT_PARTS = 2 + 4 * len(DILATIONS) + 2


def initial(random):
    parts = []
    for shape in shapes():
        spread = np.sqrt(2 / shape[0]) if len(shape) == 2 else 0.0
        parts.append(jnp.asarray(random.normal(0, 1, shape) * spread, jnp.float32))
    # What is said begins small, and blocks begin as nearly nothing.
    for index in [CONTEXT_PARTS - 2, *range(4, CONTEXT_PARTS - 2, 4)]:
        parts[index] = 0.3 * parts[index]
    return parts


def context(parts, frames):
    """What is said of each band, `[..., frames, BANDS, SAYS]`, from frames with `CONTEXT_REACH` more on both sides."""
    parts = iter(parts)
    sums = jax.nn.relu(frames @ next(parts) + next(parts))
    for dilation in DILATIONS:
        taps, bias, kernel, mixed_bias = (next(parts) for _ in range(4))
        count = sums.shape[-2] - (TAPS - 1) * dilation
        seen = bias + sum(taps[tap] * sums[..., tap * dilation : tap * dilation + count, :] for tap in range(TAPS))
        here = sums[..., (TAPS // 2) * dilation : (TAPS // 2) * dilation + count, :]
        sums = here + jax.nn.relu(seen) @ kernel + mixed_bias
    said = jax.nn.relu(sums) @ next(parts) + next(parts)
    return said.reshape(*said.shape[:-1], GROUPS, SAYS)


def second_gain(parts, looks, said):
    """The gain, before it is made milder, from looks `[..., bands, looks]` and what the context says of those bands."""
    kernel, bias = parts[0], parts[1]
    sums = jax.nn.relu(looks @ kernel[: looks.shape[-1]] + said @ kernel[looks.shape[-1] :] + bias)
    sums = jax.nn.relu(sums @ parts[2] + parts[3])
    return jax.nn.sigmoid((sums @ parts[4] + parts[5])[..., 0])
