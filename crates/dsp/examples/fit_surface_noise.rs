//! Measures the surface noise of a real disc: the tables and constants of `tonearm_dsp::simulate` come from here.
//!
//! `cargo run --release -p tonearm-dsp --example fit_surface_noise -- ../shared/data/noise/vinyl_hiss.flac`

use std::f64::consts::TAU;
use std::path::Path;

use tonearm_audio::{Centering, FrameGrid, Hertz, decode};
use tonearm_dsp::{Stft, Window, filter::Butterworth, level};

/// RIAA playback equalisation in dB against 1 kHz (3 180, 318 and 75 µs).
fn riaa_db(frequency_hz: f64) -> f64 {
    let response = |f: f64| {
        let corner = |secs: f64| 10.0 * (1.0 + (TAU * f * secs).powi(2)).log10();
        corner(318e-6) - corner(3_180e-6) - corner(75e-6)
    };
    response(frequency_hz) - response(1_000.0)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which recording of surface noise?")?;
    let signal = decode::read(Path::new(&path))?.signal;
    let rate = signal.sample_rate();
    let stft = Stft::new(FrameGrid::new(rate, 8_192, 2_048, Centering::Leading), Window::Hann)?;
    // The median over frames leaves the clicks out; the mean over channels leaves out which wall it was.
    let mut density = vec![0.0; stft.bins()];
    for channel in signal.channels() {
        let power = stft.power(channel);
        for (bin, sum) in density.iter_mut().enumerate() {
            let over_time: Vec<f64> = power.column(bin).iter().map(|p| f64::from(*p)).collect();
            *sum += level::median(&over_time).unwrap_or(0.0);
        }
    }
    let third_octave = |centre_hz: f64| {
        let edge = 2f64.powf(1.0 / 6.0);
        let inside: Vec<f64> = density
            .iter()
            .enumerate()
            .filter(|(bin, _)| (centre_hz / edge..centre_hz * edge).contains(&stft.frequency_of(*bin).get()))
            .map(|(_, power)| *power)
            .collect();
        10.0 * (inside.iter().sum::<f64>() / inside.len() as f64).log10()
    };
    println!("frequency_hz  as_found_db  without_riaa_db");
    for step in -15..14 {
        let centre_hz = 1_000.0 * 2f64.powf(f64::from(step) / 3.0);
        let found = third_octave(centre_hz) - third_octave(1_000.0);
        println!("{centre_hz:12.1} {found:12.1} {:16.1}", found - riaa_db(centre_hz));
    }

    // Clicks: what stands out of the band above 4 kHz, pulses less than 40 samples apart taken together.
    let high = Butterworth::high_pass(4, Hertz::new(4_000.0), rate)?.zero_phase(&signal.downmix());
    let magnitudes: Vec<f64> = high.iter().map(|x| f64::from(x.abs())).collect();
    let sigma = level::median(&magnitudes).unwrap_or(0.0) / 0.6745;
    for multiple in [6.0, 8.0, 10.0, 20.0, 40.0] {
        let mut lengths_us = Vec::new();
        let mut run: Option<(usize, usize)> = None;
        for at in (0..magnitudes.len()).filter(|i| magnitudes[*i] > multiple * sigma) {
            match &mut run {
                Some((_, last)) if at - *last <= 40 => *last = at,
                _ => {
                    lengths_us
                        .extend(run.map(|(first, last)| (last - first + 1) as f64 / rate.as_f64() * 1e6));
                    run = Some((at, at));
                }
            }
        }
        lengths_us.extend(run.map(|(first, last)| (last - first + 1) as f64 / rate.as_f64() * 1e6));
        let quartile = |share| level::percentile(&lengths_us, share).unwrap_or(0.0);
        println!(
            "above {multiple} sigma: {:.1} a second, length quartiles {:.0} {:.0} {:.0} us",
            lengths_us.len() as f64 / signal.duration().get(),
            quartile(0.25),
            quartile(0.5),
            quartile(0.75)
        );
    }
    Ok(())
}
