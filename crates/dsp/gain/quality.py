"""Perceived quality of what a gain keeps, so that a gain can be fitted to it: the perceptual model of PESQ for wide band (ITU-T P.862,
2001, section 10, and P.862.2, 2007) on the spectra that the spectral gate works on, as J. M. Martín-Doñas, A. M. Gomez, J. A. Gonzalez and
A. M. Peinado did it ("A deep learning loss function based on the perceptual evaluation of the speech quality", IEEE Signal
Processing Letters 25, 2018).

Both spectra are brought to one level, gathered into bands of the ear, brought to one long-term spectrum and frame by frame to one
level, and turned into loudness. What differs by more than masking hides is disturbance, and what was added (noise) counts more than what is
missing. Not P.862: frames of 46 ms every 23 ms where that has 32 and 16; bands by a formula where that has a table.
"""

import jax.numpy as jnp
import numpy as np

# Bands of equal width up to 8 kHz, on the Bark scale of Schroeder, Atal and Hall (JASA 66, 1979): 7 asinh(f / 650 Hz).
BANDS, TOP_HZ = 49, 8_000.0
# Level at which P.862 listens: its calibration gives a tone of 40 dB SPL a power of 436, and speech in 350 to 3 250 Hz a power of 10⁷.
LEVEL_BAND_HZ, LISTENING_POWER = (350.0, 3_250.0), 1e4 * 1e7 / 436
# P.862, section 10.2: Zwicker's law of loudness and its scale.
EXPONENT, LOUDNESS_SCALE = 0.23, 0.1866
# Raw score without disturbance. P.862 has 4.5; on these spectra disturbances come out smaller, and this brings scores near PESQ's.
BEST, SYMMETRIC, ASYMMETRIC = 3.8, 0.1, 0.0309
# A frame with less clean power than this is a pause, and its disturbance counts to this share.
PAUSE_POWER, PAUSE_SHARE = 1e5, 0.25
# Share of the smaller loudness that hides a difference.
MASKED = 0.25


def bark(hz):
    return 7 * np.arcsinh(hz / 650)


WIDTH = bark(TOP_HZ) / BANDS
CENTRES_BARK = WIDTH * (np.arange(BANDS) + 0.5)
CENTRES_KHZ = 0.65 * np.sinh(CENTRES_BARK / 7)
# Threshold in quiet (Terhardt 1979), as power.
THRESHOLD = 10 ** ((3.64 * CENTRES_KHZ**-0.8 - 6.5 * np.exp(-0.6 * (CENTRES_KHZ - 3.3) ** 2) + 1e-3 * CENTRES_KHZ**4) / 10)
# Below 4 Bark loudness grows faster (P.862, section 10.2.4).
EXPONENTS = EXPONENT * np.where(CENTRES_BARK < 4, np.minimum(6 / (CENTRES_BARK + 2), 2.0), 1.0) ** 0.15


def gathering(hz):
    """Matrix from powers at these frequencies to powers in the bands of the ear."""
    band = np.floor(bark(np.asarray(hz)) / WIDTH).astype(int)
    return (band[:, None] == np.arange(BANDS)).astype(np.float32)


def loudness(power):
    sones = LOUDNESS_SCALE * (THRESHOLD / 0.5) ** EXPONENTS * ((0.5 + 0.5 * power / THRESHOLD) ** EXPONENTS - 1)
    return jnp.maximum(sones, 0.0)


def audible(power):
    """Sum over the bands that can be heard, the lowest left out as in P.862."""
    return jnp.where(power > THRESHOLD, power, 0.0)[..., 1:].sum(axis=-1)


def equalisation(kept, clean):
    """By what the clean powers `[frames, bands]` must be multiplied so that their mean is that of those kept."""
    active = audible(clean) >= 1e7
    mean = lambda power: np.where(active[:, None] & (power > 100 * THRESHOLD), power, 0.0).sum(axis=0) / max(active.sum(), 1)
    return np.clip((mean(kept) + 1e3) / (mean(clean) + 1e3), 0.01, 100.0)


def disturbances(kept, clean):
    """Symmetric and asymmetric disturbance of runs of frames, from powers `[runs, frames, bands]` at listening level."""
    scale = jnp.clip((audible(clean) + 5e3) / (audible(kept) + 5e3), 3e-4, 5.0)
    # In pauses P.862 does so too, and there a gain can learn to leave a loud line, which makes all other noise count for less. Here noise in
    # pauses counts as it is, to a share.
    silent = audible(clean) < PAUSE_POWER
    scale = jnp.where(silent, 1.0, scale)
    kept = kept * scale[..., None]
    heard, true = loudness(kept), loudness(clean)
    differ = jnp.abs(heard - true)
    disturbed = jnp.maximum(differ - MASKED * jnp.minimum(heard, true), 0.0)[..., 1:]
    added = ((kept + 50) / (clean + 50))[..., 1:] ** 1.2
    added = jnp.where(added < 3, 0.0, jnp.minimum(added, 12.0))
    bands = (BANDS - 1) * WIDTH
    weight = ((audible(clean) + 1e5) / 1e7) ** 0.04
    symmetric = bands**0.5 * jnp.sqrt(WIDTH**2 * (disturbed**2).sum(axis=-1) + 1e-9) / weight
    asymmetric = WIDTH * (disturbed * added).sum(axis=-1) / weight
    share = jnp.where(silent, PAUSE_SHARE, 1.0)
    return gathered(share * symmetric), gathered(share * asymmetric)


def gathered(frames):
    """The sixth-power mean over a run: bad moments decide. A frame counts at most 45, approached softly where P.862 cuts it off."""
    frames = frames + 1e-3
    frames = frames / (1 + (frames / 45) ** 4) ** 0.25
    return jnp.mean(frames**6, axis=-1) ** (1 / 6)


def score(symmetric, asymmetric):
    """Mean opinion score of P.862.2 from the disturbances of a whole recording."""
    raw = BEST - SYMMETRIC * symmetric - ASYMMETRIC * asymmetric
    return 0.999 + 4 / (1 + np.exp(-1.3669 * raw + 3.8224))


def score_slope(symmetric, asymmetric):
    """What the score loses by one unit of raw score."""
    risen = (score(symmetric, asymmetric) - 0.999) / 4
    return 1.3669 * 4 * risen * (1 - risen)
