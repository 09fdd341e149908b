//! Embedded templates: for each speech sound and voice an expected duration and the spectra of its three thirds.
//!
//! Measured by `examples/measure_templates.rs` from speech whose sounds are timed (`templates/README.md`), stored as log
//! powers in [`FINE_BANDS`] mel bands, so that a recording of any bandwidth can be met.
//!
//! Layout of the file, little-endian: `TNRM`, version `u8`, bands `u8`, voices `u16`; a voice: name and language (each a
//! `u8` length and UTF-8), entries `u16`; an entry: symbol (`u8` length and UTF-8), tokens `u16`, natural log of the
//! duration in seconds unstressed, stressed, and its spread (three `f32`), then 3 × bands `u8` of
//! `(ln power − LOWEST) / STEP`.

use std::collections::BTreeMap;

use super::articulation;
use crate::AlignError;
use crate::features::FINE_BANDS;

/// Parts of a sound that have a spectrum of their own.
pub const THIRDS: usize = 3;
const MAGIC: &[u8; 4] = b"TNRM";
const VERSION: u8 = 1;
/// Natural log of the lowest power that is stored, relative to the voice's mean.
const LOWEST: f32 = -24.0;
/// Step of a stored log power: 0.54 dB.
const STEP: f32 = 0.125;

/// One speech sound of one voice.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// How many sounds were measured.
    pub tokens: u16,
    /// Natural log of the duration in seconds, unstressed and stressed.
    pub log_duration: [f32; 2],
    /// Standard deviation of the log duration.
    pub spread: f32,
    /// Natural log of the power of each third in each fine band, relative to the voice's mean power.
    pub thirds: Vec<[f32; FINE_BANDS]>,
}

/// All sounds of one voice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplateVoice {
    /// Such as `slt`.
    pub name: String,
    /// Such as `en`.
    pub language: String,
    /// By IPA symbol.
    pub sounds: BTreeMap<String, Template>,
}

/// Voices made of recorded speech.
const RECORDED: [&str; 2] = ["slt", "rms"];

/// All voices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Templates {
    /// In the order they were measured.
    pub voices: Vec<TemplateVoice>,
}

impl Templates {
    /// The templates that this crate carries.
    ///
    /// # Errors
    /// [`AlignError::Templates`] where they are damaged.
    pub fn embedded() -> Result<Self, AlignError> {
        Self::from_bytes(include_bytes!("../../templates/templates.bin"))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`AlignError::Templates`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AlignError> {
        let mut reader = Reader { bytes };
        if reader.take(4)? != MAGIC {
            return Err(damaged("it does not begin with TNRM"));
        }
        if reader.byte()? != VERSION || usize::from(reader.byte()?) != FINE_BANDS {
            return Err(damaged("it is of another version or has another number of bands"));
        }
        let mut voices = Vec::new();
        for _ in 0..reader.short()? {
            let mut voice =
                TemplateVoice { name: reader.text()?, language: reader.text()?, sounds: BTreeMap::new() };
            for _ in 0..reader.short()? {
                let symbol = reader.text()?;
                let tokens = reader.short()?;
                let log_duration = [reader.float()?, reader.float()?];
                let spread = reader.float()?;
                let mut thirds = Vec::with_capacity(THIRDS);
                for _ in 0..THIRDS {
                    let mut spectrum = [0f32; FINE_BANDS];
                    for (power, byte) in spectrum.iter_mut().zip(reader.take(FINE_BANDS)?) {
                        *power = LOWEST + STEP * f32::from(*byte);
                    }
                    thirds.push(spectrum);
                }
                voice.sounds.insert(symbol, Template { tokens, log_duration, spread, thirds });
            }
            voices.push(voice);
        }
        Ok(Self { voices })
    }

    /// The compact form that is embedded.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend([VERSION, FINE_BANDS as u8]);
        out.extend((self.voices.len() as u16).to_le_bytes());
        let text = |out: &mut Vec<u8>, text: &str| {
            out.push(text.len() as u8);
            out.extend(text.as_bytes());
        };
        for voice in &self.voices {
            text(&mut out, &voice.name);
            text(&mut out, &voice.language);
            out.extend((voice.sounds.len() as u16).to_le_bytes());
            for (symbol, sound) in &voice.sounds {
                text(&mut out, symbol);
                out.extend(sound.tokens.to_le_bytes());
                for value in [sound.log_duration[0], sound.log_duration[1], sound.spread] {
                    out.extend(value.to_le_bytes());
                }
                for power in sound.thirds.iter().flatten() {
                    out.push(((power - LOWEST) / STEP).round().clamp(0.0, 255.0) as u8);
                }
            }
        }
        out
    }

    /// The voices that speak `language` (a BCP 47 tag; its region does not matter), or, where none does, voices pooled
    /// over all languages.
    pub fn voices_for(&self, language: &str) -> Vec<TemplateVoice> {
        let primary = primary_of(language);
        let pooled = self.pooled();
        let mut voices: Vec<TemplateVoice> = Vec::new();
        for voice in self.voices.iter().filter(|voice| voice.language == primary) {
            let mut voice = voice.clone();
            // Sounds of other languages in the same voice are better than a neighbour's in this one.
            if let Some(other) = pooled.iter().find(|other| other.name == voice.name) {
                for (symbol, sound) in &other.sounds {
                    voice.sounds.entry(symbol.clone()).or_insert_with(|| sound.clone());
                }
            }
            voices.push(voice);
        }
        if voices.is_empty() { pooled } else { voices }
    }

