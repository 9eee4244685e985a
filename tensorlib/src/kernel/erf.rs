//! The error function, by its Taylor series near zero and its continued fraction beyond.

/// erf(x), to about 1e-15.
pub(crate) fn erf(x: f64) -> f64 {
    let magnitude = x.abs();
    if magnitude < 2.5 {
        // 2/√π · Σ (-1)ⁿ x²ⁿ⁺¹ / (n! (2n+1)), as a product form without cancellation: e^(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!
        let square = x * x;
        let (mut term, mut sum) = (x, x);
        for n in 1..100 {
            term *= 2.0 * square / f64::from(2 * n + 1);
            sum += term;
            if term.abs() < 1e-17 * sum.abs() {
                break;
            }
        }
        std::f64::consts::FRAC_2_SQRT_PI * (-square).exp() * sum
    } else if magnitude > 6.0 {
        x.signum()
    } else {
        // erfc(x) = e^(-x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …))))
        let mut fraction = magnitude;
        for n in (1..60).rev() {
            fraction = magnitude + 0.5 * f64::from(n) / fraction;
        }
        let erfc = (-magnitude * magnitude).exp() / (std::f64::consts::PI.sqrt() * fraction);
        (1.0 - erfc).copysign(x)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn known_values() {
        for (x, y) in [
            (0.0, 0.0),
            (0.5, 0.520_499_877_813_046_5),
            (1.0, 0.842_700_792_949_714_9),
            (-3.0, -0.999_977_909_503_001_4),
        ] {
            assert!((super::erf(x) - y).abs() < 1e-14, "{x}");
        }
    }
}
