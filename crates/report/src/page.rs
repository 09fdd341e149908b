//! The listening page: one HTML file that holds the three signals, their pictures, the text in time and the report.

use ebur128::{EbuR128, Mode};
use rayon::prelude::*;
use tonearm_audio::{SampleRate, Signal};
use tonearm_dsp::restore::StageReport;
use tonearm_timeline::Timeline;

use crate::ReportError;
use crate::audio_embed::{EmbeddedAudio, Quality, embed_audio};
use crate::click_marks::Marks;
use crate::html::{base64, escape, fill, number, script_json};
use crate::page_data::page_data;
use crate::page_html::{
    audio_html, figures_html, gradient, meta_line, pictures_html, stages_html, transcript_state,
};
use crate::spectrogram::Spectrum;
use crate::transcript_html::transcript_html;
use crate::waveform::peak_bytes;

const TEMPLATE: &str = include_str!("web/page.html");
const STYLE: &str = concat!(include_str!("web/base.css"), include_str!("web/page.css"));
const SCRIPT: &str = concat!(
    "(() => {\n'use strict';\n",
    include_str!("web/data.js"),
    include_str!("web/stretch.js"),
    include_str!("web/engine.js"),
    include_str!("web/spectrum.js"),
    include_str!("web/scope.js"),
    include_str!("web/word_lane.js"),
    include_str!("web/transcript.js"),
    include_str!("web/corrections.js"),
    include_str!("web/main.js"),
    "})();\n"
);

/// Above this the audio inside is brought down to it: a browser plays no more, and Vorbis would spend bits on it.
const MAX_EMBEDDED_HZ: u32 = 48_000;
/// Peaks of the overview: four for each pixel of a wide screen.
const PEAK_BINS: usize = 6_000;
/// The three signals together, before base64 makes them a third longer: with the pictures a three-minute side stays
/// below 12 MB whatever its noise.
const AUDIO_BUDGET_BYTES: usize = 7_400_000;

/// What a page is made of.
#[derive(Clone, Debug)]
pub struct PageInputs<'a> {
    /// Heading of the page.
    pub title: &'a str,
    /// The transfer as it was.
    pub before: &'a Signal,
    /// The restored transfer.
    pub after: &'a Signal,
    /// What the restoration took away.
    pub removed: &'a Signal,
    /// The words in time.
    pub timeline: Option<&'a Timeline>,
    /// What each stage found and did.
    pub stage_reports: &'a [StageReport],
    /// More figures, shown first, such as the share of words that were heard.
    pub figures: &'a [Figure],
    /// How well the audio inside is kept.
    pub quality: Quality,
}

/// A figure with its meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it is, such as `Words heard`.
    pub label: String,
    /// The figure with its unit, such as `412 of 418`.
    pub value: String,
    /// What it says, in one sentence.
    pub explanation: String,
}

impl<'a> PageInputs<'a> {
    /// A page without text and report; set the fields to add them.
    pub fn new(title: &'a str, before: &'a Signal, after: &'a Signal, removed: &'a Signal) -> Self {
        Self {
            title,
            before,
            after,
            removed,
            timeline: None,
            stage_reports: &[],
            figures: &[],
            quality: Quality::Budget { max_bytes: AUDIO_BUDGET_BYTES },
        }
    }
}

/// The three signals' keys, labels and descriptions, in the order of the keys 1, 2, 3.
pub(crate) const SIGNALS: [(&str, &str, &str); 3] = [
    ("before", "Before", "the transfer as it was"),
    ("after", "After", "restored"),
    ("removed", "Removed", "what the restoration took away"),
];

/// What the page needs of one signal.
pub(crate) struct Prepared {
    pub(crate) audio: EmbeddedAudio,
    pub(crate) spectrum: Spectrum,
    pub(crate) peaks: Vec<u8>,
    pub(crate) full_scale: f32,
    pub(crate) loudness_lufs: f64,
    pub(crate) peak: f32,
}

