//! What sounds where no word of the text does: talk, music, applause, noise; nothing is said where that is doubtful.
//!
//! | | cepstra stay alike for 0.1 s | energy |
//! |---|---|---|
//! | notes | much | stays too |
//! | drums | hardly | great swings, in time |
//! | talk | a little: a sound lasts about as long | great swings, out of time |
//! | applause | not at all: claps are shorter than a frame is apart | the bands rise together |
//! | noise | not at all, or the little that a crowd's talk leaves | the bands rise each by itself |
//!
//! Cepstra's autocorrelation as a mark of music beside speech: M. J. Carey, E. S. Parris and H. Lloyd-Thomas, "A comparison of features for
//! speech, music discrimination", ICASSP 1999 (there by slopes). The borders were set on seeded interludes, an orchestra, a
//! café, a run-out groove and six talkers, as they are and as an old disc's band, noise and clicks leave them; each keeps a distance from all of them.
//!
//! Shapes: `[frames, dims]` in. Known failures: singing, talk under music, and dense applause in silence are left unnamed.

use std::ops::Range;

use ndarray::{Array2, Axis, Slice};
use tonearm_timeline::{Unaligned, UnalignedKind, UnalignedSound};

use crate::features::{CEPSTRA, FeatureSequence, HOP_SECS, Normalizer, averaged};
use crate::recording::Recording;
use crate::warp::coarse::COARSE;

/// A stretch's ends may hold a word's or a pause's sound: this much is not looked at.
const EDGE_SECS: f64 = 0.2;
/// Less than this between the edges says too little.
const LEAST_SECS: f64 = 1.3;
/// Pooled frames (20 ms) in 40, 100 and 200 ms.
const LAGS: [usize; 3] = [2, 5, 10];
/// Beats follow each other after 0.16 to 1.2 s, in pooled frames.
const BEATS: Range<usize> = 8..60;

/// The borders between the kinds. Autocorrelations; spreads are variances in units of those of the recording's speech.
mod border {
    /// Notes last: cepstra after 100 ms, by themselves; or with what follows.
    pub(super) const HELD: f64 = 0.5;
    pub(super) const SUSTAINED: f64 = 0.31;
    pub(super) const SUSTAINED_200: f64 = 0.2;
    pub(super) const SUSTAINED_ENERGY: f64 = 0.6;
    /// Drums: few timbres, great swings in time.
    pub(super) const DRUM_TIMBRE: f64 = 0.34;
    pub(super) const DRUM_SWING: f64 = 1.5;
    pub(super) const BEAT: f64 = 0.55;
    pub(super) const BEAT_APART: f64 = 0.2;
    /// Talk: cepstra after 40 ms and 100 ms, many sounds, great swings.
    pub(super) const TALK_40: f64 = 0.35;
    pub(super) const TALK_100: (f64, f64) = (0.06, 0.27);
    pub(super) const TALK_TIMBRE: f64 = 0.36;
    pub(super) const TALK_SWING: f64 = 1.0;
    /// Claps: nothing lasts, and all bands rise together.
    pub(super) const CLAP_40: f64 = 0.25;
    pub(super) const CLAP_100: f64 = 0.06;
    pub(super) const CLAP_TOGETHER: f64 = 7.0;
    pub(super) const CLAP_SWING: f64 = 1.6;
    /// Noise: each band by itself, no swings.
    pub(super) const NOISE_40: f64 = 0.42;
    pub(super) const NOISE_100: f64 = 0.23;
    pub(super) const NOISE_TOGETHER: f64 = 3.2;
    pub(super) const NOISE_SWING: f64 = 0.33;
}

/// `stretches` with what sounds in those that are [`UnalignedKind::Other`], where it can be told.
pub(crate) fn named(stretches: Vec<Unaligned>, recording: &Recording) -> Vec<Unaligned> {
    let quiet: Vec<f64> =
        recording.activity.noise_frames.iter().map(|t| f64::from(recording.features[[*t, 0]])).collect();
    let quiet_energy = mean(&quiet);
    let name = |stretch: Unaligned| {
        let heard =
            (stretch.kind == UnalignedKind::Other).then(|| recording.between(stretch.start, stretch.end));
        let traits = heard.and_then(|features| Traits::of(&features, quiet_energy, &recording.normalizer));
        Unaligned { sound: traits.as_ref().and_then(Traits::sound), ..stretch }
    };
    stretches.into_iter().map(name).collect()
}

