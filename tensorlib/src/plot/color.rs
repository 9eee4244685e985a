//! Colours of plots: a palette for series, a colour scale for values.

use crate::picture::theme;

/// Colours that stay apart on white and for colour-blind readers, in the order in which series take them.
pub(super) const SERIES: [(u8, u8, u8); 8] = [
    (0x25, 0x63, 0xc9),
    (0xb8, 0x45, 0x0f),
    (0x1f, 0x8a, 0x5b),
    (0x8a, 0x4b, 0xc4),
    (0xc2, 0x25, 0x5c),
    (0x0b, 0x8a, 0xa8),
    (0x8a, 0x64, 0x1c),
    (0x5b, 0x66, 0x78),
];

/// From dark blue over green to yellow, growing evenly lighter: the scale known as viridis, at nine points.
const SCALE: [(u8, u8, u8); 9] = [
    (68, 1, 84),
    (71, 44, 122),
    (59, 81, 139),
    (44, 113, 142),
    (33, 144, 141),
    (39, 173, 129),
    (92, 200, 99),
    (170, 220, 50),
    (253, 231, 37),
];

/// The colour of a share from 0 to 1; not-a-number is grey.
pub(super) fn scale(share: f64) -> (u8, u8, u8) {
    if share.is_nan() {
        return (0xb8, 0xbf, 0xcc);
    }
    let at = share.clamp(0.0, 1.0) * (SCALE.len() - 1) as f64;
    let left = (at.floor() as usize).min(SCALE.len() - 2);
    let part = at - left as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    let (a, b) = (SCALE[left], SCALE[left + 1]);
    (mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// The scale in 255 steps, and as the last colour that of not-a-number.
pub(super) fn palette() -> Vec<(u8, u8, u8)> {
    (0..255).map(|i| scale(f64::from(i) / 254.0)).chain([scale(f64::NAN)]).collect()
}

/// The place of a share in the palette.
pub(super) fn palette_index(share: f64) -> u8 {
    if share.is_nan() { 255 } else { (share.clamp(0.0, 1.0) * 254.0).round() as u8 }
}

/// The colour of a value from -1 to 1: orange, nearly white, blue; not-a-number is grey.
pub(crate) fn signed(share: f64) -> (u8, u8, u8) {
    const NOTHING: (u8, u8, u8) = (0xfb, 0xfc, 0xfe);
    if share.is_nan() {
        return (0xb8, 0xbf, 0xcc);
    }
    let full = if share < 0.0 { SERIES[1] } else { SERIES[0] };
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share.abs().min(1.0)).round() as u8;
    (mix(NOTHING.0, full.0), mix(NOTHING.1, full.1), mix(NOTHING.2, full.2))
}

pub(crate) fn hex((r, g, b): (u8, u8, u8)) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The colour of text on a ground, with the contrast that WCAG 2 (level AA) asks for: white or the usual ink where that is
/// enough, or else black.
pub(crate) fn ink_on(ground: (u8, u8, u8)) -> &'static str {
    const ENOUGH: f64 = 4.5;
    // The luminances of white and of `theme::INK`.
    let (ground, white, ink) = (luminance(ground), 1.0, luminance((0x1f, 0x29, 0x37)));
    if (white + 0.05) / (ground + 0.05) >= ENOUGH {
        "#ffffff"
    } else if (ground + 0.05) / (ink + 0.05) >= ENOUGH {
        theme::INK
    } else {
        "#000000"
    }
}

/// How bright a colour is, from 0 to 1 (WCAG 2, "relative luminance").
fn luminance((r, g, b): (u8, u8, u8)) -> f64 {
    let linear = |part: u8| match f64::from(part) / 255.0 {
        part if part <= 0.03928 => part / 12.92,
        part => ((part + 0.055) / 1.055).powf(2.4),
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_the_two_colours_of_pictures() {
        assert_eq!(hex(signed(1.0)), crate::picture::theme::POSITIVE);
        assert_eq!(hex(signed(-7.0)), crate::picture::theme::NEGATIVE);
        assert_eq!(signed(0.0), signed(-0.0));
        assert_ne!(signed(f64::NAN), signed(0.0));
    }

    #[test]
    fn text_can_be_read_on_every_colour() {
        let parts = |ink: &str| [1, 3, 5].map(|at| u8::from_str_radix(&ink[at..at + 2], 16).unwrap());
        let shares = (-50..=50).map(|share| f64::from(share) / 50.0);
        for ground in shares.flat_map(|share| [signed(share), scale(share.abs())]).chain([scale(f64::NAN)]) {
            let [r, g, b] = parts(ink_on(ground));
            let (a, b) = (luminance(ground), luminance((r, g, b)));
            assert!((a.max(b) + 0.05) / (a.min(b) + 0.05) >= 4.5, "{ground:?}");
        }
        assert_eq!(parts(theme::INK), [0x1f, 0x29, 0x37]);
    }

    #[test]
    fn the_scale_runs_from_end_to_end() {
        assert_eq!(scale(0.0), (68, 1, 84));
        assert_eq!(scale(1.0), (253, 231, 37));
        assert_eq!(scale(f64::NAN), (0xb8, 0xbf, 0xcc));
        assert_eq!(palette()[usize::from(palette_index(1.0))], scale(1.0));
        assert_eq!(palette()[usize::from(palette_index(f64::NAN))], scale(f64::NAN));
    }
}
