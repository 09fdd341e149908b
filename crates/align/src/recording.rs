//! The recording as the aligner compares it.

use std::sync::Arc;

use ndarray::{Array2, Axis, Slice};
use tonearm_audio::{SampleRate, Signal};

use crate::AlignError;
use crate::acoustic::Emissions;
use crate::features::{
    Bands, Bandwidth, FINE_BANDS, FeatureSequence, HOP_SECS, MelPower, Normalizer, SpeechActivity,
    analysis_signal, measure_bandwidth, mel_power, raw_features, scaled_analysis_signal,
};
use crate::noise_match::Conditions;

/// Bands between the edges of the recording's bandwidth.
const BANDS: usize = 24;
/// Power below speech at which differences stop to count (−60 dB): digital silence is no different from a quiet room.
const FLOOR: f32 = 1e-6;
/// A recording needs this much energy of speech over noise, in dB, to hold anything.
const MIN_SNR_DB: f64 = 0.5;

/// Longer recordings are analysed in pieces, so that no second copy of hours of samples is held.
const WHOLE_SECS: usize = 600;
/// Length of these pieces.
const PIECE_SECS: usize = 120;
/// What each piece hears of its neighbours, so that its edges are not edges.
const MARGIN_SECS: usize = 1;

/// A recording as it is compared: its features, and what is needed to take references to its conditions. A hundred bytes
/// for each frame of 5 ms: its samples are no longer needed.
#[derive(Clone, Debug)]
pub struct Recording {
    pub(crate) duration_secs: f64,
    pub(crate) sample_rate_hz: u32,
    pub(crate) bandwidth: Bandwidth,
    pub(crate) features: FeatureSequence,
    pub(crate) activity: SpeechActivity,
    /// What an acoustic model heard.
    pub(crate) emissions: Option<Arc<Emissions>>,
    pub(crate) normalizer: Normalizer,
    conditions: Conditions,
}

/// The features of `signal` as the aligner compares them, and its signal-to-noise ratio in dB: for whoever fits models to
/// timed speech.
///
/// # Errors
/// As [`crate::Aligner::align`] for a recording that holds nothing.
pub fn recording_features(signal: &Signal) -> Result<(FeatureSequence, f64), AlignError> {
    let recording = Recording::analysed(signal)?;
    Ok((recording.features, recording.activity.snr_db))
}

impl Recording {
    /// Listens to `signal`.
    ///
    /// # Errors
    /// [`AlignError::Silent`] where nothing in it sounds; [`AlignError::Analysis`] where it cannot be resampled.
    pub fn analysed(signal: &Signal) -> Result<Self, AlignError> {
        let duration_secs = signal.duration().get();
        if signal.peak() <= 0.0 || signal.is_empty() {
            return Err(AlignError::Silent { duration_secs });
        }
        Self::of_power(fine_power(signal)?, duration_secs, signal.sample_rate())
    }

    /// The recording of these fine mel powers.
    fn of_power(fine: MelPower, duration_secs: f64, rate: SampleRate) -> Result<Self, AlignError> {
        let silent = AlignError::Silent { duration_secs };
        if fine.iter().all(|power| *power <= 0.0) {
            return Err(silent);
        }
        let bandwidth = measure_bandwidth(&fine, rate.nyquist().get());
        let mut power = Bands::new(bandwidth.low_hz, bandwidth.high_hz, BANDS, 1.0).pool(&fine);
        drop(fine);
        let mean = power.iter().map(|p| f64::from(*p)).sum::<f64>() / power.len().max(1) as f64;
        power += mean as f32 * FLOOR;
        let activity = SpeechActivity::measure(&power);
        if activity.snr_db < MIN_SNR_DB || !activity.is_speech.iter().any(|s| *s) {
            return Err(silent);
        }
        let mut features = raw_features(&power);
        let normalizer = Normalizer::measured(&features, &activity.is_speech);
        normalizer.apply(&mut features);
        let conditions = Conditions::measured(&power, &activity);
        drop(power);
        Ok(Self {
            duration_secs,
            sample_rate_hz: rate.hz(),
            bandwidth,
            features,
            activity,
            emissions: None,
            normalizer,
            conditions,
        })
    }

