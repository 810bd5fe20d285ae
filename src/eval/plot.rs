//! Curves as PNG pictures: the run log of a training, and line plots for results. The typeface is embedded, so a plot
//! looks the same on every machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;

use crate::frame::Frame;
use crate::record::{RecordError, save_png};

/// Trouble with a plot, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// The run log cannot be read.
    #[error("cannot read the run log {}: is this the folder of a training run?", path.display())]
    Read {
        /// The log.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// There is nothing to draw yet.
    #[error("{} holds no numbers to draw yet", .0.display())]
    Empty(PathBuf),
    /// The picture cannot be written.
    #[error(transparent)]
    Save(#[from] RecordError),
    /// The drawing failed.
    #[error("the plot could not be drawn: {0}")]
    Draw(String),
}

/// A named line of a plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// Points from left to right.
    pub points: Vec<(f64, f64)>,
}

/// One line of a run log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRecord {
    /// Stage of the training.
    pub stage: String,
    /// Step within the stage.
    pub step: f64,
    /// Every other number of the line, by name.
    pub values: BTreeMap<String, f64>,
}

const PANEL: (u32, u32) = (620, 380);
/// With more points than this a curve is noise, and its running mean is drawn over it.
const SMOOTH_FROM: usize = 100;
/// With no more points than this each is marked by a dot.
const DOTS_TO: usize = 40;
const FONT: &str = "farwander";
/// Colours that stay apart on white and for most colour-blind readers.
const COLOURS: [RGBColor; 7] = [
    RGBColor(31, 96, 168),
    RGBColor(214, 94, 0),
    RGBColor(0, 138, 98),
    RGBColor(170, 60, 150),
    RGBColor(200, 150, 0),
    RGBColor(90, 90, 90),
    RGBColor(60, 170, 215),
];

/// Reads a run log (JSON lines). Lines that are no records are skipped: the last one may still be in the writing.
pub fn read_run_log(path: &Path) -> Result<Vec<LogRecord>, PlotError> {
    let bytes = std::fs::read(path).map_err(|source| PlotError::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(String::from_utf8_lossy(&bytes).lines().filter_map(parse).collect())
}

fn parse(line: &str) -> Option<LogRecord> {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).ok()?;
    let number = |name: &str| fields.get(name).and_then(serde_json::Value::as_f64);
    Some(LogRecord {
        stage: fields.get("stage").and_then(|s| s.as_str()).unwrap_or("run").to_owned(),
        step: number("step")?,
        values: fields
            .iter()
            .filter(|(name, _)| !["step", "secs"].contains(&name.as_str()))
            .filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)))
            .filter(|(_, value)| value.is_finite())
            .collect(),
    })
}

/// Draws a run log: one panel a metric (`loss` and `val_loss` share one), a colour a stage, raw and smoothed.
pub fn run_curves(path: &Path, title: &str, records: &[LogRecord]) -> Result<(), PlotError> {
    let panels = panels(records);
    if panels.is_empty() {
        return Err(PlotError::Empty(path.to_owned()));
    }
    // A stage keeps its colour in every panel.
    let mut names: Vec<&str> = Vec::new();
    for one in panels.iter().flat_map(|(_, series)| series) {
        if !names.contains(&one.name.as_str()) {
            names.push(&one.name);
        }
    }
    let columns = (panels.len() as f64).sqrt().ceil() as usize;
    let rows = panels.len().div_ceil(columns);
    let size = (columns as u32 * PANEL.0, rows as u32 * PANEL.1 + 40);
    picture(path, size, |area| {
        let area = area.titled(title, (FONT, 24)).map_err(text)?;
        for (area, (metric, series)) in area.split_evenly((rows, columns)).iter().zip(&panels) {
            let log = ["loss", "lr", "grad"].iter().any(|n| metric.contains(n));
            panel(area, metric, ("step", ""), series, log, Some(&names))?;
        }
        Ok(())
    })
}

