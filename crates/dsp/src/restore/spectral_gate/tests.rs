use tonearm_audio::Hertz;
use tonearm_testkit::{noise, speech};

use super::*;

const RATE_HZ: u32 = 16_000;

fn signal(samples: Vec<f32>) -> Signal {
    Signal::mono(SampleRate::new(RATE_HZ).unwrap(), samples).unwrap()
}

/// Speech of `secs` with white noise at `snr_db`.
fn noisy_speech(seed: u64, secs: f64, snr_db: f64) -> (Vec<f32>, Signal) {
    let clean = speech::speech_like(seed, RATE_HZ, secs).samples;
    let noise = noise::white(seed + 100, clean.len(), 0.1);
    let scale = crate::level::rms(&clean) / crate::level::rms(&noise) * 10f64.powf(-snr_db / 20.0);
    let mixed = clean.iter().zip(&noise).map(|(s, n)| s + n * scale as f32).collect();
    (clean, signal(mixed))
}

fn snr_db(clean: &[f32], other: &[f32]) -> f64 {
    let error: f64 = clean.iter().zip(other).map(|(c, o)| f64::from(c - o).powi(2)).sum();
    let energy: f64 = clean.iter().map(|c| f64::from(*c).powi(2)).sum();
    10.0 * (energy / error).log10()
}

#[test]
fn noise_falls_and_speech_stays() {
    // Gains at 5 and at 10 dB. What the modes reach on real material stands in docs/comparison.md.
    for (mode, floor_db, least) in [
        (GateMode::Learned, -30.0, 4.0),
        (GateMode::Omlsa, -12.0, 2.5),
        (GateMode::SoftThreshold, -12.0, 2.0),
    ] {
        let gate = SpectralGate::new(SpectralGateSettings { mode, floor_db, ..Default::default() }).unwrap();
        for (seed, before_db) in [(1, 5.0), (2, 10.0)] {
            let (clean, noisy) = noisy_speech(seed, 8.0, before_db);
            let (output, _) = gate.process(&noisy).unwrap();
            let gain = snr_db(&clean, output.channel(0)) - before_db;
            println!("{mode:?} at {before_db} dB: {gain:.2} dB");
            assert!(gain > least, "{mode:?} at {before_db} dB: {gain:.2} dB");
        }
    }
}

/// `side` with `secs` of the pre-amplifier's noise before and after it, at `level`.
fn with_needle_up(side: &[f32], secs: usize, level: f64) -> Vec<f32> {
    let up = |seed| noise::white(seed, secs * RATE_HZ as usize, level);
    [up(41), side.to_vec(), up(42)].concat()
}

#[test]
fn a_lifted_needle_does_not_hide_the_noise() {
    let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
    let (clean, side) = noisy_speech(6, 16.0, 10.0);
    let alone = snr_db(&clean, gate.process(&side).unwrap().0.channel(0));
    for (secs, level) in [(1, 2e-4), (4, 2e-3), (4, 2e-5), (4, 0.0)] {
        let transfer = with_needle_up(side.channel(0), secs, level);
        let (output, _) = gate.process(&signal(transfer.clone())).unwrap();
        let before = secs * RATE_HZ as usize;
        let in_side = snr_db(&clean, &output.channel(0)[before..before + clean.len()]);
        assert!((in_side - alone).abs() < 0.4, "{secs} s at {level}: {in_side:.2} dB, alone {alone:.2} dB");
        let up = 0..before - 1_000;
        let (lifted, was) =
            (crate::level::rms(&output.channel(0)[up.clone()]), crate::level::rms(&transfer[up]));
        assert!(lifted <= was, "{secs} s at {level}: {lifted:e} of {was:e}");
    }
}

#[test]
fn clean_speech_passes() {
    let settings = crate::restore::Preset::Gentle.settings().spectral_gate.expect("gentle gates");
    let gate = SpectralGate::new(settings).unwrap();
    for seed in 0..8 {
        let clean = speech::speech_like(seed, RATE_HZ, 8.0).samples;
        let (output, _) = gate.process(&signal(clean.clone())).unwrap();
        let kept = snr_db(&clean, output.channel(0));
        println!("seed {seed}: {kept:.1} dB");
        assert!(kept > 40.0, "seed {seed}: {kept:.1} dB");
    }
}

