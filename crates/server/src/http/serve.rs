//! The server on its socket: bounded connections, bounded waits, and an end that answers what is in flight.

use super::client::ClientAddress;
use crate::config::Config;
use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

/// How long the server goes on as before when it is told to stop: time to read what was sent before it was told.
const LINGER: Duration = Duration::from_millis(250);

/// How long requests in flight may take to be answered once the server is told to stop.
const DRAIN: Duration = Duration::from_secs(20);

/// Serves until `stop` is ready, then answers what is in flight and returns.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    config: &Config,
    stop: impl Future<Output = ()>,
) {
    let limits = &config.limits;
    let connections = Arc::new(Semaphore::new(limits.connections));
    let trusted = Arc::new(config.trusted_proxies.clone());
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(limits.head_seconds.max(1)));
    let start = |stream: TcpStream, peer: IpAddr, place: Option<OwnedSemaphorePermit>| {
        // Answers are small and complete: waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let trusted = Arc::clone(&trusted);
        let service = router.clone().map_request(move |mut request: Request<Incoming>| {
            let client = ClientAddress::of(peer, request.headers(), &trusted);
            request.extensions_mut().insert(client);
            request
        });
        let service = TowerToHyperService::new(service);
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            let _place = place;
            // A connection that breaks is the client's affair.
            let _ = connection.await;
        });
    };
    let end = async {
        stop.await;
        tokio::time::sleep(LINGER).await;
    };
    tokio::pin!(end);
    loop {
        let next = async {
            let place = Arc::clone(&connections).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut end => break,
        };
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => (stream, peer.ip()),
            Err(error) => {
                // Out of file descriptors, most likely: others must close first.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        start(stream, peer, place.ok());
    }
    // The kernel has taken connections that were not accepted here yet; they may carry requests already.
    if let Ok(listener) = listener.into_std() {
        while let Ok((stream, peer)) = listener.accept() {
            if stream.set_nonblocking(true).is_ok()
                && let Ok(stream) = TcpStream::from_std(stream)
            {
                start(stream, peer.ip(), None);
            }
        }
    }
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still in flight when the server stopped");
    }
}