/// Draws lines into one picture, with a legend.
pub fn lines(path: &Path, title: &str, x_label: &str, y_label: &str, series: &[Series]) -> Result<(), PlotError> {
    if series.iter().all(|s| s.points.is_empty()) {
        return Err(PlotError::Empty(path.to_owned()));
    }
    picture(path, (900, 560), |area| {
        panel(area, title, (x_label, y_label), series, false, None)
    })
}

/// The panels of a run log: metric and its series. Losses first, then by name.
fn panels(records: &[LogRecord]) -> Vec<(String, Vec<Series>)> {
    let mut stages: Vec<&str> = Vec::new();
    for record in records {
        if !stages.contains(&record.stage.as_str()) {
            stages.push(&record.stage);
        }
    }
    let mut panels: BTreeMap<(bool, String), Vec<Series>> = BTreeMap::new();
    for stage in &stages {
        for record in records.iter().filter(|r| r.stage == *stage) {
            for (name, value) in &record.values {
                let metric = name.strip_prefix("val_").unwrap_or(name);
                let kind = if metric == name { "" } else { "validation" };
                let label = match (stages.len(), kind) {
                    (1, "") => "training".to_owned(),
                    (1, kind) => kind.to_owned(),
                    (_, kind) => format!("{stage} {kind}").trim_end().to_owned(),
                };
                let panel = panels.entry((!metric.contains("loss"), metric.to_owned())).or_default();
                let at = panel.iter().position(|s| s.name == label).unwrap_or(panel.len());
                if at == panel.len() {
                    panel.push(Series {
                        name: label,
                        points: Vec::new(),
                    });
                }
                panel[at].points.push((record.step, *value));
            }
        }
    }
    panels.into_iter().map(|((_, m), s)| (m, s)).collect()
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// Draws on white and saves the result.
fn picture(
    path: &Path,
    (width, height): (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Result<(), PlotError>,
) -> Result<(), PlotError> {
    // Registering twice does no harm.
    plotters::style::register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT)
        .map_err(|_| PlotError::Draw("the embedded typeface is damaged".to_owned()))?;
    let mut rgb = vec![255; (3 * width * height) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut rgb, (width, height)).into_drawing_area();
        area.fill(&WHITE).map_err(text)?;
        draw(&area)?;
        area.present().map_err(text)?;
    }
    let frame = Frame::from_rgb(width as usize, height as usize, &rgb, 0);
    Ok(save_png(path, &frame)?)
}

/// One pair of axes with its curves. `run_names` are the names of all curves of a run log, whose long and noisy curves
/// are smoothed; `None` draws the points as they are.
fn panel(
    area: &Area<'_>,
    title: &str,
    (x_label, y_label): (&str, &str),
    series: &[Series],
    log: bool,
    run_names: Option<&[&str]>,
) -> Result<(), PlotError> {
    // A logarithm takes positive numbers only; relativistic losses may be negative.
    let log = log && series.iter().flat_map(|s| &s.points).all(|p| p.1 > 0.0);
    let up = |y: f64| if log { y.log10() } else { y };
    let x_axis = Axis::over(series.iter().flat_map(|s| &s.points).map(|p| p.0), false);
    let y_axis = Axis::over(series.iter().flat_map(|s| &s.points).map(|p| up(p.1)), log);

    let mut chart = ChartBuilder::on(area)
        .caption(title, (FONT, 20))
        .margin(12)
        .margin_right(20)
        .x_label_area_size(40)
        .y_label_area_size(66)
        .build_cartesian_2d(x_axis, y_axis)
        .map_err(text)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.1))
        .axis_style(BLACK.mix(0.4))
        .label_style((FONT, 15))
        .axis_desc_style((FONT, 16))
        .x_desc(x_label)
        .y_desc(y_label)
        .x_label_formatter(&|x| short(*x))
        .y_label_formatter(&|y| short(if log { 10_f64.powf(*y) } else { *y }))
        .draw()
        .map_err(text)?;

    for (i, one) in series.iter().enumerate() {
        let place = run_names.and_then(|names| names.iter().position(|n| *n == one.name));
        let colour = COLOURS[place.unwrap_or(i) % COLOURS.len()];
        let points: Vec<_> = one.points.iter().map(|p| (p.0, up(p.1))).collect();
        let noisy = run_names.is_some() && points.len() > SMOOTH_FROM;
        let raw = colour.mix(if noisy { 0.25 } else { 1.0 });
        let width = if noisy { 1 } else { 2 };
        let drawn = chart
            .draw_series(LineSeries::new(points.iter().copied(), raw.stroke_width(width)))
            .map_err(text)?;
        if !noisy {
            legend(drawn, &one.name, colour);
            if points.len() <= DOTS_TO {
                let dots = points.iter().map(|p| Circle::new(*p, 3, colour.filled()));
                chart.draw_series(dots).map_err(text)?;
            }
            continue;
        }
        let drawn = chart
            .draw_series(LineSeries::new(smoothed(&points), colour.stroke_width(2)))
            .map_err(text)?;
        legend(drawn, &one.name, colour);
    }
    if run_names.is_none_or(|names| names.len() > 1) {
        chart
            .configure_series_labels()
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.2))
            .label_font((FONT, 15))
            .position(SeriesLabelPosition::UpperRight)
            .draw()
            .map_err(text)?;
    }
    Ok(())
}

