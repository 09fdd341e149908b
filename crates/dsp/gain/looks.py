"""What the gains of the spectral gate look at, put together from the maps that the example `gate_evidence` writes: the same looks, in
the same order, as `restore/spectral_gate/evidence.rs` and `context.rs` have them.
"""

import numpy as np

# Fixed point of the file.
TO_ONE = 4_096.0
MAPS = ("Here", "Near", "Wide", "Broad", "Long", "Longest", "Before", "After", "Comb", "Pitch", "Ever", "Place")
# Map, frames later, bands higher.
LOOKS = [
    *[("Here", later, 0) for later in (0, -4, -3, -2, -1, 1, 2, 3, 4)],
    *[("Here", 0, higher) for higher in (-3, -2, -1, 1, 2, 3)],
    *[("Here", later, higher) for later in (-2, -1, 1, 2) for higher in (-1, 1)],
    *[("Wide", later, 0) for later in (0, -2, 2)],
    *[("Broad", later, 0) for later in (0, -4, 4)],
    *[("Near", later, 0) for later in (0, -7, 7)],
    *[(name, 0, 0) for name in ("Long", "Longest", "Ever", "Place", "Before", "After")],
    *[(name, 0, higher) for name in ("Before", "After") for higher in (-1, 1)],
    ("Comb", 0, 0),
    ("Pitch", 0, 0),
]
# Frames and bands that the farthest look reaches.
REACH, HIGHER = 7, 3
# First bin of each band of the gain, and the number of bins.
BAND_EDGES = np.concatenate([np.arange(128), np.arange(128, 256, 2), np.arange(256, 512, 4), np.arange(512, 1_025, 8), [1_025]])
BANDS = len(BAND_EDGES) - 1
# First bands of the groups in which a frame is looked at as a whole, up to 8 kHz and never fewer than three bins, and one past the last.
GROUP_EDGES = np.array(
    [0, 3, 6, 9, 12, 15, 18, 21, 25, 29, 34, 39, 45, 52, 60, 69, 79, 90, 102, 116, 132, 141, 151, 162, 174, 187, 200, 213, 225]
)
GROUPS = len(GROUP_EDGES) - 1
# Numbers of a frame as a whole: of each group the mean of `Here` in noise, of `Here` in what is kept, of `Ever`; and the two `Pitch`.
FRAME_LOOKS = 3 * GROUPS + 2


def read_maps(path):
    """`[maps, frames, bands]`, fixed point, not yet read into memory."""
    shape = np.fromfile(path, "<u4", 3)
    return np.memmap(path, "<i2", "r", 12, tuple(int(count) for count in shape))


def frame_looks(maps, end):
    """`[frames, FRAME_LOOKS]` of a whole recording whose bands end before `end`: the last stands for those beyond it."""
    counts, bands = np.diff(GROUP_EDGES), np.minimum(np.arange(GROUP_EDGES[-1]), end - 1)
    named = lambda name, kept: np.asarray(maps[MAPS.index(name) + (len(MAPS) if kept else 0)], np.float32) / TO_ONE
    maps_ = [named("Here", 0), named("Here", 1), named("Ever", 0)]
    groups = [np.add.reduceat(map_[:, bands], GROUP_EDGES[:-1], axis=1) / counts for map_ in maps_]
    return np.concatenate([*groups, named("Pitch", 0)[:, :1], named("Pitch", 1)[:, :1]], axis=1)


def between_groups():
    """Matrix `[GROUPS, BANDS]` that carries numbers of the groups to the bands: linear from one group's middle to the next's."""
    middles = (GROUP_EDGES[:-1] + GROUP_EDGES[1:] - 1) / 2
    return np.stack([np.interp(np.arange(BANDS), middles, unit) for unit in np.eye(GROUPS)]).astype(np.float32)


def clamped(maps, frames, bands=None):
    """The maps at these frames, `[maps, frames, bands]`; beyond the ends stands what stands at the ends."""
    frames = np.clip(frames, 0, maps.shape[1] - 1)
    first, last = frames.min(), frames.max()
    return np.asarray(maps[:, first : last + 1])[:, frames - first]


def cell_looks(maps, frames, bands, count):
    """The first `count` looks of single cells, `[cells, count]`."""
    rows = []
    for index in range(count):
        name, later, higher = LOOKS[index % len(LOOKS)]
        map_ = maps[MAPS.index(name) + len(MAPS) * (index // len(LOOKS))]
        rows.append(map_[np.clip(frames + later, 0, maps.shape[1] - 1), np.clip(bands + higher, 0, BANDS - 1)])
    return np.stack(rows, axis=1).astype(np.float32) / TO_ONE
