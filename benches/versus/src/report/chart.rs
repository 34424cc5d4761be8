//! A chart of lines, both of whose axes are logarithmic, as SVG. It has no background, and colours
//! that can be read on white and on black.

use crate::peers::Failure;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;
use std::path::Path;

const SIZE: (u32, u32) = (900, 480);
/// The width of the legend beside the chart.
const LEGEND: u32 = 170;
/// The height of a line of the legend.
const LINE: i32 = 22;
/// Of text and axes.
const GREY: RGBColor = RGBColor(128, 128, 128);

pub(super) struct Chart {
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) series: Vec<Series>,
}

/// What an axis shows, and how its numbers are written.
pub(super) struct Axis {
    pub(super) name: &'static str,
    pub(super) write: fn(f64) -> String,
}

pub(super) struct Series {
    pub(super) label: String,
    pub(super) color: RGBColor,
    pub(super) width: u32,
    pub(super) points: Vec<(f64, f64)>,
}

fn text(size: u32, position: Pos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&GREY).pos(position)
}

impl Chart {
    /// Draws it into a file. Nothing is written if there are no points.
    pub(super) fn write(mut self, path: &Path) -> Result<(), Failure> {
        self.series.retain(|series| !series.points.is_empty());
        let points = || self.series.iter().flat_map(|series| &series.points);
        let (Some(x), Some(y)) = (range(points().map(|point| point.0)), range(points().map(|point| point.1))) else {
            return Ok(());
        };
        let (left, legend) = SVGBackend::new(path, SIZE).into_drawing_area().split_horizontally(SIZE.0 - LEGEND);
        let mut chart = ChartBuilder::on(&left)
            .caption(&self.title, text(18, Pos::new(HPos::Left, VPos::Top)))
            .margin(12)
            .x_label_area_size(42)
            .y_label_area_size(76)
            .build_cartesian_2d(x.log_scale(), y.log_scale())?;
        chart
            .configure_mesh()
            .x_desc(self.x.name)
            .y_desc(self.y.name)
            .x_label_formatter(&|&x| (self.x.write)(x))
            .y_label_formatter(&|&y| (self.y.write)(y))
            .axis_style(GREY)
            .bold_line_style(GREY.mix(0.3))
            .light_line_style(TRANSPARENT)
            .label_style(text(13, Pos::new(HPos::Left, VPos::Top)))
            .axis_desc_style(text(14, Pos::new(HPos::Left, VPos::Top)))
            .draw()?;
        for series in &self.series {
            let style = series.color.stroke_width(series.width);
            chart.draw_series(LineSeries::new(series.points.iter().copied(), style))?;
            let dot = |&point: &(f64, f64)| Circle::new(point, 2 + series.width, series.color.filled());
            chart.draw_series(series.points.iter().map(dot))?;
        }
        // As the lines end, from above.
        self.series.sort_by(|one, other| last(other).total_cmp(&last(one)));
        for (series, y) in self.series.iter().zip((50..).step_by(LINE.unsigned_abs() as usize)) {
            let style = series.color.stroke_width(series.width);
            legend.draw(&PathElement::new([(0, y), (22, y)], style))?;
            legend.draw(&Text::new(series.label.clone(), (30, y), text(14, Pos::new(HPos::Left, VPos::Center))))?;
        }
        legend.present()?;
        Ok(left.present()?)
    }
}

fn last(series: &Series) -> f64 {
    series.points.last().map_or(0.0, |point| point.1)
}

/// Returns a range with all numbers, which are positive, and some space around.
fn range(numbers: impl Iterator<Item = f64> + Clone) -> Option<Range<f64>> {
    let least = numbers.clone().min_by(f64::total_cmp)?;
    let most = numbers.max_by(f64::total_cmp)?;
    Some(least / 1.3..most * 1.3)
}
