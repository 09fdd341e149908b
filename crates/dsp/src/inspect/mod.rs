//! What a recording is like: levels, noise, clicks, hum, bandwidth, where the side begins and ends, and the preset that
//! suits it.
//!
//! [`inspect`] listens to the whole signal once. Every figure comes with its unit in its name; what could not be measured is
//! `None`. [`Inspection::proposal`] names a preset and says why.

mod activity;
mod channels;
mod proposal;
mod spectrum;

use serde::Serialize;
use tonearm_audio::{Centering, FrameGrid, Signal};

pub use channels::Walls;
pub use proposal::Proposal;

pub use crate::restore::Hum;
use crate::restore::{LoudnessMeasurement, NoisePrint, NoiseProfile, detect, find_hum, find_period};
use crate::{DspError, Stft, Window, level};

/// Frame of the noise profile: 46 ms, as in the spectral gate.
const FRAME_SECS: f64 = 0.046;

/// What a recording is like.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// Length.
    pub duration_secs: f64,
    /// Samples a second.
    pub sample_rate_hz: u32,
    /// Channels.
    pub channels: usize,
    /// Root of the mean square of all channels, full-scale square wave 0 dB.
    pub rms_dbfs: f64,
    /// Largest sample.
    pub peak_dbfs: f64,
    /// Integrated loudness (EBU R 128); none where everything lies below its gate.
    pub loudness_lufs: Option<f64>,
    /// True peak.
    pub true_peak_dbtp: Option<f64>,
    /// Level of the noise in the quiet moments, over the whole band.
    pub noise_floor_dbfs: f64,
    /// Whether no moment was found in which the noise is heard alone: what is taken for it may be programme.
    pub noise_may_hold_programme: bool,
    /// Level of the programme over the noise, from 300 to 3 400 Hz; none where no moment stands out.
    pub programme_over_noise_db: Option<f64>,
    /// Clicks found a second, the mean over channels that differ.
    pub clicks_per_second: f64,
    /// Period of a scratch that ticks once a turn; none where no period stands out.
    pub tick_period_secs: Option<f64>,
    /// Turns a minute of the disc during the transfer, from that period.
    pub turns_per_minute: Option<f64>,
    /// Hum of mains or motor, where it stands out.
    pub hum: Option<Hum>,
    /// Highest frequency where the programme stands out of the noise; none where no moment stands out.
    pub bandwidth_hz: Option<f64>,
    /// Runs of three or more samples held at the largest value: a converter overdriven.
    pub clipped_runs: usize,
    /// Before the programme begins.
    pub lead_in_secs: f64,
    /// After the programme ends.
    pub run_out_secs: f64,
    /// Balance of the two groove walls, for a stereo transfer.
    pub walls: Option<Walls>,
    /// A preset and why.
    pub proposal: Proposal,
}

/// Listens to a recording.
///
/// # Errors
/// [`DspError`] where the signal's rate or channel count cannot be measured for loudness.
pub fn inspect(signal: &Signal) -> Result<Inspection, DspError> {
    let rate = signal.sample_rate();
    let walls = channels::walls(signal)?;
    let mono = channels::programme(signal, walls);
    let loudness = LoudnessMeasurement::of(signal)?;
    let frame_len = rate.samples_in(FRAME_SECS).next_power_of_two().max(64);
    let stft = Stft::new(FrameGrid::new(rate, frame_len, frame_len / 2, Centering::Centered), Window::Hann)?;
    let noise = NoiseProfile::measure(signal, &NoisePrint::Auto, &stft)?;
    // A disc's condition is that of its better wall; where one channel is worse, groove-walls will prefer the other.
    let identical = walls.is_some_and(|walls| walls.identical);
    let heard = if identical { 1 } else { signal.channel_count() };
    let per_channel =
        signal.channels()[..heard].iter().map(|c| detect(c, rate)).collect::<Result<Vec<_>, _>>()?;
    let clicks = per_channel.iter().map(Vec::len).sum::<usize>() as f64 / heard as f64;
    let ticks = per_channel
        .iter()
        .filter_map(|clicks| find_period(clicks, rate))
        .max_by(|a, b| a.sigmas.total_cmp(&b.sigmas));
    let activity = activity::find(&mono, rate, &noise.groove_secs, noise.pauses_are_silent())?;
    let duration_secs = signal.duration().get();
    let rms_dbfs = level::dbfs(rms_of_all(signal)).get();
    // Where a programme never rests, its quietest moments are no noise.
    let over_floor_db = level::dbfs(rms_about_mean(signal)).get() - noise.level().get();
    let is_clean = over_floor_db > proposal::QUIET_DB;

    let mut inspection = Inspection {
        duration_secs,
        sample_rate_hz: rate.hz(),
        channels: signal.channel_count(),
        rms_dbfs,
        peak_dbfs: level::dbfs(f64::from(signal.peak())).get(),
        loudness_lufs: loudness.integrated_lufs,
        true_peak_dbtp: loudness.true_peak_dbtp,
        noise_floor_dbfs: noise.level().get(),
        noise_may_hold_programme: noise.may_hold_programme(),
        programme_over_noise_db: activity
            .programme_over_noise_db
            .map(|db| if is_clean { db.max(over_floor_db) } else { db }),
        clicks_per_second: if duration_secs > 0.0 { clicks / duration_secs } else { 0.0 },
        tick_period_secs: ticks.map(|ticks| ticks.period_secs),
        turns_per_minute: ticks.map(|ticks| 60.0 / ticks.period_secs),
        hum: find_hum(&mono, rate)?,
        bandwidth_hz: spectrum::bandwidth(
            &stft.power(&mono),
            &stft,
            &activity,
            is_clean.then_some(&noise.power),
        ),
        clipped_runs: signal.channels().iter().map(|samples| activity::clipped_runs(samples)).sum(),
        lead_in_secs: activity.lead_in_secs,
        run_out_secs: activity.run_out_secs,
        walls,
        proposal: Proposal::default(),
    };
    inspection.proposal = proposal::propose(&inspection);
    Ok(inspection)
}