/// What tells the kinds apart.
#[derive(Clone, Debug)]
struct Traits {
    /// Mean autocorrelation of the cepstra without the energy, at [`LAGS`].
    lasting: [f64; 3],
    /// Mean variance of the same.
    timbre: f64,
    /// The energy's autocorrelation after 100 ms, the greatest among [`BEATS`], and its variance.
    energy_lasting: f64,
    beat: f64,
    swing: f64,
    /// Variance of the energy's slope over that of the other cepstra: near one where each band moves by itself.
    together: f64,
}

impl Traits {
    /// Of a stretch; none where it is too short.
    fn of(features: &FeatureSequence, quiet_energy: f64, normalizer: &Normalizer) -> Option<Self> {
        let edge = (EDGE_SECS / HOP_SECS) as usize;
        let sounding = sounding(features, quiet_energy);
        if sounding.len() < 2 * edge + (LEAST_SECS / HOP_SECS) as usize {
            return None;
        }
        let inner = Slice::from(sounding.start + edge..sounding.end - edge);
        let inner = features.slice_axis(Axis(0), inner).to_owned();
        let pooled = averaged(&inner, COARSE);
        let cepstra = 1..CEPSTRA;
        let mean =
            |value: &dyn Fn(usize) -> f64| cepstra.clone().map(value).sum::<f64>() / cepstra.len() as f64;
        let slope = |d: usize| {
            let d = CEPSTRA + d;
            variance(&column(&inner, d)) * f64::from(normalizer.unit(d)).powi(2)
        };
        let columns: Vec<Vec<f64>> = (0..CEPSTRA).map(|d| column(&pooled, d)).collect();
        Some(Self {
            lasting: LAGS.map(|lag| mean(&|d| autocorrelation(&columns[d], lag))),
            timbre: mean(&|d| variance(&columns[d])),
            energy_lasting: autocorrelation(&columns[0], LAGS[1]),
            beat: BEATS.map(|lag| autocorrelation(&columns[0], lag)).fold(0.0, f64::max),
            swing: variance(&columns[0]),
            together: slope(0) / mean(&slope).max(1e-12),
        })
    }

    fn sound(&self) -> Option<UnalignedSound> {
        use border::*;
        let [after_40, after_100, after_200] = self.lasting;
        let sustained =
            after_100 >= SUSTAINED && after_200 >= SUSTAINED_200 && self.energy_lasting >= SUSTAINED_ENERGY;
        let drums = self.timbre <= DRUM_TIMBRE
            && self.swing >= DRUM_SWING
            && self.beat >= BEAT
            && self.energy_lasting <= BEAT_APART;
        let talk = after_40 >= TALK_40
            && (TALK_100.0..=TALK_100.1).contains(&after_100)
            && self.timbre >= TALK_TIMBRE
            && self.swing >= TALK_SWING;
        let claps = after_40 <= CLAP_40
            && after_100 <= CLAP_100
            && self.together >= CLAP_TOGETHER
            && self.swing <= CLAP_SWING;
        let noise = after_40 <= NOISE_40
            && after_100 <= NOISE_100
            && self.together <= NOISE_TOGETHER
            && self.swing <= NOISE_SWING;
        match () {
            () if after_100 >= HELD || sustained || drums => Some(UnalignedSound::Music),
            () if talk => Some(UnalignedSound::Speech),
            () if claps => Some(UnalignedSound::Applause),
            () if noise => Some(UnalignedSound::Noise),
            () => None,
        }
    }
}

/// From the first to the last frame that lies nearer to the sound's own energy than to `quiet_energy`, that of pauses.
fn sounding(features: &FeatureSequence, quiet_energy: f64) -> Range<usize> {
    let energy = column(features, 0);
    let span = (EDGE_SECS / HOP_SECS) as usize;
    let smooth: Vec<f64> = energy.windows(span).map(mean).collect();
    let mut sorted = smooth.clone();
    sorted.sort_by(f64::total_cmp);
    let Some(own) = sorted.get(sorted.len() / 2) else { return 0..0 };
    let border = 0.5 * (own + quiet_energy.min(*own));
    let loud = |energy: &f64| *energy >= border;
    let first = smooth.iter().position(loud).unwrap_or(0);
    let last = smooth.iter().rposition(loud).map_or(0, |last| last + span);
    first..last.max(first)
}

fn column(features: &Array2<f32>, d: usize) -> Vec<f64> {
    features.column(d).iter().map(|x| f64::from(*x)).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len().max(1) as f64
}

/// Normalised autocorrelation at `lag`; zero where the values are not longer or do not vary.
fn autocorrelation(values: &[f64], lag: usize) -> f64 {
    let mean = mean(values);
    let products = values.iter().zip(values.iter().skip(lag)).map(|(a, b)| (a - mean) * (b - mean));
    products.sum::<f64>() / (variance(values) * values.len() as f64).max(1e-12)
}
