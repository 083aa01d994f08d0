use super::Failure;
use crate::app;
use crate::smtp;
use crate::state::AppState;
use crate::worker::{SHOP, Worker};
use admin::staff;
use clap::Args;
use kernel::clock::Clock;
use kernel::config::Config;
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;
use storefront::search_index::{self, Follower};
use tokio::signal::unix::{SignalKind, signal as listen};
use tokio::sync::watch;

/// How often the search index looks for changes.
const LOOK: Duration = Duration::from_millis(300);

#[derive(Args)]
pub struct Arguments {
    /// Leave jobs to `regulars worker` processes
    #[arg(long)]
    no_worker: bool,
    /// Fill an empty database with the demo shop first
    #[arg(long)]
    demo: bool,
}

pub fn run(config: Config, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let listener = TcpListener::bind(config.listen).map_err(Failure::of(format!("cannot listen on {}", config.listen)))?;
    let mails = match config.inbound.listen {
        Some(at) => Some(TcpListener::bind(at).map_err(Failure::of(format!("cannot listen for mail on {at}")))?),
        None => None,
    };
    let state = AppState::open(config, Clock::default())?;
    if arguments.demo {
        super::demo::load(&state.db, &state.clock)?;
    }
    actix_web::rt::System::new().block_on(serve(state, (listener, mails), !arguments.no_worker))
}

async fn serve(state: AppState, (listener, mails): (TcpListener, Option<TcpListener>), with_worker: bool) -> Result<ExitCode, Failure> {
    let base_url = state.config.base_url.clone();
    let nobody = state.db.read_now(staff::list)?.is_empty();
    let (stop, stopped) = watch::channel(false);
    if let Some(mails) = mails {
        let mails = smtp::listener(mails).map_err(Failure::of("cannot listen for mail"))?;
        actix_web::rt::spawn(smtp::serve(mails, state.clone(), stopped.clone()));
    }
    let working = with_worker.then(|| {
        let worker = Worker::new(state.clone(), &SHOP);
        actix_web::rt::spawn(async move { worker.run(stopped).await })
    });
    follow_the_catalogue(&state);
    let streams = state.door.streams.clone();
    let server = app::server(state, listener).map_err(Failure::of("the server cannot start"))?;
    let handle = server.handle();
    let mut serving = actix_web::rt::spawn(server);
    println!("Regulars is at {base_url} (stop it with Ctrl-C)");
    if nobody {
        println!(
            "Nobody can sign in at {base_url}/admin yet. In another terminal: regulars staff add you@example.com --name \"Your name\""
        );
    }
    tokio::select! {
        ended = &mut serving => {
            return Err(Failure::Failed(format!("the server ended by itself: {ended:?}")));
        }
        told = signal() => told?,
    }
    tracing::info!("stopping: finishing requests and jobs");
    leave_at_once_when_told_again();
    stop.send_replace(true);
    // Streams never end by themselves in time.
    streams.end();
    handle.stop(true).await;
    if let Some(working) = working {
        working.await.map_err(|error| Failure::Failed(format!("the worker broke down: {error}")))?;
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Builds an empty search index while the shop is open already, follows the changes of the catalogue, and looks for what another process
/// changed of the stores.
fn follow_the_catalogue(state: &AppState) {
    let (db, engine, door, clock) = (state.db.clone(), state.door.search.clone(), state.door.clone(), state.clock.clone());
    let mut follower = Follower::default();
    let work = std::thread::Builder::new().name("search".into()).spawn(move || {
        loop {
            let followed =
                search_index::build_if_empty(&db, engine.as_ref()).and_then(|()| follower.follow(&db, engine.as_ref(), clock.now()));
            if let Err(error) = followed {
                tracing::warn!(%error, "the search index cannot be looked after");
            }
            if let Err(error) = door.follow_sites() {
                tracing::warn!(%error, "the stores cannot be read");
            }
            std::thread::sleep(LOOK);
        }
    });
    if let Err(error) = work {
        tracing::error!(%error, "nobody looks after the search index");
    }
}

/// Returns when the process is asked to end: SIGTERM, or Ctrl-C.
pub async fn signal() -> Result<(), Failure> {
    let failed = |error| Failure::Failed(format!("cannot wait for signals: {error}"));
    let (mut terminate, mut interrupt) =
        (listen(SignalKind::terminate()).map_err(failed)?, listen(SignalKind::interrupt()).map_err(failed)?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// A second signal does not wait for anything. What was not finished is as after a crash: nothing committed is lost.
pub fn leave_at_once_when_told_again() {
    actix_web::rt::spawn(async {
        if signal().await.is_ok() {
            std::process::exit(1);
        }
    });
}
