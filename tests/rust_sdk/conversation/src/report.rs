//! What is told of each promise: a line that begins with `ok` or `FAIL`.

use std::{future::Future, time::Duration};

use anyhow::{Result, bail};
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(40);
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Default)]
pub struct Report {
    pub failed: usize,
}

impl Report {
    /// What comes of it, if the promise is kept in time.
    pub async fn promise<T>(
        &mut self,
        promise: &str,
        play: impl Future<Output = Result<T>>,
    ) -> Option<T> {
        match timeout(PATIENCE, play).await {
            Ok(Ok(found)) => {
                println!("ok   {promise}");
                return Some(found);
            }
            Ok(Err(error)) => println!("FAIL {promise}: {error:#}"),
            Err(_) => println!("FAIL {promise}: not within {PATIENCE:?}"),
        }
        self.failed += 1;
        None
    }
}

/// Look again and again until there is something.
pub async fn until<T, F: Future<Output = Option<T>>>(mut look: impl FnMut() -> F) -> Result<T> {
    for _ in 0..150 {
        if let Some(found) = look().await {
            return Ok(found);
        }
        sleep(PAUSE).await;
    }
    bail!("this did not happen")
}
