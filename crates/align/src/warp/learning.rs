//! What is learned from what was found: models of the sounds, voices, pace.

use ndarray::Array2;

use super::discriminant::{Projection, Scatter};
use super::models::{Learning, SoundModels, Statistics};
use super::rounds::Task;
use super::segmentation::Segmentation;
use crate::features::FeatureSequence;
use crate::reference::THIRDS;

/// Variance of every dimension before anything was learned, as a share of that of speech.
const FIRST_VARIANCE: f32 = 0.9;
/// The span over which the speaking rate is smoothed, in sounds.
const RATE_SPAN: usize = 25;
/// Hesitations last this many times longer than their sounds do in words.
const DRAWL: f32 = 2.0;

impl Task<'_> {
    fn learning(&self, frame_len: usize) -> Learning {
        Learning {
            prior_frames: self.method.prior_frames / frame_len as f64,
            variance_frames: self.method.variance_frames / frame_len as f64,
            variance_floor: self.method.variance_floor,
        }
    }

    /// Models before anything was found.
    pub(crate) fn first_models(&self, prior: &Array2<f32>) -> SoundModels {
        let mut variance = Array2::from_elem(prior.dim(), FIRST_VARIANCE);
        let pause = self.classes.pause();
        let mut found = Statistics::new(1, prior.ncols());
        for t in &self.recording.activity.noise_frames {
            found.add(0, &self.recording.features, *t, t + 1);
        }
        for d in 0..prior.ncols() {
            let mean = found.mean(0, d);
            let spread = found.squares[[0, d]] / found.count[0].max(1.0) - mean * mean;
            variance[[pause, d]] = (spread.max(0.0) + 0.15) as f32;
        }
        SoundModels { mean: prior.clone(), variance }
    }

    /// Models of this recording after `found`.
    pub(crate) fn learned(&self, prior: &Array2<f32>, found: &Statistics, frame_len: usize) -> SoundModels {
        SoundModels::learned(prior, found, self.learning(frame_len))
    }

    /// Sums over the frames of each class; what lies between sounds and is quiet counts as pause.
    pub(crate) fn statistics(&self, found: &Segmentation, features: &FeatureSequence) -> Statistics {
        let mut statistics = Statistics::new(self.classes.pause() + 1, features.ncols());
        let mut free = vec![true; features.nrows()];
        for (phone, sound) in found.sounds.iter().enumerate() {
            let Some(bounds) = sound else { continue };
            for third in 0..THIRDS {
                statistics.add(self.classes.class(phone, third), features, bounds[third], bounds[third + 1]);
            }
            let end = bounds[THIRDS].min(free.len());
            free[bounds[0]..end].fill(false);
        }
        for t in (0..free.len()).filter(|t| free[*t] && !self.recording.activity.is_speech[*t]) {
            statistics.add(self.classes.pause(), features, t, t + 1);
        }
        statistics
    }

    /// The class of each frame; none where neither a sound nor a pause is certain.
    fn labels(&self, found: &Segmentation) -> Vec<Option<usize>> {
        let speech = &self.recording.activity.is_speech;
        let mut labels: Vec<Option<usize>> =
            speech.iter().map(|speech| (!speech).then_some(self.classes.pause())).collect();
        for (phone, sound) in found.sounds.iter().enumerate() {
            let Some(bounds) = sound else { continue };
            for third in 0..THIRDS {
                let end = bounds[third + 1].min(labels.len());
                labels[bounds[third]..end].fill(Some(self.classes.class(phone, third)));
            }
        }
        labels
    }

    /// The references' scatter, which does not change from round to round.
    pub(crate) fn reference_scatter(&self) -> Scatter {
        let mut scatter = Scatter::new(self.classes.pause() + 1, self.recording.features.ncols());
        for (features, labels) in self.expectation.voices.iter().filter_map(|voice| voice.labelled.as_ref()) {
            scatter.add(features, labels);
        }
        scatter
    }

    /// Features in which the sounds of this recording differ most, and the references' means in them; none where too
    /// little was found to tell.
    pub(crate) fn discriminant(
        &self,
        found: &Segmentation,
        references: &Scatter,
    ) -> Option<(FeatureSequence, Array2<f32>)> {
        let features = &self.recording.features;
        let mut scatter = Scatter::new(self.classes.pause() + 1, features.ncols());
        scatter.add(features, &self.labels(found));
        let (share, kept) = (self.method.discriminant_reference_share, self.method.discriminant_dims);
        let projection = Projection::of(&scatter, references, share, kept)?;
        let mut prior = references.projected_means(&projection);
        // What the references never say (the pause) is taken from the recording.
        let heard = scatter.projected_means(&projection);
        for class in (0..prior.nrows()).filter(|class| references.counts()[*class] < 1.0) {
            prior.row_mut(class).assign(&heard.row(class));
        }
        Some((projection.apply(features), prior))
    }

    /// How much each voice counts: those that fit what was found better count more.
    pub(crate) fn voice_weights(&self, found: &Segmentation) -> Vec<f64> {
        let statistics = self.statistics(found, &self.recording.features);
        let sounds = self.classes.pause();
        let total: f64 = (0..sounds).map(|class| statistics.count[class]).sum::<f64>().max(1.0);
        // Mean squared distance of the frames from each voice's means, all dimensions alike.
        let distances: Vec<f64> = self
            .expectation
            .voices
            .iter()
            .map(|voice| {
                (0..sounds)
                    .flat_map(|class| (0..voice.mean.ncols()).map(move |d| (class, d)))
                    .map(|(class, d)| {
                        let m = f64::from(voice.mean[[class, d]]);
                        statistics.squares[[class, d]] - 2.0 * m * statistics.sum[[class, d]]
                            + m * m * statistics.count[class]
                    })
                    .sum::<f64>()
                    / total
            })
            .collect();
        let nearest = distances.iter().copied().fold(f64::INFINITY, f64::min);
        let raw: Vec<f64> =
            distances.iter().map(|d| (-0.5 * self.method.voice_sharpness * (d - nearest)).exp()).collect();
        let sum: f64 = raw.iter().sum();
        for (voice, weight) in self.expectation.voices.iter().zip(&raw) {
            tracing::debug!(voice = voice.name, weight = weight / sum, "voice");
        }
        raw.into_iter().map(|weight| weight / sum).collect()
    }

    /// Found over expected duration, the median of the ratio.
    pub(crate) fn rate(&self, found: &Segmentation) -> f32 {
        let mut ratios: Vec<f32> = found
            .sounds
            .iter()
            .zip(&self.expectation.frames)
            .filter_map(|(sound, expected)| sound.map(|s| (s[THIRDS] - s[0]) as f32 / expected))
            .collect();
        ratios.sort_by(f32::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(1.0)
    }

    /// Expected frames of every sound at the local speaking rate of `found`.
    pub(super) fn paced(&self, found: &Segmentation) -> Vec<f32> {
        let overall = self.rate(found).ln();
        let ratios: Vec<f32> = found
            .sounds
            .iter()
            .zip(&self.expectation.frames)
            .map(|(sound, expected)| {
                sound.map_or(overall, |s| ((s[THIRDS] - s[0]).max(1) as f32 / expected).ln().clamp(-1.5, 1.5))
            })
            .collect();
        let half = RATE_SPAN / 2;
        (0..ratios.len())
            .map(|i| {
                let near = &ratios[i.saturating_sub(half)..(i + half + 1).min(ratios.len())];
                // The overall rate counts as ten sounds.
                let local = (near.iter().sum::<f32>() + 10.0 * overall) / (near.len() as f32 + 10.0);
                let drawl = if self.phones.phones[i].hesitates { DRAWL } else { 1.0 };
                drawl * self.expectation.frames[i] * local.exp()
            })
            .collect()
    }
}
