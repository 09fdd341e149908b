//! An honest 78: a clean recording in, an aged transfer out, and the truth about everything that was done to it.
//!
//! ```text
//! clean ─ horn ─ wow ─ level ─┬─ lead-in, run-out ──────────────────────────────────────── reference
//!                             └─ tracing ─ surface noise ─ hum ─ crackle ─ clicks ─ ticks ─ thumps ─ aged
//! ```
//!
//! The reference is what a perfect transfer of an undamaged pressing would give: it has the horn's colour and the wow, which
//! no cleaning takes away. Restoration is scored against it, so that damage is measured and not the horn.
//!
//! ```
//! use tonearm_audio::{SampleRate, Signal};
//! use tonearm_dsp::simulate::{DiscSettings, simulate};
//!
//! let rate = SampleRate::new(16_000)?;
//! let clean = Signal::mono(rate, (0..16_000).map(|i| (i as f32 * 0.3).sin() * 0.1).collect())?;
//! let disc = simulate(&clean, &DiscSettings::preset("hard").unwrap())?;
//! assert_eq!(disc.aged.len(), disc.reference.len());
//! assert!(!disc.truth.clicks.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod damage;
mod horn;
mod pulse;
mod random;
mod settings;
mod stylus;
mod surface;
mod truth;
mod wow;

use std::f64::consts::TAU;

use tonearm_audio::{Hertz, SampleRate, Signal};

use self::damage::Planter;
use self::random::{Random, Stream};
pub use self::settings::{
    Clicks, Crackle, Cut, DiscSettings, Horn, Hum, PRESETS, Playback, Resonance, RightWall, Surface, Thumps,
    Ticks, Tracing,
};
pub use self::surface::SurfaceSpectrum;
#[cfg(test)]
pub(crate) use self::truth::tests::truth_of;
pub use self::truth::{ClickKind, DiscTruth, PlantedClick, TRUTH_VERSION, Wow};
use crate::filter::Butterworth;
use crate::score::active_level;
use crate::{DspError, WindowedSinc, level, resample};

/// The band in which speech and noise are compared, in hertz: where acoustic discs have speech at all.
const SPEECH_BAND_HZ: (f64, f64) = (200.0, 4_000.0);
/// Harmonics of the hum, the fundamental included.
const HUM_HARMONICS: usize = 8;
/// The interpolator that moves the right wall: errors below −90 dB up to 0.85 of the Nyquist frequency.
const LATE_HALF_LENGTH: usize = 32;
const LATE_KAISER_BETA: f64 = 9.0;
/// Hum at or below this level is left out.
const NO_HUM_DB: f64 = -100.0;

/// A simulated disc.
#[derive(Clone, Debug, PartialEq)]
pub struct Disc {
    /// The transfer: damaged.
    pub aged: Signal,
    /// What a perfect transfer of an undamaged pressing would give; rate, length and channels of `aged`. Each channel holds
    /// the left wall's programme: a difference of the walls is a fault of the transfer, and so is the polarity of a vertical
    /// cut's right wall.
    pub reference: Signal,
    /// Everything that was done.
    pub truth: DiscTruth,
}

