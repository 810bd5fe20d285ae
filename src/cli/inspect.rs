//! `farwander inspect`: what a generator file holds.

use std::path::PathBuf;

use crate::package::Package;

/// Options of `farwander inspect`.
#[derive(clap::Args, Debug)]
pub(crate) struct InspectArgs {
    /// Generator file; without it, the bundled world.
    model: Option<PathBuf>,
    /// Print the manifest as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: InspectArgs) -> anyhow::Result<()> {
    let package = Package::open(&super::model_file(args.model.as_deref())?)?;
    let m = &package.manifest;
    if args.json {
        println!("{}", serde_json::to_string_pretty(m)?);
        return Ok(());
    }
    let count = |prefix: &str| -> usize {
        package
            .weights
            .iter()
            .filter(|(n, _)| n.starts_with(prefix))
            .map(|(_, a)| a.values.len())
            .sum()
    };
    let g = &m.generator;
    println!("{} ({}), {}", m.title, m.family, package.path.display());
    println!(
        "  frames      {}x{} at {} a second, {:.0}° wide",
        m.lens.width_px,
        m.lens.height_px,
        m.frames_per_sec,
        m.lens.fov_x_rad.to_degrees()
    );
    println!("  control     {} in {}", m.control, m.control_units);
    println!(
        "  generator   {:.1} M weights: {} blocks of width {}, window {} latent frames, recycling {:?}",
        count("generator.") as f64 / 1e6,
        g.depth,
        g.width,
        g.window,
        g.recycle
    );
    for (net, what) in [("depth_net", "depth to the pixel"), ("painter", "painter")] {
        let weights = count(&format!("generator.{net}."));
        if weights > 0 {
            println!("  of these    {:.1} M weights: {what}", weights as f64 / 1e6);
        }
    }
    println!(
        "  text        {:.1} M weights; words: {}",
        count("text.") as f64 / 1e6,
        g.vocabulary.join(" ")
    );
    println!(
        "  autoencoder {:.1} M weights, {} channels, frames decoded by {}",
        count("autoencoder.") as f64 / 1e6,
        g.latent_channels,
        if m.autoencoder.light {
            "its linear part"
        } else {
            "the whole decoder"
        }
    );
    for (k, f) in package.first_frames.iter().enumerate() {
        println!("  first frame {k}: {} ({})", f.name, f.prompt);
    }
    for (stage, steps) in &m.training.steps {
        println!("  trained     {stage}: {steps} steps");
    }
    println!("  licence     {}", m.licence);
    println!("  sha256      {}", m.sha256);
    Ok(())
}
