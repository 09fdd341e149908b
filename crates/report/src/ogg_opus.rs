//! A recording as one Ogg Opus file: what an e-book holds, in which Ogg Vorbis may not stand alone (EPUB 3.3, section 3.2).
//!
//! RFC 7845: identification header (section 5.1), comment header (section 5.2), then packets of 20 ms at 48 kHz whose granule positions count
//! samples, the encoder's lookahead included; a player drops that many at the start (pre-skip) and what lies beyond the last
//! granule position at the end, so that the length is the recording's to the sample of 48 kHz. The channels are mixed to one: a
//! groove holds one. The encoder (RFC 6716, in fixed point) gives the same bytes on every machine; the stream's serial is fixed.

use ogg::PacketWriter;
use ogg::writing::PacketWriteEndInfo;
use ropus::{Application, Bitrate, Channels, Encoder};
use tonearm_audio::{SampleRate, Signal};
use tonearm_dsp::resample;

use crate::ReportError;

/// The rate that granule positions count in.
const RATE_HZ: u32 = 48_000;
/// 20 ms, the usual packet.
const FRAME_SAMPLES: usize = 960;
/// The longest packet that the encoder may make (RFC 6716, section 3.2.1), above what this bit rate needs.
const MAX_PACKET_BYTES: usize = 1_275;
const SERIAL: u32 = 1;
/// Packets on a page: a second, as RFC 7845 recommends at most.
const PACKETS_PER_PAGE: usize = 50;

/// Compresses a recording. 64 kbit/s is transparent for one voice.
///
/// # Errors
/// [`ReportError::Opus`] where the encoder or the writer refuses; [`ReportError::Dsp`] where the rate cannot be changed.
pub fn ogg_opus(signal: &Signal, bits_per_second: u32) -> Result<Vec<u8>, ReportError> {
    let failed = |problem: String| ReportError::Opus { problem };
    let mono = Signal::mono(signal.sample_rate(), signal.downmix())?;
    let resampled = resample(&mono, SampleRate::new(RATE_HZ)?)?;
    let mut samples = resampled.into_channels().swap_remove(0);
    let len = samples.len();
    let mut encoder = Encoder::builder(RATE_HZ, Channels::Mono, Application::Audio)
        .bitrate(Bitrate::try_bits(bits_per_second).map_err(|error| failed(error.to_string()))?)
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let pre_skip = encoder.lookahead() as usize;
    // The decoder is behind by the lookahead: as much silence brings the last sample out.
    samples.resize((len + pre_skip).next_multiple_of(FRAME_SAMPLES).max(FRAME_SAMPLES), 0.0);

    let mut file = Vec::new();
    let mut writer = PacketWriter::new(&mut file);
    let mut packet = |bytes: Vec<u8>, end: PacketWriteEndInfo, granule: usize| {
        writer.write_packet(bytes, SERIAL, end, granule as u64).map_err(|error| failed(error.to_string()))
    };
    packet(identification(pre_skip, signal.sample_rate().hz()), PacketWriteEndInfo::EndPage, 0)?;
    packet(comments(), PacketWriteEndInfo::EndPage, 0)?;
    let count = samples.len() / FRAME_SAMPLES;
    let mut buffer = vec![0; MAX_PACKET_BYTES];
    for (index, frame) in samples.chunks_exact(FRAME_SAMPLES).enumerate() {
        let bytes = encoder.encode_float(frame, &mut buffer).map_err(|error| failed(error.to_string()))?;
        let number = index + 1;
        let (end, granule) = if number == count {
            (PacketWriteEndInfo::EndStream, len + pre_skip)
        } else if number.is_multiple_of(PACKETS_PER_PAGE) {
            (PacketWriteEndInfo::EndPage, number * FRAME_SAMPLES)
        } else {
            (PacketWriteEndInfo::NormalPacket, number * FRAME_SAMPLES)
        };
        packet(buffer[..bytes].to_vec(), end, granule)?;
    }
    Ok(file)
}

/// One channel, no gain, mapping family 0.
fn identification(pre_skip: usize, input_hz: u32) -> Vec<u8> {
    let mut header = b"OpusHead\x01\x01".to_vec();
    header.extend((pre_skip as u16).to_le_bytes());
    header.extend(input_hz.to_le_bytes());
    header.extend([0, 0, 0]);
    header
}

/// The maker's name and no comments.
fn comments() -> Vec<u8> {
    let vendor = concat!("tonearm ", env!("CARGO_PKG_VERSION"));
    let mut header = b"OpusTags".to_vec();
    header.extend((vendor.len() as u32).to_le_bytes());
    header.extend(vendor.as_bytes());
    header.extend(0_u32.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ogg::PacketReader;
    use ropus::{DecodeMode, Decoder};

    use super::*;

    /// Decodes as RFC 7845 says: pre-skip dropped, the end cut at the last granule position.
    fn decoded(file: &[u8]) -> Vec<f32> {
        let mut reader = PacketReader::new(Cursor::new(file));
        let head = reader.read_packet().unwrap().unwrap().data;
        let pre_skip = usize::from(u16::from_le_bytes([head[10], head[11]]));
        reader.read_packet().unwrap().unwrap();
        let mut decoder = Decoder::new(RATE_HZ, Channels::Mono).unwrap();
        let (mut samples, mut end) = (Vec::new(), 0);
        while let Some(packet) = reader.read_packet().unwrap() {
            let mut frame = vec![0.0; FRAME_SAMPLES];
            decoder.decode_float(&packet.data, &mut frame, DecodeMode::Normal).unwrap();
            samples.extend(frame);
            end = packet.absgp_page() as usize;
        }
        samples[pre_skip..end].to_vec()
    }

    #[test]
    fn length_place_and_sound_are_kept() {
        let rate = SampleRate::new(44_100).unwrap();
        let len = 2 * 44_100 + 17;
        let tone = |n: usize| (n as f32 * 440.0 * std::f32::consts::TAU / 44_100.0).sin() * 0.25;
        // Silence, then a tone from 0.5 s on: its place shows a delay.
        let samples: Vec<f32> = (0..len).map(|n| if n < 22_050 { 0.0 } else { tone(n) }).collect();
        let signal = Signal::mono(rate, samples).unwrap();
        let file = ogg_opus(&signal, 64_000).unwrap();
        let back = decoded(&file);
        let wanted = resample(&signal, SampleRate::new(RATE_HZ).unwrap()).unwrap();
        assert_eq!(back.len(), wanted.len());
        let energy = |samples: &[f32]| samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
        let error: Vec<f32> = back.iter().zip(wanted.channel(0)).map(|(a, b)| a - b).collect();
        let snr_db = 10.0 * (energy(wanted.channel(0)) / energy(&error)).log10();
        // A shift of one sample at 440 Hz alone would leave 25 dB.
        assert!(snr_db > 30.0, "{snr_db:.1} dB");
        assert_eq!(file, ogg_opus(&signal, 64_000).unwrap());
        assert!(file.len() < 40_000, "{} bytes", file.len());
    }

    #[test]
    fn nothing_is_a_file_too() {
        let empty = Signal::mono(SampleRate::new(44_100).unwrap(), Vec::new()).unwrap();
        assert!(decoded(&ogg_opus(&empty, 64_000).unwrap()).is_empty());
    }
}
