//! Colours and sizes, light and dark. The scope with its pictures is dark in both, as spectrograms are read best.

use egui::{Color32, Context, CornerRadius, FontId, Stroke, TextStyle, Theme, ThemePreference, Visuals};

use crate::settings::Colours;
use crate::version::Version;

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

pub(crate) const SCOPE: Color32 = rgb(0x13_12_17);
pub(crate) const LANE: Color32 = rgb(0x1e_1d_24);
pub(crate) const LANE_LINE: Color32 = rgb(0x35_33_3d);
pub(crate) const SCOPE_TEXT: Color32 = rgb(0xb9_b5_c2);
pub(crate) const WORD: Color32 = rgb(0x2b_29_33);
pub(crate) const WORD_TEXT: Color32 = rgb(0xec_ea_f0);
pub(crate) const UNCERTAIN_TEXT: Color32 = rgb(0x9a_96_a4);
pub(crate) const LIT: Color32 = rgb(0xf5_ad_5c);
pub(crate) const LIT_TEXT: Color32 = rgb(0x1d_13_08);
pub(crate) const PLAYHEAD: Color32 = rgb(0xff_ff_ff);
pub(crate) const EDGE: Color32 = rgb(0xd8_d4_e0);

/// The colour of a version's outline.
pub(crate) fn of_version(version: Version) -> Color32 {
    match version {
        Version::Before => rgb(0x7f_b0_d6),
        Version::After => rgb(0xf2_a3_5e),
        Version::Removed => rgb(0xc9_8f_e4),
    }
}

/// What stands out on the window's own ground.
pub(crate) fn accent(dark: bool) -> Color32 {
    if dark { rgb(0xf2_a3_5e) } else { rgb(0xa8_47_0f) }
}

/// What warns on the window's own ground.
pub(crate) fn warning(dark: bool) -> Color32 {
    if dark { rgb(0xff_b4_a0) } else { rgb(0x9c_1f_10) }
}

/// Sets fonts and colours once.
pub(crate) fn install(ctx: &Context) {
    for (theme, dark) in [(Theme::Light, false), (Theme::Dark, true)] {
        ctx.set_visuals_of(theme, visuals(dark));
    }
    ctx.all_styles_mut(|style| {
        style.text_styles.insert(TextStyle::Body, FontId::proportional(14.5));
        style.text_styles.insert(TextStyle::Button, FontId::proportional(14.5));
        style.text_styles.insert(TextStyle::Small, FontId::proportional(12.0));
        style.text_styles.insert(TextStyle::Heading, FontId::proportional(22.0));
        style.spacing.button_padding = [10.0, 5.0].into();
        style.spacing.item_spacing = [8.0, 6.0].into();
        style.spacing.interact_size.y = 28.0;
    });
}

/// Light, dark, or as the system says.
pub(crate) fn choose(ctx: &Context, colours: Colours) {
    ctx.set_theme(match colours {
        Colours::System => ThemePreference::System,
        Colours::Light => ThemePreference::Light,
        Colours::Dark => ThemePreference::Dark,
    });
}

fn visuals(dark: bool) -> Visuals {
    let mut visuals = if dark { Visuals::dark() } else { Visuals::light() };
    let (panel, window, faint, text, weak) = if dark {
        (rgb(0x17_16_1b), rgb(0x22_20_28), rgb(0x20_1e_25), rgb(0xec_ea_f0), rgb(0xab_a7_b4))
    } else {
        (rgb(0xf4_f3_ef), rgb(0xfd_fd_fb), rgb(0xea_e8_e2), rgb(0x1b_1a_1f), rgb(0x59_56_60))
    };
    visuals.panel_fill = panel;
    visuals.window_fill = window;
    visuals.extreme_bg_color = window;
    visuals.faint_bg_color = faint;
    visuals.weak_text_color = Some(weak);
    visuals.hyperlink_color = accent(dark);
    visuals.selection.bg_fill = accent(dark).gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, text);
    visuals.widgets.noninteractive.fg_stroke.color = text;
    for (widget, fill) in [
        (&mut visuals.widgets.inactive, if dark { rgb(0x2d_2b_34) } else { rgb(0xe6_e3_dc) }),
        (&mut visuals.widgets.hovered, if dark { rgb(0x3a_37_43) } else { rgb(0xda_d6_cd) }),
        (&mut visuals.widgets.active, if dark { rgb(0x46_42_50) } else { rgb(0xcf_ca_bf) }),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.fg_stroke.color = text;
        widget.corner_radius = CornerRadius::same(6);
        widget.expansion = 0.0;
    }
    visuals
}
