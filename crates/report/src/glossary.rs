//! What the figures of a report mean, in words for a listener.

/// A stage's title and what it does.
pub(crate) fn stage(name: &str) -> (String, &'static str) {
    let (title, meaning) = match name {
        "walls" | "groove_walls" | "groove-walls" => (
            "Groove walls",
            "A mono groove read in stereo is seen twice. At each moment the less damaged wall is preferred.",
        ),
        "rumble" => {
            ("Rumble", "Takes out what lies below the recording: turntable rumble, warps and direct current.")
        }
        "thump" => ("Thumps", "Takes away the slow swing of the pick-up arm after a deep crack."),
        "declick" => {
            ("Clicks", "Finds short pulses from scratches and dirt, and fills them in from the sound around.")
        }
        "decrackle" => ("Crackle", "Mends the dense small pulses that a worn surface gives."),
        "scratch" | "once_per_turn" | "once-per-turn" => {
            ("Scratches", "Looks for ticks that return once in every turn of the disc.")
        }
        "dehum" => ("Hum", "Notches mains hum and its harmonics where they stand out."),
        "gate" | "spectral_gate" | "spectral-gate" | "denoise" => (
            "Surface noise",
            "Lowers the steady hiss in each band and moment by as much as the programme there allows.",
        ),
        "equalise" | "equalize" | "playback_curve" | "playback-curve" | "playback" => {
            ("Playback curve", "Undoes the bass cut and treble boost of the label's recording curve.")
        }
        "loudness" => ("Loudness", "One gain for the whole side, and a limit on its peaks."),
        _ => return (humanised(name), ""),
    };
    (title.to_owned(), meaning)
}

/// A finding's label and what it says; a key that is not listed is shown as it reads.
pub(crate) fn finding(key: &str) -> (String, &'static str) {
    let (label, meaning) = match key {
        "clicks" | "click_count" => ("Clicks repaired", "How many pulses were replaced."),
        "repairs" => ("Places repaired", "How many stretches of samples were estimated anew."),
        "repairs_per_second" => {
            ("Repairs a second", "A quiet disc needs below one, a worn one ten and more.")
        }
        "pulses_per_second" => {
            ("Pulses a second", "How dense the crackle is: below a hundred it is hardly heard.")
        }
        "removed_share" => ("Share removed", "The energy taken away, beside that of the whole input."),
        "noise_measured" => ("Noise measured over", "Time without speech, from which the noise was learnt."),
        "swish_depth" => ("Swish", "How far the surface noise swells and sinks in a turn of the disc."),
        "turns_per_minute" => {
            ("Turns a minute", "By the swish: the speed at which the disc was transferred.")
        }
        "noise_heard_alone" => (
            "Noise heard alone",
            "Time in which nothing else sounded; without any, programme may have been taken for noise.",
        ),
        "noise_step_at" => {
            ("Noise steps at", "From here on the noise is another, as where two transfers were joined.")
        }
        "noise_course_span" => (
            "Course of the noise",
            "From the quietest to the loudest surface noise between lead-in and run-out.",
        ),
        "noise_density_100_hz" => ("Noise at 100 Hz", "Power of the noise in each hertz of bandwidth there."),
        "noise_density_1_khz" => ("Noise at 1 kHz", "Power of the noise in each hertz of bandwidth there."),
        "noise_density_4_khz" => ("Noise at 4 kHz", "Power of the noise in each hertz of bandwidth there."),
        "loudness_range" => ("Loudness range", "From the soft passages to the loud ones, by EBU Tech 3342."),
        "clicks_per_second" => ("Clicks a second", "A quiet disc has below one, a worn one ten and more."),
        "repaired_samples" | "samples_repaired" => {
            ("Samples replaced", "How many samples were estimated anew.")
        }
        "softened" => (
            "Pulses softened",
            "How many pulses that may be damage were taken away in part, as far as they are likely.",
        ),
        "share_replaced" | "repaired_share" | "touched_share" | "share_touched" => {
            ("Share replaced", "The part of all samples that was estimated anew.")
        }
        "noise_floor" | "noise_floor_dbfs" | "noise_db" | "noise_level" | "noise_level_db" => {
            ("Noise level", "The level of the surface noise alone, measured where nobody speaks.")
        }
        "noise_reduction" | "noise_reduction_db" | "reduction_db" => {
            ("Noise lowered by", "How far the noise in the pauses fell.")
        }
        "spectral_floor" | "spectral_floor_db" | "floor_db" => {
            ("Spectral floor", "No band is lowered by more than this, so that the noise stays even.")
        }
        "cutoff" | "cutoff_hz" | "corner_hz" | "cut_off_hz" => {
            ("Corner frequency", "What lies below was lowered.")
        }
        "hum_hz" | "fundamental" | "fundamental_hz" => {
            ("Hum frequency", "Mains hum lies near 50 or 60 Hz, by the country.")
        }
        "loudness_before" | "loudness_in" | "loudness_in_lufs" | "input_loudness" => {
            ("Loudness before", "Integrated loudness by ITU-R BS.1770, in LUFS.")
        }
        "loudness_after" | "loudness_out" | "loudness_out_lufs" | "output_loudness" => {
            ("Loudness after", "Integrated loudness by ITU-R BS.1770, in LUFS.")
        }
        "gain" | "gain_db" => ("Gain", "What the whole side was raised or lowered by."),
        "true_peak_before" => ("True peak before", "The highest point of the waveform, between samples too."),
        "true_peak_after" | "true_peak" | "true_peak_dbtp" | "true_peak_db" => (
            "True peak",
            "The highest point of the waveform between samples too; above 0 dB players distort.",
        ),
        "dc_offset" | "dc" => {
            ("Direct current", "A constant offset of the transfer's electronics, taken out.")
        }
        "removed_level" | "removed_level_db" | "removed_db" | "removed_dbfs" => {
            ("Level of what was removed", "How loud the removed signal is by itself.")
        }
        "period_secs" | "turn_secs" => ("Turn of the disc", "At 78 turns a minute, 0.769 s."),
        "threshold_sigma" => {
            ("Threshold", "How far a pulse must stand above the local scale to count as a click.")
        }
        _ => return (humanised(key), ""),
    };
    (label.to_owned(), meaning)
}

/// `clicks_per_second` as `Clicks per second`.
fn humanised(key: &str) -> String {
    let spaced = key.replace(['_', '-'], " ");
    let mut chars = spaced.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_readable() {
        assert_eq!(finding("odd_new_figure").0, "Odd new figure");
        assert_eq!(stage("").0, "");
    }
}
