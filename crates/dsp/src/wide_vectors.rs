//! Loops in the widest vectors that the machine has, found when the program runs: eight floats at once where the build's own vectors hold four.
//!
//! Only the width changes. A compiler neither reorders sums nor joins a product and a sum into one rounding unless it is told to, and nothing
//! here tells it: sums that lie side by side in the source lie side by side in a vector of any width, and the same bits come out on every machine.

/// Defines functions whose loops are laid out for the machine's vectors, as far as what they call is `#[inline(always)]`.
///
/// A call looks up what the machine can do: worth it around a loop of some hundred steps, not within one. Arguments have no patterns, and
/// what is returned holds no reference.
macro_rules! in_wide_vectors {
    ($($(#[$attribute:meta])* $visible:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $output:ty)? $body:block)+) => {$(
        $(#[$attribute])*
        $visible fn $name($($argument: $type),*) $(-> $output)? {
            // A closure would be compiled for the build's own vectors.
            #[allow(non_camel_case_types, reason = "each argument's type is named as the argument")]
            struct Call<$($argument),*>($($argument),*);
            impl pulp::NullaryFnOnce for Call<$($type),*> {
                type Output = $crate::wide_vectors::in_wide_vectors!(@output $($output)?);
                #[inline(always)]
                fn call(self) -> Self::Output {
                    let Self($($argument),*) = self;
                    $body
                }
            }
            pulp::Arch::new().dispatch(Call($($argument),*))
        }
    )+};
    (@output) => { () };
    (@output $output:ty) => { $output };
}
pub(crate) use in_wide_vectors;