#[test]
fn the_clearer_the_programme_the_less_is_taken() {
    let taken = |snr_db| {
        let settings = SpectralGateSettings { clean_above_db: 30.0, ..Default::default() };
        let (_, noisy) = noisy_speech(1, 8.0, snr_db);
        SpectralGate::new(settings).unwrap().process(&noisy).unwrap().0.minus(&noisy)
    };
    let levels = [10.0, 24.0, 36.0].map(|snr_db| crate::level::rms(taken(snr_db).channel(0)));
    assert!(levels[0] > 4.0 * levels[1] && levels[1] > 0.0, "{levels:?}");
    assert!(levels[2] < 1e-6, "{levels:?}");
}

#[test]
fn the_noise_that_stays_does_not_twitter() {
    // Kurtosis of the power in a bin: 2 for noise. Single peaks that come and go raise it. A context that has not learned what a
    // narrow band looks like makes it 4 to 8.
    let gate = SpectralGate::new(SpectralGateSettings { floor_db: -40.0, ..Default::default() }).unwrap();
    for rate_hz in [8_000, RATE_HZ, 22_050, 44_100] {
        let rate = SampleRate::new(rate_hz).unwrap();
        let noise = Signal::mono(rate, noise::white(9, rate_hz as usize * 8, 0.1)).unwrap();
        let (output, _) = gate.process(&noise).unwrap();
        let stft = gate.stft(rate).unwrap();
        let kurtosis = |samples: &[f32]| {
            let power = stft.power(samples);
            let columns = power.columns().into_iter().skip(10).take(160);
            let of_bins: Vec<f64> = columns
                .map(|bin| {
                    let mean = f64::from(bin.sum()) / bin.len() as f64;
                    let square = bin.iter().map(|p| f64::from(*p).powi(2)).sum::<f64>() / bin.len() as f64;
                    square / (mean * mean)
                })
                .collect();
            crate::level::median(&of_bins).unwrap()
        };
        let (before, after) = (kurtosis(noise.channel(0)), kurtosis(output.channel(0)));
        assert!(after < 1.5 * before, "{rate_hz} Hz: {before:.2} became {after:.2}");
    }
}

#[test]
fn no_line_stays_in_a_pause() {
    // What P.862 makes of pauses tempts a gain to leave one loud band in them, which then hums.
    let clean = speech::speech_like(3, 44_100, 8.0).samples;
    let mut samples = noise::white(7, 44_100 * 2 + clean.len(), 0.1);
    let scale = crate::level::rms(&clean) / crate::level::rms(&samples) * 10f64.powf(-5.0 / 20.0);
    samples.iter_mut().for_each(|x| *x *= scale as f32);
    samples[44_100 * 2..].iter_mut().zip(&clean).for_each(|(x, s)| *x += s);
    let gate = SpectralGate::new(SpectralGateSettings { floor_db: -40.0, ..Default::default() }).unwrap();
    let noisy = Signal::mono(SampleRate::new(44_100).unwrap(), samples).unwrap();
    let (output, _) = gate.process(&noisy).unwrap();
    let stft = gate.stft(noisy.sample_rate()).unwrap();
    let in_threes = |signal: &Signal| {
        let power = stft.power(&signal.channel(0)[8_820..70_560]);
        let bins: Vec<f32> = power.columns().into_iter().take(160).map(|bin| bin.sum()).collect();
        bins[9..].chunks(3).map(|bins| f64::from(bins.iter().sum::<f32>())).collect::<Vec<f64>>()
    };
    let kept: Vec<f64> =
        in_threes(&output).iter().zip(in_threes(&noisy)).map(|(y, x)| 10.0 * (y / x).log10()).collect();
    let median = crate::level::median(&kept).unwrap();
    let highest = kept.iter().copied().fold(f64::MIN, f64::max);
    assert!(highest < median + 12.0, "median {median:.1} dB, highest {highest:.1} dB");
}

#[test]
fn noise_alone_falls_to_the_floor() {
    let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
    let noise = signal(noise::white(4, RATE_HZ as usize * 6, 0.1));
    let (output, _) = gate.process(&noise).unwrap();
    let fall = 20.0 * (crate::level::rms(output.channel(0)) / crate::level::rms(noise.channel(0))).log10();
    assert!((-12.1..-10.5).contains(&fall), "{fall:.2} dB");
}

