//! A conversation of alice and bob over matrix-rust-sdk, as Element X holds it: `conversation BASE_URL STORES`.
//!
//! Both have accounts already. A promise a line is told; the exit code says whether all were kept.

mod devices;
mod people;
mod report;
mod rooms;
mod server;
mod talk;

use std::{env, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, ensure};
use matrix_sdk::RoomState;

use crate::{
    people::Person,
    report::{Report, until},
    talk::Talk,
};

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let mut arguments = env::args().skip(1);
    let base = arguments.next().context("the address of the server is missing")?;
    let stores = PathBuf::from(arguments.next().context("the folder of the stores is missing")?);
    let mut report = Report::default();
    converse(&base, stores, &mut report).await?;
    Ok(if report.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn converse(base: &str, stores: PathBuf, report: &mut Report) -> Result<()> {
    let signs_in = |name: &'static str| Person::signs_in(base, name, stores.join(name));
    let alice = report.promise("alice signs in and syncs", signs_in("alice")).await;
    let bob = report.promise("bob signs in and syncs", signs_in("bob")).await;
    let (alice, bob) = alice.zip(bob).context("nobody can talk")?;
    server::tells(&alice, &bob, report).await;
    let key = report
        .promise("keys are backed up", async {
            Ok(alice.client.encryption().recovery().enable().wait_for_backups_to_upload().await?)
        })
        .await
        .context("nothing can be recovered")?;
    let talk = report.promise("an encrypted talk begins", Talk::begins(&alice, &bob)).await;
    let talk = talk.context("nobody talks")?;
    talk.goes_on(&alice, &bob, report).await;
    rooms::of_other_kinds(&alice, &bob, talk.alices.room_id(), report).await;
    devices::come_and_go(base, &stores, &alice, &talk, &key, report).await;
    // The SDK empties its timelines then.
    report
        .promise("somebody is ignored and not", async {
            bob.client.account().ignore_user(alice.id()).await?;
            Ok(bob.client.account().unignore_user(alice.id()).await?)
        })
        .await;
    report
        .promise("who is kicked forgets the room, and logs out", async {
            talk.alices.kick_user(bob.id(), Some("Bye")).await?;
            until(|| async { (talk.bobs.state() == RoomState::Left).then_some(()) }).await?;
            talk.bobs.forget().await?;
            bob.sync.stop().await;
            bob.client.logout().await?;
            ensure!(bob.client.whoami().await.is_err());
            Ok(())
        })
        .await;
    Ok(())
}
