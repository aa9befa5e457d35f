//! The binary: reads the command line, starts the library.

use std::process::ExitCode;

use chatcore_server::cli::{Asked, Cli, Task};
use chatcore_server::commands::{CommandError, Outcome, chain};
use chatcore_server::telemetry;
use mimalloc::MiMalloc;

/// A library leaves this choice to the program; a server that streams allocates a few small pieces for each chunk.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    // a missing .env is fine; a broken one is said below, once there is somebody to say it
    let dotenv = dotenvy::dotenv();
    let asked = Cli::read().asked();
    let saying = telemetry::log(&asked.as_ref().map(|asked| asked.log.clone()).unwrap_or_default());
    if let Err(error) = dotenv
        && !error.not_found()
    {
        tracing::warn!("the .env file cannot be read in full");
    }
    let code = match asked {
        Ok(asked) => run(asked).await,
        Err(error) => failed(&error),
    };
    saying.flush().await;
    code
}

async fn run(Asked { task, ignored, .. }: Asked) -> ExitCode {
    match task {
        Task::Openapi => {
            print(&chatcore_server::openapi());
            ExitCode::SUCCESS
        }
        Task::Serve(config) => {
            ignored.iter().for_each(|line| tracing::warn!("{line}"));
            match chatcore_server::serve(&config).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => failed(&error),
            }
        }
        Task::Job(job, store) => ended(job.run(store).await),
        Task::Doctor(doctor, config) => ended(doctor.run(&config, &ignored).await),
        Task::Health(health, config) => ended(Ok(health.run(&config).await)),
        Task::Config(command, sources, inherited) => ended(command.run(*sources, &inherited)),
        Task::Billing(command, config) => ended(command.run(&config).await),
    }
}

/// 1 is kept for what a command finds wrong, so that scripts can tell it from not having been able to look.
fn ended(outcome: Result<Outcome, CommandError>) -> ExitCode {
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Defects) => ExitCode::from(1),
        Err(error) => {
            failed(&error);
            ExitCode::from(2)
        }
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    tracing::error!("{}", chain(error));
    ExitCode::FAILURE
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn print(text: &str) {
    println!("{text}");
}