#[test]
fn a_click_is_not_moved() {
    let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
    let mut samples = noise::white(6, RATE_HZ as usize * 3, 0.1);
    samples.iter_mut().for_each(|x| *x *= 0.001);
    samples[20_001] = 1.0;
    let (output, _) = gate.process(&signal(samples)).unwrap();
    let x = output.channel(0);
    assert_eq!(x.len(), RATE_HZ as usize * 3);
    assert_eq!((0..x.len()).max_by(|a, b| x[*a].total_cmp(&x[*b])), Some(20_001));
}

#[test]
fn silence_stays_silent_and_short_signals_pass() {
    let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
    for len in [0, 1, 100, 40_000] {
        let silence = signal(vec![0.0; len]);
        assert_eq!(gate.process(&silence).unwrap().0, silence);
    }
    let (output, _) = gate.process(&signal(vec![0.5; 10])).unwrap();
    assert_eq!(output.len(), 10);
}

#[test]
fn channels_share_one_gain() {
    let (_, noisy) = noisy_speech(3, 4.0, 10.0);
    let left = noisy.channel(0).to_vec();
    let right = left.iter().map(|x| 0.5 * x).collect();
    let stereo = Signal::new(noisy.sample_rate(), vec![left, right]).unwrap();
    let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
    let (output, _) = gate.process(&stereo).unwrap();
    for (l, r) in output.channel(0).iter().zip(output.channel(1)) {
        assert!((0.5 * l - r).abs() < 1e-6);
    }
}

#[test]
fn the_same_on_one_thread_and_many_and_across_segments() {
    // Longer than one segment at this rate.
    let (_, noisy) = noisy_speech(5, 40.0, 10.0);
    let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| gate.process(&noisy).unwrap().0)
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn settings_outside_their_range_are_refused() {
    let settings = SpectralGateSettings { floor_db: -50.0, ..Default::default() };
    assert!(matches!(SpectralGate::new(settings), Err(DspError::Setting { .. })));
}

/// Speech of 40 s whose noise is 20 dB below it, and 8 dB from the middle on; clean, noisy.
fn joined_transfers() -> (Vec<f32>, Vec<f32>) {
    let (clean, quiet) = noisy_speech(7, 40.0, 20.0);
    let (_, loud) = noisy_speech(7, 40.0, 8.0);
    let middle = clean.len() / 2;
    let joined = [&quiet.channel(0)[..middle], &loud.channel(0)[middle..]].concat();
    (clean, joined)
}

#[test]
fn two_transfers_joined_are_gated_as_each_alone() {
    let gate = SpectralGate::new(SpectralGateSettings { floor_db: -34.0, ..Default::default() }).unwrap();
    let (clean, joined) = joined_transfers();
    let (output, report) = gate.process(&signal(joined.clone())).unwrap();
    let at = report.finding("noise_step_at").expect("a step");
    assert!((at - 20.0).abs() < 0.5, "at {at} s");
    let middle = clean.len() / 2;
    for half in [0..middle, middle..clean.len()] {
        let (alone, _) = gate.process(&signal(joined[half.clone()].to_vec())).unwrap();
        let alone = snr_db(&clean[half.clone()], alone.channel(0));
        let in_whole = snr_db(&clean[half.clone()], &output.channel(0)[half.clone()]);
        assert!((in_whole - alone).abs() < 0.2, "{half:?}: {in_whole:.2} dB, alone {alone:.2} dB");
    }
    let on_one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(on_one_thread.install(|| gate.process(&signal(joined)).unwrap().0), output);
}

#[test]
fn noise_that_does_not_step_is_gated_in_one_part() {
    let (_, noisy) = noisy_speech(7, 40.0, 14.0);
    let report = SpectralGate::new(SpectralGateSettings::default()).unwrap().process(&noisy).unwrap().1;
    assert_eq!(report.finding("noise_step_at"), None);
    // A chord that is held from the middle on is as steady as noise.
    let chord = tonearm_testkit::tone::harmonics(RATE_HZ, 220.0, &[0.1; 30], 20 * RATE_HZ as usize);
    let mut samples = noisy.channel(0).to_vec();
    samples[20 * RATE_HZ as usize..].iter_mut().zip(&chord).for_each(|(x, tone)| *x += tone);
    let report =
        SpectralGate::new(SpectralGateSettings::default()).unwrap().process(&signal(samples)).unwrap().1;
    assert_eq!(report.finding("noise_step_at"), None);
}