    /// The beginning of it, as long as it takes to hear `share` of the speech.
    pub(crate) fn beginning(&self, share: f64) -> Self {
        let speech = &self.activity.is_speech;
        let wanted = (share * speech.iter().filter(|s| **s).count() as f64).ceil() as usize;
        let mut heard = 0;
        let last = speech.iter().position(|speech| {
            heard += usize::from(*speech);
            heard >= wanted
        });
        let frames = last.map_or(speech.len(), |last| last + 1);
        let activity = SpeechActivity {
            is_speech: speech[..frames].to_vec(),
            lulls: self.activity.lulls[..frames].to_vec(),
            noise_frames: self.activity.noise_frames.iter().copied().filter(|t| *t < frames).collect(),
            snr_db: self.activity.snr_db,
        };
        Self {
            duration_secs: (frames as f64 * HOP_SECS).min(self.duration_secs),
            features: self.features.slice_axis(Axis(0), Slice::from(..frames)).to_owned(),
            activity,
            emissions: self.emissions.clone(),
            normalizer: self.normalizer.clone(),
            conditions: self.conditions.clone(),
            ..*self
        }
    }

    /// The features between two instants in seconds.
    pub(crate) fn between(&self, start_secs: f64, end_secs: f64) -> FeatureSequence {
        let frame = |secs: f64| ((secs / HOP_SECS).round() as usize).min(self.features.nrows());
        let (from, to) = (frame(start_secs), frame(end_secs));
        self.features.slice_axis(Axis(0), Slice::from(from..to.max(from))).to_owned()
    }

    /// Features of a reference as this recording would have caught it, its formants moved up by `stretch`.
    pub(crate) fn features_of(&self, reference: &Array2<f32>, stretch: f64, seed: u64) -> FeatureSequence {
        let pooled =
            Bands::new(self.bandwidth.low_hz, self.bandwidth.high_hz, BANDS, stretch).pool(reference);
        let mut features = raw_features(&self.conditions.matched(&pooled, seed));
        self.normalizer.apply(&mut features);
        features
    }
}

/// The fine mel powers of the analysed signal.
fn fine_power(signal: &Signal) -> Result<MelPower, AlignError> {
    if signal.len() <= WHOLE_SECS * signal.sample_rate().hz() as usize {
        return mel_power(&analysis_signal(signal)?);
    }
    let mut pieces = Pieces::new(signal.sample_rate());
    let piece_samples = PIECE_SECS * signal.sample_rate().hz() as usize;
    for start in (0..signal.len()).step_by(piece_samples) {
        let end = (start + piece_samples).min(signal.len());
        pieces.push(signal.channels().iter().map(|channel| &channel[start..end]), &mut Ok)?;
    }
    pieces.finish(&mut Ok)
}

/// What is to be done with a stretch of a recording before it is listened to.
type Mend<'a> = dyn FnMut(Signal) -> Result<Signal, AlignError> + 'a;

/// A long recording, heard piece by piece with a margin of its neighbours on either side.
struct Pieces {
    rate: SampleRate,
    /// Samples that are still needed, a vector a channel, and the index of their first.
    waiting: Vec<Vec<f32>>,
    first: usize,
    /// Where the next piece starts.
    start: usize,
    peak: f32,
    powers: Vec<f32>,
}

impl Pieces {
    fn new(rate: SampleRate) -> Self {
        Self { rate, waiting: Vec::new(), first: 0, start: 0, peak: 0.0, powers: Vec::new() }
    }

    fn samples(&self, secs: usize) -> usize {
        secs * self.rate.hz() as usize
    }

    /// Samples so far.
    fn len(&self) -> usize {
        self.first + self.waiting.first().map_or(0, Vec::len)
    }