    /// Whether a voice that speaks `language` is made of recorded speech; the others speak by rule.
    pub(crate) fn has_recorded(&self, language: &str) -> bool {
        let primary = primary_of(language);
        self.voices.iter().any(|voice| voice.language == primary && RECORDED.contains(&voice.name.as_str()))
    }

    /// One voice a name, its sounds taken from whichever language has most of them.
    fn pooled(&self) -> Vec<TemplateVoice> {
        let mut pooled: Vec<TemplateVoice> = Vec::new();
        for voice in &self.voices {
            let at = pooled.iter().position(|p| p.name == voice.name).unwrap_or_else(|| {
                pooled.push(TemplateVoice { name: voice.name.clone(), ..TemplateVoice::default() });
                pooled.len() - 1
            });
            for (symbol, sound) in &voice.sounds {
                let known = pooled[at].sounds.entry(symbol.clone()).or_insert_with(|| sound.clone());
                if known.tokens < sound.tokens {
                    *known = sound.clone();
                }
            }
        }
        pooled
    }
}

impl TemplateVoice {
    /// The template of `symbol`: its own, else made of those of its parts, else that of the nearest sound.
    pub fn sound(&self, symbol: &str) -> Option<Template> {
        if let Some(sound) = self.sounds.get(symbol) {
            return Some(sound.clone());
        }
        let parts = self.parts(symbol);
        if parts.len() > 1 {
            return Some(Template::of_parts(&parts));
        }
        self.sounds
            .iter()
            .min_by(|(a, _), (b, _)| {
                articulation::distance(symbol, a).total_cmp(&articulation::distance(symbol, b))
            })
            .map(|(_, sound)| sound.clone())
    }

    /// `symbol` cut into known sounds, longest first; diacritics that stay alone are passed over. Letters without a
    /// template take the nearest.
    fn parts(&self, symbol: &str) -> Vec<Template> {
        let letters: Vec<char> = symbol.chars().collect();
        let mut parts = Vec::new();
        let mut i = 0;
        while i < letters.len() {
            let found = (i + 1..=letters.len()).rev().find_map(|end| {
                let piece: String = letters[i..end].iter().collect();
                self.sounds.get(&piece).map(|sound| (sound.clone(), end))
            });
            match found {
                Some((sound, end)) => {
                    parts.push(sound);
                    i = end;
                }
                None => i += 1,
            }
        }
        parts
    }
}

impl Template {
    /// Several sounds run together: durations add up, thirds are taken at equal steps.
    fn of_parts(parts: &[Self]) -> Self {
        let all: Vec<[f32; FINE_BANDS]> = parts.iter().flat_map(|part| part.thirds.iter().copied()).collect();
        let sum = |stress: usize| parts.iter().map(|p| p.log_duration[stress].exp()).sum::<f32>().ln();
        let thirds = (0..THIRDS)
            .map(|third| {
                let group = &all[third * parts.len()..(third + 1) * parts.len()];
                let mut mean = [0f32; FINE_BANDS];
                for (band, mean) in mean.iter_mut().enumerate() {
                    *mean = group.iter().map(|s| s[band]).sum::<f32>() / group.len() as f32;
                }
                mean
            })
            .collect();
        Self {
            tokens: parts.iter().map(|p| p.tokens).min().unwrap_or(0),
            log_duration: [sum(0), sum(1)],
            spread: parts.iter().map(|p| p.spread).fold(0.0, f32::max),
            thirds,
        }
    }
}

fn damaged(reason: &'static str) -> AlignError {
    AlignError::Templates { reason }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], AlignError> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or_else(|| damaged("it ends too early"))?;
        self.bytes = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, AlignError> {
        Ok(self.take(1)?[0])
    }

    fn short(&mut self) -> Result<u16, AlignError> {
        let bytes = self.take(2)?;
        Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    fn float(&mut self) -> Result<f32, AlignError> {
        let bytes = self.take(4)?;
        Ok(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn text(&mut self) -> Result<String, AlignError> {
        let len = usize::from(self.byte()?);
        String::from_utf8(self.take(len)?.to_vec()).map_err(|_| damaged("a name is not UTF-8"))
    }
}

/// The language of a BCP 47 tag.
fn primary_of(language: &str) -> String {
    language.split(['-', '_']).next().unwrap_or(language).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_templates_are_whole() {
        let templates = Templates::embedded().unwrap();
        assert_eq!(Templates::from_bytes(&templates.to_bytes()).unwrap(), templates);
        for language in ["en", "ru", "de"] {
            assert!(templates.voices.iter().filter(|v| v.language == language).count() >= 3, "{language}");
        }
        let english = &templates.voices_for("en-GB")[0];
        let seconds = |symbol: &str| english.sound(symbol).unwrap().log_duration[1].exp();
        assert!(seconds("aɪ") > seconds("ɾ"));
        assert!(templates.has_recorded("en-GB") && !templates.has_recorded("ru"));
        assert!(english.sound("ɕ").is_some() && english.sound("aɪɹ").is_some());
    }

    #[test]
    fn damage_is_an_error() {
        let bytes = Templates::embedded().unwrap().to_bytes();
        assert!(Templates::from_bytes(&bytes[..bytes.len() / 2]).is_err());
        assert!(Templates::from_bytes(b"RIFF").is_err());
    }
}