#[test]
fn a_noisy_channel_does_not_take_of_its_clean_neighbour() {
    let gate = SpectralGate::new(SpectralGateSettings { floor_db: -34.0, ..Default::default() }).unwrap();
    let (left, noisy) = noisy_speech(8, 12.0, 8.0);
    let (right, clean) = noisy_speech(9, 12.0, 40.0);
    let both =
        Signal::new(noisy.sample_rate(), vec![noisy.channel(0).to_vec(), clean.channel(0).to_vec()]).unwrap();
    let (output, report) = gate.process(&both).unwrap();
    for (channel, (speech, alone)) in [(left, noisy), (right, clean)].into_iter().enumerate() {
        let alone = gate.process(&alone).unwrap().0;
        assert_eq!(output.channel(channel), alone.channel(0), "channel {channel}");
        assert!(snr_db(&speech, output.channel(channel)) > 10.0);
    }
    assert!(report.summary.contains("channel 2"), "{}", report.summary);
}

#[test]
fn a_quieter_channel_shares_the_gain() {
    let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
    let (_, noisy) = noisy_speech(8, 12.0, 14.0);
    let (_, other) = noisy_speech(9, 12.0, 14.0);
    let quieter = other.channel(0).iter().map(|x| 0.05 * x).collect();
    let both = Signal::new(noisy.sample_rate(), vec![noisy.channel(0).to_vec(), quieter]).unwrap();
    let report = gate.process(&both).unwrap().1;
    assert!(!report.summary.contains("channel 2"), "{}", report.summary);
}

#[test]
fn music_without_a_pause_is_warned_of_and_speech_is_not() {
    let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
    let (_, noisy) = noisy_speech(7, 12.0, 14.0);
    let report = gate.process(&noisy).unwrap().1;
    assert!(report.warnings.is_empty() && report.finding("noise_heard_alone").is_some_and(|s| s > 1.0));
    // Bursts of noise in bands of their own, a third of them silent at any time.
    let mut music = vec![0.0f32; 12 * RATE_HZ as usize];
    for voice in 0..12u32 {
        let low_hz = 150.0 * 1.38f64.powi(voice as i32);
        let rate = noisy.sample_rate();
        let hiss = noise::white(u64::from(voice), music.len(), 0.1);
        let high =
            crate::filter::Butterworth::high_pass(4, Hertz::new(low_hz), rate).unwrap().zero_phase(&hiss);
        let voiced = crate::filter::Butterworth::low_pass(4, Hertz::new(1.38 * low_hz), rate)
            .unwrap()
            .zero_phase(&high);
        for (n, (x, voice_x)) in music.iter_mut().zip(voiced).enumerate() {
            let secs = n as f64 / f64::from(RATE_HZ);
            *x += if (1.7 * secs + 0.37 * f64::from(voice)).fract() < 0.66 { voice_x } else { 0.0 };
        }
    }
    noise::add(&mut music, &noise::white(99, 12 * RATE_HZ as usize, 0.003));
    let report = gate.process(&signal(music)).unwrap().1;
    assert!(report.warnings.len() == 1, "{report:#?}");
}

/// A converter's offset, far louder than the noise, is neither taken for it nor lowered.
#[test]
fn an_offset_passes_and_is_no_noise() {
    let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
    let (_, noisy) = noisy_speech(5, 6.0, 40.0);
    let mean = noisy.channel(0).iter().sum::<f32>() / noisy.len() as f32;
    let noisy = signal(noisy.channel(0).iter().map(|x| x - mean).collect());
    let level = |report: &StageReport| report.finding("noise_level").unwrap();
    let (plain, report) = gate.process(&noisy).unwrap();
    for offset in [0.02, -0.005] {
        let shifted = signal(noisy.channel(0).iter().map(|x| x + offset).collect());
        let (output, shifted_report) = gate.process(&shifted).unwrap();
        let back: Vec<f32> = output.channel(0).iter().map(|x| x - offset).collect();
        let snr = snr_db(plain.channel(0), &back);
        assert!(snr > 35.0, "{offset}: {snr:.1} dB, {}", shifted_report.summary);
        assert!(
            (level(&shifted_report) - level(&report)).abs() < 3.0,
            "{} and {}",
            report.summary,
            shifted_report.summary
        );
    }
}
