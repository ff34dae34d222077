//! The value in the middle: what disturbs the machine for a moment does not move it.

/// Of nothing it is no number.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
