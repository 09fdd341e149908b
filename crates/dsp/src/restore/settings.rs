//! All settings of a restoration in one place, as they stand in a TOML file.

use serde::{Deserialize, Serialize};

use super::{
    Chain, Declick, DeclickSettings, Decrackle, DecrackleSettings, Loudness, LoudnessSettings, Rumble,
    RumbleSettings, SpectralGate, SpectralGateSettings, Stage, Thump, ThumpSettings,
};
use crate::DspError;

/// The stages of a restoration and their settings; a stage without settings does not run.
///
/// The fields stand in the order in which the stages run. In a file each stage is a table of the stage's name:
///
/// ```toml
/// [declick]
///
/// [spectral-gate]
/// floor_db = -9.0
/// ```
///
/// runs these two stages, the first with its default settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct RestoreSettings {
    /// The slow swing after a deep crack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thump: Option<ThumpSettings>,
    /// DC and everything below the programme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rumble: Option<RumbleSettings>,
    /// Clicks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declick: Option<DeclickSettings>,
    /// Dense crackle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decrackle: Option<DecrackleSettings>,
    /// Steady noise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spectral_gate: Option<SpectralGateSettings>,
    /// Loudness of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loudness: Option<LoudnessSettings>,
}

impl RestoreSettings {
    /// The names of all stages, in the order in which they run.
    pub const STAGES: [&str; 6] = ["thump", "rumble", "declick", "decrackle", "spectral-gate", "loudness"];

    /// The chain of these stages.
    ///
    /// # Errors
    /// [`DspError::Setting`] names the setting that lies outside its range.
    pub fn build(&self) -> Result<Chain, DspError> {
        let mut stages: Vec<Box<dyn Stage>> = Vec::new();
        if let Some(settings) = &self.thump {
            stages.push(Box::new(Thump::new(settings.clone())?));
        }
        if let Some(settings) = &self.rumble {
            stages.push(Box::new(Rumble::new(settings.clone())?));
        }
        if let Some(settings) = &self.declick {
            stages.push(Box::new(Declick::new(settings.clone())?));
        }
        if let Some(settings) = &self.decrackle {
            stages.push(Box::new(Decrackle::new(settings.clone())?));
        }
        if let Some(settings) = &self.spectral_gate {
            stages.push(Box::new(SpectralGate::new(settings.clone())?));
        }
        if let Some(settings) = &self.loudness {
            stages.push(Box::new(Loudness::new(settings.clone())?));
        }
        Ok(Chain::new(stages))
    }

    /// These settings with the named stages alone. A stage that is named but has no settings yet gets its default ones.
    ///
    /// # Errors
    /// [`DspError::UnknownStage`] where a name is not one of [`RestoreSettings::STAGES`].
    pub fn only<S: AsRef<str>>(&self, names: &[S]) -> Result<Self, DspError> {
        let names = known(names)?;
        let mut settings = self.clone();
        for name in Self::STAGES {
            settings.switch(name, names.contains(&name));
        }
        Ok(settings)
    }

    /// These settings without the named stages.
    ///
    /// # Errors
    /// [`DspError::UnknownStage`] where a name is not one of [`RestoreSettings::STAGES`].
    pub fn without<S: AsRef<str>>(&self, names: &[S]) -> Result<Self, DspError> {
        let mut settings = self.clone();
        for name in known(names)? {
            settings.switch(name, false);
        }
        Ok(settings)
    }

    fn switch(&mut self, name: &str, on: bool) {
        fn set<T: Default>(stage: &mut Option<T>, on: bool) {
            if on {
                stage.get_or_insert_default();
            } else {
                *stage = None;
            }
        }
        match name {
            "thump" => set(&mut self.thump, on),
            "rumble" => set(&mut self.rumble, on),
            "declick" => set(&mut self.declick, on),
            "decrackle" => set(&mut self.decrackle, on),
            "spectral-gate" => set(&mut self.spectral_gate, on),
            "loudness" => set(&mut self.loudness, on),
            _ => {}
        }
    }

    /// These settings scaled by `strength` from 0 (no stage runs) to 1 (as they are).
    ///
    /// Between the two the spectral floor rises, so that less of the noise goes. Clicks are mended or not, and rumble
    /// and loudness have no half-way: at any strength above 0 those stages run as they are.
    ///
    /// # Errors
    /// [`DspError::Setting`] outside 0 to 1.
    pub fn at_strength(&self, strength: f64) -> Result<Self, DspError> {
        super::in_range("strength", strength, 0.0, 1.0, "")?;
        if strength <= 0.0 {
            return Ok(Self::default());
        }
        let mut settings = self.clone();
        if let Some(gate) = &mut settings.spectral_gate {
            gate.floor_db *= strength;
        }
        Ok(settings)
    }
}

/// The stage names that were meant: `_` may stand for `-`.
fn known<S: AsRef<str>>(names: &[S]) -> Result<Vec<&'static str>, DspError> {
    names
        .iter()
        .map(|name| {
            let wanted = name.as_ref().trim().replace('_', "-");
            RestoreSettings::STAGES.into_iter().find(|stage| *stage == wanted).ok_or_else(|| {
                DspError::UnknownStage {
                    name: name.as_ref().to_owned(),
                    known: RestoreSettings::STAGES.join(", "),
                }
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::restore::Preset;

    fn names(settings: &RestoreSettings) -> Vec<&'static str> {
        settings.build().unwrap().stages().iter().map(|stage| stage.name()).collect()
    }

    #[test]
    fn every_stage_has_a_switch_and_runs_in_its_place() {
        let all = RestoreSettings::default().only(&RestoreSettings::STAGES).unwrap();
        assert_eq!(names(&all), RestoreSettings::STAGES);
        for name in RestoreSettings::STAGES {
            assert!(!names(&all.without(&[name]).unwrap()).contains(&name), "{name}");
        }
    }

    #[test]
    fn names_are_checked_and_underscores_allowed() {
        let settings = Preset::Acoustic78.settings();
        assert_eq!(names(&settings.only(&["spectral_gate"]).unwrap()), ["spectral-gate"]);
        assert!(matches!(settings.without(&["hiss"]), Err(DspError::UnknownStage { .. })));
    }

    #[test]
    fn presets_build_have_names_and_are_additive() {
        for preset in Preset::ALL {
            assert_eq!(preset.name().parse::<Preset>().unwrap(), preset);
            let chain = preset.settings().build().unwrap();
            assert!(chain.stages().iter().all(|stage| stage.is_additive()), "{preset}");
        }
        assert!("78".parse::<Preset>().is_err());
    }

    #[test]
    fn no_strength_runs_nothing_and_full_strength_changes_nothing() {
        let settings = Preset::Acoustic78.settings();
        assert!(names(&settings.at_strength(0.0).unwrap()).is_empty());
        assert_eq!(settings.at_strength(1.0).unwrap(), settings);
        assert!(settings.at_strength(1.5).is_err());
    }

    #[test]
    fn settings_survive_their_file_and_unknown_ones_are_refused() {
        let settings = Preset::Acoustic78.settings();
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<RestoreSettings>(&text).unwrap(), settings);
        assert!(serde_json::from_str::<RestoreSettings>(r#"{"spectral-gate": {"flor_db": -3}}"#).is_err());
        assert!(serde_json::from_str::<RestoreSettings>(r#"{"hiss": {}}"#).is_err());
    }
}
