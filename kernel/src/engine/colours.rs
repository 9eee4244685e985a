//! The colours of errors and warnings.
//!
//! JupyterLab shows errors on a light or dark red ground and warnings on the page's. It paints a terminal's bold red or
//! bold blue in a shade darker than either: on dark red their contrast is 2.2. So the colours come from the palette of
//! 256 that terminals and notebooks share, with a lightness in the middle: on no ground does any of them have a
//! contrast below 3, the minimum of WCAG 2.2 (1.4.3) for large text; no colour could have more than 3.4 on both red
//! grounds.

use annotate_snippets::Renderer;
use annotate_snippets::renderer::{Ansi256Color, Style};

const RED: u8 = 196;
const BLUE: u8 = 31;
const ORANGE: u8 = 166;
const GREEN: u8 = 65;
const TEAL: u8 = 30;

/// Renders errors, warnings and their notes.
pub const RENDERER: Renderer = Renderer::styled()
    .error(bold(RED))
    .warning(bold(ORANGE))
    .info(bold(BLUE))
    .note(bold(GREEN))
    .help(bold(TEAL))
    .line_num(bold(BLUE))
    .context(bold(BLUE));

const fn bold(colour: u8) -> Style {
    Ansi256Color(colour).on_default().bold()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG's relative luminance.
    fn luminance(colour: [u8; 3]) -> f64 {
        let [red, green, blue] = colour.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.03928 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// A colour of the palette's cube of 6 × 6 × 6.
    fn of_the_palette(number: u8) -> [u8; 3] {
        let steps = [0, 95, 135, 175, 215, 255];
        let number = usize::from(number - 16);
        [number / 36, number / 6 % 6, number % 6].map(|step| steps[step])
    }

    #[test]
    fn every_colour_can_be_read_on_every_ground() {
        let page = [[255, 255, 255], [17, 17, 17]];
        let error = [[255, 221, 221], [79, 28, 26]];
        for colour in [RED, BLUE, ORANGE, GREEN, TEAL] {
            for ground in page.into_iter().chain(error) {
                let [one, other] = [of_the_palette(colour), ground].map(luminance);
                let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
                assert!(contrast >= 3.0, "{colour} on {ground:?}: {contrast:.2}");
            }
        }
    }
}
