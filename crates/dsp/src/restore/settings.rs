//! All settings of a restoration in one place, as they stand in a TOML file.

use serde::{Deserialize, Serialize};

use super::{
    Chain, DeclickSettings, DecrackleSettings, DehumSettings, GrooveWallsSettings, LoudnessSettings,
    PlaybackCurveSettings, RumbleSettings, SpectralGateSettings, Stage, StageSettings, ThumpSettings,
};
use crate::DspError;

/// Makes [`RestoreSettings`] of a table of stages: a field, the name in files and on the command line, the settings.
macro_rules! restore_settings {
    ($($(#[$doc:meta])* $field:ident, $name:literal: $settings:ty;)+) => {
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
        #[serde(deny_unknown_fields, default)]
        pub struct RestoreSettings {
            $($(#[$doc])* #[serde(rename = $name, skip_serializing_if = "Option::is_none")] pub $field: Option<$settings>,)+
        }

        impl RestoreSettings {
            /// The names of all stages, in the order in which they run.
            pub const STAGES: &[&str] = &[$($name),+];

            /// The chain of these stages.
            ///
            /// # Errors
            /// [`DspError::Setting`] names the setting that lies outside its range.
            pub fn build(&self) -> Result<Chain, DspError> {
                let settled = self.settled();
                let mut stages: Vec<Box<dyn Stage>> = Vec::new();
                $(if let Some(settings) = &settled.$field {
                    stages.push(Box::new(settings.build()?));
                })+
                Ok(Chain::new(stages))
            }

            /// Takes a stage in, with its default settings where it has none, or out.
            fn switch(&mut self, name: &str, on: bool) {
                match name {
                    $($name if on => {
                        self.$field.get_or_insert_default();
                    }
                    $name => self.$field = None,)+
                    _ => {}
                }
            }

            fn scaled(&self, strength: f64) -> Self {
                Self { $($field: self.$field.as_ref().map(|settings| settings.at_strength(strength)),)+ }
            }
        }
    };
}

// The table of stages, in the order in which they run: a new stage is one row.
restore_settings! {
    /// The two walls of a mono groove, in a stereo transfer.
    groove_walls, "groove-walls": GrooveWallsSettings;
    /// The slow swing after a deep crack.
    thump, "thump": ThumpSettings;
    /// DC and everything below the programme.
    rumble, "rumble": RumbleSettings;
    /// Clicks.
    declick, "declick": DeclickSettings;
    /// Dense crackle.
    decrackle, "decrackle": DecrackleSettings;
    /// Hum and motor rumble.
    dehum, "dehum": DehumSettings;
    /// Steady noise.
    spectral_gate, "spectral-gate": SpectralGateSettings;
    /// The label's playback curve.
    playback_curve, "playback-curve": PlaybackCurveSettings;
    /// Loudness of the result.
    loudness, "loudness": LoudnessSettings;
}

impl RestoreSettings {
    /// These settings as the stages are to run together: the spectral gate knows more of the noise than the groove walls do, so
    /// that they leave it alone where the gate runs.
    fn settled(&self) -> Self {
        let mut settled = self.clone();
        if let Some(walls) = settled.groove_walls.as_mut().filter(|_| self.spectral_gate.is_some()) {
            walls.floor_db = 0.0;
        }
        settled
    }

    /// These settings with the named stages alone. A stage that is named but has no settings yet gets its default ones.
    ///
    /// # Errors
    /// [`DspError::UnknownStage`] where a name is not one of [`RestoreSettings::STAGES`].
    pub fn only<S: AsRef<str>>(&self, names: &[S]) -> Result<Self, DspError> {
        let names = known(names)?;
        let mut settings = self.clone();
        for name in Self::STAGES.iter().copied() {
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

    /// These settings scaled by `strength` from 0 (no stage runs) to 1 (as they are).
    ///
    /// Between the two less is taken: the spectral floor rises, and clicks and crackle must stand further out to be
    /// mended. What has no half-way, such as rumble and loudness, runs as it is at any strength above 0.
    ///
    /// # Errors
    /// [`DspError::Setting`] outside 0 to 1.
    pub fn at_strength(&self, strength: f64) -> Result<Self, DspError> {
        super::in_range("strength", strength, 0.0, 1.0, "")?;
        if strength <= 0.0 {
            return Ok(Self::default());
        }
        Ok(self.scaled(strength))
    }
}

/// The stage names that were meant: `_` may stand for `-`.
fn known<S: AsRef<str>>(names: &[S]) -> Result<Vec<&'static str>, DspError> {
    names
        .iter()
        .map(|name| {
            let wanted = name.as_ref().trim().replace('_', "-");
            RestoreSettings::STAGES.iter().copied().find(|stage| *stage == wanted).ok_or_else(|| {
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
    fn the_gate_takes_noise_in_the_place_of_the_walls() {
        let both = RestoreSettings::default().only(&["groove-walls", "spectral-gate"]).unwrap();
        let alone = both.without(&["spectral-gate"]).unwrap();
        let floor_db = |settings: RestoreSettings| settings.settled().groove_walls.unwrap().floor_db;
        assert!(floor_db(both).abs() < f64::EPSILON);
        assert!(floor_db(alone) < 0.0);
    }

    #[test]
    fn every_stage_has_a_switch_and_runs_in_its_place() {
        let all = RestoreSettings::default().only(RestoreSettings::STAGES).unwrap();
        assert_eq!(names(&all), RestoreSettings::STAGES);
        for name in RestoreSettings::STAGES.iter().copied() {
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
        // As it is printed: no −23.799999999999997.
        assert_eq!(settings.at_strength(0.7).unwrap().spectral_gate.unwrap().floor_db.to_string(), "-23.8");
        let half = settings.at_strength(0.5).unwrap();
        assert!(half.spectral_gate.unwrap().floor_db > settings.spectral_gate.unwrap().floor_db);
        assert!(half.declick.unwrap().sensitivity < settings.declick.unwrap().sensitivity);
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
