//! The parts of the page that are HTML before the script runs: pictures, figures, stages.

use std::fmt::Write;

use tonearm_audio::SampleRate;
use tonearm_dsp::restore::StageReport;
use tonearm_timeline::Timeline;

use crate::colour_map::colour_map;
use crate::glossary;
use crate::html::{base64, clock, escape, number};
use crate::page::{Figure, PageInputs, Prepared, SIGNALS};
use crate::spectrogram::Spectrum;
use crate::transcript_html::has_translation;

pub(crate) fn meta_line(inputs: &PageInputs, duration_secs: f64, rate: SampleRate) -> String {
    let mut parts = vec![clock(duration_secs), format!("{}\u{a0}kHz", number(rate.as_f64() / 1000.0, 2))];
    parts.push(match inputs.before.channel_count() {
        1 => "mono".to_owned(),
        2 => "stereo transfer".to_owned(),
        count => format!("{count} channels"),
    });
    if let Some(timeline) = inputs.timeline {
        let language = escape(&timeline.language);
        parts.push(format!("<span data-language=\"{language}\">{language}</span>"));
        parts.push(format!("{} words", number(timeline.words().count() as f64, 0)));
    }
    parts.iter().map(|part| format!("<li>{part}</li>")).collect()
}

pub(crate) fn transcript_state(timeline: Option<&Timeline>) -> &'static str {
    match timeline {
        None => "without-text",
        Some(timeline) if has_translation(timeline) => "with-translation",
        Some(_) => "without-translation",
    }
}

pub(crate) fn audio_html(prepared: &[Prepared]) -> String {
    let mut out = String::new();
    for (one, (key, ..)) in prepared.iter().zip(SIGNALS) {
        for (index, segment) in one.audio.segments.iter().enumerate() {
            let _ = writeln!(
                out,
                "<script type=\"text/plain\" id=\"audio-{key}-{index}\">{}</script>",
                base64(segment)
            );
        }
    }
    out
}

/// The three pictures with their axes: figures that stand by themselves, and what the scope above draws from.
pub(crate) fn pictures_html(pictures: &[String], spectrum: &Spectrum, duration_secs: f64) -> String {
    let axis = spectrum.axis();
    let mut ticks = String::new();
    for (hz, label) in
        [(250.0, "250"), (500.0, "500"), (1e3, "1k"), (2e3, "2k"), (4e3, "4k"), (8e3, "8k"), (16e3, "16k")]
    {
        if hz <= axis.max_hz {
            let _ = write!(ticks, "<li style=\"bottom:{:.2}%\">{label}</li>", 100.0 * axis.position_of(hz));
        }
    }
    let mut times = String::new();
    let step = time_step(duration_secs);
    for tick in 0..=(duration_secs / step) as usize {
        let at = tick as f64 * step;
        if at <= duration_secs * 0.97 {
            let _ = write!(times, "<li style=\"left:{:.3}%\">{}</li>", 100.0 * at / duration_secs, clock(at));
        }
    }
    let mut out = String::new();
    for (png, (key, label, description)) in pictures.iter().zip(SIGNALS) {
        let _ = write!(
            out,
            "<figure class=\"picture\"><figcaption><b class=\"{key}\">{label}</b> {description}</figcaption>\
             <ol class=\"hertz\" aria-hidden=\"true\">{ticks}</ol>\
             <img id=\"picture-{key}\" alt=\"Spectrogram: {label}, {description}; 0 to {} Hz over {}\" \
             src=\"data:image/png;base64,{png}\"><ol class=\"times\" aria-hidden=\"true\">{times}</ol></figure>",
            number(axis.max_hz, 0),
            clock(duration_secs),
        );
    }
    out
}

/// Seconds between labels: at most twelve of them, at round times.
fn time_step(duration_secs: f64) -> f64 {
    [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0]
        .into_iter()
        .find(|step| duration_secs / step <= 12.0)
        .unwrap_or(1_800.0)
}

pub(crate) fn figures_html(inputs: &PageInputs, prepared: &[Prepared]) -> String {
    let loudness = |one: &Prepared| match one.loudness_lufs {
        lufs if lufs.is_finite() => format!("{} LUFS", number(lufs, 1)),
        _ => "silent".to_owned(),
    };
    let own = [Figure {
        label: "Loudness, before and after".to_owned(),
        value: match [prepared[0].loudness_lufs, prepared[1].loudness_lufs] {
            [before, after] if before.is_finite() && after.is_finite() => {
                format!("{} → {} LUFS", number(before, 1), number(after, 1))
            }
            _ => format!("{} → {}", loudness(&prepared[0]), loudness(&prepared[1])),
        },
        explanation: format!(
            "Integrated loudness by ITU-R BS.1770. What was removed has {}. “Match loudness” sets all three to the softer \
             of before and after, so that the louder one does not seem the better.",
            loudness(&prepared[2])
        ),
    }];
    let mut out = String::new();
    for figure in inputs.figures.iter().chain(&own) {
        let _ = write!(
            out,
            "<div class=\"figure\"><dt>{}</dt><dd class=\"value\">{}</dd><dd>{}</dd></div>",
            escape(&figure.label),
            escape(&figure.value),
            escape(&figure.explanation)
        );
    }
    out
}

/// A share without a unit as a percentage; every other figure as it is.
fn readable<'a>(value: f64, unit: &'a str, key: &str) -> (f64, &'a str) {
    if unit.is_empty() && key.contains("share") { (100.0 * value, "%") } else { (value, unit) }
}

pub(crate) fn stages_html(reports: &[StageReport]) -> String {
    let mut out = String::new();
    for report in reports {
        let (title, meaning) = glossary::stage(report.name);
        let _ = write!(out, "<li class=\"stage\"><h3>{}</h3>", escape(&title));
        if !meaning.is_empty() {
            let _ = write!(out, "<p class=\"meaning\">{}</p>", escape(meaning));
        }
        if !report.summary.is_empty() {
            let _ = write!(out, "<p class=\"summary\">{}</p>", escape(&report.summary));
        }
        for warning in &report.warnings {
            let _ = write!(out, "<p class=\"warning\"><b>Note</b> {}</p>", escape(warning));
        }
        if !report.findings.is_empty() {
            out.push_str("<dl>");
            for finding in &report.findings {
                let (label, explanation) = glossary::finding(finding.key);
                let (value, unit) = readable(finding.value, finding.unit, finding.key);
                let decimals = if value.abs() >= 100.0 { 0 } else { 2 };
                let _ = write!(
                    out,
                    "<div><dt>{}</dt><dd class=\"value\">{}{}{}</dd>",
                    escape(&label),
                    number(value, decimals),
                    if unit.is_empty() { "" } else { "\u{a0}" },
                    escape(unit)
                );
                if !explanation.is_empty() {
                    let _ = write!(out, "<dd>{}</dd>", escape(explanation));
                }
                out.push_str("</div>");
            }
            out.push_str("</dl>");
        }
        out.push_str("</li>");
    }
    out
}

pub(crate) fn gradient() -> String {
    colour_map(12)
        .into_iter()
        .map(|[r, g, b]| format!("#{r:02x}{g:02x}{b:02x}"))
        .collect::<Vec<_>>()
        .join(",")
}