fn legend(series: &mut plotters::chart::SeriesAnno<'_, BitMapBackend<'_>>, name: &str, colour: RGBColor) {
    series
        .label(name)
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
}

/// Mean over about a fiftieth of the curve, weighted exponentially to both sides so that it does not lag behind.
fn smoothed(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let keep = 1.0 - 2.0 / (points.len() as f64 / 50.0).max(5.0);
    let one_way = |points: &mut dyn Iterator<Item = &(f64, f64)>| -> Vec<(f64, f64)> {
        let sums = points.scan((0.0, 0.0), |(sum, weight), &(_, y)| {
            (*sum, *weight) = (keep * *sum + y, keep * *weight + 1.0);
            Some((*sum, *weight))
        });
        sums.collect()
    };
    let before = one_way(&mut points.iter());
    let after = one_way(&mut points.iter().rev());
    let both = points.iter().zip(before.iter().zip(after.iter().rev()));
    // The point itself is in both sums.
    both.map(|(&(x, y), (b, a))| (x, (b.0 + a.0 - y) / (b.1 + a.1 - 1.0)))
        .collect()
}

/// Range and ticks of one axis; logarithmic axes are in powers of ten.
struct Axis {
    from: f64,
    to: f64,
    ticks: Vec<f64>,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, log: bool) -> Self {
        let (mut from, mut to) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        if from > to {
            (from, to) = (0.0, 1.0);
        }
        let room = if to > from {
            0.04 * (to - from)
        } else {
            (0.05 * from.abs()).max(0.05)
        };
        (from, to) = (from - room, to + room);
        let mut ticks = Vec::new();
        if log {
            // 1, 2, 5 of every decade; whole decades alone where there are many.
            let steps: &[f64] = if to - from > 4.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
            for decade in from.floor() as i32..=to.ceil() as i32 {
                ticks.extend(steps.iter().map(|s| f64::from(decade) + s.log10()));
            }
            ticks.retain(|t| (from..=to).contains(t));
        }
        if ticks.len() < 3 {
            // Linear ticks: about six, at 1, 2 or 5 times a power of ten. A narrow logarithmic axis takes them as well.
            let value = |t: f64| if log { 10_f64.powf(t) } else { t };
            let place = |v: f64| if log { v.log10() } else { v };
            let (low, high) = (value(from), value(to));
            let raw = (high - low) / 6.0;
            let unit = 10_f64.powf(raw.log10().floor());
            let step = [1.0, 2.0, 5.0, 10.0]
                .iter()
                .map(|s| s * unit)
                .find(|s| *s >= raw)
                .unwrap_or(10.0 * unit);
            let first = (low / step).ceil() as i64;
            let last = (high / step).floor() as i64;
            ticks = (first..=last).map(|k| place(k as f64 * step)).collect();
        }
        Self { from, to, ticks }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (first_px, last_px): (i32, i32)) -> i32 {
        let share = (value - self.from) / (self.to - self.from);
        first_px + (share * f64::from(last_px - first_px)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.from..self.to
    }
}

