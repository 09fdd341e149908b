"""How each tool is run: the damaged recording in, the restored one out, delays compensated.

Rivals get their best settings and, where they take one, the span of the lead-in that holds noise alone. tonearm finds its
noise by itself.
"""

import resource
import shutil
import subprocess
import time

import numpy as np
import soundfile

from material import LEAD_IN_SECS, RATE

# ffmpeg's afftdn returns its output this much later (its window is 2 205 samples at 44.1 kHz).
AFFTDN_DELAY = 1_102
# The noise print: inside the lead-in, away from its ends.
PRINT_SECS = (0.1, LEAD_IN_SECS - 0.1)
DECLICK = "adeclick=m=s:t=3"


def afftdn(strength_db, floor_db):
    """Samples its profile in the lead-in; the command that ends the sampling is itself an argument of the filter graph."""
    begin, end = PRINT_SECS
    return f"asendcmd=c='{begin} afftdn sn start; {end} afftdn sn stop',afftdn=nr={strength_db}:nf={floor_db}"


def run_ffmpeg(graph, delay, work, source):
    out = work / "ffmpeg.wav"
    command = ["ffmpeg", "-v", "error", "-y", "-i", source, "-af", f"{graph},apad=pad_len={delay + 1}" if delay else graph]
    subprocess.run(command + ["-c:a", "pcm_f32le", out], check=True)
    return soundfile.read(out)[0][delay:]


def run_sox(amount, declick, work, source):
    profile, out, first = work / "sox.profile", work / "sox.wav", source
    if declick:
        first = work / "declicked.wav"
        soundfile.write(first, run_ffmpeg(DECLICK, 0, work, source), RATE, "FLOAT")
    begin, end = PRINT_SECS
    subprocess.run(["sox", first, "-n", "trim", str(begin), f"={end}", "noiseprof", profile], check=True, capture_output=True)
    subprocess.run(
        ["sox", first, "-b", "32", "-e", "float", out, "noisered", profile, str(amount)], check=True, capture_output=True
    )
    return soundfile.read(out)[0]


def run_noisereduce(share, declick, work, source):
    import noisereduce

    samples = run_ffmpeg(DECLICK, 0, work, source) if declick else soundfile.read(source)[0]
    print_span = samples[int(PRINT_SECS[0] * RATE) : int(PRINT_SECS[1] * RATE)]
    return noisereduce.reduce_noise(y=samples, sr=RATE, y_noise=print_span, stationary=True, prop_decrease=share, n_fft=2048)


def run_tonearm(tonearm, preset, work, source):
    out = work / "tonearm.wav"
    subprocess.run([tonearm, "restore", source, "-q", "-o", out, "--preset", preset, "--force", "--threads", "1"], check=True)
    return soundfile.read(out)[0]


def chains(tonearm):
    """Name, command, and why it can not run here (or nothing)."""

    def missing(program):
        return None if shutil.which(program) else f"{program} is not installed"

    try:
        import noisereduce  # noqa: F401

        no_noisereduce = missing("ffmpeg")
    except ImportError as error:
        no_noisereduce = f"noisereduce is not installed ({error})"
    both = missing("sox") or missing("ffmpeg")
    yield "ffmpeg `adeclick`", lambda *a: run_ffmpeg(DECLICK, 0, *a), missing("ffmpeg")
    for db, floor in ((12, -40), (24, -40), (24, -35)):
        graph = f"{DECLICK},{afftdn(db, floor)}"
        yield f"ffmpeg `adeclick`, `afftdn=nr={db}:nf={floor}`", lambda *a, g=graph: run_ffmpeg(g, AFFTDN_DELAY, *a), missing("ffmpeg")
    yield "SoX `noisered 0.21`", lambda *a: run_sox(0.21, False, *a), missing("sox")
    yield "`adeclick`, SoX `noisered 0.21`", lambda *a: run_sox(0.21, True, *a), both
    for share in (0.75, 1.0):
        yield f"`adeclick`, noisereduce {share:.0%}", lambda *a, s=share: run_noisereduce(s, True, *a), no_noisereduce
    yield "noisereduce 100%", lambda *a: run_noisereduce(1.0, False, *a), no_noisereduce
    for preset in ("speech", "acoustic-78"):
        yield f"tonearm `{preset}`", lambda *a, p=preset: run_tonearm(tonearm, p, *a), None


def cpu_secs():
    """Processor time of this process and those that it started and that ended: what else the machine does hardly counts."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def timed(run, work, source, length):
    """The restored samples, exactly `length` of them, the seconds it took, and by how much the length was wrong."""
    begin = cpu_secs()
    out = run(work, source)
    secs = cpu_secs() - begin
    wrong = len(out) - length
    return np.pad(out, (0, max(0, -wrong)))[:length], secs, wrong
