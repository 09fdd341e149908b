//! The three versions of a side that can be heard: what came in, what went out, and the difference.

/// Which version of the side is heard and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Version {
    /// The transfer as it came in.
    Before,
    /// Restored.
    After,
    /// What restoration took away.
    Removed,
}

impl Version {
    /// All of them, in the order in which they are shown.
    pub(crate) const ALL: [Self; 3] = [Self::Before, Self::After, Self::Removed];

    /// What a person reads.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Before => "Before",
            Self::After => "After",
            Self::Removed => "Removed",
        }
    }

    /// Its place in [`Version::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}