/// Presses `clean` (mixed down to mono) on a disc, wears it, and transfers it.
///
/// # Errors
/// [`DspError::Setting`] where a setting lies outside its range; [`DspError::Resample`] where the rate cannot be changed.
pub fn simulate(clean: &Signal, settings: &DiscSettings) -> Result<Disc, DspError> {
    let rate = settings.validated_rate()?;
    let rate_hz = rate.as_f64();
    let mono = Signal::mono(clean.sample_rate(), clean.downmix())?;
    let programme = resample(&mono, rate)?.into_channels().swap_remove(0);
    let programme = horn::record(&settings.horn, rate, programme)?;
    let lead_in = rate.samples_in(settings.lead_in_secs);
    let wow = wow::of(settings);
    let mut programme = wow::bend(&wow, programme, rate_hz, lead_in);

    let speech_band = speech_band(rate)?;
    let reference_amplitude = 10f64.powf(settings.speech_level_dbfs / 20.0);
    let level = active_level(&speech_band.zero_phase(&programme), rate);
    if level > 0.0 {
        programme.iter_mut().for_each(|x| *x = (f64::from(*x) * reference_amplitude / level) as f32);
    }

    let run_out = rate.samples_in(settings.run_out_secs);
    let len = lead_in + programme.len() + run_out;
    let on_disc = |programme: &[f32]| {
        let mut channel = vec![0.0; len];
        channel[lead_in..lead_in + programme.len()].copy_from_slice(programme);
        channel
    };
    let walls = match settings.playback {
        Playback::Mono => vec![None],
        Playback::Walls => vec![Some(0), Some(1)],
    };
    let mut aged = Vec::with_capacity(walls.len());
    let mut reference = Vec::with_capacity(walls.len());
    let mut clicks = Vec::new();
    let (mut crackle_pulses, mut clipped_samples, mut surface_level) = (0, 0, 0.0);
    for (channel, wall) in walls.into_iter().enumerate() {
        let sign = if settings.cut == Cut::Vertical && channel == 1 { -1.0 } else { 1.0 };
        let right_wall = if wall == Some(1) { Some(settings.right_wall) } else { None };
        let mut pressed: Vec<f32> = programme.iter().map(|x| sign * x).collect();
        if let Some(late) =
            right_wall.map(|wall| wall.late_us * 1e-6 * rate_hz).filter(|late| late.abs() > 0.0)
        {
            let sinc = WindowedSinc::new(LATE_HALF_LENGTH, LATE_KAISER_BETA, 1.0);
            pressed = (0..pressed.len()).map(|n| sinc.at(&pressed, n as f64 - late) as f32).collect();
        }
        let mut samples = on_disc(&stylus::trace(settings, &pressed, rate_hz, wall));
        reference.push(on_disc(&programme));

        let noise_db = right_wall.map_or(0.0, |wall| wall.noise_db);
        let level = add_surface(&mut samples, settings, rate, channel, reference_amplitude, noise_db)?;
        if channel == 0 {
            surface_level = level;
        }
        add_hum(&mut samples, settings, rate_hz, reference_amplitude);
        let mut planter = Planter::new(settings, rate_hz, reference_amplitude, channel);
        planter.plant_crackle(&mut samples);
        planter.plant_clicks(&mut samples);
        planter.plant_ticks(&mut samples);
        planter.plant_thumps(&mut samples);
        crackle_pulses += planter.crackle_pulses;
        if let Some(wall) = right_wall {
            let gain = 10f64.powf(wall.gain_db / 20.0) as f32;
            samples.iter_mut().for_each(|x| *x *= gain);
            planter.planted.iter_mut().for_each(|click| click.peak *= gain);
        }
        clicks.append(&mut planter.planted);

        for sample in samples.iter_mut().filter(|x| x.abs() > 1.0) {
            *sample = sample.clamp(-1.0, 1.0);
            clipped_samples += 1;
        }
        aged.push(samples);
    }
    clicks.sort_by_key(|click| (click.start, click.end, click.channel, click.kind));
    let truth = DiscTruth {
        tonearm_truth: TRUTH_VERSION,
        sample_rate: rate.hz(),
        samples: len,
        programme_start: lead_in,
        programme_end: lead_in + programme.len(),
        wow,
        turn_secs: 60.0 / settings.turns_per_minute,
        speech_level_dbfs: settings.speech_level_dbfs,
        surface_level_dbfs: level::dbfs(surface_level).get(),
        clipped_samples,
        crackle_pulses,
        clicks,
        settings: settings.clone(),
    };
    Ok(Disc { aged: Signal::new(rate, aged)?, reference: Signal::new(rate, reference)?, truth })
}

/// The pulses of crackle of a simulated disc, which its truth only counts: planted again from the settings.
pub fn crackle_pulses(truth: &DiscTruth) -> Vec<PlantedClick> {
    let mut settings = truth.settings.clone();
    settings.crackle.listed = true;
    let channels = if settings.playback == Playback::Walls { 2 } else { 1 };
    let reference_amplitude = 10f64.powf(settings.speech_level_dbfs / 20.0);
    let mut pulses = Vec::new();
    for channel in 0..channels {
        let mut planter = Planter::new(&settings, f64::from(truth.sample_rate), reference_amplitude, channel);
        planter.plant_crackle(&mut vec![0.0; truth.samples]);
        pulses.append(&mut planter.planted);
    }
    pulses
}

