"""What is measured, by nobody's code but the measures' own packages where those exist.

SI-SDR after Le Roux et al. (ICASSP 2019). Log-spectral distance: 32 ms Hann frames every 8 ms, bins of 200 to 4 000 Hz, root mean
square over bins, mean over the frames in which the programme is active, both floored 60 dB below the loud frames. PESQ-WB (ITU-T P.862.2)
and ESTOI (Jensen and Taal 2016) by the packages `pesq` and `pystoi`. Kurtosis: of the power in single bins over the run-out, where there
is noise alone, as a multiple of what it was (after Uemura et al. 2008): 1 is noise of the same kind, above 2 it twitters.
"""

import sys

import numpy as np
from scipy import signal

from material import RATE

try:
    from pesq import pesq
except ImportError as error:
    pesq = None
    print(f"left out: PESQ ({error})", file=sys.stderr)
try:
    from pystoi import stoi
except ImportError as error:
    stoi = None
    print(f"left out: ESTOI ({error})", file=sys.stderr)


def si_sdr_db(samples, clean):
    target = np.dot(samples, clean) / np.dot(clean, clean) * clean
    return 10 * np.log10(np.sum(target**2) / max(np.sum((samples - target) ** 2), 1e-30))


def power_spectra(samples):
    _, _, spectra = signal.stft(samples, RATE, "hann", 1411, 1411 - 353, 1411, boundary=None, padded=False)
    return np.abs(spectra.T) ** 2


def log_spectral_distance_db(samples, clean):
    frequency = np.fft.rfftfreq(1411, 1 / RATE)
    band = (frequency >= 200) & (frequency <= 4_000)
    test, true = power_spectra(samples)[:, band], power_spectra(clean)[:, band]
    level = true.mean(axis=1)
    loud = np.percentile(level, 95)
    active = level > loud * 1e-3
    ratio = np.maximum(test[active], loud * 1e-6) / np.maximum(true[active], loud * 1e-6)
    return np.sqrt(((10 * np.log10(ratio)) ** 2).mean(axis=1)).mean()


def kurtosis(samples):
    """Fourth moment over the squared second, of the amplitude in each bin of 200 to 4 000 Hz, median over bins."""
    frequency = np.fft.rfftfreq(1411, 1 / RATE)
    power = power_spectra(samples)[:, (frequency >= 200) & (frequency <= 4_000)]
    return np.median((power**2).mean(axis=0) / np.maximum(power.mean(axis=0), 1e-30) ** 2)


def error_inside_clicks_db(restored, damaged, clean, spans):
    inside = np.zeros(len(clean), bool)
    for start, end in spans:
        inside[start:end] = True
    if not inside.any():
        return None
    return 10 * np.log10(np.sum((restored - clean)[inside] ** 2) / np.sum((damaged - clean)[inside] ** 2))


def measure(item, restored):
    """All figures of one restored recording; those of speech alone for speech alone."""
    span = item.programme
    samples, clean = restored[span], item.clean[span]
    run_out = slice(span.stop + RATE // 10, len(restored) - RATE // 10)
    figures = {
        "si_sdr": si_sdr_db(samples, clean),
        "lsd": log_spectral_distance_db(samples, clean),
        "clicks": error_inside_clicks_db(restored, item.damaged, item.clean, item.clicks),
        "kurtosis": kurtosis(restored[run_out]) / kurtosis(item.damaged[run_out]),
        "noise_left": 10 * np.log10(np.mean(restored[run_out] ** 2) / np.mean(item.damaged[run_out] ** 2) + 1e-12),
    }
    if item.speech and pesq is not None:
        at_16_khz = [signal.resample_poly(x, 160, 441) for x in (clean, samples)]
        figures["pesq"] = pesq(16_000, *at_16_khz, "wb")
    if item.speech and stoi is not None:
        figures["estoi"] = stoi(clean, samples, RATE, extended=True)
    return figures
