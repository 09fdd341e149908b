//! The numbers of the method.

/// Settings of the warping and of what it learns. The defaults were fitted with `measure_alignment` on held-out synthetic
/// voices and hand-labelled speech, clean and aged.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Method {
    /// Factors by which the formants of each voice are moved, to meet longer and shorter vocal tracts.
    pub stretches: Vec<f64>,
    /// How sharply voices that fit the recording better are preferred; per frame of log likelihood.
    pub voice_sharpness: f64,
    /// Rounds of coarse path and learning.
    pub coarse_rounds: usize,
    /// Rounds of fine path and learning.
    pub fine_rounds: usize,
    /// Rounds of discriminant projection.
    pub discriminant_rounds: usize,
    /// Alignments within each of them.
    pub discriminant_steps: usize,
    /// Dimensions that the projection keeps.
    pub discriminant_dims: usize,
    /// Share of the reference in the projection's statistics.
    pub discriminant_reference_share: f64,
    /// Scale of coarse log likelihoods (20 ms frames).
    pub coarse_scale: f32,
    /// Scale of fine log likelihoods (5 ms frames).
    pub fine_scale: f32,
    /// The same after the projection.
    pub discriminant_scale: f32,
    /// Frames that a reference's mean is worth against the recording (5 ms).
    pub prior_frames: f64,
    /// Frames that the common variance is worth.
    pub variance_frames: f64,
    /// Lowest variance, as a share of that of all speech.
    pub variance_floor: f64,
    /// Standard deviation of the log duration of a third of a sound.
    pub duration_sigma: f32,
    /// Weight of durations.
    pub duration_weight: f32,
    /// Weight of an acoustic model's stream, where there is one, against the sound's own log likelihoods.
    pub acoustic_weight: f32,
    /// Score of a pause between words, at a high signal-to-noise ratio.
    pub pause_entry: f32,
    /// What is added to it for each dB that the ratio falls below 20.
    pub pause_entry_per_db: f32,
    /// Score of each 20 ms of a pause between words: they are shorter than those between sentences.
    pub word_pause_frame: f32,
    /// Score of a pause between sentences.
    pub sentence_pause_entry: f32,
    /// Score of each 20 ms of sound that is not in the text, against what sounds in general would score.
    pub filler_frame: f32,
    /// The same between words.
    pub word_filler_frame: f32,
    /// Score of each expected 20 ms of a sentence that is passed over.
    pub skipped_frame: f32,
    /// How much better than the likeliest sound of speech, or than a pause, its neighbourhood must explain a sound that is not in the text for it
    /// to be taken for a steady one (applause, music), in nats a frame over half a second.
    pub steady_margin: f32,
    /// Speech that is not in the text fits this many times worse than a usual word of it would, on the fine path.
    pub stray_misfit: f32,
    /// Words whose sounds fit worse than this many times what is usual are in doubt.
    pub doubtful_misfit: f32,
    /// Score of a gap that holds such speech, beyond that of the gap.
    pub stray_entry: f32,
    /// Score for beginning to pass over a sentence.
    pub skipped_entry: f32,
    /// Words that were not spoken though their sentence was are told where the fine path explains the recording better without them
    /// by more than this, in nats,
    pub omission_gain: f32,
    /// and this for each word.
    pub omission_gain_per_word: f32,
    /// A text that explains the recording better than its decoy by less than this, in nats a frame of speech, is another's.
    pub least_text_fit: f64,
    /// The same where less than a minute was said, against the mean of several decoys.
    pub least_text_fit_of_few: f64,
    /// A text that explains it better by less than this may be another's: its words are placed, and none counts as heard.
    pub sure_text_fit: f64,
    /// Half the window of a boundary in the first fine round, in frames.
    pub first_reach: usize,
    /// Half the window in later rounds.
    pub later_reach: usize,
    /// Below this signal-to-noise ratio, in dB, starts are found late.
    pub lateness_below_db: f64,
    /// By how much, in ms for each dB.
    pub lateness_ms_per_db: f64,
    /// By how much noise hides the end of a word before a pause, in ms for each of the same dB.
    pub hidden_tail_ms_per_db: f64,
    /// Half-width of the interval that is given for a start whose posterior is a single frame, in ms.
    pub interval_floor_ms: f64,
    /// What each ms of the posterior's own half-width adds where a reference voice is made of recorded speech, as English ones are.
    pub interval_slope: f64,
    /// What it adds where all of them speak by rule.
    pub interval_slope_by_rule: f64,
    /// What each of the first five dB of signal-to-noise ratio below `lateness_below_db` adds, in ms.
    pub interval_ms_per_db: f64,
    /// What a recording adds, in ms, that holds next to no speech to learn from; nothing is added from ten seconds on.
    pub interval_ms_when_short: f64,
    /// What each of those dB adds there, in ms.
    pub interval_ms_per_db_when_short: f64,
    /// What it adds, in ms, that the words on either side fit three times as badly as is usual in the recording, instead of twice, or
    /// one of them takes less than half or more than twice its time.
    pub interval_ms_per_doubt: f64,
    /// What a pause before a word adds, in ms: the posterior takes what is heard first for its start.
    pub interval_ms_after_pause: f64,
    /// What each of the dB above adds there, in ms.
    pub interval_ms_per_db_after_pause: f64,
    /// What the doubt above adds there, in ms: the word may belong elsewhere.
    pub interval_ms_per_doubt_after_pause: f64,
    /// The power that the path's posterior of a word's start is raised to before the boundary model looks from each place.
    pub boundary_flattening: f32,
}

impl Default for Method {
    fn default() -> Self {
        Self {
            stretches: vec![0.94, 1.0, 1.06],
            voice_sharpness: 0.6,
            coarse_rounds: 3,
            fine_rounds: 4,
            discriminant_rounds: 2,
            discriminant_steps: 2,
            discriminant_dims: 22,
            discriminant_reference_share: 0.3,
            coarse_scale: 1.0,
            fine_scale: 0.2,
            discriminant_scale: 0.3,
            prior_frames: 40.0,
            variance_frames: 40.0,
            variance_floor: 0.3,
            duration_sigma: 0.4,
            duration_weight: 1.0,
            acoustic_weight: 1.0,
            pause_entry: -4.0,
            pause_entry_per_db: -0.2,
            word_pause_frame: -0.4,
            sentence_pause_entry: -0.5,
            filler_frame: -1.0,
            word_filler_frame: -2.0,
            skipped_frame: -0.2,
            doubtful_misfit: 2.0,
            stray_misfit: 3.0,
            stray_entry: -60.0,
            skipped_entry: -25.0,
            steady_margin: 2.5,
            omission_gain: 65.0,
            omission_gain_per_word: 15.0,
            least_text_fit: 1.6,
            least_text_fit_of_few: 1.2,
            sure_text_fit: 2.3,
            first_reach: 100,
            later_reach: 60,
            lateness_below_db: 22.0,
            lateness_ms_per_db: 0.9,
            hidden_tail_ms_per_db: 6.0,
            interval_floor_ms: 2.0,
            interval_slope: 1.1,
            interval_slope_by_rule: 1.9,
            interval_ms_per_db: 0.5,
            interval_ms_when_short: 10.0,
            interval_ms_per_db_when_short: 12.0,
            interval_ms_per_doubt: 12.0,
            interval_ms_after_pause: 10.0,
            interval_ms_per_db_after_pause: 4.0,
            interval_ms_per_doubt_after_pause: 60.0,
            boundary_flattening: 0.5,
        }
    }
}
