//! Bars of a chart, laid out on the server: no script draws it.

use serde::Serialize;

/// Width of the place for one bar, and the height of the highest, in units of the drawing.
const STEP: i64 = 20;
const HEIGHT: i64 = 120;

/// One bar of a chart.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
}

/// The size of a drawing and its bars.
#[derive(Serialize)]
pub struct Chart {
    pub width: i64,
    pub height: i64,
    pub bars: Vec<Bar>,
}

/// Bars as high as `values` are, of which the highest fills the drawing. What is more than nothing can be seen.
pub fn bars(values: &[i64]) -> Chart {
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let bar = |(at, value): (i64, &i64)| {
        let value = i128::from((*value).max(0));
        let exact = value * i128::from(HEIGHT) / i128::from(most);
        let height = i64::try_from(exact).unwrap_or(HEIGHT).max(i64::from(value > 0));
        Bar { x: at * STEP + 2, y: HEIGHT - height, width: STEP - 4, height }
    };
    let bars: Vec<Bar> = (0i64..).zip(values).map(bar).collect();
    Chart { width: i64::try_from(bars.len()).unwrap_or(0) * STEP, height: HEIGHT, bars }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_drawing_and_a_small_one_is_seen() {
        let chart = bars(&[0, 1, 1_000_000, i64::MAX]);
        let heights: Vec<i64> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [0, 1, 1, HEIGHT]);
        assert_eq!(bars(&[5, 10]).bars[0], Bar { x: 2, y: 60, width: 16, height: 60 });
        assert!(bars(&[]).bars.is_empty());
    }
}
