use super::Failure;
use crate::state::AppState;
use crate::worker::{SHOP, Worker};
use kernel::clock::Clock;
use kernel::config::Config;
use std::process::ExitCode;
use tokio::sync::watch;

pub fn run(config: Config) -> Result<ExitCode, Failure> {
    let state = AppState::open(config, Clock::default())?;
    actix_web::rt::System::new().block_on(async {
        let (stop, stopped) = watch::channel(false);
        let worker = Worker::new(state, &SHOP);
        let working = actix_web::rt::spawn(async move { worker.run(stopped).await });
        tracing::info!("worker started");
        super::serve::signal().await?;
        tracing::info!("stopping: finishing jobs");
        super::serve::leave_at_once_when_told_again();
        stop.send_replace(true);
        working.await.map_err(|error| Failure::Failed(format!("the worker broke down: {error}")))?;
        Ok(ExitCode::SUCCESS)
    })
}
