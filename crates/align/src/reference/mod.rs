//! What the text should sound like: a [`ReferenceSequence`] of spectra and where each sound lies in it.
//!
//! Two makers: [`TemplateReference`] strings together the embedded templates of a voice; a [`ReferenceVoice`] speaks the
//! sentences (a synthesiser, or a reading by the user).

mod articulation;
mod template_reference;
mod templates;

pub use articulation::SoundGroup;
pub use template_reference::TemplateReference;
pub use templates::{THIRDS, Template, TemplateVoice, Templates};

use crate::AlignError;
use crate::features::MelPower;
use crate::phones::PhoneSequence;

/// One rendering of the text in one voice.
#[derive(Clone, Debug)]
pub struct ReferenceSequence {
    /// The voice's name, for reports.
    pub voice: String,
    /// Powers in fine mel bands, `[frames, FINE_BANDS]`; mean power of the speech about one.
    pub power: MelPower,
    /// For each phone of the text, in order: the frames it takes, `start..end`, in `power`.
    pub spans: Vec<std::ops::Range<usize>>,
}

/// Whoever can say what a text sounds like.
pub trait ReferenceVoice: Send + Sync {
    /// Renders all phones in order.
    ///
    /// # Errors
    /// [`AlignError`] where the voice cannot speak.
    fn render(&self, phones: &PhoneSequence) -> Result<ReferenceSequence, AlignError>;
}
