//! `farwander devices`: what this machine can compute on, each tested in a process of its own; and that process.

use crate::device::{DeviceChoice, Proof, list, test, test_here};

/// Options of `farwander devices`.
#[derive(clap::Args, Debug)]
pub(crate) struct DevicesArgs {
    /// Print JSON instead of words.
    #[arg(long)]
    json: bool,
}

/// Options of the hidden subcommand that tests a device.
#[derive(clap::Args, Debug)]
pub(crate) struct TestArgs {
    device: DeviceChoice,
}

/// A line of the list.
#[derive(Debug, serde::Serialize)]
struct Line {
    device: String,
    name: String,
    about: String,
    memory_bytes: Option<u64>,
    proof: Result<Proof, String>,
}

pub(crate) fn run(args: &DevicesArgs) -> anyhow::Result<()> {
    let lines: Vec<Line> = list()
        .into_iter()
        .map(|listed| Line {
            device: listed.choice.to_string(),
            name: listed.name,
            about: listed.about,
            memory_bytes: listed.memory_bytes,
            proof: test(listed.choice),
        })
        .collect();
    let auto = DeviceChoice::Auto.settled();
    if args.json {
        let file = serde_json::json!({"devices": lines, "auto": auto.to_string()});
        println!("{}", serde_json::to_string_pretty(&file)?);
        return Ok(());
    }
    for line in &lines {
        println!("{:10}{}", line.device, line.name);
        if !line.about.is_empty() {
            println!("          {}", line.about);
        }
        if let Some(bytes) = line.memory_bytes {
            println!("          {:.1} GB of memory", bytes as f64 / 1e9);
        }
        match &line.proof {
            Ok(p) => println!(
                "          computes: {:.0} GFLOP/s, off by {:.1e}, tested in {:.1} s",
                p.gflops, p.relative_error, p.secs
            ),
            Err(what) => println!("          {what}"),
        }
    }
    println!("auto      means {auto}");
    if auto != DeviceChoice::Cpu {
        println!(
            "          in the player the processor, where {auto} is slower than real time and the processor is quicker"
        );
    }
    if cfg!(not(feature = "cuda")) {
        println!("cuda      is not in this program; build it with `--features cuda`");
    }
    Ok(())
}

/// Tests a device in this process; the last line printed is the answer.
pub(crate) fn test_device(args: &TestArgs) -> anyhow::Result<()> {
    let answer = match args.device.open() {
        Ok(device) => test_here(&device),
        Err(error) => Err(error.to_string()),
    };
    println!("{}", serde_json::to_string(&answer)?);
    Ok(())
}
