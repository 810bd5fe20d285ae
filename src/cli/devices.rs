//! `farwander devices`: what this machine can compute on, each tested in a process of its own; and that process.

use crate::device::{DeviceChoice, Proof, test, test_here};

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
    proof: Result<Proof, String>,
}

pub(crate) fn run(args: &DevicesArgs) -> anyhow::Result<()> {
    let mut lines = vec![Line {
        device: "cpu".into(),
        name: format!("this machine's processor, {} threads", rayon::current_num_threads()),
        about: String::new(),
        proof: test(DeviceChoice::Cpu),
    }];
    #[cfg(feature = "gpu")]
    for (i, adapter) in crate::device::adapters(crate::device::Api::Any).into_iter().enumerate() {
        let choice = DeviceChoice::Gpu(crate::device::Api::Any, Some(i));
        lines.push(Line {
            device: choice.to_string(),
            about: format!("{}, {}, {}", adapter.kind, adapter.api, adapter.driver),
            name: adapter.name,
            proof: test(choice),
        });
    }
    #[cfg(feature = "cuda")]
    lines.push(Line {
        device: "cuda".into(),
        name: "CUDA".into(),
        about: String::new(),
        proof: test(DeviceChoice::Cuda(0)),
    });
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
        match &line.proof {
            Ok(p) => println!(
                "          computes: {:.0} GFLOP/s, off by {:.1e}, tested in {:.1} s",
                p.gflops, p.relative_error, p.secs
            ),
            Err(what) => println!("          {what}"),
        }
    }
    println!("auto      means {auto}");
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
