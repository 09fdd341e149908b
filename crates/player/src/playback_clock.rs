//! Where playback stands: one place that the sound, the picture and the keys agree on.
//!
//! The sound output moves the clock by the samples it hands to the device. Where there is none, the window moves it by
//! the time that passes, so that a machine without a sound card still shows the words in time. Times are seconds of the
//! recording; the clock never leaves the recording and never stops inside a loop.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Slowest and fastest playback.
pub(crate) const SPEED_RANGE: (f64, f64) = (0.5, 2.0);
/// A loop shorter than this would be a tone, not a sentence.
const SHORTEST_LOOP_SECS: f64 = 0.05;

/// A span that plays again and again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loop {
    pub(crate) start_secs: f64,
    pub(crate) end_secs: f64,
}

/// What the clock shows at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ClockState {
    pub(crate) position_secs: f64,
    pub(crate) duration_secs: f64,
    pub(crate) playing: bool,
    pub(crate) speed: f64,
    pub(crate) repeat: Option<Loop>,
}

impl ClockState {
    /// Moves on by `elapsed_secs` outside the recording, which are `elapsed_secs · speed` inside it.
    fn advance(&mut self, elapsed_secs: f64) {
        if !self.playing {
            return;
        }
        let from = self.position_secs;
        let mut to = from + elapsed_secs * self.speed;
        if let Some(repeat) = self.repeat
            && from < repeat.end_secs
            && to >= repeat.end_secs
        {
            to = repeat.start_secs + (to - repeat.end_secs) % (repeat.end_secs - repeat.start_secs);
        }
        if to >= self.duration_secs {
            to = self.duration_secs;
            self.playing = false;
        }
        self.position_secs = to;
    }
}

/// The clock, shared by the window and the sound thread. Each holds it for a few instructions at a time.
#[derive(Debug)]
pub(crate) struct PlaybackClock {
    state: Mutex<ClockState>,
}

