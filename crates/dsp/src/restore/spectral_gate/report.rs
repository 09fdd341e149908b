//! What the gate tells of its work.

use tonearm_audio::{Decibels, Hertz, Seconds, Signal};

use super::Part;
use crate::Stft;
use crate::level::{dbfs, rms};
use crate::restore::StageReport;

const NO_PAUSE: &str = "no pause was found in which the noise is heard alone, so what is taken for noise may be programme, below 1 kHz above all: \
    if too much is gone, give a moment of noise with --noise-print START..END, or take --preset gentle";

/// Fills the `report` of what became of `signal`.
pub(super) fn fill(report: &mut StageReport, signal: &Signal, output: &Signal, parts: &[Part], stft: &Stft) {
    // Of several parts the longest stands for the whole in what is known of one noise alone.
    let Some(main) = parts.iter().max_by_key(|part| part.frames.len()) else { return };
    let profile = &main.profile;
    report.summary = summary(parts, stft);
    report.find("noise_level", mean_level(parts).get(), "dBFS");
    for part in &parts[1..] {
        report.find("noise_step_at", begin(part, stft).get(), "s");
    }
    if let Some((period, depth)) = profile.swish() {
        report.summary += &format!(", which swells by {:.1} dB each turn", depth.get());
        report.find("swish_depth", depth.get(), "dB");
        report.find("turns_per_minute", 60.0 / period.get(), "1/min");
    }
    if let Some(span) = profile.course_span() {
        report.find("noise_course_span", span.get(), "dB");
    }
    report.find("noise_measured", parts.iter().map(|part| part.profile.measured.get()).sum(), "s");
    report.find("noise_heard_alone", parts.iter().map(|part| part.profile.heard_alone.get()).sum(), "s");
    if parts.iter().any(|part| part.noise.floor_db < 0.0 && part.profile.may_hold_programme()) {
        report.warnings.push(NO_PAUSE.into());
    }
    for (key, hz) in
        [("noise_density_100_hz", 100.0), ("noise_density_1_khz", 1e3), ("noise_density_4_khz", 4e3)]
    {
        report.find(key, profile.density_db(Hertz::new(hz)).get(), "dBFS/Hz");
    }
    let (before, removed) = (rms(&signal.downmix()), rms(&difference(signal, output)));
    report.find("removed_level", dbfs(removed).get(), "dBFS");
    report.find("removed_share", 20.0 * (removed / before.max(1e-12)).max(1e-12).log10(), "dB");
}

/// The downmix of what `output` lacks of `signal`.
fn difference(signal: &Signal, output: &Signal) -> Vec<f32> {
    let scale = 1.0 / signal.channel_count() as f64;
    let removed = |n: usize| {
        let pairs = signal.channels().iter().zip(output.channels());
        pairs.map(|(before, after)| f64::from(before[n] - after[n])).sum::<f64>() * scale
    };
    (0..signal.len()).map(|n| removed(n) as f32).collect()
}

fn summary(parts: &[Part], stft: &Stft) -> String {
    let deepest = parts.iter().map(|part| -part.noise.floor_db).fold(0.0, f64::max);
    if deepest <= 0.0 {
        return "no noise worth taking: left as it is".into();
    }
    let level = |part: &Part| format!("{:.1} dBFS", part.profile.level().get());
    let later =
        parts[1..].iter().map(|part| format!("from {:.1} s on {}", begin(part, stft).get(), level(part)));
    let levels = [level(&parts[0])].into_iter().chain(later).collect::<Vec<_>>().join(", ");
    format!("noise of {levels} lowered by up to {deepest:.0} dB")
}

/// The level of the noise over all parts.
fn mean_level(parts: &[Part]) -> Decibels {
    if let [whole] = parts {
        return whole.profile.level();
    }
    let frames: usize = parts.iter().map(|part| part.frames.len()).sum();
    let power = |part: &Part| part.profile.level().to_power() * part.frames.len() as f64;
    Decibels::from_power(parts.iter().map(power).sum::<f64>() / frames as f64)
}

fn begin(part: &Part, stft: &Stft) -> Seconds {
    stft.grid().instant_of(part.frames.start)
}

/// One report of channels that were gated each by itself: the figures are those of the noisiest.
pub(super) fn of_channels(name: &'static str, reports: Vec<StageReport>) -> StageReport {
    let mut whole = StageReport::new(name);
    let mut summaries = Vec::new();
    for (channel, report) in reports.iter().enumerate() {
        summaries.push(format!("channel {}: {}", channel + 1, report.summary));
        whole.warnings.extend(
            report.warnings.iter().filter(|w| !whole.warnings.contains(w)).cloned().collect::<Vec<_>>(),
        );
    }
    whole.summary = summaries.join("; ");
    let level = |report: &StageReport| report.finding("noise_level").unwrap_or(f64::MIN);
    let noisiest = reports.into_iter().max_by(|a, b| level(a).total_cmp(&level(b)));
    whole.findings = noisiest.map(|report| report.findings).unwrap_or_default();
    whole
}