/// The band in which speech and noise are compared, cut to what the rate carries.
fn speech_band(rate: SampleRate) -> Result<Butterworth, DspError> {
    let high_hz = SPEECH_BAND_HZ.1.min(0.95 * rate.nyquist().get());
    Butterworth::band_pass(4, Hertz::new(SPEECH_BAND_HZ.0), Hertz::new(high_hz), rate)
}

/// Adds surface noise at the wanted distance, less `louder_db`, from `reference_amplitude`; returns its amplitude over the whole band.
fn add_surface(
    samples: &mut [f32],
    settings: &DiscSettings,
    rate: SampleRate,
    channel: usize,
    reference_amplitude: f64,
    louder_db: f64,
) -> Result<f64, DspError> {
    let noise = surface::noise(settings, rate, samples.len(), channel)?;
    let in_band = level::rms(&speech_band(rate)?.zero_phase(&noise));
    if in_band <= 0.0 {
        return Ok(0.0);
    }
    let gain = reference_amplitude * 10f64.powf((louder_db - settings.surface.snr_db) / 20.0) / in_band;
    for (sample, noise) in samples.iter_mut().zip(&noise) {
        *sample += (f64::from(*noise) * gain) as f32;
    }
    Ok(level::rms(&noise) * gain)
}

/// Adds mains hum; its harmonics fall by 6 dB an octave, the odd ones 6 dB over the even.
fn add_hum(samples: &mut [f32], settings: &DiscSettings, rate_hz: f64, reference_amplitude: f64) {
    if settings.hum.level_db <= NO_HUM_DB {
        return;
    }
    let mut random = Random::new(settings.seed, Stream::Hum, 0);
    // A level is a root mean square; a sine's peak lies 3 dB above.
    let peak = reference_amplitude * 10f64.powf(settings.hum.level_db / 20.0) * 2f64.sqrt();
    for harmonic in 1..=HUM_HARMONICS {
        let phase = random.between(0.0, TAU);
        let step = harmonic as f64 * settings.hum.frequency_hz / rate_hz;
        if step >= 0.5 {
            return;
        }
        let amplitude = peak / harmonic as f64 * if harmonic % 2 == 0 { 0.5 } else { 1.0 };
        for (i, sample) in samples.iter_mut().enumerate() {
            *sample += (amplitude * (TAU * (step * i as f64).fract() + phase).sin()) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::speech;

    use super::*;

    fn clean(secs: f64) -> Signal {
        let speech = speech::speech_like(3, 16_000, secs);
        Signal::mono(SampleRate::new(16_000).unwrap(), speech.samples).unwrap()
    }

    fn band_level(samples: &[f32], rate: SampleRate) -> f64 {
        level::rms(&speech_band(rate).unwrap().zero_phase(samples))
    }

    #[test]
    fn length_rate_and_place_are_as_told() {
        let settings = DiscSettings { lead_in_secs: 1.5, run_out_secs: 0.5, ..Default::default() };
        let disc = simulate(&clean(3.0), &settings).unwrap();
        assert_eq!(disc.aged.sample_rate().hz(), 44_100);
        assert_eq!(disc.aged.len(), 5 * 44_100);
        assert_eq!((disc.truth.programme_start, disc.truth.programme_end), (66_150, 66_150 + 3 * 44_100));
        assert!(disc.reference.channel(0)[..66_000].iter().all(|x| x.abs() < f32::EPSILON));
        assert!(disc.truth.clicks.windows(2).all(|pair| pair[0].start <= pair[1].start));
    }

    #[test]
    fn the_noise_is_as_far_below_speech_as_asked() {
        for snr_db in [5.0, 20.0] {
            let mut settings = DiscSettings::preset("clean").unwrap();
            settings.lead_in_secs = 2.0;
            settings.surface.snr_db = snr_db;
            let disc = simulate(&clean(4.0), &settings).unwrap();
            let rate = disc.aged.sample_rate();
            let noise = disc.aged.minus(&disc.reference).into_channels().swap_remove(0);
            let speech =
                active_level(&speech_band(rate).unwrap().zero_phase(disc.reference.channel(0)), rate);
            let measured = 20.0 * (speech / band_level(&noise, rate)).log10();
            assert!((measured - snr_db).abs() < 0.1, "{measured} dB for {snr_db} dB");
        }
    }

    #[test]
    fn one_seed_is_one_disc() {
        let settings = DiscSettings::preset("hard").unwrap();
        let first = simulate(&clean(1.0), &settings).unwrap();
        assert_eq!(first, simulate(&clean(1.0), &settings).unwrap());
        let other = DiscSettings { seed: 2, ..settings };
        assert_ne!(first.aged, simulate(&clean(1.0), &other).unwrap().aged);
    }

    #[test]
    fn walls_share_the_programme_and_not_the_damage() {
        let mut settings =
            DiscSettings { playback: Playback::Walls, ..DiscSettings::preset("hard").unwrap() };
        let disc = simulate(&clean(2.0), &settings).unwrap();
        assert_eq!(disc.aged.channel_count(), 2);
        assert_eq!(disc.reference.channel(0), disc.reference.channel(1));
        let clicks = |channel| {
            disc.truth
                .clicks
                .iter()
                .filter(|c| c.channel == channel && c.kind == ClickKind::Click)
                .collect::<Vec<_>>()
        };
        assert_ne!(clicks(0), clicks(1));
        settings.cut = Cut::Vertical;
        let vertical = simulate(&clean(2.0), &settings).unwrap();
        let programme = level::rms(&vertical.reference.downmix());
        assert!((programme / level::rms(disc.reference.channel(0)) - 1.0).abs() < 1e-9);
        settings.surface.snr_db = 60.0;
        settings.clicks.per_second = 0.0;
        settings.crackle.per_second = 0.0;
        settings.ticks.scratches = 0;
        settings.thumps.per_minute = 0.0;
        settings.hum.level_db = -120.0;
        let quiet = simulate(&clean(2.0), &settings).unwrap().aged;
        assert!(level::rms(&quiet.downmix()) < 0.1 * programme, "the walls cancel one another");
    }

    #[test]
    fn the_right_wall_is_late_and_weak_as_told() {
        let mut settings =
            DiscSettings { playback: Playback::Walls, ..DiscSettings::preset("clean").unwrap() };
        settings.right_wall = RightWall { late_us: 50.0, gain_db: -2.0, noise_db: 0.0 };
        let disc = simulate(&clean(3.0), &settings).unwrap();
        let (left, right) = (disc.aged.channel(0), disc.aged.channel(1));
        let found = crate::restore::compare_walls(left, right, disc.aged.sample_rate()).unwrap().unwrap();
        assert!((found.delay_samples - 50e-6 * 44_100.0).abs() < 0.02, "{found:?}");
        assert!((20.0 * found.gain.log10() - 2.0).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn the_truth_survives_its_json() {
        let disc = simulate(&clean(1.0), &DiscSettings::default()).unwrap();
        let json = serde_json::to_string(&disc.truth).unwrap();
        let read = serde_json::from_str::<DiscTruth>(&json).unwrap();
        assert_eq!((&read.clicks, &read.settings), (&disc.truth.clicks, &disc.truth.settings));
        assert!((read.wow.phase - disc.truth.wow.phase).abs() < 1e-12);
    }

    #[test]
    fn crackle_is_found_again_from_the_truth() {
        let mut settings = DiscSettings::preset("hard").unwrap();
        settings.crackle.listed = true;
        let truth = simulate(&clean(1.0), &settings).unwrap().truth;
        let listed: Vec<_> = truth.clicks.iter().filter(|c| c.kind == ClickKind::Crackle).copied().collect();
        let mut again = crackle_pulses(&truth);
        again.sort_by_key(|click| (click.start, click.end));
        assert_eq!(listed, again);
    }

    #[test]
    fn silence_gives_a_blank_disc() {
        let silence = Signal::mono(SampleRate::new(8_000).unwrap(), vec![0.0; 8_000]).unwrap();
        let disc = simulate(&silence, &DiscSettings::default()).unwrap();
        assert!(disc.aged.peak() > 0.0);
        assert!(disc.reference.peak() < f32::EPSILON);
    }
}