/// A number with few signs: `1.5e-4`, `0.25`, `12k`.
fn short(value: f64) -> String {
    let size = value.abs();
    // Ticks such as 0.30000000000000004 have four significant digits at most.
    let trim = |s: String| match s.contains('.') {
        true => s.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => s,
    };
    if size < 1e-12 {
        "0".to_owned()
    } else if size < 1e-3 {
        let text = format!("{value:.2e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{}e{power}", trim(digits.to_owned()))
    } else if size < 10.0 {
        trim(format!("{value:.4}"))
    } else if size < 10_000.0 {
        trim(format!("{value:.2}"))
    } else if size < 1e6 {
        format!("{}k", trim(format!("{:.2}", value / 1e3)))
    } else {
        format!("{}M", trim(format!("{:.2}", value / 1e6)))
    }
}

fn text(error: impl std::fmt::Display) -> PlotError {
    PlotError::Draw(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_last_line_is_tolerated() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.jsonl");
        let log = "{\"stage\":\"adapt\",\"step\":1,\"secs\":0.5,\"loss\":2.0,\"note\":\"x\"}\n\
                   {\"stage\":\"adapt\",\"step\":2,\"secs\":1.0,\"loss\":1.5,\"val_loss\":1.7}\n\
                   {\"stage\":\"adapt\",\"step\":3,\"secs\":1.5,\"lo";
        std::fs::write(&path, log).unwrap();
        let records = read_run_log(&path).unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(records[1].values["val_loss"], 1.7);
        let panels = panels(&records);
        assert_eq!(panels.len(), 1);
        assert_eq!(
            panels[0].1.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
            ["training", "validation"]
        );
    }

    #[test]
    fn plots_are_drawn_even_of_one_point_and_of_constants() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plot.png");
        for points in [
            vec![(1.0, 2.0)],
            vec![(1.0, 2.0), (2.0, 2.0)],
            vec![(0.0, -3.0), (1e6, 1e9)],
        ] {
            let series = [Series {
                name: "a".to_owned(),
                points,
            }];
            lines(&path, "title", "seconds", "dB", &series).unwrap();
            let picture = image::open(&path).unwrap().into_rgb8();
            assert!(picture.pixels().any(|p| p.0 == [31, 96, 168]), "no line drawn");
            assert!(
                picture.pixels().any(|p| p.0.iter().all(|&c| c < 60)),
                "no letters drawn"
            );
        }
        assert!(matches!(lines(&path, "", "", "", &[]), Err(PlotError::Empty(_))));
    }

    #[test]
    fn a_run_has_a_panel_for_every_metric() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("curves.png");
        let record = |step: u32| LogRecord {
            stage: "adversarial".to_owned(),
            step: f64::from(step),
            values: [("loss_g", -0.5), ("loss_d", 1.0 / f64::from(step + 1)), ("lr", 1e-4)]
                .map(|(n, v)| (n.to_owned(), v))
                .into(),
        };
        let records: Vec<_> = (0..100).map(record).collect();
        run_curves(&path, "run", &records).unwrap();
        assert!(matches!(run_curves(&path, "run", &[]), Err(PlotError::Empty(_))));
    }

    #[test]
    fn numbers_are_short() {
        let of = [0.0, 0.1 + 0.2, 1.5e-4, 12_000.0, 250.0, -2.5, 3e6].map(short);
        assert_eq!(of, ["0", "0.3", "1.5e-4", "12k", "250", "-2.5", "3M"]);
    }
}
