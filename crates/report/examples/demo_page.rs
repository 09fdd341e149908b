//! A listening page of made-up sound and times, to look at the page without a recording:
//! `cargo run -p tonearm-report --example demo_page -- page.html [seconds]`.

use std::error::Error;
use std::time::Instant;

use tonearm_audio::{SampleRate, Signal};
use tonearm_dsp::restore::{Repair, StageReport};
use tonearm_report::{Figure, PageInputs, render};
use tonearm_testkit::{click, noise, speech};
use tonearm_timeline::{
    AudioSource, Confidence, Paragraph, Sentence, SourceRange, State, Timeline, TranscriptSource,
    Translation, Unaligned, UnalignedKind, VERSION, Word,
};

const RATE_HZ: u32 = 44_100;
const LEAD_IN_SECS: f64 = 3.0;
/// A few lines of Pushkin (1825), with a plain translation.
const TEXT: [(&str, &str); 6] = [
    (
        "Буря мглою небо кроет, вихри снежные крутя;",
        "The storm covers the sky with darkness, whirling the snow;",
    ),
    (
        "То, как зверь, она завоет, то заплачет, как дитя,",
        "Now it howls like a beast, now it weeps like a child,",
    ),
    ("То по кровле обветшалой вдруг соломой зашумит,", "Now on the worn roof it suddenly rustles the straw,"),
    (
        "То, как путник запоздалый, к нам в окошко застучит.",
        "Now, like a late traveller, it knocks at our window.",
    ),
    ("Наша ветхая лачужка и печальна и темна.", "Our tumbledown hut is both sad and dark."),
    (
        "Что же ты, моя старушка, приумолкла у окна?",
        "Why have you, my old dear, fallen silent at the window?",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "demo_page.html".to_owned());
    let secs: f64 = arguments.next().map_or(Ok(60.0), |text| text.parse())?;
    let rate = SampleRate::new(RATE_HZ)?;

    let clean = speech::speech_like(7, RATE_HZ, secs).samples;
    let hiss = noise::surface(8, RATE_HZ, clean.len(), 0.02);
    let mut aged = clean.clone();
    noise::add(&mut aged, &hiss);
    let clicks = click::plant(9, &mut aged, &click::ClickPlan { rate_hz: RATE_HZ, ..Default::default() });
    let restored = clean.iter().zip(&hiss).map(|(x, n)| x + 0.2 * n).collect();
    let (before, after) = (Signal::mono(rate, aged)?, Signal::mono(rate, restored)?);
    let removed = before.minus(&after);

    let mut declick = StageReport::new("declick");
    declick.summary = format!("{} clicks repaired", clicks.len());
    declick.find("clicks_per_second", clicks.len() as f64 / secs, "1/s");
    declick.repairs =
        clicks.iter().map(|c| Repair { channel: 0, start: c.start, end: c.end, confidence: 1.0 }).collect();
    let mut gate = StageReport::new("spectral_gate");
    gate.find("noise_reduction_db", 14.0, "dB");
    gate.warnings.push("the noise was made up, and so was its removal".to_owned());

    let timeline = timeline(secs);
    let figures = [Figure {
        label: "Words heard".to_owned(),
        value: timeline.words().count().to_string(),
        explanation: "Words whose place was measured rather than inferred from their neighbours.".to_owned(),
    }];
    let inputs = PageInputs {
        timeline: Some(&timeline),
        stage_reports: &[declick, gate],
        figures: &figures,
        ..PageInputs::new("Зимний вечер (a made-up side)", &before, &after, &removed)
    };
    let started = Instant::now();
    let html = render(&inputs)?;
    let took = started.elapsed().as_secs_f64();
    std::fs::write(&path, &html)?;
    let size = html.len() as f64 / 1e6;
    println!(
        "{path}: {secs} s of sound, {size:.2} MB, made in {took:.2} s ({:.0} times real time)",
        secs / took
    );
    Ok(())
}

/// The text, again and again, over the side: words in time in proportion to their letters.
fn timeline(secs: f64) -> Timeline {
    let confidence = Confidence { state: State::Measured, plus_minus_ms: Some(35.0) };
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    let (mut now, mut words_so_far) = (LEAD_IN_SECS, 0);
    for (index, (text, english)) in TEXT.iter().cycle().enumerate() {
        if now + 7.0 > secs {
            break;
        }
        let start = now;
        let mut words = Vec::new();
        for written in text.split(' ') {
            let end = now + 0.12 + 0.055 * written.chars().count() as f64;
            let state = if words_so_far % 17 == 5 { State::Inferred } else { State::Measured };
            words.push(Word {
                id: format!("w{words_so_far}"),
                start: now,
                end,
                text: written.to_owned(),
                confidence: Confidence { state, ..confidence },
                source: SourceRange::default(),
                phones: Vec::new(),
            });
            words_so_far += 1;
            now = end + if written.ends_with(',') { 0.2 } else { 0.0 };
        }
        let sentence = Sentence {
            id: format!("s{index}"),
            start,
            end: words.last().map_or(start, |word| word.end),
            text: (*text).to_owned(),
            confidence,
            translation: Some(Translation {
                language: "en".into(),
                text: (*english).into(),
                shared_by: Vec::new(),
            }),
            words,
        };
        now = sentence.end + 0.5;
        match paragraphs.last_mut().filter(|_| index % TEXT.len() != 0) {
            Some(paragraph) => {
                paragraph.end = sentence.end;
                paragraph.sentences.push(sentence);
            }
            None => paragraphs.push(Paragraph { start, end: sentence.end, sentences: vec![sentence] }),
        }
    }
    Timeline {
        tonearm_timeline: VERSION,
        audio: AudioSource { path: "made-up.wav".into(), duration: secs, sample_rate: RATE_HZ },
        language: "ru".into(),
        transcript: TranscriptSource { path: "made-up.txt".into() },
        paragraphs,
        unaligned: vec![Unaligned {
            start: 0.0,
            end: LEAD_IN_SECS,
            kind: UnalignedKind::LeadIn,
            sound: None,
        }],
    }
}