    /// Keeps what follows until it is its turn.
    fn keep<'a>(&mut self, channels: impl ExactSizeIterator<Item = &'a [f32]>) {
        self.waiting.resize(channels.len(), Vec::new());
        for (waiting, channel) in self.waiting.iter_mut().zip(channels) {
            waiting.extend_from_slice(channel);
        }
    }

    /// Hears what follows, as far as whole pieces are there.
    fn push<'a>(
        &mut self,
        channels: impl ExactSizeIterator<Item = &'a [f32]>,
        mend: &mut Mend<'_>,
    ) -> Result<(), AlignError> {
        self.keep(channels);
        while self.len() >= self.start + self.samples(PIECE_SECS + MARGIN_SECS) {
            self.hear(false, mend)?;
        }
        Ok(())
    }

    /// Hears the piece that is due.
    fn hear(&mut self, is_last: bool, mend: &mut Mend<'_>) -> Result<(), AlignError> {
        let hops = |secs: usize| (secs as f64 / HOP_SECS).round() as usize;
        let margin = self.samples(MARGIN_SECS);
        let from = self.start.saturating_sub(margin) - self.first;
        let to = (self.start + self.samples(PIECE_SECS + MARGIN_SECS)).min(self.len()) - self.first;
        let piece = self.waiting.iter().map(|channel| channel[from..to].to_vec()).collect();
        let piece = mend(Signal::new(self.rate, piece)?)?;
        self.peak = self.peak.max(piece.peak());
        // The level that all pieces share is known at the end.
        let power = mel_power(&scaled_analysis_signal(&piece, Some(1.0))?)?;
        let skipped = if self.start > 0 { hops(MARGIN_SECS) } else { 0 };
        let kept = if is_last { power.nrows() } else { skipped + hops(PIECE_SECS) };
        self.powers.extend(power.rows().into_iter().take(kept).skip(skipped).flatten());
        self.start += self.samples(PIECE_SECS);
        let heard = (self.start - margin).min(self.len()) - self.first;
        for channel in &mut self.waiting {
            channel.drain(..heard);
            channel.shrink_to_fit();
        }
        self.first += heard;
        Ok(())
    }

    /// Hears the rest. The highest sample comes to lie at full scale.
    fn finish(mut self, mend: &mut Mend<'_>) -> Result<MelPower, AlignError> {
        while self.start < self.len() {
            let is_last = self.start + self.samples(PIECE_SECS) >= self.len();
            self.hear(is_last, mend)?;
        }
        if self.peak > 0.0 {
            let scale = self.peak.powi(-2);
            self.powers.iter_mut().for_each(|power| *power *= scale);
        }
        let frames = self.powers.len() / FINE_BANDS;
        Array2::from_shape_vec((frames, FINE_BANDS), self.powers)
            .map_err(|_| AlignError::NoMatch { reason: "its analysis is cut short".to_owned() })
    }
}

/// Listens to a recording as it is read, so that hours need not lie in memory: up to ten minutes are
/// [analysed](Recording::analysed) as a whole, longer ones in pieces of two minutes, as [`Recording::analysed`] does too.
pub struct Listener<'a> {
    pieces: Option<Pieces>,
    samples: usize,
    mend: Box<Mend<'a>>,
}

impl<'a> Listener<'a> {
    /// A listener that gives each stretch of sound to `mend` first: a recording of up to ten minutes as a whole, of longer ones
    /// two minutes at a time. `mend` must keep length and rate.
    pub fn new(mend: impl FnMut(Signal) -> Result<Signal, AlignError> + 'a) -> Self {
        Self { pieces: None, samples: 0, mend: Box::new(mend) }
    }

