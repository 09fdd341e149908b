//! A reference strung together from one voice's templates.
//!
//! Each sound takes its expected duration; the log spectrum passes in a straight line from the middle of one third to the
//! middle of the next, also across sounds, which stands in for coarticulation and gives slopes and onsets their shape.

use ndarray::Array2;

use super::templates::{THIRDS, Template, TemplateVoice};
use super::{ReferenceSequence, ReferenceVoice};
use crate::AlignError;
use crate::features::{FINE_BANDS, HOP_SECS, MelPower};
use crate::phones::PhoneSequence;

/// Frames of silence between sentences: enough for slopes and onsets to see an end and a beginning.
const SILENCE_FRAMES: f64 = 12.0;
/// Natural log of the power of that silence, relative to speech (−70 dB).
const SILENCE_LEVEL: f32 = -16.0;

/// One voice of the embedded templates.
#[derive(Clone, Debug)]
pub struct TemplateReference {
    voice: TemplateVoice,
}

impl TemplateReference {
    /// Speaks with the sounds of `voice`.
    pub fn new(voice: TemplateVoice) -> Self {
        Self { voice }
    }
}

impl ReferenceVoice for TemplateReference {
    fn render(&self, phones: &PhoneSequence) -> Result<ReferenceSequence, AlignError> {
        let mut known: std::collections::HashMap<&str, Option<Template>> = std::collections::HashMap::new();
        let silence = [SILENCE_LEVEL; FINE_BANDS];
        // Middles of thirds, ascending, in frames, with their spectra.
        let mut anchors: Vec<(f64, [f32; FINE_BANDS])> =
            vec![(0.0, silence), (SILENCE_FRAMES - 1.0, silence)];
        let mut ends = vec![];
        let mut at = SILENCE_FRAMES;
        for phone in &phones.phones {
            if phone.begins_sentence && at > SILENCE_FRAMES {
                anchors.push((at + 1.0, silence));
                at += SILENCE_FRAMES;
                anchors.push((at - 1.0, silence));
            }
            let template = known.entry(&phone.symbol).or_insert_with(|| self.voice.sound(&phone.symbol));
            let template =
                template.as_ref().ok_or(AlignError::Templates { reason: "a voice has no sounds at all" })?;
            let frames = f64::from(template.log_duration[usize::from(phone.stressed)].exp()) / HOP_SECS;
            let frames = frames.max(THIRDS as f64);
            for (third, spectrum) in template.thirds.iter().enumerate() {
                anchors.push((at + frames * (third as f64 + 0.5) / THIRDS as f64, *spectrum));
            }
            ends.push((at, at + frames));
            at += frames;
        }
        anchors.push((at + 1.0, silence));
        let total = (at + SILENCE_FRAMES) as usize;
        let spans = ends.into_iter().map(|(a, b)| a.round() as usize..b.round() as usize).collect();
        Ok(ReferenceSequence { voice: self.voice.name.clone(), power: interpolate(&anchors, total), spans })
    }
}

/// Log spectra on straight lines between the anchors, as powers.
fn interpolate(anchors: &[(f64, [f32; FINE_BANDS])], frames: usize) -> MelPower {
    let mut power = Array2::zeros((frames, FINE_BANDS));
    let mut next = 1;
    for (frame, mut row) in power.outer_iter_mut().enumerate() {
        let t = frame as f64 + 0.5;
        while next + 1 < anchors.len() && anchors[next].0 < t {
            next += 1;
        }
        let ((left, from), (right, to)) = (&anchors[next - 1], &anchors[next]);
        let share = ((t - left) / (right - left).max(1e-9)).clamp(0.0, 1.0) as f32;
        for ((value, from), to) in row.iter_mut().zip(from).zip(to) {
            *value = (from + (to - from) * share).exp();
        }
    }
    power
}
