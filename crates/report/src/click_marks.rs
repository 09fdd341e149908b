//! Where the restoration replaced samples, for the page's marks.

use tonearm_audio::Decibels;
use tonearm_dsp::restore::StageReport;

/// A page lists at most so many repairs; a side with dense crackle has far more, and the smallest are left out.
const MAX_MARKS: usize = 30_000;

/// A repair as the page shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mark {
    /// First sample replaced.
    pub(crate) start: u32,
    /// Samples replaced.
    pub(crate) len: u16,
    /// Peak of what was taken away there, in dB below full scale.
    pub(crate) peak_db: i8,
    /// Index of the stage among `stages`.
    pub(crate) stage: u8,
}

/// All repairs of all stages.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Marks {
    /// Names of the stages that replaced samples.
    pub(crate) stages: Vec<&'static str>,
    /// Repairs that the stages reported.
    pub(crate) total: usize,
    /// The repairs that are listed, ascending by start.
    pub(crate) marks: Vec<Mark>,
}

impl Marks {
    /// The repairs in `reports`, sized by what `removed` holds there.
    pub(crate) fn of(reports: &[StageReport], removed: &[f32]) -> Self {
        let mut all = Self::default();
        for report in reports.iter().filter(|report| !report.repairs.is_empty()) {
            let stage = all.stages.len().min(usize::from(u8::MAX)) as u8;
            all.stages.push(report.name);
            all.total += report.repairs.len();
            all.marks.extend(report.repairs.iter().map(|repair| {
                let start = repair.start.min(removed.len());
                let end = repair.end.clamp(start, removed.len());
                let peak = removed[start..end].iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
                let peak_db = Decibels::from_amplitude(f64::from(peak)).get().clamp(-120.0, 20.0).round();
                Mark {
                    start: u32::try_from(start).unwrap_or(u32::MAX),
                    len: u16::try_from(end - start).unwrap_or(u16::MAX),
                    peak_db: peak_db as i8,
                    stage,
                }
            }));
        }
        all.marks.sort_by_key(|mark| std::cmp::Reverse((mark.peak_db, mark.len, mark.start)));
        all.marks.truncate(MAX_MARKS);
        all.marks.sort_by_key(|mark| (mark.start, mark.stage, mark.len));
        all
    }

    /// Eight bytes a mark, little-endian: start u32, length u16, peak i8, stage u8.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.marks.len() * 8);
        for mark in &self.marks {
            bytes.extend(mark.start.to_le_bytes());
            bytes.extend(mark.len.to_le_bytes());
            bytes.extend(mark.peak_db.to_le_bytes());
            bytes.push(mark.stage);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use tonearm_dsp::restore::Repair;

    use super::*;

    fn report(spans: &[(usize, usize)]) -> StageReport {
        let mut report = StageReport::new("declick");
        report.repairs = spans
            .iter()
            .map(|(start, end)| Repair { channel: 0, start: *start, end: *end, confidence: 1.0 })
            .collect();
        report
    }

    #[test]
    fn a_mark_has_the_size_of_what_was_removed() {
        let mut removed = vec![0.0; 100];
        removed[11] = -0.1;
        let marks = Marks::of(&[StageReport::new("rumble"), report(&[(10, 14), (90, 200)])], &removed);
        assert_eq!(marks.stages, ["declick"]);
        assert_eq!(marks.marks[0], Mark { start: 10, len: 4, peak_db: -20, stage: 0 });
        assert_eq!(marks.marks[1], Mark { start: 90, len: 10, peak_db: -120, stage: 0 });
        assert_eq!(marks.to_bytes()[..8], [10, 0, 0, 0, 4, 0, 236, 0]);
    }

    #[test]
    fn the_largest_are_kept_when_there_are_too_many() {
        let mut removed = vec![0.001; 4 * MAX_MARKS];
        let spans: Vec<_> = (0..MAX_MARKS + 1_000).map(|i| (3 * i, 3 * i + 1)).collect();
        removed[3 * MAX_MARKS] = 0.9;
        let marks = Marks::of(&[report(&spans)], &removed);
        assert_eq!((marks.total, marks.marks.len()), (MAX_MARKS + 1_000, MAX_MARKS));
        assert!(marks.marks.iter().any(|mark| mark.start as usize == 3 * MAX_MARKS));
        assert!(marks.marks.windows(2).all(|pair| pair[0].start <= pair[1].start));
    }
}