    /// Takes what follows; of the rate and channels of what came before.
    ///
    /// # Errors
    /// [`AlignError::Analysis`] where it cannot be resampled, and what `mend` reports.
    pub fn hear(&mut self, block: &Signal) -> Result<(), AlignError> {
        let pieces = self.pieces.get_or_insert_with(|| Pieces::new(block.sample_rate()));
        self.samples += block.len();
        let channels = block.channels().iter().map(Vec::as_slice);
        if self.samples <= pieces.samples(WHOLE_SECS) {
            pieces.keep(channels);
            return Ok(());
        }
        pieces.push(channels, &mut self.mend)
    }

    /// The recording that was heard.
    ///
    /// # Errors
    /// As [`Recording::analysed`].
    pub fn finish(mut self) -> Result<Recording, AlignError> {
        let Some(mut pieces) = self.pieces else { return Err(AlignError::Silent { duration_secs: 0.0 }) };
        let rate = pieces.rate;
        if self.samples <= pieces.samples(WHOLE_SECS) {
            let whole = Signal::new(rate, std::mem::take(&mut pieces.waiting))?;
            return Recording::analysed(&(self.mend)(whole)?);
        }
        let duration_secs = self.samples as f64 / f64::from(rate.hz());
        Recording::of_power(pieces.finish(&mut self.mend)?, duration_secs, rate)
    }
}

impl std::fmt::Debug for Listener<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("samples", &self.samples).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tones of changing level, `quiet` times as high in half of each second.
    fn tones(secs: usize, quiet: f32) -> Signal {
        let rate = 8_000;
        let samples: Vec<f32> = (0..secs * rate)
            .map(|i| {
                let t = i as f32 / rate as f32;
                let level = if t < 610.0 { 0.2 } else { 0.6 } * if t % 1.0 < 0.5 { 1.0 } else { quiet };
                level * (std::f32::consts::TAU * (400.0 + 200.0 * (0.7 * t).sin()) * (t % 10.0)).sin()
            })
            .collect();
        Signal::mono(SampleRate::new(rate as u32).unwrap(), samples).unwrap()
    }

    /// Whether short or long: what comes in blocks is heard as what lies in memory.
    #[test]
    fn blocks_are_heard_as_the_whole() {
        for secs in [20, WHOLE_SECS + 130] {
            let signal = tones(secs, 0.01);
            let mut listener = Listener::new(Ok);
            for block in signal.channel(0).chunks(77_777) {
                listener.hear(&Signal::mono(signal.sample_rate(), block.to_vec()).unwrap()).unwrap();
            }
            let (heard, whole) = (listener.finish().unwrap(), Recording::analysed(&signal).unwrap());
            assert_eq!(heard.features, whole.features);
            assert!((heard.duration_secs - whole.duration_secs).abs() < 1e-9);
        }
    }

    #[test]
    fn what_mends_sees_every_sample_once_or_in_a_margin() {
        let signal = tones(WHOLE_SECS + 130, 0.01);
        let mut lengths = Vec::new();
        let mut listener = Listener::new(|piece: Signal| {
            lengths.push(piece.len() / 8_000);
            Ok(piece)
        });
        listener.hear(&signal).unwrap();
        listener.finish().unwrap();
        assert_eq!(lengths, [121, 122, 122, 122, 122, 122, 11]);
        assert!(Listener::new(Ok).finish().is_err());
    }

    /// Frame for frame as in one piece, up to the common scale.
    #[test]
    fn pieces_are_heard_as_one() {
        let signal = tones(WHOLE_SECS + 20, 1.0);
        let pieces = fine_power(&signal).unwrap();
        let whole = mel_power(&analysis_signal(&signal).unwrap()).unwrap();
        assert_eq!(pieces.dim(), whole.dim());
        let total = |power: &MelPower, frame: usize| power.row(frame).sum();
        let scale = total(&pieces, 100) / total(&whole, 100);
        for frame in (119_000..121_500).step_by(7) {
            let ratio = total(&pieces, frame) / total(&whole, frame) / scale;
            assert!((0.9..1.1).contains(&ratio), "frame {frame}: {ratio}");
        }
    }
}