impl PlaybackClock {
    /// A clock that stands at the start of nothing.
    pub(crate) fn new() -> Self {
        let state =
            ClockState { position_secs: 0.0, duration_secs: 0.0, playing: false, speed: 1.0, repeat: None };
        Self { state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, ClockState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it shows now.
    pub(crate) fn state(&self) -> ClockState {
        *self.lock()
    }

    /// Starts over with a recording of another length, stopped; the speed stays.
    pub(crate) fn restart(&self, duration_secs: f64) {
        let mut state = self.lock();
        *state = ClockState {
            position_secs: 0.0,
            duration_secs: duration_secs.max(0.0),
            playing: false,
            speed: state.speed,
            repeat: None,
        };
    }

    /// Lengthens the recording where a version of it turns out longer than the timeline said.
    pub(crate) fn extend(&self, duration_secs: f64) {
        let mut state = self.lock();
        state.duration_secs = state.duration_secs.max(duration_secs);
    }

    /// Plays from where it stands, and from the start where it stands at the end.
    pub(crate) fn play(&self) {
        let mut state = self.lock();
        if state.position_secs >= state.duration_secs {
            state.position_secs = state.repeat.map_or(0.0, |repeat| repeat.start_secs);
        }
        state.playing = state.duration_secs > 0.0;
    }

    /// Stops where it stands.
    pub(crate) fn pause(&self) {
        self.lock().playing = false;
    }

    /// Goes to an instant; an instant outside the recording is its nearest end.
    pub(crate) fn seek(&self, position_secs: f64) {
        let mut state = self.lock();
        if position_secs.is_finite() {
            state.position_secs = position_secs.clamp(0.0, state.duration_secs);
        }
    }

    /// Sets the speed, within [`SPEED_RANGE`].
    pub(crate) fn set_speed(&self, speed: f64) {
        self.lock().speed = speed.clamp(SPEED_RANGE.0, SPEED_RANGE.1);
    }

    /// Repeats a span, or nothing.
    pub(crate) fn set_loop(&self, repeat: Option<Loop>) {
        let mut state = self.lock();
        let duration_secs = state.duration_secs;
        state.repeat = repeat
            .map(|repeat| Loop { end_secs: repeat.end_secs.min(duration_secs), ..repeat })
            .filter(|repeat| repeat.end_secs - repeat.start_secs >= SHORTEST_LOOP_SECS);
    }

    /// Moves on by `elapsed_secs` of the listener's time and says where it stood before and stands now.
    pub(crate) fn advance(&self, elapsed_secs: f64) -> (ClockState, ClockState) {
        let mut state = self.lock();
        let before = *state;
        state.advance(elapsed_secs);
        (before, *state)
    }
}

/// How far the shown position may be from the clock's before it jumps there: more than the longest block that a sound
/// device takes at once (100 ms), less than a seek that a person would notice.
const SNAP_SECS: f64 = 0.15;
/// The share of the difference that is made up in a frame of the window: the sound thread moves the clock in blocks, the
/// eye wants it even.
const CATCH_UP: f64 = 0.1;

/// The position as it is drawn: moves evenly between the jumps of the sound device's blocks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Playhead {
    position_secs: f64,
}

impl Playhead {
    /// The position to draw, `elapsed_secs` after the last frame of the window.
    pub(crate) fn follow(&mut self, clock: ClockState, elapsed_secs: f64) -> f64 {
        let natural = self.position_secs + elapsed_secs * clock.speed;
        let behind = clock.position_secs - natural;
        self.position_secs = if !clock.playing || behind.abs() > SNAP_SECS {
            clock.position_secs
        } else {
            natural + behind * CATCH_UP
        };
        self.position_secs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(duration_secs: f64) -> PlaybackClock {
        let clock = PlaybackClock::new();
        clock.restart(duration_secs);
        clock
    }

    fn position(clock: &PlaybackClock) -> f64 {
        clock.state().position_secs
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn it_moves_by_time_and_speed_only_while_playing() {
        let clock = clock(10.0);
        clock.advance(1.0);
        assert!(close(position(&clock), 0.0));
        clock.play();
        clock.advance(1.0);
        clock.set_speed(0.5);
        clock.advance(1.0);
        assert!(close(position(&clock), 1.5));
        clock.set_speed(9.0);
        assert!(close(clock.state().speed, SPEED_RANGE.1));
    }

    #[test]
    fn it_stops_at_the_end_and_plays_again_from_the_start() {
        let clock = clock(2.0);
        clock.play();
        clock.advance(5.0);
        assert!(close(position(&clock), 2.0) && !clock.state().playing);
        clock.play();
        assert!(close(position(&clock), 0.0) && clock.state().playing);
    }

    #[test]
    fn a_loop_repeats_from_its_start_but_does_not_catch_who_is_past_it() {
        let clock = clock(10.0);
        clock.set_loop(Some(Loop { start_secs: 2.0, end_secs: 3.0 }));
        clock.seek(2.5);
        clock.play();
        clock.advance(0.75);
        assert!(close(position(&clock), 2.25), "{}", position(&clock));
        clock.advance(3.0);
        assert!(close(position(&clock), 2.25), "several turns at once: {}", position(&clock));
        clock.seek(5.0);
        clock.advance(1.0);
        assert!(close(position(&clock), 6.0));
    }

    #[test]
    fn seeks_stay_inside_and_nonsense_is_ignored() {
        let clock = clock(4.0);
        clock.seek(9.0);
        assert!(close(position(&clock), 4.0));
        clock.seek(-1.0);
        assert!(close(position(&clock), 0.0));
        clock.seek(f64::NAN);
        assert!(close(position(&clock), 0.0));
    }

    #[test]
    fn nothing_cannot_be_played() {
        let clock = clock(0.0);
        clock.play();
        assert!(!clock.state().playing);
    }

    #[test]
    fn the_playhead_is_even_where_the_clock_jumps() {
        let clock = clock(60.0);
        clock.play();
        let mut playhead = Playhead::default();
        let mut last = 0.0;
        for frame in 0..600 {
            // A device that takes 50 ms at once, a window that draws sixty times a second.
            if frame % 3 == 0 {
                clock.advance(0.05);
            }
            let shown = playhead.follow(clock.state(), 1.0 / 60.0);
            let step = shown - last;
            assert!((0.008..0.025).contains(&step), "frame {frame}: a step of {step}");
            last = shown;
        }
        clock.seek(1.0);
        assert!(close(playhead.follow(clock.state(), 0.0), 1.0), "a seek shows at once");
    }
}
