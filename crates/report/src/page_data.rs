//! What the page's script is given, as JSON.

use serde::Serialize;
use tonearm_audio::SampleRate;
use tonearm_timeline::Timeline;

use crate::audio_embed::CONTEXT_SAMPLES;
use crate::click_marks::Marks;
use crate::colour_map::colour_map;
use crate::glossary;
use crate::html::base64;
use crate::page::{PageInputs, Prepared, SIGNALS};
use crate::spectrogram::{LEVELS, Scale};

/// Level matching raises no signal by more than this: what was removed may be next to nothing.
const MAX_MATCH_DB: f64 = 24.0;

#[derive(Serialize)]
pub(crate) struct PageData<'a> {
    title: &'a str,
    sample_rate: u32,
    samples: usize,
    duration: f64,
    segment_samples: usize,
    context_samples: usize,
    segments: usize,
    signals: Vec<SignalData>,
    spectrogram: SpectrogramData,
    marks: MarkData<'a>,
    timeline: Option<&'a Timeline>,
}

#[derive(Serialize)]
struct SignalData {
    key: &'static str,
    label: &'static str,
    description: &'static str,
    /// Decibels that bring it to the loudness of the softer of before and after.
    match_db: f64,
    peaks: String,
    full_scale: f32,
}

#[derive(Serialize)]
struct SpectrogramData {
    min_hz: f64,
    max_hz: f64,
    top_db: f64,
    floor_db: f64,
    /// Six hexadecimal digits a colour.
    palette: Vec<String>,
}

#[derive(Serialize)]
struct MarkData<'a> {
    sample_rate: u32,
    stages: Vec<(&'a str, String)>,
    total: usize,
    data: String,
}

pub(crate) fn page_data<'a>(
    inputs: &PageInputs<'a>,
    prepared: &[Prepared],
    rate: SampleRate,
    samples: usize,
    scale: Scale,
    marks: &'a Marks,
) -> PageData<'a> {
    let match_db = match_gains_db(prepared);
    let signals = SIGNALS.iter().zip(prepared).zip(match_db);
    let axis = prepared[0].spectrum.axis();
    PageData {
        title: inputs.title,
        sample_rate: rate.hz(),
        samples,
        duration: rate.instant_of(samples).get(),
        segment_samples: prepared[0].audio.segment_len,
        context_samples: CONTEXT_SAMPLES,
        segments: prepared[0].audio.segments.len(),
        signals: signals
            .map(|(((key, label, description), one), match_db)| SignalData {
                key,
                label,
                description,
                match_db: (match_db * 100.0).round() / 100.0,
                peaks: base64(&one.peaks),
                full_scale: one.full_scale,
            })
            .collect(),
        spectrogram: SpectrogramData {
            min_hz: axis.min_hz,
            max_hz: axis.max_hz,
            top_db: scale.top_db,
            floor_db: scale.floor_db,
            palette: hex_palette(),
        },
        marks: MarkData {
            sample_rate: inputs.before.sample_rate().hz(),
            stages: marks.stages.iter().map(|name| (*name, glossary::stage(name).0)).collect(),
            total: marks.total,
            data: base64(&marks.to_bytes()),
        },
        timeline: inputs.timeline,
    }
}

/// Gains that bring all three to the loudness of the softer of before and after; none lets a peak pass full scale.
fn match_gains_db(prepared: &[Prepared]) -> Vec<f64> {
    let target =
        prepared[..2].iter().map(|one| one.loudness_lufs).filter(|lufs| lufs.is_finite()).reduce(f64::min);
    let gain = |one: &Prepared| {
        let wanted = target.map_or(0.0, |target| target - one.loudness_lufs);
        let head_room = -20.0 * f64::from(one.peak.max(1e-6)).log10();
        if wanted.is_finite() {
            wanted.min(head_room.max(0.0)).clamp(-MAX_MATCH_DB, MAX_MATCH_DB)
        } else {
            0.0
        }
    };
    prepared.iter().map(gain).collect()
}

fn hex_palette() -> Vec<String> {
    colour_map(LEVELS).into_iter().map(|[r, g, b]| format!("{r:02x}{g:02x}{b:02x}")).collect()
}