/// The page as one HTML file.
///
/// The signals are mixed down to one channel for listening. The same inputs give the same bytes on any number of threads.
///
/// # Errors
/// [`ReportError::Mismatch`] where the signals differ in rate or length, [`ReportError::Empty`] where they hold no sample,
/// and whatever an encoder refuses.
pub fn render(inputs: &PageInputs) -> Result<String, ReportError> {
    let signals = [inputs.before, inputs.after, inputs.removed];
    check_shapes(signals)?;
    let source_rate = inputs.before.sample_rate();
    let rate = embedded_rate(source_rate)?;
    let mono: Vec<Vec<f32>> =
        signals.into_par_iter().map(|signal| mono_at(signal, rate)).collect::<Result<_, _>>()?;
    let duration_secs = rate.instant_of(mono[0].len()).get();
    let quality = inputs.quality.resolve(duration_secs);
    let full_scale = waveform_scale(tonearm_dsp::level::peak(&mono[0]), tonearm_dsp::level::peak(&mono[1]));
    let prepared: Vec<Prepared> = mono
        .par_iter()
        .map(|samples| prepare(samples, rate, quality, full_scale))
        .collect::<Result<_, _>>()?;
    let scale = prepared[0].spectrum.scale();
    let pictures: Vec<String> = prepared
        .par_iter()
        .map(|one| one.spectrum.picture(scale).to_png().map(|png| base64(&png)))
        .collect::<Result<_, _>>()?;
    // Marks are measured at the transfer's own rate, where the repairs were counted.
    let marks = Marks::of(inputs.stage_reports, &inputs.removed.downmix());

    let data = script_json(&page_data(inputs, &prepared, rate, mono[0].len(), scale, &marks))?;
    let figures = figures_html(inputs, &prepared);
    let transcript = inputs.timeline.map(transcript_html).unwrap_or_default();
    let fields = [
        ("title", escape(inputs.title)),
        ("meta", meta_line(inputs, duration_secs, source_rate)),
        ("style", STYLE.to_owned()),
        ("script", SCRIPT.to_owned()),
        ("data", data),
        ("audio", audio_html(&prepared)),
        ("pictures", pictures_html(&pictures, &prepared[0].spectrum, duration_secs)),
        ("scale_top", number(scale.top_db, 0)),
        ("scale_floor", number(scale.floor_db, 0)),
        ("scale_gradient", gradient()),
        ("transcript", transcript),
        ("transcript_state", transcript_state(inputs.timeline).to_owned()),
        ("figures", figures),
        ("stages", stages_html(inputs.stage_reports)),
        ("stages_hidden", if inputs.stage_reports.is_empty() { "hidden" } else { "" }.to_owned()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Ok(fill(TEMPLATE, &fields))
}

fn check_shapes(signals: [&Signal; 3]) -> Result<(), ReportError> {
    let first = signals[0];
    for (signal, (name, ..)) in signals.into_iter().zip(SIGNALS) {
        if (signal.len(), signal.sample_rate()) != (first.len(), first.sample_rate()) {
            return Err(ReportError::Mismatch {
                name,
                expected_samples: first.len(),
                expected_hz: first.sample_rate().hz(),
                actual_samples: signal.len(),
                actual_hz: signal.sample_rate().hz(),
            });
        }
    }
    if first.is_empty() { Err(ReportError::Empty) } else { Ok(()) }
}

fn embedded_rate(rate: SampleRate) -> Result<SampleRate, ReportError> {
    // Browsers decode from 8 kHz on.
    Ok(SampleRate::new(rate.hz().clamp(8_000, MAX_EMBEDDED_HZ))?)
}

fn mono_at(signal: &Signal, rate: SampleRate) -> Result<Vec<f32>, ReportError> {
    let mono = Signal::mono(signal.sample_rate(), signal.downmix())?;
    let mut channels = tonearm_dsp::resample(&mono, rate)?.into_channels();
    Ok(channels.swap_remove(0))
}

/// The amplitude at the edge of the waveform, one for all three signals: the programme fills the height, and a click that
/// towers above it is cut off at the edge.
fn waveform_scale(before_peak: f32, after_peak: f32) -> f32 {
    if after_peak > 0.0 { before_peak.max(after_peak).min(1.5 * after_peak) } else { before_peak }
}

fn prepare(
    samples: &[f32],
    rate: SampleRate,
    quality: f32,
    full_scale: f32,
) -> Result<Prepared, ReportError> {
    let (audio, (spectrum, loudness)) = rayon::join(
        || embed_audio(samples, rate, quality),
        || (Spectrum::of(samples, rate), loudness_lufs(samples, rate)),
    );
    Ok(Prepared {
        audio: audio?,
        spectrum: spectrum?,
        peaks: peak_bytes(samples, PEAK_BINS, full_scale),
        full_scale,
        loudness_lufs: loudness?,
        peak: tonearm_dsp::level::peak(samples),
    })
}

/// Integrated loudness (ITU-R BS.1770-4), −∞ where every block lies below its gate.
fn loudness_lufs(samples: &[f32], rate: SampleRate) -> Result<f64, ReportError> {
    let failed = |source| ReportError::Loudness { sample_rate_hz: rate.hz(), source };
    let mut meter = EbuR128::new(1, rate.hz(), Mode::I).map_err(failed)?;
    meter.add_frames_planar_f32(&[samples]).map_err(failed)?;
    meter.loudness_global().map_err(failed)
}

#[cfg(test)]
mod tests {
    use tonearm_audio::Seconds;

    use super::*;

    fn noise(seed: u64, secs: f64, rate_hz: u32) -> Signal {
        let len = (secs * f64::from(rate_hz)) as usize;
        Signal::mono(SampleRate::new(rate_hz).unwrap(), tonearm_testkit::noise::white(seed, len, 0.1))
            .unwrap()
    }

    #[test]
    fn signals_that_do_not_belong_together_are_refused() {
        let (a, b) = (noise(1, 1.0, 16_000), noise(1, 1.1, 16_000));
        let error = render(&PageInputs::new("t", &a, &b, &a)).unwrap_err();
        assert!(matches!(error, ReportError::Mismatch { name: "after", .. }), "{error}");
        let empty = Signal::mono(a.sample_rate(), vec![]).unwrap();
        assert!(matches!(render(&PageInputs::new("t", &empty, &empty, &empty)), Err(ReportError::Empty)));
    }

    #[test]
    fn a_page_is_whole_safe_and_asks_for_nothing_from_outside() {
        let signal = noise(2, 1.0, 44_100);
        let mut report = StageReport::new("declick");
        report.summary = "<img src=x onerror=alert(1)>".to_owned();
        report.find("clicks_per_second", 6.75, "1/s");
        let title = "</title><script>alert(1)</script> {{data}}";
        let inputs = PageInputs {
            stage_reports: std::slice::from_ref(&report),
            ..PageInputs::new(title, &signal, &signal, &signal)
        };
        let html = render(&inputs).unwrap();
        assert!(!html.contains("<script>alert(1)") && !html.contains("<img src=x"));
        assert!(html.contains("Clicks a second") && html.contains("6.75\u{a0}1/s"));
        for outside in ["src=\"http", "href=\"http", "@import", "url(http", "fetch(", "type=\"module\""] {
            assert!(!html.contains(outside), "{outside}");
        }
        let unfilled = html.replace("{{data}}", "");
        assert!(!unfilled.contains("{{"), "a field of the template was not filled");
    }

    #[test]
    fn the_same_page_on_any_number_of_threads() {
        let (before, after) = (noise(3, 45.0, 16_000), noise(4, 45.0, 16_000));
        let removed = before.minus(&after);
        let page = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| render(&PageInputs::new("t", &before, &after, &removed)).unwrap())
        };
        assert_eq!(page(1), page(4));
    }

    #[test]
    fn a_silent_or_tiny_or_oddly_sampled_side_has_a_page() {
        for (rate_hz, len) in [(8_000, 1), (44_100, 1), (192_000, 9_600), (1_000, 500), (44_100, 4_410)] {
            let rate = SampleRate::new(rate_hz).unwrap();
            let silent = Signal::new(rate, vec![vec![0.0; len]; 2]).unwrap();
            assert!(silent.duration() > Seconds::new(0.0));
            render(&PageInputs::new("t", &silent, &silent, &silent))
                .unwrap_or_else(|e| panic!("{rate_hz} {len}: {e}"));
        }
    }
}