/// As [`rms_of_all`], without the offset of each channel, which is no programme.
fn rms_about_mean(signal: &Signal) -> f64 {
    let mean =
        |samples: &[f32]| samples.iter().map(|x| f64::from(*x)).sum::<f64>() / samples.len().max(1) as f64;
    let power: f64 = signal.channels().iter().map(|c| level::rms(c).powi(2) - mean(c).powi(2)).sum();
    (power.max(0.0) / signal.channel_count() as f64).sqrt()
}

fn rms_of_all(signal: &Signal) -> f64 {
    let power: f64 = signal.channels().iter().map(|samples| level::rms(samples).powi(2)).sum();
    (power / signal.channel_count() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use tonearm_audio::SampleRate;
    use tonearm_testkit::instrument::Instrument;
    use tonearm_testkit::{noise, speech, tone};

    use super::*;
    use crate::restore::Preset;

    const RATE_HZ: u32 = 44_100;

    fn side(lead_in_secs: f64, noise_rms: f64) -> Signal {
        let rate = SampleRate::new(RATE_HZ).unwrap();
        let mut samples = vec![0.0; rate.samples_in(lead_in_secs)];
        samples.extend(speech::speech_like(3, RATE_HZ, 8.0).samples);
        samples.extend(vec![0.0; rate.samples_in(2.0)]);
        let surface = noise::white(5, samples.len(), noise_rms);
        noise::add(&mut samples, &surface);
        Signal::mono(rate, samples).unwrap()
    }

    #[test]
    fn the_lead_in_is_found_through_noise() {
        let inspection = inspect(&side(4.0, 0.003)).unwrap();
        // The reading begins and ends with a pause of its own.
        let reading = speech::speech_like(3, RATE_HZ, 8.0).samples;
        let audible = |x: &f32| x.abs() > 0.05;
        let pause_before = reading.iter().position(audible).unwrap() as f64 / f64::from(RATE_HZ);
        let pause_after = reading.iter().rev().position(audible).unwrap() as f64 / f64::from(RATE_HZ);
        assert!((inspection.lead_in_secs - 4.0 - pause_before).abs() < 0.2, "{pause_before} {inspection:#?}");
        assert!((inspection.run_out_secs - 2.0 - pause_after).abs() < 0.3, "{pause_after} {inspection:#?}");
    }

    /// `samples` with `inner` in their middle and `outer` at both ends.
    fn with_gaps(samples: &[f32], inner: &[f32], outer: &[f32]) -> Inspection {
        let (before, after) = samples.split_at(samples.len() / 2);
        let all = [outer, before, inner, after, outer].concat();
        inspect(&Signal::mono(SampleRate::new(RATE_HZ).unwrap(), all).unwrap()).unwrap()
    }

    #[test]
    fn silence_and_a_lifted_needle_are_no_noise_of_the_disc() {
        let disc = side(1.0, 0.01).into_channels().remove(0);
        let alone = with_gaps(&disc, &[], &[]);
        let silence = vec![0.0; 2 * RATE_HZ as usize];
        let lifted = noise::white(8, 3 * RATE_HZ as usize, 1e-4);
        for (name, inner, outer) in
            [("middle", &silence[..], &[][..]), ("ends", &[], &silence), ("lifted", &[], &lifted)]
        {
            let found = with_gaps(&disc, inner, outer);
            let contrast = |i: &Inspection| i.programme_over_noise_db.expect("programme");
            assert!((contrast(&found) - contrast(&alone)).abs() < 1.5, "{name}: {found:#?}");
            assert_eq!(found.bandwidth_hz, alone.bandwidth_hz, "{name}");
            assert_eq!(found.proposal.preset, alone.proposal.preset, "{name}");
            let before = outer.len() as f64 / f64::from(RATE_HZ);
            assert!((found.lead_in_secs - alone.lead_in_secs - before).abs() < 0.11, "{name}: {found:#?}");
        }
    }

    /// The quietest moments of music that hardly rests are music.
    #[test]
    fn music_without_a_rest_is_clean_where_nothing_else_sounds() {
        let rate = SampleRate::new(RATE_HZ).unwrap();
        let mut gentle = [0; 2];
        let players = [Instrument::Organ, Instrument::Violin, Instrument::Song, Instrument::Clarinet];
        for (player, seed) in players.iter().flat_map(|player| (1..=3).map(move |seed| (player, seed))) {
            let music = player.play(seed, RATE_HZ, 8.0);
            // The noisy ones with an offset far louder than they are, which is no programme.
            for (gentle, (over_noise, offset)) in gentle.iter_mut().zip([(1e5, 0.0), (10.0, 30.0)]) {
                let surface = noise::surface(seed, RATE_HZ, music.len(), level::rms(&music) / over_noise);
                let mut samples = music.clone();
                noise::add(&mut samples, &surface);
                let offset = (offset * level::rms(&music)) as f32;
                samples.iter_mut().for_each(|x| *x += offset);
                let found = inspect(&Signal::mono(rate, samples).unwrap()).unwrap();
                *gentle += usize::from(found.proposal.preset == Preset::Gentle);
            }
        }
        assert!(gentle[0] >= 10 && gentle[1] == 0, "{gentle:?} of 12 clean and noisy ones");
    }

    #[test]
    fn hum_is_found_at_its_frequency_and_only_where_it_is() {
        let clean = side(1.0, 0.003);
        assert_eq!(inspect(&clean).unwrap().hum, None);
        let hum = tone::harmonics(RATE_HZ, 50.0, &[0.02, 0.01, 0.01], clean.len());
        let samples = clean.channel(0).iter().zip(hum).map(|(x, h)| x + h).collect();
        let humming = Signal::mono(clean.sample_rate(), samples).unwrap();
        let found = inspect(&humming).unwrap().hum.expect("hum");
        assert!((found.fundamental_hz - 50.0).abs() < 0.5, "{found:?}");
    }

    #[test]
    fn opposite_walls_are_a_vertical_cut() {
        let lateral = side(1.0, 0.001);
        let samples = lateral.channel(0).to_vec();
        let inverted = samples.iter().map(|x| -x).collect();
        let vertical = Signal::new(lateral.sample_rate(), vec![samples.clone(), inverted]).unwrap();
        assert!(inspect(&vertical).unwrap().walls.expect("two walls").likely_vertical_cut);
        let mono = Signal::new(lateral.sample_rate(), vec![samples.clone(), samples]).unwrap();
        assert!(!inspect(&mono).unwrap().walls.expect("two walls").likely_vertical_cut);
    }

    #[test]
    fn the_turn_of_a_scratched_disc_is_found() {
        let mut samples = side(1.0, 0.003).into_channels().remove(0);
        let turn = f64::from(RATE_HZ) * 60.0 / 76.5;
        let mut tick = 9_000.0;
        while (tick as usize) + 3 < samples.len() {
            samples[tick as usize] += 0.5;
            samples[tick as usize + 1] -= 0.4;
            tick += turn;
        }
        let inspection = inspect(&Signal::mono(SampleRate::new(RATE_HZ).unwrap(), samples).unwrap()).unwrap();
        let turns = inspection.turns_per_minute.expect("a period");
        assert!((turns / 76.5 - 1.0).abs() < 1e-3, "{turns}");
    }

    #[test]
    fn silence_and_nothing_are_measured_too() {
        let rate = SampleRate::new(16_000).unwrap();
        for len in [0, 1, 16_000] {
            let inspection = inspect(&Signal::mono(rate, vec![0.0; len]).unwrap()).unwrap();
            assert_eq!((inspection.hum, inspection.clipped_runs), (None, 0));
        }
    }
}
